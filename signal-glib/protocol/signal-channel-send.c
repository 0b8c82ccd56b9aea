/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-channel-state-private.h"

#include "protocol/signal-envelope-private.h"
#include "signal-error.h"
#include "websocket/signal-websocket-frame-private.h"

#include <glib/gi18n-lib.h>

/* What is kept for the next messages; many connections are idle. */
#define KEEP_SIZE 4096

static gboolean
check_sendable (SignalChannel  *self,
                gsize           frame_size,
                GError        **error)
{
  if (frame_size > self->max_message_size)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
                   _("The message takes a frame of %zu bytes, and the limit is %zu"),
                   frame_size, self->max_message_size);
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

/* Begins a frame for so many bytes of payload: makes its header, where it will be written from. The
 * mask of a client must not be foreseen (RFC 6455 section 10.3). Returns where the payload goes,
 * NULL on error. */
static guint8 *
begin_frame (SignalChannel  *self,
             guint8          opcode,
             gsize           length,
             guint8          mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE],
             GError        **error)
{
  SignalStreamOutput *output = signal_stream_get_output (self->stream);
  guint8 *frame;

  if (self->is_client && !signal_crypto_random (mask, SIGNAL_WEBSOCKET_FRAME_MASK_SIZE, error))
    return NULL;

  frame = signal_stream_output_begin (output, length
                                      + signal_websocket_frame_get_header_size (length, self->is_client));
  return frame + signal_websocket_frame_compose_header (frame, opcode, length, self->is_client ? mask : NULL);
}

/* The payload is there. libsoup's own frames go between whole frames of ours, because our stream
 * takes each of them at once. */
static void
end_frame (SignalChannel *self,
           guint8        *payload,
           gsize          length,
           const guint8   mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE])
{
  if (self->is_client)
    signal_websocket_frame_mask (payload, length, mask);

  signal_stream_output_end (signal_stream_get_output (self->stream),
                            length + signal_websocket_frame_get_header_size (length, self->is_client));
}

/* Sends text, valid UTF-8, as it is: a control event, or a message where there is no encryption. */
gboolean
signal_channel_send_plain (SignalChannel  *self,
                           const char     *text,
                           gsize           length,
                           GError        **error)
{
  guint8  mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE];
  guint8 *payload;

  if (!check_sendable (self, length, error))
    return FALSE;

  payload = begin_frame (self, SIGNAL_WEBSOCKET_FRAME_TEXT, length, mask, error);
  if (payload == NULL)
    return FALSE;

  signal_stream_output_set_plain (signal_stream_get_output (self->stream));
  memcpy (payload, text, length);
  end_frame (self, payload, length, mask);
  return TRUE;
}

/* Sends a whole envelope, encrypted once there is a key. */
gboolean
signal_channel_send (SignalChannel  *self,
                     const char     *inner,
                     gsize           length,
                     GError        **error)
{
  gsize   frame_length = signal_envelope_get_encrypted_size (length);
  guint8  iv[SIGNAL_CRYPTO_IV_SIZE];
  guint8  mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE];
  guint8 *payload;

  if (self->key == NULL)
    return signal_channel_send_plain (self, inner, length, error);

  if (!check_sendable (self, frame_length, error))
    return FALSE;

  /* The limit, which is a guint, holds for the frame, and that is longer. */
  g_byte_array_set_size (self->scratch, (guint) (length + SIGNAL_CRYPTO_TAG_SIZE));
  if (!signal_session_key_encrypt (self->key, (const guint8 *) inner, length, iv,
                                   self->scratch->data, error))
    return FALSE;

  payload = begin_frame (self, SIGNAL_WEBSOCKET_FRAME_TEXT, frame_length, mask, error);
  if (payload == NULL)
    return FALSE;

  /* So that a message of ours which is sent back to us is known as one that has been. */
  signal_replay_window_add (self->replay, iv);
  self->key_uses++;

  signal_envelope_write_encrypted ((char *) payload, iv, self->scratch->data, self->scratch->len);
  end_frame (self, payload, frame_length, mask);
  if (self->scratch->len > KEEP_SIZE)
    {
      g_byte_array_unref (self->scratch);
      self->scratch = g_byte_array_new ();
    }
  return TRUE;
}

/* Asks the peer for a sign of life: libsoup pings by a timer of its own only. */
void
signal_channel_ping (SignalChannel *self)
{
  guint8  mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE];
  guint8 *payload;

  if (!signal_channel_is_open (self))
    return;

  payload = begin_frame (self, SIGNAL_WEBSOCKET_FRAME_PING, 0, mask, NULL);
  if (payload == NULL)
    return;

  self->pinged = g_get_monotonic_time ();
  end_frame (self, payload, 0, mask);
}
