/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-request-table-private.h"

#include "util/signal-source-private.h"

/* The number of requests without an answer whose ids are remembered, so that a late answer is
 * recognized. */
#define MAX_LATE 1024

struct _SignalRequestTable
{
  GMainContext *context;
  SignalRequestTableFunc timed_out;
  gpointer user_data;

  GHashTable *by_id;    /* the keys belong to the requests, which are owned */
  GSequence *deadlines; /* the same requests */
  GSource *timer;       /* for the first deadline */
  GHashTable *late;     /* ids, which belong to late_order */
  GQueue late_order;    /* ids, the oldest first */
};

SignalRequestTable *
signal_request_table_new (GMainContext           *context,
                          SignalRequestTableFunc  timed_out,
                          gpointer                user_data)
{
  SignalRequestTable *self = g_new0 (SignalRequestTable, 1);

  self->context = g_main_context_ref (context);
  self->timed_out = timed_out;
  self->user_data = user_data;
  self->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                       (GDestroyNotify) signal_operation_unref);
  self->deadlines = g_sequence_new (NULL);
  self->late = g_hash_table_new (g_str_hash, g_str_equal);
  g_queue_init (&self->late_order);
  return self;
}

void
signal_request_table_free (SignalRequestTable *self)
{
  signal_source_clear (&self->timer);
  g_sequence_free (self->deadlines);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->late);
  g_queue_clear_full (&self->late_order, g_free);
  g_main_context_unref (self->context);
  g_free (self);
}

static void
set_timer (SignalRequestTable *self)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->deadlines);
  gint64 deadline = -1;

  if (!g_sequence_iter_is_end (first))
    deadline = ((SignalOperation *) g_sequence_get (first))->deadline;
  g_source_set_ready_time (self->timer, deadline);
}

static gboolean
on_deadline (gpointer user_data)
{
  SignalRequestTable *self = user_data;
  g_autoptr (GPtrArray) expired = g_ptr_array_new_with_free_func ((GDestroyNotify) signal_operation_unref);
  gint64 now = g_get_monotonic_time ();
  GSequenceIter *first;

  while (!g_sequence_iter_is_end (first = g_sequence_get_begin_iter (self->deadlines)))
    {
      SignalOperation *request = g_sequence_get (first);

      if (request->deadline > now)
        break;

      g_ptr_array_add (expired, signal_operation_ref (request));
      signal_request_table_remove (self, request);
    }

  set_timer (self);
  if (expired->len > 0)
    self->timed_out (expired, self->user_data);
  return G_SOURCE_CONTINUE;
}

static int
compare_deadlines (gconstpointer a,
                   gconstpointer b,
                   gpointer      user_data)
{
  gint64 first = ((const SignalOperation *) a)->deadline;
  gint64 second = ((const SignalOperation *) b)->deadline;

  return (first > second) - (first < second);
}

/* timeout is in ms. Data that was received in time is processed before the deadline, even if the
 * main loop was blocked. */
void
signal_request_table_add (SignalRequestTable *self,
                          SignalOperation    *request,
                          guint               timeout)
{
  if (self->timer == NULL)
    {
      self->timer = signal_source_new_timed (on_deadline, self, "[signal-glib] request deadline");
      g_source_set_priority (self->timer, SIGNAL_SOURCE_AFTER_READING);
      g_source_attach (self->timer, self->context);
    }

  request->deadline = g_get_monotonic_time () + (gint64) timeout * 1000;
  request->position = g_sequence_insert_sorted (self->deadlines, request, compare_deadlines, NULL);
  g_hash_table_insert (self->by_id, request->id, signal_operation_ref (request));
  if (g_sequence_iter_is_begin (request->position))
    set_timer (self);
}

/* The timer is left as it is: an early wake-up is cheaper than to set it for each answer. */
void
signal_request_table_remove (SignalRequestTable *self,
                             SignalOperation    *request)
{
  if (request->position == NULL)
    return;

  g_sequence_remove (g_steal_pointer (&request->position));
  g_hash_table_remove (self->by_id, request->id);
}

/* Remembers the id of a request, in case an answer arrives when it has ended. */
void
signal_request_table_expect_late (SignalRequestTable *self,
                                  SignalOperation    *request)
{
  char *copy = g_strdup (request->id);

  g_queue_push_tail (&self->late_order, copy);
  g_hash_table_add (self->late, copy);
  if (self->late_order.length > MAX_LATE)
    {
      g_autofree char *oldest = g_queue_pop_head (&self->late_order);

      g_hash_table_remove (self->late, oldest);
    }
}

/* The connection has ended, and no answer can arrive over another one. */
void
signal_request_table_forget_late (SignalRequestTable *self)
{
  g_hash_table_remove_all (self->late);
  g_queue_clear_full (&self->late_order, g_free);
}

/* Returns the open request (transfer none), or NULL. */
SignalOperation *
signal_request_table_find (SignalRequestTable *self,
                           const char         *id)
{
  return g_hash_table_lookup (self->by_id, id);
}

/* Returns whether the id is that of a request that has ended without an answer. */
gboolean
signal_request_table_is_late (SignalRequestTable *self,
                              const char         *id)
{
  return g_hash_table_contains (self->late, id);
}

/* Returns whether no message can be an answer. */
gboolean
signal_request_table_is_unused (SignalRequestTable *self)
{
  return g_hash_table_size (self->by_id) == 0 && self->late_order.length == 0;
}

/* Returns the open requests, in the order of their deadlines. */
GPtrArray *
signal_request_table_list (SignalRequestTable *self)
{
  GPtrArray *requests = g_ptr_array_new_full (g_hash_table_size (self->by_id),
                                              (GDestroyNotify) signal_operation_unref);
  GSequenceIter *iter = g_sequence_get_begin_iter (self->deadlines);

  for (; !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    g_ptr_array_add (requests, signal_operation_ref (g_sequence_get (iter)));

  return requests;
}
