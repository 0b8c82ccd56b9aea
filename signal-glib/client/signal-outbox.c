/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-outbox-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"

typedef struct
{
  GList link;
  SignalOutbox *outbox;
  SignalOperation *operation; /* NULL if nobody asks what becomes of the envelope */
  gboolean is_in_flight;
  gboolean is_withdrawn; /* must not be sent over another connection */
  guint64 serial;
  gint64  added;  /* as in g_get_monotonic_time() */
  guint64 begin;  /* the position among the bytes of the connection it was passed to */
  guint64 end;
  gsize   length;
  char   *text;
} Item;

/* A flush is finished when all envelopes up to a serial number are gone. */
typedef struct
{
  guint64 serial;
  SignalOperation *operation;
} Marker;

struct _SignalOutbox
{
  SignalOutboxFunc finished;
  gpointer user_data;

  GQueue in_flight; /* of Item */
  GQueue waiting;   /* of Item */
  GQueue markers;   /* of Marker */
  guint64 last_serial;
  guint64 written; /* bytes of the connection, as far as known */
  gsize  size; /* bytes of the waiting envelopes */
};

static void
marker_free (Marker *marker)
{
  signal_operation_unref (marker->operation);
  g_free (marker);
}

static void
add_marker (SignalOutbox    *self,
            guint64          serial,
            SignalOperation *operation)
{
  Marker *marker = g_new (Marker, 1);

  marker->serial = serial;
  marker->operation = signal_operation_ref (operation);
  g_queue_push_tail (&self->markers, marker);
}

static Item *
item_new (SignalOutbox     *self,
          char            **envelope,
          gsize             length,
          SignalOperation  *operation)
{
  Item *item = g_new0 (Item, 1);

  item->link.data = item;
  item->outbox = self;
  item->serial = ++self->last_serial;
  item->added = g_get_monotonic_time ();
  item->length = length;
  item->text = g_steal_pointer (envelope);

  if (operation != NULL)
    {
      item->operation = signal_operation_ref (operation);
      operation->item = item;
    }
  return item;
}

static void
item_forget_operation (Item *item)
{
  if (item->operation != NULL)
    item->operation->item = NULL;
  g_clear_pointer (&item->operation, signal_operation_unref);
}

static void
item_free (Item *item)
{
  item_forget_operation (item);
  signal_secret_wipe_and_free (item->text, item->length);
  g_free (item);
}

static Item *
get_first (GQueue *queue)
{
  /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not know that an item is unlinked first. */
  return queue->head != NULL ? queue->head->data : NULL;
}

static void
unlink_item (Item *item)
{
  SignalOutbox *self = item->outbox;

  if (item->is_in_flight)
    {
      g_queue_unlink (&self->in_flight, &item->link);
      return;
    }

  g_queue_unlink (&self->waiting, &item->link);
  self->size -= item->length;
}

static void
report_finished (SignalOutbox    *self,
                 SignalOperation *operation,
                 const GError    *error)
{
  self->finished (operation, error, self->user_data);
}

/* Reports flushes for which nothing is left. This is done by all functions below except
 * signal_outbox_remove(). */
void
signal_outbox_report_flushes (SignalOutbox *self)
{
  Item *first = get_first (&self->in_flight);
  Marker *marker;

  if (first == NULL)
    first = get_first (&self->waiting);

  while ((marker = g_queue_peek_head (&self->markers)) != NULL
         && (first == NULL || marker->serial < first->serial))
    {
      g_queue_pop_head (&self->markers);
      report_finished (self, marker->operation, NULL);
      marker_free (marker);
    }
}

/* Removes an item, and reports what became of it. */
static void
end_item (Item         *item,
          const GError *error)
{
  SignalOutbox *self = item->outbox;
  g_autoptr (SignalOperation) operation = g_steal_pointer (&item->operation);

  unlink_item (item);
  item_free (item);
  if (operation == NULL)
    return;

  operation->item = NULL;
  report_finished (self, operation, error);
}

SignalOutbox *
signal_outbox_new (SignalOutboxFunc finished,
                   gpointer         user_data)
{
  SignalOutbox *self = g_new0 (SignalOutbox, 1);

  self->finished = finished;
  self->user_data = user_data;
  return self;
}

/* Nothing is reported. */
void
signal_outbox_free (SignalOutbox *self)
{
  Item *item;

  while ((item = get_first (&self->in_flight)) != NULL || (item = get_first (&self->waiting)) != NULL)
    {
      unlink_item (item);
      item_free (item);
    }

  g_queue_clear_full (&self->markers, (GDestroyNotify) marker_free);
  g_free (self);
}

/* Appends an envelope, which is stolen on success. limit is the maximum number of waiting envelopes. */
gboolean
signal_outbox_push (SignalOutbox     *self,
                    char            **envelope,
                    gsize             length,
                    SignalOperation  *operation,
                    guint             limit,
                    GError          **error)
{
  if (self->waiting.length >= limit)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL,
                   g_dngettext (GETTEXT_PACKAGE,
                                "%u message is waiting for the connection, which is the limit",
                                "%u messages are waiting for the connection, which is the limit",
                                limit),
                   limit);
      return FALSE;
    }

  g_queue_push_tail_link (&self->waiting, &item_new (self, envelope, length, operation)->link);
  self->size += length;
  return TRUE;
}

/* Returns the first waiting envelope, or NULL. */
const char *
signal_outbox_peek (SignalOutbox *self,
                    gsize        *length)
{
  Item *item = get_first (&self->waiting);

  if (item == NULL)
    return NULL;

  *length = item->length;
  return item->text;
}

/* Returns when the first waiting envelope was added, or −1 if there is none. */
gint64
signal_outbox_peek_added (SignalOutbox *self)
{
  Item *item = get_first (&self->waiting);

  return item != NULL ? item->added : -1;
}

/* Removes the first waiting envelope, which will never be written. There must be one. */
void
signal_outbox_drop (SignalOutbox *self,
                    const GError *error)
{
  Item *item = get_first (&self->waiting);

  g_return_if_fail (item != NULL);

  end_item (item, error);
  signal_outbox_report_flushes (self);
}

static void
add_in_flight (SignalOutbox *self,
               Item         *item,
               guint64       begin,
               guint64       end)
{
  item->is_in_flight = TRUE;
  item->begin = begin;
  item->end = end;
  g_queue_push_tail_link (&self->in_flight, &item->link);
}

/* Moves the first waiting envelope, of which there must be one, to those that were passed to the
 * connection. begin and end are the numbers of bytes that had been passed to it before and after. */
void
signal_outbox_mark_in_flight (SignalOutbox *self,
                              guint64       begin,
                              guint64       end)
{
  Item *item = get_first (&self->waiting);

  g_return_if_fail (item != NULL);

  unlink_item (item);
  add_in_flight (self, item, begin, end);
}

/* Adds an envelope, which is stolen, that was passed to the connection without waiting. */
void
signal_outbox_push_in_flight (SignalOutbox     *self,
                              char            **envelope,
                              gsize             length,
                              SignalOperation  *operation,
                              guint64           begin,
                              guint64           end)
{
  add_in_flight (self, item_new (self, envelope, length, operation), begin, end);
}

/* Removes envelopes that have been written to the socket completely. written is the number of
 * bytes that have been written. */
void
signal_outbox_remove_written (SignalOutbox *self,
                              guint64       written)
{
  Item *item = get_first (&self->in_flight);

  self->written = written;
  if (item == NULL || item->end > written)
    return;

  for (; item != NULL && item->end <= written; item = get_first (&self->in_flight))
    end_item (item, NULL);
  signal_outbox_report_flushes (self);
}

static GError *
new_lost_error (void)
{
  return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST,
                              _("The connection was lost while the message was being sent"));
}

static void
end_withdrawn (Item *item)
{
  g_autoptr (GError) error = NULL;

  if (item->operation != NULL)
    g_cancellable_set_error_if_cancelled (item->operation->cancellable, &error);
  end_item (item, error);
}

/* The connection has ended: envelopes of which no byte was written wait again, before all others.
 * One of which a part was written must not be sent again. */
void
signal_outbox_recall (SignalOutbox *self,
                      guint64       written)
{
  g_autoptr (GError) lost = NULL;
  Item *item;

  signal_outbox_remove_written (self, written);
  item = get_first (&self->in_flight);
  if (item != NULL && item->begin < written)
    {
      lost = new_lost_error ();
      end_item (item, lost);
    }

  while (self->in_flight.tail != NULL)
    {
      item = self->in_flight.tail->data;
      /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not know that an item is unlinked first. */
      if (item->is_withdrawn)
        {
          end_withdrawn (item);
          continue;
        }

      unlink_item (item);
      item->is_in_flight = FALSE;
      self->size += item->length;
      g_queue_push_head_link (&self->waiting, &item->link);
    }

  self->written = 0;
  signal_outbox_report_flushes (self);
}

/* It will not be known what becomes of the envelopes in flight. */
void
signal_outbox_lose (SignalOutbox *self,
                    guint64       written)
{
  g_autoptr (GError) lost = new_lost_error ();
  Item *item;

  signal_outbox_remove_written (self, written);
  while ((item = get_first (&self->in_flight)) != NULL)
    end_item (item, lost);
  self->written = 0;
  signal_outbox_report_flushes (self);
}

/* Moves a flush to another outbox, which has all envelopes in flight. If it waits for other envelopes as
 * well, it is reported once by each of the two outboxes. */
static void
move_marker (SignalOutbox *self,
             SignalOutbox *other,
             Marker       *marker)
{
  Item *waiting = get_first (&self->waiting);

  if (waiting == NULL || marker->serial < waiting->serial)
    {
      g_queue_push_tail (&other->markers, marker);
      return;
    }

  g_queue_push_tail (&self->markers, marker);
  if (other->in_flight.length == 0)
    return;

  marker->operation->n_markers++;
  add_marker (other, marker->serial, marker->operation);
}

/* Moves the envelopes that were passed to a connection, which is being closed, to a new outbox, together
 * with the flushes that wait for them. */
SignalOutbox *
signal_outbox_detach (SignalOutbox *self)
{
  SignalOutbox *result = signal_outbox_new (self->finished, self->user_data);
  GQueue markers = self->markers;
  Marker *marker;

  result->in_flight = self->in_flight;
  result->last_serial = self->last_serial;
  self->written = 0;
  g_queue_init (&self->in_flight);
  for (GList *link = result->in_flight.head; link != NULL; link = link->next)
    ((Item *) link->data)->outbox = result;

  g_queue_init (&self->markers);
  while ((marker = g_queue_pop_head (&markers)) != NULL)
    move_marker (self, result, marker);
  return result;
}

/* Removes waiting envelopes that were added before a time. Returns their number. */
guint
signal_outbox_expire (SignalOutbox *self,
                      gint64        before,
                      const GError *error)
{
  guint count = 0;
  Item *item;

  while ((item = get_first (&self->waiting)) != NULL && item->added < before)
    {
      end_item (item, error);
      count++;
    }

  if (count > 0)
    signal_outbox_report_flushes (self);
  return count;
}

/* Returns whether the envelope of an operation is in flight, and where it is. */
gboolean
signal_outbox_locate (SignalOutbox    *self,
                      SignalOperation *operation,
                      guint64         *begin,
                      gsize           *length)
{
  Item *item = operation->item;

  if (item == NULL || item->outbox != self || !item->is_in_flight)
    return FALSE;

  *begin = item->begin;
  *length = item->length;
  return TRUE;
}

/* Removes the envelope of an operation without reporting it, or flushes that have waited for it. If it was
 * in flight, its frame has been taken back from the connection. */
void
signal_outbox_remove (SignalOutbox    *self,
                      SignalOperation *operation)
{
  Item *item = operation->item;
  guint64 size = item->end - item->begin;

  if (item->is_in_flight)
    for (GList *link = item->link.next; link != NULL; link = link->next)
      {
        ((Item *) link->data)->begin -= size;
        ((Item *) link->data)->end -= size;
      }

  unlink_item (item);
  item_free (item);
}

/* Returns whether the envelope of an operation is waiting for a connection. */
gboolean
signal_outbox_is_waiting (SignalOperation *operation)
{
  return operation->item != NULL && !((Item *) operation->item)->is_in_flight;
}

/* The envelope of an operation cannot be taken back now. If its connection ends before a byte of it has
 * been written, it is not sent again, and the operation has been cancelled. */
void
signal_outbox_withdraw (SignalOperation *operation)
{
  ((Item *) operation->item)->is_withdrawn = TRUE;
}

/* What becomes of the envelope of an operation will not be reported any more. */
void
signal_outbox_forget (SignalOperation *operation)
{
  if (operation->item != NULL)
    item_forget_operation (operation->item);
}

/* Reports the operation when all envelopes that are in the outbox now are gone. */
void
signal_outbox_flush (SignalOutbox    *self,
                     SignalOperation *operation)
{
  add_marker (self, self->last_serial, operation);
  signal_outbox_report_flushes (self);
}

/* A flush will not be reported any more. */
void
signal_outbox_unwatch (SignalOutbox    *self,
                       SignalOperation *operation)
{
  GList *next;

  for (GList *link = self->markers.head; link != NULL; link = next)
    {
      Marker *marker = link->data;

      next = link->next;
      if (marker->operation != operation)
        continue;
      g_queue_delete_link (&self->markers, link);
      marker_free (marker);
    }
}

/* Gets the number of waiting envelopes. */
guint
signal_outbox_get_waiting (SignalOutbox *self)
{
  return self->waiting.length;
}

/* Gets the number of envelopes that are waiting, or were passed to the connection and of which no
 * byte is known to be written. */
guint
signal_outbox_get_length (SignalOutbox *self)
{
  Item *first = get_first (&self->in_flight);
  guint n_partly_written = first != NULL && first->begin < self->written ? 1 : 0;

  return self->waiting.length + self->in_flight.length - n_partly_written;
}

/* Gets the size of the waiting envelopes in bytes. */
gsize
signal_outbox_get_size (SignalOutbox *self)
{
  return self->size;
}

/* Removes the waiting envelopes, which will never be written. */
void
signal_outbox_clear (SignalOutbox *self,
                     const GError *error)
{
  Item *item;

  while ((item = get_first (&self->waiting)) != NULL)
    end_item (item, error);
  signal_outbox_report_flushes (self);
}
