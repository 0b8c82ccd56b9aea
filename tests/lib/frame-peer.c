/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "frame-peer.h"

#include <string.h>

#include "utils.h"

#define MASKED 0x80
#define SMALL_MAX 125
#define WRITE_LIMIT (20 * G_TIME_SPAN_SECOND)

static const guint8 mask[FRAME_PEER_MASK_SIZE] = { 0x37, 0xfa, 0x21, 0x3d };

FramePeer *
frame_peer_new (GIOStream *stream,
                gboolean   is_client)
{
  FramePeer *self = g_new0 (FramePeer, 1);

  self->stream = g_object_ref (stream);
  self->is_client = is_client;
  self->unread = g_byte_array_new ();
  return self;
}

void
frame_peer_free (FramePeer *self)
{
  g_object_unref (self->stream);
  g_byte_array_unref (self->unread);
  g_free (self);
}

static void
append_masked (GByteArray   *bytes,
               const guint8 *payload,
               gsize         length)
{
  gsize at;

  g_byte_array_append (bytes, mask, sizeof mask);
  at = bytes->len;
  g_byte_array_append (bytes, payload, length);
  for (gsize i = 0; i < length; i++)
    bytes->data[at + i] ^= mask[i % sizeof mask];
}

/* Appends a frame, and returns the size of its header. */
gsize
frame_peer_append (FramePeer  *self,
                   GByteArray *bytes,
                   guint8      first,
                   const void *payload,
                   gsize       length)
{
  guint8 header[10] = { first, length <= SMALL_MAX ? length : length <= G_MAXUINT16 ? 126 : 127 };
  guint size = length <= SMALL_MAX ? 2 : length <= G_MAXUINT16 ? 4 : 10;

  for (guint i = 2; i < size; i++)
    header[i] = (guint64) length >> 8 * (size - 1 - i);
  if (self->is_client)
    header[1] |= MASKED;

  g_byte_array_append (bytes, header, size);
  if (self->is_client)
    append_masked (bytes, payload, length);
  else if (length > 0)
    g_byte_array_append (bytes, payload, length);
  return size + (self->is_client ? sizeof mask : 0);
}

/* Writes everything, and runs the main loop meanwhile. Returns FALSE if the library has closed the
 * connection. */
gboolean
frame_peer_write (FramePeer    *self,
                  const guint8 *bytes,
                  gsize         length)
{
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));
  gint64 deadline = g_get_monotonic_time () + WRITE_LIMIT;

  while (length > 0)
    {
      g_autoptr (GError) error = NULL;
      gssize count = g_pollable_output_stream_write_nonblocking (output, bytes, length, NULL, &error);

      if (count < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return FALSE;

      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      bytes += MAX (count, 0);
      length -= MAX (count, 0);
      g_main_context_iteration (NULL, FALSE);
    }

  return TRUE;
}

gboolean
frame_peer_send (FramePeer  *self,
                 guint8      first,
                 const void *payload,
                 gsize       length)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  frame_peer_append (self, bytes, first, payload, length);
  return frame_peer_write (self, bytes->data, bytes->len);
}

/* Sends nothing more. */
void
frame_peer_end (FramePeer *self)
{
  GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->stream));

  g_socket_shutdown (socket, FALSE, TRUE, NULL);
}

/* Reads up to this number of bytes that are there. Returns FALSE at the end of the connection. */
gboolean
frame_peer_read (FramePeer *self,
                 gsize      limit)
{
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream));

  while (limit > 0)
    {
      g_autoptr (GError) error = NULL;
      guint8 buffer[65536];
      gssize count = g_pollable_input_stream_read_nonblocking (input, buffer, MIN (limit, sizeof buffer),
                                                               NULL, &error);

      if (count <= 0)
        return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);

      g_byte_array_append (self->unread, buffer, count);
      limit -= count;
    }

  return TRUE;
}

/* Parses the header of the next frame. Returns FALSE if it is incomplete. */
static gboolean
parse_header (FramePeer *self,
              gsize     *header_size,
              guint64   *length)
{
  const guint8 *data = self->unread->data;
  gsize extra;

  if (self->unread->len < 2)
    return FALSE;

  /* Only a client masks (RFC 6455 section 5.1). */
  g_assert_cmpuint (data[1] & MASKED, ==, self->is_client ? 0 : MASKED);
  *length = data[1] & ~MASKED;
  extra = *length <= SMALL_MAX ? 0 : *length == 126 ? 2 : 8;
  *header_size = 2 + extra + (self->is_client ? 0 : sizeof mask);
  if (self->unread->len < *header_size)
    return FALSE;

  if (extra > 0)
    {
      *length = 0;
      for (gsize i = 0; i < extra; i++)
        *length = *length << 8 | data[2 + i];
      g_assert_cmpuint (*length, >, extra == 2 ? SMALL_MAX : G_MAXUINT16);
    }

  return TRUE;
}

/* Removes the next frame from what was read, and returns it, or NULL if it is incomplete. The length of the
 * frame must be encoded in the shortest form. */
ReceivedFrame *
frame_peer_take (FramePeer *self)
{
  ReceivedFrame *frame;
  gsize header_size;
  guint64 length;

  if (!parse_header (self, &header_size, &length) || self->unread->len - header_size < length)
    return NULL;

  frame = g_new0 (ReceivedFrame, 1);
  frame->first = self->unread->data[0];
  frame->payload = g_byte_array_new ();
  g_byte_array_append (frame->payload, self->unread->data + header_size, length);
  if (!self->is_client)
    memcpy (frame->mask, self->unread->data + header_size - sizeof frame->mask, sizeof frame->mask);
  for (gsize i = 0; i < length; i++)
    frame->payload->data[i] ^= frame->mask[i % sizeof frame->mask];

  g_byte_array_remove_range (self->unread, 0, header_size + length);
  return frame;
}

void
received_frame_free (ReceivedFrame *self)
{
  g_byte_array_unref (self->payload);
  g_free (self);
}
