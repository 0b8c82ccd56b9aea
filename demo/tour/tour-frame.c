/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-frame.h"

#define MASK_BYTES 4

void
tour_frame_reader_init (TourFrameReader *self,
                        guint            link,
                        gboolean         from_client)
{
  *self = (TourFrameReader) {
    .frame = { .link = link, .from_client = from_client },
    .kept = g_string_new (NULL),
  };
}

void
tour_frame_reader_clear (TourFrameReader *self)
{
  if (self->kept != NULL)
    g_string_free (self->kept, TRUE);
  self->kept = NULL;
}

/* How many bytes say how long the content is, behind the first two. */
static guint
count_length_bytes (const TourFrameReader *self)
{
  guint length = self->head[1] & 0x7f;

  return length == 127 ? 8 : length == 126 ? 2 : 0;
}

static gboolean
is_masked (const TourFrameReader *self)
{
  return (self->head[1] & 0x80) != 0;
}

/* As far as it is known. */
static guint
get_head_size (const TourFrameReader *self)
{
  if (self->n_head < 2)
    return 2;
  return 2 + count_length_bytes (self) + (is_masked (self) ? MASK_BYTES : 0);
}

static void
read_head (TourFrameReader *self)
{
  guint n_bytes = count_length_bytes (self);
  guint64 length = n_bytes == 0 ? self->head[1] & 0x7f : 0;

  for (guint i = 0; i < n_bytes; i++)
    length = length << 8 | self->head[2 + i];
  self->frame.opcode = self->head[0] & 0x0f;
  self->frame.masked = is_masked (self);
  self->frame.length = length;
}

/* Takes what there is of the content, and gives how much that was. */
static gsize
take_content (TourFrameReader *self,
              const guint8    *bytes,
              gsize            n_bytes)
{
  const guint8 *mask = self->head + 2 + count_length_bytes (self);
  gsize taken = (gsize) MIN (n_bytes, self->frame.length - self->passed);
  gsize kept = MIN (taken, TOUR_FRAME_MAX_KEPT - self->kept->len);

  for (gsize i = 0; i < kept; i++)
    {
      guint8 key = self->frame.masked ? mask[(self->passed + i) % MASK_BYTES] : 0;

      g_string_append_c (self->kept, (char) (bytes[i] ^ key));
    }
  self->passed += taken;
  return taken;
}

static void
finish_frame (TourFrameReader *self,
              TourFrameFunc    func,
              gpointer         data)
{
  self->frame.text = self->kept->str;
  self->frame.n_kept = self->kept->len;
  func (&self->frame, data);
  self->n_head = 0;
  self->passed = 0;
  g_string_truncate (self->kept, 0);
}

/* Calls @func for each frame that ends in @bytes. Memory is only taken for what has come, whatever
 * the frame says about its length. */
void
tour_frame_reader_feed (TourFrameReader *self,
                        const guint8    *bytes,
                        gsize            n_bytes,
                        TourFrameFunc    func,
                        gpointer         data)
{
  while (n_bytes > 0)
    {
      gsize taken = 1;

      if (self->n_head < get_head_size (self))
        {
          self->head[self->n_head++] = *bytes;
          if (self->n_head == get_head_size (self))
            read_head (self);
        }
      else
        taken = take_content (self, bytes, n_bytes);
      bytes += taken;
      n_bytes -= taken;
      if (self->n_head == get_head_size (self) && self->passed == self->frame.length)
        finish_frame (self, func, data);
    }
}
