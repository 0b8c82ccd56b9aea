/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-input-private.h"

#include <string.h>

#include "util/signal-source-private.h"

/* A source that libsoup waits with. In every iteration of the main loop, GLib examines each source that is
 * attached. The first dispatch tells what libsoup's callback is; if there is nothing to read then, the source
 * is destroyed, and GLib only passes over it. libsoup has the only reference to it from then on, and releases
 * it when it does not wait any more; until then, GLib keeps it in its list. */
typedef struct
{
  GSource parent;
  SignalWebsocketInput *input; /* NULL once it does not exist any more */
  GPollableSourceFunc callback; /* NULL before it has left the main loop */
  gpointer user_data;
} InputSource;

struct _SignalWebsocketInput
{
  GInputStream parent_instance;

  GMainContext *context;

  GByteArray *pending; /* NULL if there is nothing to read */
  gboolean is_ended;
  GError *error;       /* the error at the end of the stream */
  InputSource *source; /* what libsoup waits with, or NULL; no reference */
  GSource *wake;       /* calls libsoup in place of a source that has left the main loop */
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

static gboolean
input_source_dispatch (GSource     *source,
                       GSourceFunc  callback,
                       gpointer     user_data)
{
  InputSource *self = (InputSource *) source;
  GPollableSourceFunc pollable_callback = (GPollableSourceFunc) G_CALLBACK (callback);

  if (self->input == NULL || is_ready (self->input))
    return pollable_callback (NULL, user_data);

  self->callback = pollable_callback;
  self->user_data = user_data;
  return G_SOURCE_REMOVE;
}

static void
input_source_finalize (GSource *source)
{
  InputSource *self = (InputSource *) source;

  if (self->input == NULL || self->input->source != self)
    return;

  self->input->source = NULL;
  signal_source_clear (&self->input->wake);
}

static GSourceFuncs input_source_funcs = {
  .dispatch = input_source_dispatch,
  .finalize = input_source_finalize,
};

static gboolean
on_wake (gpointer user_data)
{
  SignalWebsocketInput *self = user_data;

  return self->source->callback (NULL, self->source->user_data);
}

static void
forget_source (SignalWebsocketInput *self)
{
  signal_source_clear (&self->wake);
  if (self->source != NULL)
    self->source->input = NULL;
  self->source = NULL;
}

/* The source does not hold a reference to the stream, and passes NULL to its callback. */
static GSource *
signal_websocket_input_create_source (GPollableInputStream *pollable,
                                      GCancellable         *cancellable)
{
  SignalWebsocketInput *self = SIGNAL_WEBSOCKET_INPUT (pollable);
  GSource *source = g_source_new (&input_source_funcs, sizeof (InputSource));

  forget_source (self);
  self->source = (InputSource *) source;
  self->source->input = self;
  g_source_set_ready_time (source, 0);
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
  forget_source (SIGNAL_WEBSOCKET_INPUT (object));

  G_OBJECT_CLASS (signal_websocket_input_parent_class)->dispose (object);
}

static void
signal_websocket_input_finalize (GObject *object)
{
  SignalWebsocketInput *self = SIGNAL_WEBSOCKET_INPUT (object);

  g_clear_pointer (&self->pending, g_byte_array_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
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
  self->context = g_main_context_ref_thread_default ();
}

SignalWebsocketInput *
signal_websocket_input_new (void)
{
  return g_object_new (SIGNAL_TYPE_WEBSOCKET_INPUT, NULL);
}

/* A source that has not left the main loop will be dispatched in any case. */
static void
wake (SignalWebsocketInput *self)
{
  if (self->source == NULL || self->source->callback == NULL || self->wake != NULL)
    return;

  self->wake = signal_source_new_timed (on_wake, self, "[signal-glib] WebSocket control frames");
  g_source_set_ready_time (self->wake, 0);
  g_source_attach (self->wake, self->context);
}

/* Adds bytes for libsoup to read, and wakes it. */
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
