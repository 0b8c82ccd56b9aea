/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/signal-frame-meter-private.h"

/* A frame of so many bytes of payload; masked or not. */
static void
append_frame (GByteArray *bytes,
              guint8      first,
              guint64     length,
              gboolean    is_masked)
{
  guint8 header[14] = { first, length < 126 ? length : length < 65536 ? 126 : 127 };
  guint size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  g_autofree guint8 *payload = g_malloc (length + 1);

  for (guint i = 2; i < size; i++)
    header[i] = length >> 8 * (size - 1 - i);
  if (is_masked)
    {
      header[1] |= 0x80;
      memset (header + size, 0x81, 4);
      size += 4;
    }

  /* What looks like a frame's header must not be taken for one. */
  memset (payload, 0x81, length);
  g_byte_array_append (bytes, header, size);
  g_byte_array_append (bytes, payload, length);
}

/* However the bytes are cut into pieces, the answer is the same. */
static gsize
pass_in_pieces (GByteArray *bytes,
                guint64     limit,
                gsize       piece)
{
  SignalFrameMeter meter = { .limit = limit };
  gsize at = 0;

  while (at < bytes->len)
    {
      gsize step = MIN (piece, bytes->len - at);
      gsize passed = signal_frame_meter_pass (&meter, bytes->data + at, step);

      at += passed;
      if (passed < step)
        break;
    }
  return at;
}

static void
assert_passes (GByteArray *bytes,
               guint64     limit,
               gsize       expected)
{
  static const gsize pieces[] = { 1, 2, 3, 5, 7, 64, 1000, G_MAXSIZE };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    g_assert_cmpuint (pass_in_pieces (bytes, limit, pieces[i]), ==, expected);
}

static void
test_frames (void)
{
  static const guint lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, 70000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      guint header = lengths[i] < 126 ? 2 : lengths[i] < 65536 ? 4 : 10;

      for (guint masked = 0; masked < 2; masked++)
        {
          g_autoptr (GByteArray) bytes = g_byte_array_new ();

          append_frame (bytes, 0x81, lengths[i], masked);
          append_frame (bytes, 0x82, lengths[i], masked);
          assert_passes (bytes, lengths[i], bytes->len);
          if (lengths[i] > 0)
            assert_passes (bytes, lengths[i] - 1, header - 1);
        }
    }
}

/* Fragments of a message add up; the next message begins anew. */
static void
test_fragments (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize third;

  for (guint i = 0; i < 2; i++)
    {
      append_frame (bytes, 0x01, 40, FALSE);
      append_frame (bytes, 0x00, 40, FALSE);
      append_frame (bytes, 0x80, 20, FALSE);
    }
  third = 2 * 42;
  assert_passes (bytes, 100, bytes->len);
  assert_passes (bytes, 99, third + 1);
  assert_passes (bytes, 79, 42 + 1);
}

/* Control frames may come between fragments and are none of them. */
static void
test_control_between (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  append_frame (bytes, 0x01, 50, FALSE);
  append_frame (bytes, 0x89, 50, FALSE);
  append_frame (bytes, 0x8a, 50, FALSE);
  append_frame (bytes, 0x80, 50, FALSE);
  append_frame (bytes, 0x88, 50, FALSE);
  assert_passes (bytes, 100, bytes->len);
  assert_passes (bytes, 99, 52 * 3 + 1);
  assert_passes (bytes, 49, 1);
}

/* Fragments without end, each of them small. */
static void
test_endless (void)
{
  SignalFrameMeter meter = { .limit = 1000 };
  static const guint8 first[] = { 0x01, 0x01, 'x' };
  static const guint8 next[] = { 0x00, 0x01, 'x' };
  guint count = 1;

  g_assert_cmpuint (signal_frame_meter_pass (&meter, first, sizeof first), ==, sizeof first);
  while (signal_frame_meter_pass (&meter, next, sizeof next) == sizeof next)
    count++;
  g_assert_cmpuint (count, ==, 1000);
}

/* The sizes that could wrap around. */
static void
test_huge (void)
{
  static const guint8 sizes[][8] = {
    { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    { 0x80, 0, 0, 0, 0, 0, 0, 0 },
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    { 0, 0, 0, 1, 0, 0, 0, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      guint8 header[10] = { 0x80, 127 };

      memcpy (header + 2, sizes[i], 8);
      append_frame (bytes, 0x01, 100, FALSE);
      g_byte_array_append (bytes, header, sizeof header);
      assert_passes (bytes, 1000, 102 + 9);
      assert_passes (bytes, G_MAXUINT32, 102 + 9);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame-meter/frames", test_frames);
  g_test_add_func ("/frame-meter/fragments", test_fragments);
  g_test_add_func ("/frame-meter/control-between", test_control_between);
  g_test_add_func ("/frame-meter/endless", test_endless);
  g_test_add_func ("/frame-meter/huge", test_huge);

  return g_test_run ();
}
