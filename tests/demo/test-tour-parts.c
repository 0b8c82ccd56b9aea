/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "demo/tour/tour-frame-reader.h"
#include "demo/tour/tour-http.h"
#include "demo/tour/tour-json.h"

/* The parts of the relay that the tour and the desktop application use: which requests it allows,
 * how it finds frames, and which JSON it accepts. */

#define FRAME_BYTES (16 * 1024 * 1024)
#define REST "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

static void
test_json_accepts (void)
{
  static const char * const good[] = {
    "{}", "[]", "1", "-1.5e+3", "true", "null", " [ 1 , \"a\" ]\r\n\t", "{\"a\":{\"b\":[[]]}}",
    "\"[[[[\\\"[[\\\\\"", "\"\\u005b\\/\\b\\f\\n\\r\\t\"", "[\"grüße ☕\"]",
  };
  g_autofree char *open = g_strnfill (256, '[');
  g_autofree char *close = g_strnfill (256, ']');
  g_autofree char *deep = g_strconcat (open, close, NULL);
  g_autofree char *deeper = g_strconcat ("[", open, close, "]", NULL);
  g_autofree char *wide = g_strnfill (200000, ' ');
  g_autofree char *long_one = g_strconcat ("\"", wide, "\"", NULL);
  g_autofree char *too_long = g_strconcat ("\"", wide, wide, "\"", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (JsonNode) node = tour_json_parse (good[i]);

      g_assert_nonnull (node);
    }
  json_node_unref (tour_json_parse (deep));
  g_assert_null (tour_json_parse (deeper));
  json_node_unref (tour_json_parse (long_one));
  g_assert_null (tour_json_parse (too_long));
}

/* Where json-glib and this parser disagree about where a string starts or ends, brackets could be
 * hidden from the check of the depth. */
static void
test_json_rejects (void)
{
  static const char * const starts[] = {
    "", "{\"a\":", "['\"',", "[/*\"*/", "[//\"\n", "[#\"\n", "[\"\\u\",", "[\"\\x\",",
    "[\"\\", "[\"\\u12", "[\"\n\",", "[\x80", "var a = [", "a$['\"'", "\"", "[\"\xff\",",
  };
  g_autofree char *brackets = g_strnfill (120000, '[');

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autofree char *text = g_strconcat (starts[i], brackets, NULL);
      g_autofree char *hidden = g_strconcat (starts[i], brackets, "\"]", NULL);

      g_assert_null (tour_json_parse (starts[i]));
      g_assert_null (tour_json_parse (text));
      g_assert_null (tour_json_parse (hidden));
    }
}

static void
test_json_members (void)
{
  g_autoptr (JsonNode) node =
    tour_json_parse ("{\"a\":{\"s\":\"x\",\"n\":1,\"z\":null,\"l\":[\"x\"]},\"b\":[]}");
  JsonNode *a = tour_json_get_object (node, "a");
  g_autofree char *string = tour_json_dup_string (a, "s");

  g_assert_cmpstr (string, ==, "x");
  g_assert_null (tour_json_dup_string (a, "n"));
  g_assert_null (tour_json_dup_string (a, "z"));
  g_assert_null (tour_json_dup_string (a, "l"));
  g_assert_null (tour_json_dup_string (a, "none"));
  g_assert_null (tour_json_get_object (node, "b"));
  g_assert_null (tour_json_get_object (a, "s"));
  g_assert_null (tour_json_get_object (NULL, "a"));
  g_assert_null (tour_json_dup_string (NULL, "a"));
}

static void
on_frame (const TourFrame *frame,
          gpointer         log)
{
  g_assert_cmpuint (frame->n_payload, <=, TOUR_FRAME_MAX_STORED);
  g_string_append_printf (log, "%u%s%s:%" G_GUINT64_FORMAT ":%.5s ", frame->opcode,
                          frame->from_client ? "c" : "s", frame->masked ? "m" : "", frame->length,
                          frame->payload);
}

/* The bytes may be split anywhere. */
static void
test_frame_pieces (void)
{
  static const guint8 bytes[] = "\x81\x02hi\x89\x00\x81\x85\x01\x02\x03\x04igohn\x81\x7e\x00\x03"
                                "abc\x88\x7f\x00\x00\x00\x00\x00\x00\x00\x01x"
                                "\x8a\x80\x01\x01\x01\x01";

  for (gsize size = 1; size < sizeof bytes; size++)
    {
      g_autoptr (GString) log = g_string_new (NULL);
      TourFrameReader reader;

      tour_frame_reader_init (&reader, 1, TRUE);
      for (gsize at = 0; at < sizeof bytes - 1; at += size)
        tour_frame_reader_feed (&reader, bytes + at, MIN (size, sizeof bytes - 1 - at), on_frame,
                                log);
      g_assert_cmpstr (log->str, ==, "1c:2:hi 9c:0: 1cm:5:hello 1c:3:abc 8c:1:x 10cm:0: ");
      tour_frame_reader_clear (&reader);
    }
}

/* A frame that is larger than what is stored, and one that declares an impossible length. */
static void
test_frame_large (void)
{
  static const guint8 large[] = { 0x81, 0x7f, 0, 0, 0, 0, 1, 0, 0, 0 };
  static const guint8 endless[] = { 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0, 0, 0, 0 };
  g_autofree guint8 *content = g_malloc0 (65536);
  g_autoptr (GString) log = g_string_new (NULL);
  TourFrameReader reader;

  memset (content, 'x', 65536);
  tour_frame_reader_init (&reader, 1, FALSE);
  tour_frame_reader_feed (&reader, large, sizeof large, on_frame, log);
  for (guint i = 0; i < FRAME_BYTES / 65536; i++)
    tour_frame_reader_feed (&reader, content, 65536, on_frame, log);
  g_assert_cmpstr (log->str, ==, "1s:16777216:xxxxx ");
  g_assert_cmpuint (reader.payload->allocated_len, <=, 2 * TOUR_FRAME_MAX_STORED);

  tour_frame_reader_feed (&reader, endless, sizeof endless, on_frame, log);
  for (guint i = 0; i < 2 * TOUR_FRAME_MAX_STORED / 65536; i++)
    tour_frame_reader_feed (&reader, content, 65536, on_frame, log);
  g_assert_cmpuint (reader.payload->allocated_len, <=, 2 * TOUR_FRAME_MAX_STORED);
  g_assert_cmpstr (log->str, ==, "1s:16777216:xxxxx ");
  tour_frame_reader_clear (&reader);
}

static void
test_is_allowed (void)
{
  static const struct { const char *text; gboolean allowed; } requests[] = {
    { "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:99\r\n" REST, TRUE },
    { "GET /ws HTTP/1.1\r\nHost: localhost:99\r\n" REST, TRUE },
    { "GET / HTTP/1.1\r\nhost: LOCALHOST:99\r\norigin: http://localhost:99\r\n" REST, TRUE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: http://127.0.0.1:99\r\n" REST, TRUE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: http://evil.test\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: null\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: \r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: http://127.0.0.1:98\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: http://127.0.0.1:99.evil.test\r\n" REST,
      FALSE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\nOrigin: http://evil.test\r\n"
      "Origin: http://127.0.0.1:99\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: evil.test:99\r\nOrigin: http://evil.test:99\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: evil.test:99\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: evil.test\r\nHost: 127.0.0.1:99\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\n" REST, FALSE },
    { "GET / HTTP/1.1\r\nHost: 127.0.0.1:99\r\n\r\n", FALSE },
    { "POST / HTTP/1.1\r\nHost: 127.0.0.1:99\r\n" REST, FALSE },
    { "what is this?\r\n\r\n", FALSE },
    { "\r\n\r\n", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      gsize length = strlen (requests[i].text);

      g_test_message ("%s", requests[i].text);
      g_assert_cmpuint (tour_http_get_header_length (requests[i].text, length), ==, length);
      g_assert_cmpint (tour_http_is_allowed (requests[i].text, length, 99), ==,
                       requests[i].allowed);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tour-parts/json/accepts", test_json_accepts);
  g_test_add_func ("/tour-parts/json/rejects", test_json_rejects);
  g_test_add_func ("/tour-parts/json/members", test_json_members);
  g_test_add_func ("/tour-parts/frame/pieces", test_frame_pieces);
  g_test_add_func ("/tour-parts/frame/large", test_frame_large);
  g_test_add_func ("/tour-parts/http/is-allowed", test_is_allowed);
  return g_test_run ();
}
