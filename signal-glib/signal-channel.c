/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-channel-private.h"

#include "signal-base64-private.h"
#include "signal-envelope-private.h"
#include "signal-error.h"
#include "signal-replay-private.h"
#include "signal-transport-private.h"

#include <glib/gi18n-lib.h>

/* How long the peer may take to answer a close frame. */
#define CLOSE_TIMEOUT_MS 3000

/* What may wait for a peer that reads slowly, before sending fails. */
#define MAX_UNSENT (64 * 1024 * 1024)

#define SEALED_EVENT "encrypted"

struct _SignalChannel
{
  GObject parent_instance;

  SoupWebsocketConnection *socket;
  SignalStream *stream;
  SignalSessionKey *key;
  SignalReplay *replay;
  GByteArray *scratch; /* ciphertext on its way out */

  const SignalChannelHandlers *handlers; /* NULL: nobody listens any more */
  gpointer user_data;

  gsize max_message_size;
  gboolean saw_unreadable;
  GSource *close_timeout;
  GError *error; /* the first thing that the transport said */
};

G_DEFINE_FINAL_TYPE (SignalChannel, signal_channel, G_TYPE_OBJECT)

static void
report_fault (SignalChannel *self,
              const GError  *error)
{
  if (self->handlers != NULL)
    self->handlers->fault (self, error, self->user_data);
}

static void
clear_close_timeout (SignalChannel *self)
{
  if (self->close_timeout != NULL)
    g_source_destroy (self->close_timeout);
  g_clear_pointer (&self->close_timeout, g_source_unref);
}

/* The text of a base64 member; unescaped into a copy when it was written with escapes. */
static SignalSpan
plain_base64 (SignalSpan   span,
              gboolean     escaped,
              char       **copy)
{
  if (!escaped)
    return span;

  *copy = g_malloc (span.len + 1);
  return (SignalSpan) { *copy, signal_json_unescape (*copy, span.str, span.len) };
}

static gboolean
decode_iv (const SignalSealed *sealed,
           guint8              iv[SIGNAL_CRYPTO_IV_SIZE])
{
  g_autofree char *copy = NULL;
  SignalSpan text = plain_base64 (sealed->iv, sealed->iv_escaped, &copy);
  gsize length;

  return text.len == SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_CRYPTO_IV_SIZE)
         && signal_base64_decode (text.str, text.len, iv, &length)
         && length == SIGNAL_CRYPTO_IV_SIZE;
}

/* Decrypts into the message's own storage, then opens the inner envelope there. */
static SignalMessage *
unseal (SignalChannel       *self,
        const SignalSealed  *sealed,
        GError             **error)
{
  g_autoptr (SignalMessage) message = NULL;
  g_autofree char *copy = NULL;
  guint8 iv[SIGNAL_CRYPTO_IV_SIZE];
  guint8 *storage;
  SignalSpan ct;
  gsize length;

  if (self->key == NULL)
    {
      self->saw_unreadable = TRUE;
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                           _("An encrypted message came before there was a key to read it with"));
      return NULL;
    }

  ct = plain_base64 (sealed->ct, sealed->ct_escaped, &copy);
  message = signal_message_alloc (SIGNAL_BASE64_DECODED_MAX (ct.len));
  storage = (guint8 *) signal_message_storage (message);

  if (!decode_iv (sealed, iv) || !signal_base64_decode (ct.str, ct.len, storage, &length))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("An encrypted message has an IV or a ciphertext that is not base64 "
                             "of the right length"));
      return NULL;
    }

  if (!signal_session_key_decrypt (self->key, iv, storage, length, storage, error))
    return NULL;

  if (!signal_replay_add (self->replay, iv))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("An encrypted message was dropped: it has come before"));
      return NULL;
    }

  if (!signal_message_open (message, length - SIGNAL_CRYPTO_TAG_SIZE, TRUE, error))
    return NULL;

  return g_steal_pointer (&message);
}

static SignalMessage *
receive (SignalChannel  *self,
         const char     *text,
         gsize           length,
         GError        **error)
{
  g_autoptr (SignalMessage) message = NULL;
  SignalEnvelope envelope;
  SignalSealed sealed;

  if (signal_envelope_match_sealed (&sealed, text, length))
    return unseal (self, &sealed, error);

  if (!signal_envelope_parse (&envelope, text, length, error))
    return NULL;

  if (signal_envelope_is (&envelope, SEALED_EVENT))
    {
      if (!signal_envelope_parse_sealed (&sealed, envelope.data, error))
        return NULL;
      return unseal (self, &sealed, error);
    }

  message = signal_message_alloc (length);
  memcpy (signal_message_storage (message), text, length);
  if (!signal_message_open (message, length, FALSE, error))
    return NULL;

  return g_steal_pointer (&message);
}

static void
on_message (SoupWebsocketConnection *socket,
            SoupWebsocketDataType    type,
            GBytes                  *bytes,
            gpointer                 user_data)
{
  g_autoptr (SignalChannel) self = g_object_ref (user_data);
  g_autoptr (SignalMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    message = receive (self, text, length, &error);
  else
    g_set_error_literal (&error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                         _("A binary frame was dropped: only text frames are Signal messages"));

  if (message == NULL)
    report_fault (self, error);
  else if (self->handlers != NULL)
    self->handlers->message (self, message, self->user_data);
}

static void
on_error (SoupWebsocketConnection *socket,
          GError                  *error,
          gpointer                 user_data)
{
  SignalChannel *self = user_data;

  if (self->error == NULL)
    self->error = g_error_copy (error);
}

/* The end, told once. */
static void
finish (SignalChannel *self,
        guint16        code,
        const char    *reason)
{
  g_autoptr (SignalChannel) keep = g_object_ref (self);
  const SignalChannelHandlers *handlers = self->handlers;
  gpointer user_data = self->user_data;
  g_autofree char *reason_copy = g_strdup (reason);

  signal_channel_drop (self);
  if (handlers != NULL)
    handlers->closed (self, code, reason_copy, self->error, user_data);
}

static void
on_closed (SoupWebsocketConnection *socket,
           gpointer                 user_data)
{
  guint16 code = soup_websocket_connection_get_close_code (socket);

  finish (user_data, code != 0 ? code : SOUP_WEBSOCKET_CLOSE_ABNORMAL,
          soup_websocket_connection_get_close_data (socket));
}

static gboolean
on_close_timeout (gpointer user_data)
{
  finish (user_data, SOUP_WEBSOCKET_CLOSE_ABNORMAL, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_overflow (gpointer user_data)
{
  SignalChannel *self = user_data;

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

  g_clear_object (&self->stream);
  g_clear_object (&self->socket);
  g_clear_pointer (&self->replay, signal_replay_free);
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
  self->scratch = g_byte_array_new ();
  self->max_message_size = G_MAXSIZE;
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
  self->handlers = handlers;
  self->user_data = user_data;

  g_signal_connect (socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (socket, "error", G_CALLBACK (on_error), self);
  g_signal_connect (socket, "closed", G_CALLBACK (on_closed), self);
  signal_stream_input_set_overflow (signal_stream_get_input (self->stream), on_overflow, self);

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
  self->replay = signal_replay_new ();
}

gboolean
signal_channel_is_encrypted (SignalChannel *self)
{
  return self->key != NULL;
}

/* Whether something encrypted came while there was no key. */
gboolean
signal_channel_saw_unreadable (SignalChannel *self)
{
  return self->saw_unreadable;
}

/* The largest frame to send, in bytes of payload. */
void
signal_channel_set_max_message_size (SignalChannel *self,
                                     gsize          size)
{
  self->max_message_size = size;
}

/* The largest message to take, in bytes of payload, all its frames together. */
void
signal_channel_set_max_incoming_size (SignalChannel *self,
                                      guint64        size)
{
  /* 0 would mean without a limit to libsoup, and a crash (CVE-2026-0716). */
  g_return_if_fail (size > 0);

  soup_websocket_connection_set_max_incoming_payload_size (self->socket, size);
  signal_stream_input_set_limit (signal_stream_get_input (self->stream), size);
}

static gboolean
check_sendable (SignalChannel  *self,
                gsize           frame_size,
                GError        **error)
{
  if (frame_size > self->max_message_size)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
                   _("The message takes a frame of %" G_GSIZE_FORMAT " bytes, and the limit is %"
                     G_GSIZE_FORMAT), frame_size, self->max_message_size);
      return FALSE;
    }

  if (!signal_channel_is_open (self))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The connection is closed"));
      return FALSE;
    }

  if (signal_channel_get_unsent (self) > MAX_UNSENT)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL,
                           _("The peer does not read what is sent to it"));
      return FALSE;
    }

  return TRUE;
}

static void
send_text (SignalChannel *self,
           char          *text,
           gsize          length)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, length);

  soup_websocket_connection_send_message (self->socket, SOUP_WEBSOCKET_DATA_TEXT, bytes);
}

/* Sends text, valid UTF-8, as it is: a control event, or a message where there is no encryption. */
gboolean
signal_channel_send_plain (SignalChannel  *self,
                           const char     *text,
                           gsize           length,
                           GError        **error)
{
  if (!check_sendable (self, length, error))
    return FALSE;

  send_text (self, g_strndup (text, length), length);
  return TRUE;
}

/* Sends a whole envelope, encrypted once there is a key. */
gboolean
signal_channel_send (SignalChannel  *self,
                     const char     *inner,
                     gsize           length,
                     GError        **error)
{
  guint8 iv[SIGNAL_CRYPTO_IV_SIZE];
  char  *text;
  gsize  text_length;

  if (self->key == NULL)
    return signal_channel_send_plain (self, inner, length, error);

  if (!check_sendable (self, signal_envelope_sealed_size (length), error))
    return FALSE;

  g_byte_array_set_size (self->scratch, length + SIGNAL_CRYPTO_TAG_SIZE);
  if (!signal_session_key_encrypt (self->key, (const guint8 *) inner, length, iv,
                                   self->scratch->data, error))
    return FALSE;

  /* So that a message of ours which is sent back to us is known as one that has been. */
  signal_replay_add (self->replay, iv);

  text = signal_envelope_seal (iv, self->scratch->data, self->scratch->len, &text_length);
  send_text (self, text, text_length);
  return TRUE;
}

/* Asks the peer for a sign of life. libsoup pings by a timer of its own only; a whole frame of ours
 * fits between its frames, because our stream takes each of them at once. */
void
signal_channel_ping (SignalChannel *self)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (self->stream));
  gboolean is_client = soup_websocket_connection_get_connection_type (self->socket)
                       == SOUP_WEBSOCKET_CONNECTION_CLIENT;
  guint32 mask = g_random_int ();
  guint8  frame[6] = { 0x89, is_client ? 0x80 : 0x00 };

  if (!signal_channel_is_open (self))
    return;

  memcpy (frame + 2, &mask, sizeof mask);
  g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), frame,
                                              is_client ? 6 : 2, NULL, NULL);
}

/* Starts the close handshake; `closed` follows in any case. What was sent before goes out first. */
void
signal_channel_close (SignalChannel *self,
                      guint16        code,
                      const char    *reason)
{
  if (self->socket == NULL || self->close_timeout != NULL)
    return;

  self->close_timeout = g_timeout_source_new (CLOSE_TIMEOUT_MS);
  g_source_set_callback (self->close_timeout, on_close_timeout, self, NULL);
  g_source_set_static_name (self->close_timeout, "signal-glib close handshake deadline");
  g_source_attach (self->close_timeout, g_main_context_get_thread_default ());

  if (signal_channel_is_open (self))
    soup_websocket_connection_close (self->socket, code, reason);
}

/* Lets go of the socket and of the key at once; nothing is told. */
void
signal_channel_drop (SignalChannel *self)
{
  signal_channel_detach (self);
  clear_close_timeout (self);
  g_clear_pointer (&self->key, signal_session_key_free);

  if (self->socket == NULL)
    return;

  signal_stream_input_set_overflow (signal_stream_get_input (self->stream), NULL, NULL);
  g_signal_handlers_disconnect_by_data (self->socket, self);
  if (soup_websocket_connection_get_state (self->socket) != SOUP_WEBSOCKET_STATE_CLOSED)
    signal_stream_abandon (self->stream);
  g_clear_object (&self->socket);
}

/* Whether there still is a socket, be it one that is closing. */
gboolean
signal_channel_is_connected (SignalChannel *self)
{
  return self->socket != NULL;
}

/* Whether messages can be sent. */
gboolean
signal_channel_is_open (SignalChannel *self)
{
  return self->socket != NULL
         && soup_websocket_connection_get_state (self->socket) == SOUP_WEBSOCKET_STATE_OPEN;
}

/* When the last byte came, by g_get_monotonic_time(). */
gint64
signal_channel_get_last_received (SignalChannel *self)
{
  return signal_stream_input_get_last (signal_stream_get_input (self->stream));
}

guint64
signal_channel_get_bytes_received (SignalChannel *self)
{
  return signal_stream_input_get_total (signal_stream_get_input (self->stream));
}

guint64
signal_channel_get_bytes_sent (SignalChannel *self)
{
  return signal_stream_output_get_total (signal_stream_get_output (self->stream));
}

/* The bytes that the socket has not taken yet. */
gsize
signal_channel_get_unsent (SignalChannel *self)
{
  return signal_stream_output_get_unsent (signal_stream_get_output (self->stream));
}
