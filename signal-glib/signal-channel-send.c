/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-channel-state-private.h"

#include "signal-envelope-private.h"
#include "signal-error.h"

#include <glib/gi18n-lib.h>

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

  if (signal_channel_get_unsent (self) > self->max_unsent)
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
  g_autoptr (GBytes) bytes = NULL;

  if (!check_sendable (self, length, error))
    return FALSE;

  /* libsoup makes its own copy at once. */
  bytes = g_bytes_new_with_free_func (text, length, NULL, NULL);
  soup_websocket_connection_send_message (self->socket, SOUP_WEBSOCKET_DATA_TEXT, bytes);
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
  self->key_uses++;

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
  guint32 mask = g_random_int ();
  guint8  frame[6] = { 0x89 };
  gboolean is_client;

  if (!signal_channel_is_open (self))
    return;

  is_client = soup_websocket_connection_get_connection_type (self->socket)
              == SOUP_WEBSOCKET_CONNECTION_CLIENT;
  frame[1] = is_client ? 0x80 : 0x00;
  self->pinged = g_get_monotonic_time ();
  memcpy (frame + 2, &mask, sizeof mask);
  g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), frame,
                                              is_client ? 6 : 2, NULL, NULL);
}
