/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/websocket/signal-websocket-reader-private.h"

/* A frame with this number of bytes of payload, all of which could be parsed as headers, masked or
 * not. */
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

/* What a reader has delivered. */
typedef struct
{
  GByteArray *control;
  guint       n_texts;
  guint       n_binaries;
  gsize       n_bytes; /* of both */
  gboolean    is_over;
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  g_byte_array_unref (outcome->control);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
take_message (Outcome      *outcome,
              guint8        opcode,
              const guint8 *data,
              gsize         length)
{
  if (length > 0)
    g_assert_true (data[0] == 0x81 && memcmp (data, data + 1, length - 1) == 0);
  if (opcode == SIGNAL_WEBSOCKET_FRAME_TEXT)
    outcome->n_texts++;
  else
    outcome->n_binaries++;
  outcome->n_bytes += length;
}

static void
drain (SignalWebsocketReader *self,
       Outcome               *outcome)
{
  const guint8 *data;
  guint8 opcode;
  gsize  length;

  while (TRUE)
    switch (signal_websocket_reader_next (self, &opcode, &data, &length))
      {
      case SIGNAL_WEBSOCKET_READER_MESSAGE:
        g_assert_cmpuint (opcode, >, 0);
        take_message (outcome, opcode, data, length);
        break;

      case SIGNAL_WEBSOCKET_READER_CONTROL:
        g_assert_cmpuint (opcode, >=, SIGNAL_WEBSOCKET_FRAME_CLOSE);
        g_byte_array_append (outcome->control, data, (guint) length);
        break;

      case SIGNAL_WEBSOCKET_READER_TOO_LARGE:
      case SIGNAL_WEBSOCKET_READER_FAULT:
        outcome->is_over = TRUE;
        break;

      case SIGNAL_WEBSOCKET_READER_NEEDS_DATA:
      case SIGNAL_WEBSOCKET_READER_FINISHED:
      default:
        return;
      }
}

static void
feed (SignalWebsocketReader *self,
      const GByteArray      *bytes,
      gsize                  piece,
      Outcome               *outcome)
{
  gsize trimmed = 0;

  for (gsize at = 0; at < bytes->len;)
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

/* However the data is split, the same messages and control frames are delivered. */
static void
assert_outcome (const SignalWebsocketReader *like,
                const GByteArray            *bytes,
                guint                        n_texts,
                guint                        n_binaries,
                gsize                        n_bytes,
                const GByteArray            *control,
                gboolean                     is_over)
{
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      SignalWebsocketReader self = *like;
      g_auto (Outcome) outcome = { g_byte_array_new () };

      feed (&self, bytes, pieces[i], &outcome);
      g_assert_cmpuint (outcome.n_texts, ==, n_texts);
      g_assert_cmpuint (outcome.n_binaries, ==, n_binaries);
      g_assert_cmpuint (outcome.n_bytes, ==, n_bytes);
      g_assert_cmpmem (outcome.control->data, outcome.control->len, control->data, control->len);
      g_assert_cmpint (outcome.is_over, ==, is_over);
      signal_websocket_reader_clear (&self);
      g_assert_null (self.data);
      g_assert_null (self.fragments);
    }
}

/* Unfragmented messages of every length, masked or not. */
static void
test_message (void)
{
  static const guint lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, 200000 };
  g_autoptr (GByteArray) none = g_byte_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (guint masked = 0; masked < 2; masked++)
      {
        SignalWebsocketReader like = { .limit = lengths[i], .must_mask = masked };
        g_autoptr (GByteArray) bytes = g_byte_array_new ();

        append_frame (bytes, 0x81, lengths[i], masked);
        append_frame (bytes, 0x81, lengths[i], masked);
        append_frame (bytes, 0x82, lengths[i], masked);
        append_frame (bytes, 0x81, lengths[i], masked);
        assert_outcome (&like, bytes, 3, 1, 4 * (gsize) lengths[i], none, FALSE);

        /* The first frame above the limit ends the stream. */
        if (lengths[i] > 0)
          {
            like.limit--;
            assert_outcome (&like, bytes, 0, 0, 0, none, TRUE);
          }
      }
}

/* Fragments are assembled, with control frames between them, and the next message starts again. */
static void
test_fragments (void)
{
  for (guint masked = 0; masked < 2; masked++)
    {
      SignalWebsocketReader like = { .limit = 123, .must_mask = masked };
      g_autoptr (GByteArray) control = g_byte_array_new ();
      g_autoptr (GByteArray) parts = g_byte_array_new ();
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      append_frame (control, 0x89, 60, masked);
      append_frame (control, 0x8a, 61, masked);

      append_frame (parts, 0x01, 41, masked);
      append_frame (parts, 0x00, 0, masked);
      append_frame (parts, 0x89, 60, masked);
      append_frame (parts, 0x00, 42, masked);
      append_frame (parts, 0x8a, 61, masked);
      append_frame (parts, 0x80, 40, masked);

      g_byte_array_append (bytes, parts->data, parts->len);
      append_frame (bytes, 0x81, 123, masked);
      append_frame (bytes, 0x02, 100, masked);
      append_frame (bytes, 0x80, 23, masked);
      assert_outcome (&like, bytes, 2, 1, 3 * 123, control, FALSE);

      /* One byte above the limit, in the last fragment. */
      like.limit = 122;
      assert_outcome (&like, bytes, 0, 0, 0, control, TRUE);
    }
}

/* A violation of RFC 6455 ends the stream, whatever follows. */
static void
test_fault (void)
{
  SignalWebsocketReader like = { .limit = 1000 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GByteArray) none = g_byte_array_new ();
  g_auto (Outcome) outcome = { g_byte_array_new () };

  append_frame (bytes, 0x81, 10, FALSE);
  append_frame (bytes, 0xc1, 10, FALSE);
  append_frame (bytes, 0x81, 10, FALSE);
  append_frame (bytes, 0x81, 2000, FALSE);
  assert_outcome (&like, bytes, 1, 0, 10, none, TRUE);

  g_assert_null (like.fault);
  feed (&like, bytes, G_MAXSIZE, &outcome);
  g_assert_nonnull (strstr (like.fault, "reserved bits"));
  signal_websocket_reader_clear (&like);
}

/* There is nothing to read at first, and an empty message has data of no length, not NULL. */
static void
test_empty (void)
{
  static const guint8 frames[] = { 0x01, 0, 0x00, 0, 0x80, 0 };
  SignalWebsocketReader self = { .limit = 1000 };
  const guint8 *data = NULL;
  guint8 opcode = 0;
  gsize size, length = 1;

  g_assert_cmpint (signal_websocket_reader_next (&self, &opcode, &data, &length), ==,
                   SIGNAL_WEBSOCKET_READER_NEEDS_DATA);
  memcpy (signal_websocket_reader_reserve (&self, &size), frames, sizeof frames);
  signal_websocket_reader_add (&self, sizeof frames);
  g_assert_cmpint (signal_websocket_reader_next (&self, &opcode, &data, &length), ==,
                   SIGNAL_WEBSOCKET_READER_MESSAGE);
  g_assert_cmpint (opcode, ==, 1);
  g_assert_nonnull (data);
  g_assert_cmpuint (length, ==, 0);
  signal_websocket_reader_clear (&self);
}

/* Nothing is read after a close frame. */
static void
test_close (void)
{
  static const struct { const char *payload; guint8 length; const char *fault; } cases[] = {
    { "", 0, NULL },
    { "\x03\xe8" "bye", 5, NULL },
    { "\x03", 1, "truncated code" },
    { "\x03\xed", 2, "invalid code" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SignalWebsocketReader like = { .limit = 1000 };
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autoptr (GByteArray) control = g_byte_array_new ();
      g_auto (Outcome) outcome = { g_byte_array_new () };

      g_byte_array_append (bytes, (const guint8[]) { 0x88, cases[i].length }, 2);
      g_byte_array_append (bytes, (const guint8 *) cases[i].payload, cases[i].length);
      if (cases[i].fault == NULL)
        g_byte_array_append (control, bytes->data, bytes->len);
      append_frame (bytes, 0x81, 10, FALSE);
      append_frame (bytes, 0x89, 10, FALSE);
      assert_outcome (&like, bytes, 0, 0, 0, control, cases[i].fault != NULL);

      feed (&like, bytes, 1, &outcome);
      if (cases[i].fault == NULL)
        g_assert_null (like.fault);
      else
        g_assert_nonnull (strstr (like.fault, cases[i].fault));
      signal_websocket_reader_clear (&like);
    }
}

/* Sizes that could overflow. */
static void
test_huge (void)
{
  static const guint8 sizes[][8] = {
    { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    { 0x80, 0, 0, 0, 0, 0, 0, 0 },
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    { 0, 0, 0, 1, 0, 0, 0, 0 },
  };
  g_autoptr (GByteArray) none = g_byte_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      SignalWebsocketReader like = { .limit = 1000 };
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      guint8 header[10] = { 0x80, 127 };

      memcpy (header + 2, sizes[i], 8);
      append_frame (bytes, 0x01, 100, FALSE);
      g_byte_array_append (bytes, header, sizeof header);
      assert_outcome (&like, bytes, 0, 0, 0, none, TRUE);
      like.limit = G_MAXUINT32;
      assert_outcome (&like, bytes, 0, 0, 0, none, TRUE);
    }
}

/* A large length in a header allocates nothing, a part of a frame only its own size, and fragments
 * are stored once. */
static void
test_memory (void)
{
  SignalWebsocketReader self = { .limit = G_MAXINT64 };
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
  g_assert_cmpuint (outcome.control->len, ==, 0);
  signal_websocket_reader_clear (&self);

  /* A part of a message takes no more than the complete message. */
  self = (SignalWebsocketReader) { .limit = G_MAXINT64 };
  g_byte_array_set_size (bytes, 0);
  append_frame (bytes, 0x81, 100000, FALSE);
  g_byte_array_set_size (bytes, 80000);
  feed (&self, bytes, G_MAXSIZE, &outcome);
  g_assert_cmpuint (self.capacity, <=, 100010);
  signal_websocket_reader_clear (&self);

  /* A part of a fragment is processed immediately. */
  self = (SignalWebsocketReader) { .limit = G_MAXINT64 };
  g_byte_array_set_size (bytes, 0);
  append_frame (bytes, 0x01, 1000000, FALSE);
  g_byte_array_set_size (bytes, 900000);
  feed (&self, bytes, 1000, &outcome);
  g_assert_cmpuint (self.capacity, <=, 128 * 1024);
  g_assert_cmpuint (self.fragments->len, >, 890000);
  signal_websocket_reader_clear (&self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/websocket-reader/message", test_message);
  g_test_add_func ("/websocket-reader/fragments", test_fragments);
  g_test_add_func ("/websocket-reader/fault", test_fault);
  g_test_add_func ("/websocket-reader/close", test_close);
  g_test_add_func ("/websocket-reader/empty", test_empty);
  g_test_add_func ("/websocket-reader/huge", test_huge);
  g_test_add_func ("/websocket-reader/memory", test_memory);

  return g_test_run ();
}
