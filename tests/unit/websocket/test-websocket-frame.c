/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/websocket/signal-websocket-frame-private.h"

static const guint8 mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE] = { 0x37, 0xfa, 0x21, 0x3d };

/* The examples of RFC 6455 section 5.7. */
static void
test_examples (void)
{
  static const guint8 masked_hello[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
  static const guint8 part[] = { 0x01, 0x03, 0x48, 0x65, 0x6c };
  static const guint8 binary_64k[] = { 0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0 };
  guint8 header[SIGNAL_WEBSOCKET_FRAME_HEADER_MAX];
  guint8 hello[] = { 'H', 'e', 'l', 'l', 'o' };
  SignalWebsocketFrame frame;
  guint size;

  g_assert_true (signal_websocket_frame_parse (&frame, masked_hello, sizeof masked_hello));
  g_assert_cmpuint (frame.size, ==, 5);
  g_assert_cmpuint (frame.header_size, ==, 6);
  g_assert_cmpuint (frame.opcode, ==, SIGNAL_WEBSOCKET_FRAME_TEXT);
  g_assert_true (frame.is_final && frame.is_masked && frame.is_minimal && !frame.is_reserved);

  size = signal_websocket_frame_compose_header (header, SIGNAL_WEBSOCKET_FRAME_TEXT, 5, mask);
  g_assert_cmpmem (header, size, masked_hello, 6);
  signal_websocket_frame_mask (hello, 5, mask);
  g_assert_cmpmem (hello, 5, masked_hello + 6, 5);

  g_assert_true (signal_websocket_frame_parse (&frame, part, sizeof part));
  g_assert_false (frame.is_final);
  g_assert_false (frame.is_masked);

  size = signal_websocket_frame_compose_header (header, SIGNAL_WEBSOCKET_FRAME_BINARY, 65536, NULL);
  g_assert_cmpmem (header, size, binary_64k, sizeof binary_64k);
}

/* Parses a copy of exactly this length, so that a sanitizer detects a read beyond the end. */
static gboolean
parse (SignalWebsocketFrame *frame,
       const guint8         *data,
       gsize                 length)
{
  g_autofree guint8 *copy = g_memdup2 (data, length);

  return signal_websocket_frame_parse (frame, copy, length);
}

/* Headers that are written are read again, and nothing is read before they are complete. */
static void
test_round_trip (void)
{
  static const gsize lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, G_MAXUINT32 };
  guint8 header[SIGNAL_WEBSOCKET_FRAME_HEADER_MAX];
  SignalWebsocketFrame frame;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (guint masked = 0; masked < 2; masked++)
      {
        guint size = signal_websocket_frame_compose_header (header, SIGNAL_WEBSOCKET_FRAME_PING, lengths[i],
                                                  masked ? mask : NULL);

        g_assert_cmpuint (size, ==, signal_websocket_frame_get_header_size (lengths[i], masked));
        for (guint length = 0; length < size; length++)
          g_assert_false (parse (&frame, header, length));
        g_assert_true (parse (&frame, header, size));
        g_assert_cmpuint (frame.header_size, ==, size);
        g_assert_cmpuint (frame.size, ==, lengths[i]);
        g_assert_cmpuint (frame.opcode, ==, SIGNAL_WEBSOCKET_FRAME_PING);
        g_assert_cmpint (frame.is_masked, ==, (gint) masked);
        g_assert_true (frame.is_minimal);
        g_assert_true (signal_websocket_frame_is_control (&frame));
      }
}

/* Not a byte after the header is written. */
static void
test_compose_length (void)
{
  static const gsize lengths[] = { 0, 125, 126, 65535, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (guint masked = 0; masked < 2; masked++)
      {
        guint8 header[SIGNAL_WEBSOCKET_FRAME_HEADER_MAX + 1];
        guint size;

        memset (header, 0xa5, sizeof header);
        size = signal_websocket_frame_compose_header (header, SIGNAL_WEBSOCKET_FRAME_TEXT, lengths[i],
                                                      masked ? mask : NULL);
        for (guint at = size; at < sizeof header; at++)
          g_assert_cmphex (header[at], ==, 0xa5);
      }
}

/* Compared with masking byte by byte (section 5.3), at any alignment and length of the payload. */
static void
test_mask (void)
{
  guint8 data[80], expected[80];

  for (guint at = 0; at < 8; at++)
    for (guint length = 0; length < 64; length++)
      {
        for (guint i = 0; i < sizeof data; i++)
          data[i] = expected[i] = (guint8) (i * 5 + 1);
        for (guint i = 0; i < length; i++)
          expected[at + i] ^= mask[i % 4];

        signal_websocket_frame_mask (data + at, length, mask);
        g_assert_cmpmem (data, sizeof data, expected, sizeof expected);
        signal_websocket_frame_mask (data + at, length, mask);
        g_assert_cmpint (data[at], ==, (guint8) (at * 5 + 1));
      }
}

typedef struct
{
  guint8      header[10];
  guint       length;
  gboolean    from_client;
  gboolean    is_in_message;
  const char *fault; /* a part of the message, or NULL for no error */
} CheckCase;

static const CheckCase judgements[] = {
  { { 0x81, 0x01 }, 2, FALSE, FALSE, NULL },
  { { 0x82, 0x7d }, 2, FALSE, FALSE, NULL },
  { { 0x01, 0x01 }, 2, FALSE, FALSE, NULL },
  { { 0x00, 0x01 }, 2, FALSE, TRUE, NULL },
  { { 0x80, 0x01 }, 2, FALSE, TRUE, NULL },
  { { 0x88, 0x7d }, 2, FALSE, FALSE, NULL },
  { { 0x89, 0x00 }, 2, FALSE, TRUE, NULL },
  { { 0x8a, 0x00 }, 2, FALSE, TRUE, NULL },
  { { 0x81, 0x81, 1, 2, 3, 4 }, 6, TRUE, FALSE, NULL },
  { { 0x81, 126, 0, 126 }, 4, FALSE, FALSE, NULL },
  { { 0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0 }, 10, FALSE, FALSE, NULL },
  { { 0x81, 0x81, 1, 2, 3, 4 }, 6, FALSE, FALSE, "masked frame" },
  { { 0x81, 0x01 }, 2, TRUE, FALSE, "unmasked frame" },
  { { 0xc1, 0x01 }, 2, FALSE, FALSE, "reserved bits" },
  { { 0xa1, 0x01 }, 2, FALSE, FALSE, "reserved bits" },
  { { 0x91, 0x01 }, 2, FALSE, FALSE, "reserved bits" },
  { { 0x99, 0x00 }, 2, FALSE, FALSE, "reserved bits" },
  { { 0x81, 126, 0, 125 }, 4, FALSE, FALSE, "not minimally encoded" },
  { { 0x81, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 10, FALSE, FALSE, "not minimally encoded" },
  { { 0x83, 0x00 }, 2, FALSE, FALSE, "data frame with an unknown opcode" },
  { { 0x87, 0x00 }, 2, FALSE, FALSE, "data frame with an unknown opcode" },
  { { 0x8b, 0x00 }, 2, FALSE, FALSE, "control frame with an unknown opcode" },
  { { 0x8f, 0x00 }, 2, FALSE, FALSE, "control frame with an unknown opcode" },
  { { 0x09, 0x00 }, 2, FALSE, FALSE, "fragmented control frame" },
  { { 0x89, 126, 0, 126 }, 4, FALSE, FALSE, "more than 125 bytes" },
  { { 0x80, 0x01 }, 2, FALSE, FALSE, "without a message to continue" },
  { { 0x00, 0x01 }, 2, FALSE, FALSE, "without a message to continue" },
  { { 0x81, 0x01 }, 2, FALSE, TRUE, "before it finished the previous one" },
  { { 0x02, 0x01 }, 2, FALSE, TRUE, "before it finished the previous one" },
};

static void
test_faults (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (judgements); i++)
    {
      const CheckCase *judgement = &judgements[i];
      SignalWebsocketFrame frame;
      const char *fault;

      g_assert_true (signal_websocket_frame_parse (&frame, judgement->header, judgement->length));
      fault = signal_websocket_frame_find_fault (&frame, judgement->from_client, judgement->is_in_message);
      g_test_message ("%u: %s", i, fault != NULL ? fault : "none");
      if (judgement->fault == NULL)
        g_assert_null (fault);
      else
        g_assert_nonnull (strstr (fault, judgement->fault));
    }
}

static void
assert_close (const char *payload,
              gsize       length,
              const char *part)
{
  g_autofree guint8 *copy = g_memdup2 (payload, length);
  const char *fault = signal_websocket_frame_find_close_fault (copy, length);

  if (part == NULL)
    g_assert_null (fault);
  else
    g_assert_nonnull (strstr (fault, part));
}

static void
test_close_faults (void)
{
  assert_close ("", 0, NULL);
  assert_close ("\x03\xe8", 2, NULL);
  assert_close ("\x0f\xa4token \xc3\xa9", 10, NULL);
  assert_close ("\x03\xe8to\0ken", 8, NULL);
  assert_close ("\x03\xe8to\0k\xff", 7, "not UTF-8");
  assert_close ("\x03", 1, "truncated code");
  assert_close ("\x03\xed", 2, "invalid code");
  assert_close ("\x03\xee", 2, "invalid code");
  assert_close ("\x03\xf7", 2, "invalid code");
  assert_close ("\x03\xe8\xff", 3, "not UTF-8");
  assert_close ("\x03\xe8\xc3", 3, "not UTF-8");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/websocket-frame/examples", test_examples);
  g_test_add_func ("/websocket-frame/round-trip", test_round_trip);
  g_test_add_func ("/websocket-frame/compose-length", test_compose_length);
  g_test_add_func ("/websocket-frame/mask", test_mask);
  g_test_add_func ("/websocket-frame/faults", test_faults);
  g_test_add_func ("/websocket-frame/close-faults", test_close_faults);

  return g_test_run ();
}
