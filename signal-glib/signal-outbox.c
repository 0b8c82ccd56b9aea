/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-outbox-private.h"

#include "signal-crypto-private.h"
#include "signal-error.h"

#include <glib/gi18n-lib.h>

struct _SignalOutbox
{
  GQueue items;
};

typedef struct
{
  gsize length;
  char  text[];
} Item;

static void
item_free (Item *item)
{
  signal_crypto_wipe (item->text, item->length);
  g_free (item);
}

SignalOutbox *
signal_outbox_new (void)
{
  SignalOutbox *self = g_new0 (SignalOutbox, 1);

  g_queue_init (&self->items);
  return self;
}

void
signal_outbox_free (SignalOutbox *self)
{
  signal_outbox_clear (self);
  g_free (self);
}

/* Adds a copy at the end. limit: how many there may be then. */
gboolean
signal_outbox_push (SignalOutbox  *self,
                    const char    *envelope,
                    gsize          length,
                    guint          limit,
                    GError       **error)
{
  Item *item;

  if (self->items.length >= limit)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL,
                   g_dngettext (GETTEXT_PACKAGE,
                                "%u message is waiting for the connection, which is the limit",
                                "%u messages are waiting for the connection, which is the limit",
                                limit),
                   limit);
      return FALSE;
    }

  item = g_malloc (sizeof (Item) + length + 1);
  item->length = length;
  memcpy (item->text, envelope, length);
  item->text[length] = '\0';
  g_queue_push_tail (&self->items, item);
  return TRUE;
}

/* The oldest one, or NULL. */
const char *
signal_outbox_peek (SignalOutbox *self,
                    gsize        *length)
{
  Item *item = g_queue_peek_head (&self->items);

  if (item == NULL)
    return NULL;

  *length = item->length;
  return item->text;
}

/* Drops the oldest one. */
void
signal_outbox_pop (SignalOutbox *self)
{
  item_free (g_queue_pop_head (&self->items));
}

guint
signal_outbox_get_length (SignalOutbox *self)
{
  return self->items.length;
}

void
signal_outbox_clear (SignalOutbox *self)
{
  g_queue_clear_full (&self->items, (GDestroyNotify) item_free);
}
