/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-frame-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define FINAL 0x80
#define RESERVED 0x70
#define OPCODE 0x0f
#define CONTROL 0x08
#define MASKED 0x80
#define LENGTH 0x7f
#define LENGTH_16 126
#define LENGTH_64 127

/* Returns FALSE if the header is incomplete. */
gboolean
signal_websocket_frame_parse (SignalWebsocketFrame *self,
                              const guint8         *data,
                              gsize                 length)
{
  guint   extra;
  guint64 size;

  if (length < 2)
    return FALSE;

  size = data[1] & LENGTH;
  extra = size == LENGTH_16 ? 2 : size == LENGTH_64 ? 8 : 0;
  *self = (SignalWebsocketFrame) {
    .header_size = 2 + extra + (data[1] & MASKED ? SIGNAL_WEBSOCKET_FRAME_MASK_SIZE : 0),
    .opcode = data[0] & OPCODE,
    .is_final = (data[0] & FINAL) != 0,
    .is_masked = (data[1] & MASKED) != 0,
    .is_reserved = (data[0] & RESERVED) != 0,
    .is_minimal = TRUE,
  };
  if (length < self->header_size)
    return FALSE;

  if (extra > 0)
    {
      size = 0;
      for (guint i = 0; i < extra; i++)
        size = size << 8 | data[2 + i];
      self->is_minimal = size > (extra == 2 ? SIGNAL_WEBSOCKET_FRAME_CONTROL_MAX : G_MAXUINT16);
    }

  self->size = size;
  return TRUE;
}

gboolean
signal_websocket_frame_is_control (const SignalWebsocketFrame *self)
{
  return (self->opcode & CONTROL) != 0;
}

static const char *
find_control_fault (const SignalWebsocketFrame *self)
{
  if (self->opcode > SIGNAL_WEBSOCKET_FRAME_PONG)
    return _("The peer sent a control frame with an unknown opcode");
  if (!self->is_final)
    return _("The peer sent a fragmented control frame");
  if (self->size > SIGNAL_WEBSOCKET_FRAME_CONTROL_MAX)
    return _("The peer sent a control frame of more than 125 bytes");

  return NULL;
}

/* Returns a description of a protocol violation by the peer, or NULL. must_mask is whether the
 * peer is a client, and is_in_message whether a fragmented message has begun. */
const char *
signal_websocket_frame_find_fault (const SignalWebsocketFrame *self,
                                   gboolean                    must_mask,
                                   gboolean                    is_in_message)
{
  if (self->is_masked && !must_mask)
    return _("The server sent a masked frame");
  if (!self->is_masked && must_mask)
    return _("The client sent an unmasked frame");
  if (self->is_reserved)
    return _("The peer sent a frame with reserved bits set, but no extension was negotiated");
  if (!self->is_minimal)
    return _("The peer sent a frame whose length is not minimally encoded");
  if (signal_websocket_frame_is_control (self))
    return find_control_fault (self);
  if (self->opcode > SIGNAL_WEBSOCKET_FRAME_BINARY)
    return _("The peer sent a data frame with an unknown opcode");
  if (self->opcode == SIGNAL_WEBSOCKET_FRAME_CONTINUATION && !is_in_message)
    return _("The peer sent a continuation frame without a message to continue");
  if (self->opcode != SIGNAL_WEBSOCKET_FRAME_CONTINUATION && is_in_message)
    return _("The peer started a message before it finished the previous one");

  return NULL;
}

/* Unlike g_utf8_validate_len(), accepts U+0000. */
gboolean
signal_websocket_frame_is_utf8 (const char *text,
                                gsize       length)
{
  const char *end = text + length;

  for (const char *at = text; !g_utf8_validate_len (at, (gsize) (end - at), &at); at++)
    if (*at != '\0')
      return FALSE;

  return TRUE;
}

/* Returns a description of what is wrong with the unmasked payload of a close frame (RFC 6455
 * section 7.4), or NULL. */
const char *
signal_websocket_frame_find_close_fault (const guint8 *payload,
                                         gsize         length)
{
  guint code;

  if (length == 0)
    return NULL;
  if (length == 1)
    return _("The peer sent a close frame with a truncated code");

  code = (guint) payload[0] << 8 | payload[1];
  if (code == 1005 || code == 1006 || code == 1015)
    return _("The peer sent a close frame with an invalid code");
  if (!signal_websocket_frame_is_utf8 ((const char *) payload + 2, length - 2))
    return _("The peer sent a close frame whose reason is not UTF-8");

  return NULL;
}

guint
signal_websocket_frame_get_header_size (gsize    length,
                                        gboolean is_masked)
{
  guint size = length <= SIGNAL_WEBSOCKET_FRAME_CONTROL_MAX ? 2 : length <= G_MAXUINT16 ? 4 : 10;

  return size + (is_masked ? SIGNAL_WEBSOCKET_FRAME_MASK_SIZE : 0);
}

/* Writes the header of a frame that is an unfragmented message. mask may be NULL for none.
 * Returns the size of the header. */
guint
signal_websocket_frame_compose_header (guint8        header[SIGNAL_WEBSOCKET_FRAME_HEADER_MAX],
                                       guint8        opcode,
                                       gsize         length,
                                       const guint8 *mask)
{
  guint size = signal_websocket_frame_get_header_size (length, FALSE);
  guint64 rest = length;

  header[0] = FINAL | opcode;
  header[1] = size == 2 ? (guint8) length : size == 4 ? LENGTH_16 : LENGTH_64;
  for (guint i = size - 1; i >= 2; i--, rest >>= 8)
    header[i] = rest & 0xff;

  if (mask == NULL)
    return size;

  header[1] |= MASKED;
  memcpy (header + size, mask, SIGNAL_WEBSOCKET_FRAME_MASK_SIZE);
  return size + SIGNAL_WEBSOCKET_FRAME_MASK_SIZE;
}

/* Masks or unmasks the payload (RFC 6455 section 5.3). */
void
signal_websocket_frame_mask (guint8       *payload,
                             gsize         length,
                             const guint8  mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE])
{
  guint32 half;
  guint64 whole, word;
  gsize   at = 0;

  memcpy (&half, mask, sizeof half);
  whole = (guint64) half << 32 | half;

  for (; length - at >= sizeof word; at += sizeof word)
    {
      memcpy (&word, payload + at, sizeof word);
      word ^= whole;
      memcpy (payload + at, &word, sizeof word);
    }
  for (; at < length; at++)
    payload[at] ^= mask[at % SIGNAL_WEBSOCKET_FRAME_MASK_SIZE];
}
