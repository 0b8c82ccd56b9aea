/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-stream-private.h"

#include <gio/gnetworking.h>

#include "util/signal-source-private.h"

/* How long closing waits for the peer to receive pending data and to answer the TLS
 * close_notify. */
#define CLOSE_TIMEOUT_MS 2000

/* Of the stream that SoupServer hands over, which is private to libsoup. */
#define SOUP_STREAM_PROPERTY "base-iostream"

struct _SignalWebsocketStream
{
  GIOStream parent_instance;

  GMainContext *context;
  GIOStream *base;
  GSocket *socket;
  SignalWebsocketInput *input;
  SignalWebsocketWriter *writer;

  SignalWebsocketStreamFunc closing;
  SignalWebsocketStreamFunc written;
  gpointer user_data;

  GTask *close_task;
  GSource *close_timeout;
};

G_DEFINE_FINAL_TYPE (SignalWebsocketStream, signal_websocket_stream, G_TYPE_IO_STREAM)

static GInputStream *
signal_websocket_stream_get_input_stream (GIOStream *stream)
{
  return G_INPUT_STREAM (SIGNAL_WEBSOCKET_STREAM (stream)->input);
}

static GOutputStream *
signal_websocket_stream_get_output_stream (GIOStream *stream)
{
  return G_OUTPUT_STREAM (SIGNAL_WEBSOCKET_STREAM (stream)->writer);
}

static gboolean
signal_websocket_stream_close (GIOStream     *stream,
                               GCancellable  *cancellable,
                               GError       **error)
{
  return g_io_stream_close (SIGNAL_WEBSOCKET_STREAM (stream)->base, cancellable, error);
}

static void
on_base_closed (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  signal_source_clear (&SIGNAL_WEBSOCKET_STREAM (g_task_get_source_object (task))->close_timeout);

  if (g_io_stream_close_finish (G_IO_STREAM (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
close_base (SignalWebsocketStream *self)
{
  GTask *task = g_steal_pointer (&self->close_task);

  signal_websocket_writer_abandon (self->writer);

  if (task != NULL)
    g_io_stream_close_async (self->base, g_task_get_priority (task), NULL, on_base_closed, task);
}

static gboolean
on_close_timeout (gpointer user_data)
{
  SignalWebsocketStream *self = user_data;

  signal_source_clear (&self->close_timeout);
  signal_websocket_stream_abandon (self);
  close_base (self);
  return G_SOURCE_REMOVE;
}

static void
on_written (const GError *error,
            gpointer      user_data)
{
  SignalWebsocketStream *self = user_data;

  /* A failed write is reported to libsoup as a failed read. */
  if (error != NULL)
    signal_websocket_input_end (self->input, error);

  if (self->close_task != NULL && (error != NULL || signal_websocket_writer_get_unsent (self->writer) == 0))
    close_base (self);
  else if (error == NULL && self->written != NULL)
    self->written (self->user_data);
}

/* Pending data is written first: libsoup closes the stream as soon as it has written its close
 * frame. */
static void
signal_websocket_stream_close_async (GIOStream           *stream,
                                     int                  io_priority,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  SignalWebsocketStream *self = SIGNAL_WEBSOCKET_STREAM (stream);
  GTask *task = g_task_new (stream, cancellable, callback, user_data);

  g_task_set_source_tag (task, signal_websocket_stream_close_async);
  g_task_set_priority (task, io_priority);
  self->close_task = task;
  if (self->closing != NULL)
    self->closing (self->user_data);

  self->close_timeout = g_timeout_source_new (CLOSE_TIMEOUT_MS);
  g_source_set_callback (self->close_timeout, on_close_timeout, self, NULL);
  g_source_set_static_name (self->close_timeout, "[signal-glib] close deadline");
  g_source_attach (self->close_timeout, self->context);

  if (signal_websocket_writer_get_unsent (self->writer) > 0)
    signal_websocket_writer_flush (self->writer);
  else
    close_base (self);
}

static gboolean
signal_websocket_stream_close_finish (GIOStream     *stream,
                                      GAsyncResult  *result,
                                      GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
signal_websocket_stream_dispose (GObject *object)
{
  SignalWebsocketStream *self = SIGNAL_WEBSOCKET_STREAM (object);

  signal_source_clear (&self->close_timeout);
  signal_websocket_writer_abandon (self->writer);

  G_OBJECT_CLASS (signal_websocket_stream_parent_class)->dispose (object);
}

static void
signal_websocket_stream_finalize (GObject *object)
{
  SignalWebsocketStream *self = SIGNAL_WEBSOCKET_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->writer);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->socket);
  g_clear_object (&self->base);

  G_OBJECT_CLASS (signal_websocket_stream_parent_class)->finalize (object);
}

static void
signal_websocket_stream_class_init (SignalWebsocketStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  object_class->dispose = signal_websocket_stream_dispose;
  object_class->finalize = signal_websocket_stream_finalize;
  stream_class->get_input_stream = signal_websocket_stream_get_input_stream;
  stream_class->get_output_stream = signal_websocket_stream_get_output_stream;
  stream_class->close_fn = signal_websocket_stream_close;
  stream_class->close_async = signal_websocket_stream_close_async;
  stream_class->close_finish = signal_websocket_stream_close_finish;
}

static void
signal_websocket_stream_init (SignalWebsocketStream *self)
{
  self->context = g_main_context_ref_thread_default ();
}

/* Returns the stream below another one, or NULL if it does not have this property. */
static GIOStream *
get_below (GIOStream  *base,
           const char *property)
{
  GIOStream *below = NULL;

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (base), property) != NULL)
    g_object_get (base, property, &below, NULL);
  return below;
}

/* Returns the underlying socket of a TLS connection or of libsoup's stream, or NULL if there is
 * none. */
static GSocket *
find_socket (GIOStream *base)
{
  static const char * const below[] = { "base-io-stream", SOUP_STREAM_PROPERTY };

  if (G_IS_SOCKET_CONNECTION (base))
    return g_object_ref (g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)));

  for (guint i = 0; i < G_N_ELEMENTS (below); i++)
    {
      g_autoptr (GIOStream) next = get_below (base, below[i]);

      if (next != NULL)
        return find_socket (next);
    }

  return NULL;
}

/* Creates a stream on top of another one, whose streams must be pollable. closing is called when
 * libsoup closes the stream, after which nothing may be read from base. written is called when
 * data that was waiting has been written to the socket. */
SignalWebsocketStream *
signal_websocket_stream_new (GIOStream                 *base,
                             SignalWebsocketStreamFunc  closing,
                             SignalWebsocketStreamFunc  written,
                             gpointer                   user_data)
{
  SignalWebsocketStream *self = g_object_new (SIGNAL_TYPE_WEBSOCKET_STREAM, NULL);

  self->base = g_object_ref (base);
  self->socket = find_socket (base);
  self->closing = closing;
  self->written = written;
  self->user_data = user_data;
  self->input = signal_websocket_input_new ();
  self->writer = signal_websocket_writer_new (g_io_stream_get_output_stream (base));
  signal_websocket_writer_set_written (self->writer, on_written, self);
  signal_websocket_writer_set_must_repeat (self->writer, signal_websocket_stream_get_fd (self) < 0);

  return self;
}

/* Ensures that no callback is called any more. */
void
signal_websocket_stream_detach (SignalWebsocketStream *self)
{
  self->closing = NULL;
  self->written = NULL;
}

/* Aborts the connection to a peer that does not respond: pending data is discarded, and closing
 * does not wait. */
void
signal_websocket_stream_abandon (SignalWebsocketStream *self)
{
  signal_websocket_writer_abandon (self->writer);
  if (self->socket != NULL)
    g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
}

/* Gets the file descriptor of a stream that is a socket without TLS, possibly below libsoup's stream,
 * or −1. */
int
signal_websocket_stream_get_fd (SignalWebsocketStream *self)
{
  g_autoptr (GIOStream) below = get_below (self->base, SOUP_STREAM_PROPERTY);
  GIOStream *base = below != NULL ? below : self->base;

#ifdef G_OS_UNIX
  if (G_IS_SOCKET_CONNECTION (base) && !G_IS_TCP_WRAPPER_CONNECTION (base))
    return g_socket_get_fd (self->socket);
#endif

  return -1;
}

SignalWebsocketInput *
signal_websocket_stream_get_input (SignalWebsocketStream *self)
{
  return self->input;
}

SignalWebsocketWriter *
signal_websocket_stream_get_writer (SignalWebsocketStream *self)
{
  return self->writer;
}

/* Sets how long data may remain unacknowledged before the kernel closes the connection
 * (TCP_USER_TIMEOUT, RFC 5482). Not all sockets support this. */
void
signal_websocket_stream_set_user_timeout (SignalWebsocketStream *self,
                                          guint                  ms)
{
#ifdef TCP_USER_TIMEOUT
  if (self->socket != NULL)
    g_socket_set_option (self->socket, IPPROTO_TCP, TCP_USER_TIMEOUT, (gint) MIN (ms, G_MAXINT), NULL);
#endif
}
