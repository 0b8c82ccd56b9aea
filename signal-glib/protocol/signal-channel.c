/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-channel-state-private.h"

#include "signal-error.h"
#include "util/signal-source-private.h"

#include <glib/gi18n-lib.h>

/* How long the peer may take to answer a close frame. */
#define CLOSE_TIMEOUT_MS 3000

/* With random 96-bit IVs a key may serve for 2³² messages (NIST SP 800-38D section 8.3); both sides
 * draw from the same lot. */
#define KEY_LIMIT (G_GUINT64_CONSTANT (1) << 31)

/* What may wait for a peer that reads slowly, before sending fails. */
#define MAX_UNSENT (64 * 1024 * 1024)

G_DEFINE_FINAL_TYPE (SignalChannel, signal_channel, G_TYPE_OBJECT)

static void
report_fault (SignalChannel *self,
              const GError  *error)
{
  if (self->handlers != NULL)
    self->handlers->fault (self, error, self->user_data);
}

static gboolean
on_release (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* Lets go of a socket when whatever reads from it has returned: neither libsoup nor our stream
 * beneath it may go from under their own feet, and a handler may have run the main loop until they
 * are closed. */
static void
release_later (SignalChannel           *self,
               SoupWebsocketConnection *socket)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_release, socket, g_object_unref);
  g_source_set_static_name (source, "signal-glib release socket");
  g_source_attach (source, self->context);
}

/* A text message; most come here from our stream, the rest by way of libsoup. While we wait for the
 * end, a peer that sends on is not worth decrypting. */
static void
on_text (const char *text,
         gsize       length,
         gpointer    user_data)
{
  g_autoptr (SignalChannel) self = g_object_ref (user_data);
  g_autoptr (SignalMessage) message = NULL;
  SoupWebsocketConnection *socket;
  g_autoptr (GError) error = NULL;

  if (self->is_closing)
    return;

  socket = g_object_ref (self->socket);
  message = signal_channel_receive (self, text, length, &error);
  if (message == NULL)
    report_fault (self, error);
  else if (self->handlers != NULL)
    self->handlers->message (self, message, self->user_data);

  if (self->socket != NULL)
    g_object_unref (socket);
  else
    release_later (self, socket);
}

/* What came in fragments, or is not text. */
static void
on_message (SoupWebsocketConnection *socket,
            SoupWebsocketDataType    type,
            GBytes                  *bytes,
            gpointer                 user_data)
{
  SignalChannel *self = user_data;
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    {
      g_autoptr (SignalStreamInput) input = g_object_ref (signal_stream_get_input (self->stream));

      signal_stream_input_set_delivering (input, TRUE);
      on_text (text, length, self);
      signal_stream_input_set_delivering (input, FALSE);
      return;
    }

  g_set_error_literal (&error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                       _("A binary frame was dropped: only text frames are Signal messages"));
  report_fault (self, error);
}

static void
on_pong (SoupWebsocketConnection *socket,
         GBytes                  *payload,
         gpointer                 user_data)
{
  SignalChannel *self = user_data;

  if (self->pinged != 0)
    self->round_trip = g_get_monotonic_time () - self->pinged;
  self->pinged = 0;
}

static void
on_drained (gpointer user_data)
{
  g_autoptr (SignalChannel) self = g_object_ref (user_data);

  if (self->handlers != NULL && self->handlers->drained != NULL)
    self->handlers->drained (self, self->user_data);
}

/* What the peer did wrong with its frames; NULL: nothing. */
static const char *
get_fault (SignalChannel *self)
{
  return signal_stream_input_get_fault (signal_stream_get_input (self->stream));
}

/* The end, told once. */
static void
finish (SignalChannel *self,
        guint16        code,
        const char    *reason)
{
  G_GNUC_UNUSED g_autoptr (SignalChannel) keep = g_object_ref (self);
  const SignalChannelHandlers *handlers = self->handlers;
  gpointer user_data = self->user_data;
  g_autofree char *reason_copy = g_strdup (reason);

  signal_channel_drop (self);
  if (handlers != NULL)
    handlers->closed (self, code, reason_copy, self->error, user_data);
}

static void
finish_as_closed (SignalChannel *self)
{
  guint16 code = soup_websocket_connection_get_close_code (self->socket);

  /* A close frame that breaks RFC 6455 is none. */
  if (code == 0 || get_fault (self) != NULL)
    code = SOUP_WEBSOCKET_CLOSE_ABNORMAL;

  finish (self, code, soup_websocket_connection_get_close_data (self->socket));
}

static void
on_closed (SoupWebsocketConnection *socket,
           gpointer                 user_data)
{
  finish_as_closed (user_data);
}

static gboolean
on_close_timeout (gpointer user_data)
{
  g_autoptr (SignalChannel) self = g_object_ref (user_data);

  signal_stream_output_flush (signal_stream_get_output (self->stream));
  if (self->socket != NULL)
    finish_as_closed (self);
  return G_SOURCE_REMOVE;
}

static void
set_close_timeout (SignalChannel *self,
                   guint          ms)
{
  self->close_timeout = g_timeout_source_new (ms);
  g_source_set_callback (self->close_timeout, on_close_timeout, self, NULL);
  g_source_set_static_name (self->close_timeout, "signal-glib close handshake deadline");
  g_source_attach (self->close_timeout, self->context);
}

/* libsoup is about to send its close frame, or to answer the peer's. It then waits 5 s for the peer
 * to end the stream, too, while nothing can be sent any more: it is over as soon as the frame is
 * out. */
static void
end_soon (SignalChannel *self)
{
  if (self->close_timeout == NULL)
    set_close_timeout (self, 0);
}

static void
on_closing (SoupWebsocketConnection *socket,
            gpointer                 user_data)
{
  end_soon (user_data);
}

static void
on_error (SoupWebsocketConnection *socket,
          GError                  *error,
          gpointer                 user_data)
{
  SignalChannel *self = user_data;

  if (self->error == NULL)
    self->error = g_error_copy (error);
  end_soon (self);
}

static void
on_overflow (gpointer user_data)
{
  SignalChannel *self = user_data;
  const char *fault = get_fault (self);

  if (fault != NULL)
    {
      if (self->error == NULL)
        self->error = g_error_new_literal (SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR,
                                           fault);
      /* Who breaks the protocol is not waited for. */
      if (signal_channel_is_open (self))
        soup_websocket_connection_close (self->socket, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR, NULL);
      return;
    }

  if (self->error == NULL)
    self->error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
                                       _("The peer sent a message that is larger than the limit"));
  signal_channel_close (self, SOUP_WEBSOCKET_CLOSE_TOO_BIG, NULL);
}

static void
signal_channel_dispose (GObject *object)
{
  signal_channel_drop (SIGNAL_CHANNEL (object));

  G_OBJECT_CLASS (signal_channel_parent_class)->dispose (object);
}

static void
signal_channel_finalize (GObject *object)
{
  SignalChannel *self = SIGNAL_CHANNEL (object);

  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_object (&self->stream);
  g_clear_object (&self->socket);
  g_clear_pointer (&self->replay, signal_replay_window_free);
  g_clear_pointer (&self->scratch, g_byte_array_unref);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (signal_channel_parent_class)->finalize (object);
}

static void
signal_channel_class_init (SignalChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_channel_dispose;
  object_class->finalize = signal_channel_finalize;
}

static void
signal_channel_init (SignalChannel *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->scratch = g_byte_array_new ();
  self->max_message_size = SIGNAL_CHANNEL_MAX_MESSAGE;
  self->max_unsent = MAX_UNSENT;
  self->round_trip = -1;
  self->key_limit = KEY_LIMIT;
}

/* An encrypted message pipe over a socket that signal_transport_wrap() made. handlers: static. */
SignalChannel *
signal_channel_new (SoupWebsocketConnection     *socket,
                    const SignalChannelHandlers *handlers,
                    gpointer                     user_data)
{
  SignalChannel *self = g_object_new (SIGNAL_TYPE_CHANNEL, NULL);

  self->socket = g_object_ref (socket);
  self->stream = g_object_ref (signal_transport_get_stream (socket));
  self->is_client = soup_websocket_connection_get_connection_type (socket)
                    == SOUP_WEBSOCKET_CONNECTION_CLIENT;
  self->handlers = handlers;
  self->user_data = user_data;

  g_signal_connect (socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (socket, "error", G_CALLBACK (on_error), self);
  g_signal_connect (socket, "closed", G_CALLBACK (on_closed), self);
  g_signal_connect (socket, "closing", G_CALLBACK (on_closing), self);
  g_signal_connect (socket, "pong", G_CALLBACK (on_pong), self);
  signal_stream_input_set_text (signal_stream_get_input (self->stream), on_text, self);
  signal_stream_input_set_overflow (signal_stream_get_input (self->stream), on_overflow, self);
  signal_stream_set_drained (self->stream, on_drained, self);

  return self;
}

/* The owner hears nothing any more. A close that is under way goes on. */
void
signal_channel_detach (SignalChannel *self)
{
  self->handlers = NULL;
  self->user_data = NULL;
}

/* Everything that is sent from now on is encrypted, and only what is encrypted can be trusted. */
void
signal_channel_take_key (SignalChannel    *self,
                         SignalSessionKey *key)
{
  g_return_if_fail (self->key == NULL);

  self->key = key;
  self->replay = signal_replay_window_new ();
}

/* Starts the close handshake; `closed` follows in any case. What was sent before goes out first. */
void
signal_channel_close (SignalChannel *self,
                      guint16        code,
                      const char    *reason)
{
  if (self->socket == NULL || self->close_timeout != NULL)
    return;

  self->is_closing = TRUE;
  set_close_timeout (self, CLOSE_TIMEOUT_MS);
  if (signal_channel_is_open (self))
    soup_websocket_connection_close (self->socket, code, reason);
}

/* Lets go of the socket and of the key at once; nothing is told. */
void
signal_channel_drop (SignalChannel *self)
{
  signal_channel_detach (self);
  signal_source_clear (&self->close_timeout);
  g_clear_pointer (&self->key, signal_session_key_free);

  if (self->socket == NULL)
    return;

  signal_stream_input_set_text (signal_stream_get_input (self->stream), NULL, NULL);
  signal_stream_input_set_overflow (signal_stream_get_input (self->stream), NULL, NULL);
  signal_stream_set_drained (self->stream, NULL, NULL);
  g_signal_handlers_disconnect_by_data (self->socket, self);
  if (soup_websocket_connection_get_state (self->socket) != SOUP_WEBSOCKET_STATE_CLOSED)
    signal_stream_abandon (self->stream);
  g_clear_object (&self->socket);
}
