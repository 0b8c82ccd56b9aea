/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-wire.h"

#include <string.h>

#define BUFFER_SIZE (256 * 1024)
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum
{
  OPCODE_TEXT = 1,
  OPCODE_CLOSE = 8,
};

#define FIN 0x80

BenchWire *
bench_wire_new (GIOStream *connection)
{
  BenchWire *self = g_new0 (BenchWire, 1);
  GInputStream *input = g_io_stream_get_input_stream (connection);

  self->connection = g_object_ref (connection);
  self->output = g_io_stream_get_output_stream (connection);
  self->input = g_data_input_stream_new (input);
  g_data_input_stream_set_newline_type (self->input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  g_buffered_input_stream_set_buffer_size (G_BUFFERED_INPUT_STREAM (self->input), BUFFER_SIZE);
  self->payload = g_byte_array_new ();

  return self;
}

void
bench_wire_free (BenchWire *self)
{
  g_io_stream_close (self->connection, NULL, NULL);
  g_clear_object (&self->input);
  g_clear_object (&self->connection);
  g_byte_array_unref (self->payload);
  g_free (self);
}

static char *
compute_accept (const char *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize  length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) ACCEPT_GUID, -1);
  g_checksum_get_digest (checksum, digest, &length);

  return g_base64_encode (digest, length);
}

/* Answers the upgrade request. Returns its target: the path and the query. */
char *
bench_wire_accept (BenchWire  *self,
                   GError    **error)
{
  static const char name[] = "Sec-WebSocket-Key:";
  g_autofree char *request = g_data_input_stream_read_line (self->input, NULL, NULL, error);
  g_auto (GStrv) words = NULL;
  g_autofree char *accept = NULL;
  g_autofree char *answer = NULL;

  if (request == NULL)
    return NULL;

  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (self->input, NULL, NULL, error);

      if (line == NULL)
        return NULL;
      if (*line == '\0')
        break;
      if (g_ascii_strncasecmp (line, name, strlen (name)) == 0)
        accept = compute_accept (g_strstrip (line + strlen (name)));
    }

  words = g_strsplit (request, " ", 3);
  if (g_strv_length (words) != 3 || accept == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Not a WebSocket request");
      return NULL;
    }

  answer = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  if (!g_output_stream_write_all (self->output, answer, strlen (answer), NULL, NULL, error))
    return NULL;

  return g_strdup (words[1]);
}

static gboolean
read_exactly (BenchWire  *self,
              void       *buffer,
              gsize       size,
              GError    **error)
{
  gsize count;

  if (!g_input_stream_read_all (G_INPUT_STREAM (self->input), buffer, size, &count, NULL, error))
    return FALSE;
  if (count == size)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The client is gone");
  return FALSE;
}

static gboolean
read_length (BenchWire  *self,
             guint8      first,
             guint64    *length,
             GError    **error)
{
  guint8 bytes[8];
  gsize  size = first == 127 ? 8 : 2;

  *length = first;
  if (first < 126)
    return TRUE;
  if (!read_exactly (self, bytes, size, error))
    return FALSE;

  *length = 0;
  for (gsize i = 0; i < size; i++)
    *length = *length << 8 | bytes[i];

  return TRUE;
}

/* Fast enough that the measured end does not wait for it. */
static void
unmask (guint8       *bytes,
        gsize         length,
        const guint8  mask[4])
{
  guint8  twice[8] = { mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3] };
  guint64 pattern, word;
  gsize   i = 0;

  memcpy (&pattern, twice, sizeof pattern);
  for (; i + sizeof word <= length; i += sizeof word)
    {
      memcpy (&word, bytes + i, sizeof word);
      word ^= pattern;
      memcpy (bytes + i, &word, sizeof word);
    }
  for (; i < length; i++)
    bytes[i] ^= mask[i % 4];
}

static gboolean
read_frame (BenchWire  *self,
            guint8     *opcode,
            GError    **error)
{
  guint8  header[2], mask[4];
  guint64 length;

  if (!read_exactly (self, header, sizeof header, error)
      || !read_length (self, header[1] & 0x7f, &length, error)
      || !read_exactly (self, mask, sizeof mask, error))
    return FALSE;

  g_byte_array_set_size (self->payload, length);
  if (!read_exactly (self, self->payload->data, length, error))
    return FALSE;

  unmask (self->payload->data, length, mask);
  *opcode = header[0] & 0x0f;

  return TRUE;
}

/* Waits for the next message. Returns FALSE at the end. */
gboolean
bench_wire_read_message (BenchWire  *self,
                         GError    **error)
{
  static const guint8 close_frame[] = { FIN | OPCODE_CLOSE, 0 };
  guint8 opcode;

  do
    {
      if (!read_frame (self, &opcode, error))
        return FALSE;
      if (opcode == OPCODE_CLOSE)
        {
          g_output_stream_write_all (self->output, close_frame, sizeof close_frame,
                                     NULL, NULL, NULL);
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The client is done");
          return FALSE;
        }
    }
  while (opcode >= OPCODE_CLOSE);

  return TRUE;
}

gboolean
bench_wire_write (BenchWire         *self,
                  const GByteArray  *frames,
                  GError           **error)
{
  return g_output_stream_write_all (self->output, frames->data, frames->len, NULL, NULL, error);
}

void
bench_wire_append_text (GByteArray *frames,
                        const char *text,
                        gsize       length)
{
  guint8 header[10] = { FIN | OPCODE_TEXT };
  gsize  size = length < 126 ? 0 : length <= G_MAXUINT16 ? 2 : 8;

  header[1] = size == 0 ? length : size == 2 ? 126 : 127;
  for (gsize i = 0; i < size; i++)
    header[2 + i] = (guint64) length >> 8 * (size - 1 - i);

  g_byte_array_append (frames, header, 2 + size);
  g_byte_array_append (frames, (const guint8 *) text, length);
}
