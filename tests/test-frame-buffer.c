/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/websocket/signal-websocket-reader-private.h"

/* A frame with so many bytes of payload, all of which could be taken for headers; masked or not. */
static void
append_frame (GByteArray *bytes,
              guint8      first,
              gsize       length,
              gboolean    is_masked)
{
  static const guint8 mask[] = { 1, 2, 3, 4 };
  guint8 header[SIGNAL_WEBSOCKET_FRAME_HEADER_MAX];
  guint  size = signal_websocket_frame_compose_header (header, first & 0x0f, length, is_masked ? mask : NULL);
  g_autofree guint8 *payload = g_malloc (length + 1);

  header[0] = first;
  memset (payload, 0x81, length);
  if (is_masked)
    signal_websocket_frame_mask (payload, length, mask);
  g_byte_array_append (bytes, header, size);
  g_byte_array_append (bytes, payload, (guint) length);
}

/* What came out of a buffer. */
typedef struct
{
  GByteArray *passed;
  guint       n_texts;
  gsize       text_bytes;
  gboolean    is_over;
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  g_byte_array_unref (outcome->passed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

/* As our stream does it. */
static void
drain (SignalWebsocketReader *self,
       Outcome           *outcome)
{
  guint8 piece[1000];
  gsize  length;
  const char *text;

  while (TRUE)
    switch (signal_websocket_reader_look (self))
      {
      case SIGNAL_WEBSOCKET_READER_PASS:
        length = signal_websocket_reader_pass (self, piece, sizeof piece);
        g_assert_cmpuint (length, >, 0);
        g_byte_array_append (outcome->passed, piece, (guint) length);
        break;

      case SIGNAL_WEBSOCKET_READER_TEXT:
        text = signal_websocket_reader_get_text (self, &length);
        if (length > 0)
          g_assert_true (text[0] == (char) 0x81 && memcmp (text, text + 1, length - 1) == 0);
        signal_websocket_reader_skip (self);
        outcome->n_texts++;
        outcome->text_bytes += length;
        break;

      case SIGNAL_WEBSOCKET_READER_OVERFLOW:
        outcome->is_over = TRUE;
        return;

      case SIGNAL_WEBSOCKET_READER_WAIT:
      default:
        return;
      }
}

static void
feed (SignalWebsocketReader *self,
      const GByteArray  *bytes,
      gsize              piece,
      Outcome           *outcome)
{
  gsize trimmed = 0;

  for (gsize at = 0; at < bytes->len && !outcome->is_over;)
    {
      gsize   size;
      guint8 *space = signal_websocket_reader_reserve (self, &size);
      gsize   step = MIN (MIN (piece, size), bytes->len - at);

      g_assert_cmpuint (size, >, 0);
      memcpy (space, bytes->data + at, step);
      signal_websocket_reader_add (self, step);
      at += step;
      drain (self, outcome);
      if (at - trimmed > bytes->len / 200)
        {
          signal_websocket_reader_trim (self);
          trimmed = at;
        }
    }
}

static const gsize pieces[] = { 1, 2, 3, 5, 7, 64, 1000, G_MAXSIZE };

/* However the bytes are cut into pieces, the same messages are taken and the same bytes passed on. */
static void
assert_outcome (const SignalWebsocketReader *like,
                const GByteArray        *bytes,
                guint                    n_texts,
                gsize                    text_bytes,
                const GByteArray        *passed,
                gboolean                 is_over)
{
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      SignalWebsocketReader self = *like;
      g_auto (Outcome) outcome = { g_byte_array_new () };

      feed (&self, bytes, pieces[i], &outcome);
      g_assert_cmpuint (outcome.n_texts, ==, n_texts);
      g_assert_cmpuint (outcome.text_bytes, ==, text_bytes);
      g_assert_cmpmem (outcome.passed->data, outcome.passed->len, passed->data, passed->len);
      g_assert_cmpint (outcome.is_over, ==, is_over);
      signal_websocket_reader_clear (&self);
      g_assert_null (self.data);
    }
}

/* Text messages of one frame are taken, of every length and masked or not; binary ones are passed on. */
static void
test_text (void)
{
  static const guint lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, 200000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (guint masked = 0; masked < 2; masked++)
      {
        SignalWebsocketReader like = { .limit = lengths[i], .must_mask = masked, .takes_text = TRUE };
        g_autoptr (GByteArray) bytes = g_byte_array_new ();
        g_autoptr (GByteArray) binary = g_byte_array_new ();

        append_frame (bytes, 0x81, lengths[i], masked);
        append_frame (bytes, 0x81, lengths[i], masked);
        append_frame (binary, 0x82, lengths[i], masked);
        g_byte_array_append (bytes, binary->data, binary->len);
        append_frame (bytes, 0x81, lengths[i], masked);
        assert_outcome (&like, bytes, 3, 3 * (gsize) lengths[i], binary, FALSE);

        like.takes_text = FALSE;
        assert_outcome (&like, bytes, 0, 0, bytes, FALSE);

        /* The first frame above the limit is the end. */
        if (lengths[i] > 0)
          {
            like.limit--;
            g_byte_array_set_size (binary, 0);
            assert_outcome (&like, bytes, 0, 0, binary, TRUE);
          }
      }
}

/* Fragments, and what comes between them, are passed on; the next message begins anew. */
static void
test_fragments (void)
{
  SignalWebsocketReader like = { .limit = 100, .takes_text = TRUE };
  g_autoptr (GByteArray) parts = g_byte_array_new ();
  g_autoptr (GByteArray) twice = g_byte_array_new ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint first;

  append_frame (parts, 0x01, 40, FALSE);
  append_frame (parts, 0x89, 60, FALSE);
  append_frame (parts, 0x00, 40, FALSE);
  append_frame (parts, 0x8a, 60, FALSE);
  first = parts->len;
  append_frame (parts, 0x80, 20, FALSE);

  g_byte_array_append (bytes, parts->data, parts->len);
  append_frame (bytes, 0x81, 100, FALSE);
  g_byte_array_append (bytes, parts->data, parts->len);
  g_byte_array_append (twice, parts->data, parts->len);
  g_byte_array_append (twice, parts->data, parts->len);
  assert_outcome (&like, bytes, 1, 100, twice, FALSE);

  like.limit = 99;
  g_byte_array_set_size (parts, first);
  assert_outcome (&like, bytes, 0, 0, parts, TRUE);
}

/* What breaks RFC 6455 is left to libsoup, and all that follows it, too. */
static void
test_fault (void)
{
  SignalWebsocketReader like = { .limit = 1000, .takes_text = TRUE };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  g_auto (Outcome) outcome = { g_byte_array_new () };

  append_frame (bytes, 0x81, 10, FALSE);
  append_frame (rest, 0xc1, 10, FALSE);
  append_frame (rest, 0x81, 10, FALSE);
  append_frame (rest, 0x81, 2000, FALSE);
  g_byte_array_append (bytes, rest->data, rest->len);
  g_byte_array_set_size (rest, 0);
  assert_outcome (&like, bytes, 1, 10, rest, TRUE);

  g_assert_null (like.fault);
  feed (&like, bytes, G_MAXSIZE, &outcome);
  g_assert_nonnull (strstr (like.fault, "reserved bits"));
  signal_websocket_reader_clear (&like);
}

/* No message is taken after a close frame. */
static void
test_close (void)
{
  static const struct { const char *payload; guint8 length; const char *fault; } cases[] = {
    { "", 0, NULL },
    { "\x03\xe8" "bye", 5, NULL },
    { "\x03", 1, "half a code" },
    { "\x03\xed", 2, "must not be sent" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SignalWebsocketReader like = { .limit = 1000, .takes_text = TRUE };
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_auto (Outcome) outcome = { g_byte_array_new () };

      g_byte_array_append (bytes, (const guint8[]) { 0x88, cases[i].length }, 2);
      g_byte_array_append (bytes, (const guint8 *) cases[i].payload, cases[i].length);
      append_frame (bytes, 0x81, 10, FALSE);
      if (cases[i].fault == NULL)
        assert_outcome (&like, bytes, 0, 0, bytes, FALSE);
      else
        assert_outcome (&like, bytes, 0, 0, outcome.passed, TRUE);

      feed (&like, bytes, 1, &outcome);
      if (cases[i].fault == NULL)
        g_assert_null (like.fault);
      else
        g_assert_nonnull (strstr (like.fault, cases[i].fault));
      signal_websocket_reader_clear (&like);
    }
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
      SignalWebsocketReader like = { .limit = 1000, .takes_text = TRUE };
      g_autoptr (GByteArray) passed = g_byte_array_new ();
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      guint8 header[10] = { 0x80, 127 };

      memcpy (header + 2, sizes[i], 8);
      append_frame (passed, 0x01, 100, FALSE);
      g_byte_array_append (bytes, passed->data, passed->len);
      g_byte_array_append (bytes, header, sizeof header);
      assert_outcome (&like, bytes, 0, 0, passed, TRUE);
      like.limit = G_MAXUINT32;
      assert_outcome (&like, bytes, 0, 0, passed, TRUE);
    }
}

/* A header that announces much costs nothing, and half a frame only what it takes. */
static void
test_memory (void)
{
  SignalWebsocketReader self = { .limit = G_MAXINT64, .takes_text = TRUE };
  static const guint8 header[10] = { 0x81, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
  g_auto (Outcome) outcome = { g_byte_array_new () };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, header, sizeof header);
  feed (&self, bytes, G_MAXSIZE, &outcome);
  g_assert_cmpuint (self.capacity, <=, 128 * 1024);
  signal_websocket_reader_trim (&self);
  g_assert_cmpuint (self.capacity, ==, sizeof header);

  g_byte_array_set_size (bytes, 1000000);
  feed (&self, bytes, G_MAXSIZE, &outcome);
  g_assert_cmpuint (self.capacity, <=, 2 * 1000010 + 128 * 1024);
  g_assert_cmpuint (outcome.n_texts, ==, 0);
  g_assert_cmpuint (outcome.passed->len, ==, 0);
  signal_websocket_reader_clear (&self);

  /* Half a message: no more than the whole takes. */
  self = (SignalWebsocketReader) { .limit = G_MAXINT64, .takes_text = TRUE };
  g_byte_array_set_size (bytes, 0);
  append_frame (bytes, 0x81, 100000, FALSE);
  g_byte_array_set_size (bytes, 80000);
  feed (&self, bytes, G_MAXSIZE, &outcome);
  g_assert_cmpuint (self.capacity, <=, 100010);
  signal_websocket_reader_clear (&self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame-buffer/text", test_text);
  g_test_add_func ("/frame-buffer/fragments", test_fragments);
  g_test_add_func ("/frame-buffer/fault", test_fault);
  g_test_add_func ("/frame-buffer/close", test_close);
  g_test_add_func ("/frame-buffer/huge", test_huge);
  g_test_add_func ("/frame-buffer/memory", test_memory);

  return g_test_run ();
}
