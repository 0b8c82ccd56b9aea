/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "host.h"

#include "signal-glib/websocket/signal-websocket-stream-private.h"

#define LARGE (2 * 1024 * 1024)

/* Our stream on one end of a socket pair, and a plain one on the other. */
typedef struct
{
  SignalStream         *stream;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  GIOStream            *peer;
} Wire;

static Wire *
wire_new (GBytes *read_ahead)
{
  Wire *wire = g_new0 (Wire, 1);
  GIOStream *ends[2];

  socket_pair (ends);
  wire->stream = signal_stream_new (ends[0], read_ahead);
  wire->input = G_POLLABLE_INPUT_STREAM (signal_stream_get_input (wire->stream));
  wire->output = G_POLLABLE_OUTPUT_STREAM (signal_stream_get_output (wire->stream));
  wire->peer = ends[1];
  g_object_unref (ends[0]);
  return wire;
}

static void
wire_free (Wire *wire)
{
  g_assert_finalize_object (wire->stream);
  g_clear_object (&wire->peer);
  settle ();
  g_free (wire);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wire, wire_free)

static void
peer_write (Wire       *wire,
            const void *data,
            gsize       length)
{
  GOutputStream *output = g_io_stream_get_output_stream (wire->peer);

  g_assert_true (g_output_stream_write_all (output, data, length, NULL, NULL, NULL));
}

/* Adds what the peer can read now. FALSE: the end has come. */
static gboolean
peer_read (Wire       *wire,
           GByteArray *bytes)
{
  GInputStream *input = g_io_stream_get_input_stream (wire->peer);
  g_autoptr (GError) error = NULL;
  guint8 buffer[65536];
  gssize count;

  while ((count = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), buffer,
                                                            sizeof buffer, NULL, &error)) > 0)
    g_byte_array_append (bytes, buffer, count);
  if (count < 0)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  return count != 0;
}

/* The stream takes everything at once. */
static void
wire_write (Wire         *wire,
            const guint8 *data,
            gsize         length)
{
  gssize count;

  count = g_pollable_output_stream_write_nonblocking (wire->output, data, length, NULL, NULL);
  g_assert_cmpint (count, ==, length);
}

static guint8 *
make_data (gsize length)
{
  guint8 *data = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    data[i] = i * 31 + (i >> 8);
  return data;
}

typedef struct
{
  Wire       *wire;
  GByteArray *bytes;
  gboolean    is_over;
  GError     *error;
} Reader;

/* Reads as libsoup does: until it would block, then by a new source. */
static gboolean
on_readable (GObject *object,
             gpointer user_data)
{
  Reader *reader = user_data;
  g_autoptr (GSource) source = NULL;
  g_autoptr (GError) error = NULL;
  guint8 buffer[1024];
  gssize count;

  while ((count = g_pollable_input_stream_read_nonblocking (reader->wire->input, buffer,
                                                            sizeof buffer, NULL, &error)) > 0)
    g_byte_array_append (reader->bytes, buffer, count);

  if (count == 0 || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      reader->is_over = TRUE;
      reader->error = g_steal_pointer (&error);
      return G_SOURCE_REMOVE;
    }

  source = g_pollable_input_stream_create_source (reader->wire->input, NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), reader, NULL);
  g_source_attach (source, NULL);
  return G_SOURCE_REMOVE;
}

static void
reader_clear (Reader *reader)
{
  g_byte_array_unref (reader->bytes);
  g_clear_error (&reader->error);
}

/* The stream takes everything at once, whatever the socket takes. */
static void
test_write (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  SignalStreamOutput *output = signal_stream_get_output (wire->stream);
  g_autofree guint8 *data = make_data (LARGE);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_assert_true (g_pollable_output_stream_is_writable (wire->output));
  wire_write (wire, data, LARGE);
  g_assert_cmpuint (signal_stream_output_get_unsent (output), >, 0);
  g_assert_cmpuint (signal_stream_output_get_unsent (output)
                    + signal_stream_output_get_total (output), ==, LARGE);
  WAIT_UNTIL (peer_read (wire, bytes) && bytes->len == LARGE);
  g_assert_cmpmem (bytes->data, bytes->len, data, LARGE);
  g_assert_cmpuint (signal_stream_output_get_unsent (output), ==, 0);
  g_assert_cmpuint (signal_stream_output_get_total (output), ==, LARGE);
}

static void
on_drained (gpointer user_data)
{
  ++*(guint *) user_data;
}

/* A burst of small writes arrives whole and in order, and its end is told. */
static void
test_burst (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree guint8 *data = make_data (100000);
  guint n_drained = 0;
  gsize at = 0;

  signal_stream_set_drained (wire->stream, on_drained, &n_drained);
  for (gsize size = 1; at < 100000; size = size % 777 + 1)
    {
      gsize step = MIN (size, 100000 - at);

      wire_write (wire, data + at, step);
      at += step;
    }
  WAIT_UNTIL (peer_read (wire, bytes) && bytes->len == 100000 && n_drained > 0);
  g_assert_cmpmem (bytes->data, bytes->len, data, 100000);
}

static void
test_read (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  static const guint8 header[] = { 0x81, 127, 0, 0, 0, 0, 0, 0x02, 0x49, 0xe6 };
  g_autofree guint8 *data = make_data (150000);
  Reader reader = { wire, g_byte_array_new () };

  /* One frame of 149,990 bytes. */
  memcpy (data, header, sizeof header);
  on_readable (NULL, &reader);
  g_assert_false (g_pollable_input_stream_is_readable (wire->input));
  peer_write (wire, data, 150000);
  WAIT_UNTIL (reader.bytes->len == 150000);
  g_assert_cmpmem (reader.bytes->data, reader.bytes->len, data, 150000);
  g_assert_cmpuint (signal_stream_input_get_total (signal_stream_get_input (wire->stream)), ==,
                    150000);

  g_clear_object (&wire->peer);
  WAIT_UNTIL (reader.is_over);
  g_assert_no_error (reader.error);
  reader_clear (&reader);
}

/* What came with the answer comes first. */
static void
test_read_ahead (void)
{
  g_autoptr (GBytes) ahead = g_bytes_new_static ("\x81\x03" "one", 5);
  g_autoptr (Wire) wire = wire_new (ahead);
  Reader reader = { wire, g_byte_array_new () };

  g_assert_true (g_pollable_input_stream_is_readable (wire->input));
  peer_write (wire, "\x81\x03two", 5);
  on_readable (NULL, &reader);
  WAIT_UNTIL (reader.bytes->len == 10);
  g_assert_cmpmem (reader.bytes->data, reader.bytes->len, "\x81\x03" "one\x81\x03two", 10);
  g_clear_object (&wire->peer);
  WAIT_UNTIL (reader.is_over);
  reader_clear (&reader);
}

/* One who reads without end is stopped after a while, though there is more, and gets it later. */
static void
test_turn (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  g_autoptr (GError) error = NULL;
  Reader reader = { wire, g_byte_array_new () };
  guint8 buffer[10];

  peer_write (wire, "\x81\x7d", 2);
  peer_write (wire, "0123456789012345678901234567890123456789", 40);
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (wire->input, buffer, sizeof buffer,
                                                             NULL, &error), ==, 10);
  g_usleep (10000);
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (wire->input, buffer, sizeof buffer,
                                                             NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_assert_true (g_pollable_input_stream_is_readable (wire->input));
  on_readable (NULL, &reader);
  WAIT_UNTIL (reader.bytes->len == 32);
  g_clear_object (&wire->peer);
  WAIT_UNTIL (reader.is_over);
  reader_clear (&reader);
}

static void
on_overflow (gpointer user_data)
{
  ++*(guint *) user_data;
}

/* The bytes of a message that is too large are not handed on; their end still is. */
static void
test_overflow (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  SignalStreamInput *input = signal_stream_get_input (wire->stream);
  Reader reader = { wire, g_byte_array_new () };
  guint n_overflows = 0;

  signal_stream_input_set_limit (input, 5);
  signal_stream_input_set_overflow (input, on_overflow, &n_overflows);
  on_readable (NULL, &reader);
  peer_write (wire, "\x81\x05" "right\x81\x06" "no\x81\x05more", 16);
  WAIT_UNTIL (n_overflows == 1);
  peer_write (wire, "\x81\x05right", 7);
  g_clear_object (&wire->peer);
  WAIT_UNTIL (reader.is_over);
  g_assert_cmpuint (n_overflows, ==, 1);
  g_assert_cmpmem (reader.bytes->data, 7, "\x81\x05right", 7);
  g_assert_cmpuint (reader.bytes->len, <=, 8);
  reader_clear (&reader);
}

/* Who reads is woken when writing has become pointless. */
static void
test_write_error (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  g_autofree guint8 *data = make_data (LARGE);
  Reader reader = { wire, g_byte_array_new () };
  g_autoptr (GError) error = NULL;

  wire_write (wire, data, LARGE);
  on_readable (NULL, &reader);
  g_clear_object (&wire->peer);
  WAIT_UNTIL (reader.is_over);
  g_assert_nonnull (reader.error);
  WAIT_UNTIL (g_pollable_output_stream_write_nonblocking (wire->output, data, 1, NULL, &error) < 0);
  g_assert_nonnull (error);
  reader_clear (&reader);
}

/* A write that fails at once is told, and what comes after it is not kept. */
static void
test_write_to_gone (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  SignalStreamOutput *output = signal_stream_get_output (wire->stream);
  g_autoptr (GError) error = NULL;
  guint8 buffer[8];
  gsize unsent;

  g_clear_object (&wire->peer);
  wire_write (wire, (const guint8 *) "x", 1);
  settle ();
  unsent = signal_stream_output_get_unsent (output);
  memset (signal_stream_output_begin (output, 10), 'x', 10);
  signal_stream_output_end (output, 10);
  g_assert_cmpuint (signal_stream_output_get_unsent (output), ==, unsent);
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (wire->input, buffer, sizeof buffer,
                                                             NULL, &error), ==, -1);
  g_assert_nonnull (error);
}

static void
on_stream_closed (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
  *(gboolean *) user_data = TRUE;
}

static void
test_close_flushes (void)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  g_autofree guint8 *data = make_data (LARGE);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gboolean is_closed = FALSE;

  wire_write (wire, data, LARGE);
  g_io_stream_close_async (G_IO_STREAM (wire->stream), G_PRIORITY_DEFAULT, NULL, on_stream_closed,
                           &is_closed);
  WAIT_UNTIL (!peer_read (wire, bytes));
  g_assert_cmpmem (bytes->data, bytes->len, data, LARGE);
  WAIT_UNTIL (is_closed);
}

/* A peer that does not read holds nobody up for long, and one that is given up not at all. */
static void
test_close_unread (gconstpointer is_abandoned)
{
  g_autoptr (Wire) wire = wire_new (NULL);
  SignalStreamOutput *output = signal_stream_get_output (wire->stream);
  g_autofree guint8 *data = make_data (LARGE);
  gboolean is_closed = FALSE;

  wire_write (wire, data, LARGE);
  if (is_abandoned != NULL)
    {
      signal_stream_abandon (wire->stream);
      g_assert_cmpuint (signal_stream_output_get_unsent (output), ==, 0);
    }
  g_io_stream_close_async (G_IO_STREAM (wire->stream), G_PRIORITY_DEFAULT, NULL, on_stream_closed,
                           &is_closed);
  WAIT_UNTIL (is_closed);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stream/write", test_write);
  g_test_add_func ("/stream/burst", test_burst);
  g_test_add_func ("/stream/read", test_read);
  g_test_add_func ("/stream/read-ahead", test_read_ahead);
  g_test_add_func ("/stream/turn", test_turn);
  g_test_add_func ("/stream/overflow", test_overflow);
  g_test_add_func ("/stream/write-error", test_write_error);
  g_test_add_func ("/stream/write-to-gone", test_write_to_gone);
  g_test_add_func ("/stream/close-flushes", test_close_flushes);
  g_test_add_data_func ("/stream/close-unread", NULL, test_close_unread);
  g_test_add_data_func ("/stream/abandon", GINT_TO_POINTER (TRUE), test_close_unread);

  return g_test_run ();
}
