/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-input-private.h"

#include <string.h>

#include "util/signal-source-private.h"

struct _SignalWebsocketInput
{
  GInputStream parent_instance;

  GByteArray *pending; /* NULL if there is nothing to read */
  gboolean is_ended;
  GError *error;       /* the error at the end of the stream */
  GSource *source;     /* the source that libsoup is waiting for */
};

static void signal_websocket_input_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SignalWebsocketInput, signal_websocket_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      signal_websocket_input_pollable_init))

static gboolean
is_ready (SignalWebsocketInput *self)
{
  return self->pending != NULL || self->is_ended;
}

static gssize
signal_websocket_input_read_nonblocking (GPollableInputStream  *pollable,
                                         void                  *buffer,
                                         gsize                  count,
                                         GError               **error)
{
  SignalWebsocketInput *self = SIGNAL_WEBSOCKET_INPUT (pollable);

  if (self->pending != NULL)
    {
      count = MIN (count, self->pending->len);
      memcpy (buffer, self->pending->data, count);
      g_byte_array_remove_range (self->pending, 0, (guint) count);
      if (self->pending->len == 0)
        g_clear_pointer (&self->pending, g_byte_array_unref);
      return (gssize) count;
    }

  if (self->error != NULL)
    g_propagate_error (error, g_error_copy (self->error));
  else if (!self->is_ended)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Nothing to read for now");
  else
    return 0;

  return -1;
}

static gboolean
signal_websocket_input_is_readable (GPollableInputStream *pollable)
{
  return is_ready (SIGNAL_WEBSOCKET_INPUT (pollable));
}

static GSource *
signal_websocket_input_create_source (GPollableInputStream *pollable,
                                      GCancellable         *cancellable)
{
  SignalWebsocketInput *self = SIGNAL_WEBSOCKET_INPUT (pollable);
  GSource *source = signal_source_new_pollable ();

  g_source_set_ready_time (source, is_ready (self) ? 0 : -1);
  g_clear_pointer (&self->source, g_source_unref);
  self->source = g_source_ref (source);
  return source;
}

static gssize
signal_websocket_input_read (GInputStream  *stream,
                             void          *buffer,
                             gsize          count,
                             GCancellable  *cancellable,
                             GError       **error)
{
  return signal_websocket_input_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, count, error);
}

static void
signal_websocket_input_dispose (GObject *object)
{
  g_clear_pointer (&SIGNAL_WEBSOCKET_INPUT (object)->source, g_source_unref);

  G_OBJECT_CLASS (signal_websocket_input_parent_class)->dispose (object);
}

static void
signal_websocket_input_finalize (GObject *object)
{
  SignalWebsocketInput *self = SIGNAL_WEBSOCKET_INPUT (object);

  g_clear_pointer (&self->pending, g_byte_array_unref);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (signal_websocket_input_parent_class)->finalize (object);
}

static void
signal_websocket_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = signal_websocket_input_is_readable;
  iface->create_source = signal_websocket_input_create_source;
  iface->read_nonblocking = signal_websocket_input_read_nonblocking;
}

static void
signal_websocket_input_class_init (SignalWebsocketInputClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_websocket_input_dispose;
  object_class->finalize = signal_websocket_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = signal_websocket_input_read;
}

static void
signal_websocket_input_init (SignalWebsocketInput *self)
{
}

SignalWebsocketInput *
signal_websocket_input_new (void)
{
  return g_object_new (SIGNAL_TYPE_WEBSOCKET_INPUT, NULL);
}

static void
wake (SignalWebsocketInput *self)
{
  if (self->source != NULL)
    g_source_set_ready_time (self->source, 0);
}

/* Adds bytes for libsoup to read, and makes its source ready. */
void
signal_websocket_input_push (SignalWebsocketInput *self,
                             const guint8         *data,
                             gsize                 length)
{
  if (self->pending == NULL)
    self->pending = g_byte_array_new ();
  g_byte_array_append (self->pending, data, (guint) length);
  wake (self);
}

/* Ends the stream after the pending data. error is what reads fail with from then on, or NULL for
 * the end of the stream. */
void
signal_websocket_input_end (SignalWebsocketInput *self,
                            const GError         *error)
{
  if (self->is_ended)
    return;

  self->is_ended = TRUE;
  self->error = error != NULL ? g_error_copy (error) : NULL;
  wake (self);
}

/* Gets the number of bytes that libsoup has not read yet. */
gsize
signal_websocket_input_get_pending (SignalWebsocketInput *self)
{
  return self->pending != NULL ? self->pending->len : 0;
}
