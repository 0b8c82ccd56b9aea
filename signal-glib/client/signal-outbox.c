/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-outbox-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"

typedef struct
{
  gint64  added;  /* as in g_get_monotonic_time() */
  guint64 offset; /* the position among the bytes of the connection it was passed to */
  gsize   length;
  char    text[];
} Item;

struct _SignalOutbox
{
  GQueue in_flight;
  GQueue waiting;
  gsize  size; /* bytes of the waiting envelopes */
};

static Item *
item_new (const char *envelope,
          gsize       length,
          guint64     offset)
{
  Item *item = g_malloc (sizeof (Item) + length + 1);

  item->added = g_get_monotonic_time ();
  item->offset = offset;
  item->length = length;
  memcpy (item->text, envelope, length);
  item->text[length] = '\0';
  return item;
}

static void
item_free (Item *item)
{
  signal_secret_wipe (item->text, item->length);
  g_free (item);
}

static Item *
take_first_waiting (SignalOutbox *self)
{
  Item *item = g_queue_pop_head (&self->waiting);

  self->size -= item->length;
  return item;
}

SignalOutbox *
signal_outbox_new (void)
{
  return g_new0 (SignalOutbox, 1);
}

void
signal_outbox_free (SignalOutbox *self)
{
  signal_outbox_clear (self);
  g_free (self);
}

/* Appends a copy. limit is the maximum number of waiting envelopes. */
gboolean
signal_outbox_push (SignalOutbox  *self,
                    const char    *envelope,
                    gsize          length,
                    guint          limit,
                    GError       **error)
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

  g_queue_push_tail (&self->waiting, item_new (envelope, length, 0));
  self->size += length;
  return TRUE;
}

/* Returns the first waiting envelope, or NULL. */
const char *
signal_outbox_peek (SignalOutbox *self,
                    gsize        *length)
{
  Item *item = g_queue_peek_head (&self->waiting);

  if (item == NULL)
    return NULL;

  *length = item->length;
  return item->text;
}

/* Removes the first waiting envelope. */
void
signal_outbox_drop (SignalOutbox *self)
{
  item_free (take_first_waiting (self));
}

/* Moves the first waiting envelope to those that were passed to the connection. offset is the
 * number of bytes that were passed to it before. */
void
signal_outbox_mark_in_flight (SignalOutbox *self,
                              guint64       offset)
{
  Item *item = take_first_waiting (self);

  item->offset = offset;
  g_queue_push_tail (&self->in_flight, item);
}

/* Adds a copy of an envelope that was passed to the connection without waiting. */
void
signal_outbox_push_in_flight (SignalOutbox *self,
                              const char   *envelope,
                              gsize         length,
                              guint64       offset)
{
  g_queue_push_tail (&self->in_flight, item_new (envelope, length, offset));
}

/* Removes envelopes of which at least one byte has been written to the socket, and which must not
 * be sent again. written is the number of bytes that have been written. */
void
signal_outbox_remove_written (SignalOutbox *self,
                              guint64       written)
{
  Item *item;

  while ((item = g_queue_peek_head (&self->in_flight)) != NULL && item->offset < written)
    item_free (g_queue_pop_head (&self->in_flight));
}

/* The connection has ended: envelopes that were not written wait again, before all others. */
void
signal_outbox_recall (SignalOutbox *self)
{
  Item *item;

  while ((item = g_queue_pop_tail (&self->in_flight)) != NULL)
    {
      self->size += item->length;
      g_queue_push_head (&self->waiting, item);
    }
}

/* Removes waiting envelopes that were added before a time. Returns their number. */
guint
signal_outbox_expire (SignalOutbox *self,
                      gint64        before)
{
  guint count = 0;
  Item *item;

  while ((item = g_queue_peek_head (&self->waiting)) != NULL && item->added < before)
    {
      signal_outbox_drop (self);
      count++;
    }

  return count;
}

/* Gets the number of waiting envelopes. */
guint
signal_outbox_get_waiting (SignalOutbox *self)
{
  return self->waiting.length;
}

/* Gets the number of envelopes that are waiting, or were passed to the connection and are not
 * known to be written. */
guint
signal_outbox_get_length (SignalOutbox *self)
{
  return self->waiting.length + self->in_flight.length;
}

/* Gets the size of the waiting envelopes in bytes. */
gsize
signal_outbox_get_size (SignalOutbox *self)
{
  return self->size;
}

void
signal_outbox_clear (SignalOutbox *self)
{
  g_queue_clear_full (&self->in_flight, (GDestroyNotify) item_free);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) item_free);
  self->size = 0;
}
