/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-frame-reader.h"

#define MASK_BYTES 4

void
tour_frame_reader_init (TourFrameReader *self,
                        guint            connection_id,
                        gboolean         from_client)
{
  *self = (TourFrameReader) {
    .frame = { .connection_id = connection_id, .from_client = from_client },
    .payload = g_string_new (NULL),
  };
}

void
tour_frame_reader_clear (TourFrameReader *self)
{
  if (self->payload != NULL)
    g_string_free (self->payload, TRUE);
  self->payload = NULL;
}

/* Returns the number of bytes of the extended payload length, which follow the first two. */
static guint
count_length_bytes (const TourFrameReader *self)
{
  guint length = self->header[1] & 0x7f;

  return length == 127 ? 8 : length == 126 ? 2 : 0;
}

static gboolean
is_masked (const TourFrameReader *self)
{
  return (self->header[1] & 0x80) != 0;
}

/* Returns the size of the header, as far as it is known. */
static guint
get_header_size (const TourFrameReader *self)
{
  if (self->header_length < 2)
    return 2;
  return 2 + count_length_bytes (self) + (is_masked (self) ? MASK_BYTES : 0);
}

static void
parse_header (TourFrameReader *self)
{
  guint n_bytes = count_length_bytes (self);
  guint64 length = n_bytes == 0 ? self->header[1] & 0x7f : 0;

  for (guint i = 0; i < n_bytes; i++)
    length = length << 8 | self->header[2 + i];
  self->frame.opcode = self->header[0] & 0x0f;
  self->frame.masked = is_masked (self);
  self->frame.length = length;
}

/* Returns how many of @bytes belong to the payload of the current frame. */
static gsize
take_payload (TourFrameReader *self,
              const guint8    *bytes,
              gsize            n_bytes)
{
  const guint8 *mask = self->header + 2 + count_length_bytes (self);
  gsize n_taken = (gsize) MIN (n_bytes, self->frame.length - self->payload_read);
  gsize n_stored = MIN (n_taken, TOUR_FRAME_MAX_STORED - self->payload->len);

  for (gsize i = 0; i < n_stored; i++)
    {
      guint8 key = self->frame.masked ? mask[(self->payload_read + i) % MASK_BYTES] : 0;

      g_string_append_c (self->payload, (char) (bytes[i] ^ key));
    }
  self->payload_read += n_taken;
  return n_taken;
}

static void
finish_frame (TourFrameReader *self,
              TourFrameFunc    func,
              gpointer         data)
{
  self->frame.payload = self->payload->str;
  self->frame.n_payload = self->payload->len;
  func (&self->frame, data);
  self->header_length = 0;
  self->payload_read = 0;
  g_string_truncate (self->payload, 0);
}

/* Calls @func for each frame that ends in @bytes. Memory is allocated for what has arrived only,
 * whatever length the frame declares. */
void
tour_frame_reader_feed (TourFrameReader *self,
                        const guint8    *bytes,
                        gsize            n_bytes,
                        TourFrameFunc    func,
                        gpointer         data)
{
  while (n_bytes > 0)
    {
      gsize n_taken = 1;

      if (self->header_length < get_header_size (self))
        {
          self->header[self->header_length++] = *bytes;
          if (self->header_length == get_header_size (self))
            parse_header (self);
        }
      else
        n_taken = take_payload (self, bytes, n_bytes);
      bytes += n_taken;
      n_bytes -= n_taken;
      if (self->header_length == get_header_size (self)
          && self->payload_read == self->frame.length)
        finish_frame (self, func, data);
    }
}
