/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/json/signal-json-escape-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"

static void
test_unescape (void)
{
  static const struct
  {
    const char *name;
    const char *escaped;
    const char *plain;
    gsize       length;
  } texts[] = {
    { "empty", "", "", 0 },
    { "plain", "h\xc3\xa9llo", "h\xc3\xa9llo", 6 },
    { "short", "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8 },
    { "between", "a\\nb\\nc", "a\nb\nc", 5 },
    { "one byte", "\\u0041\\u007F", "A\x7f", 2 },
    { "two bytes", "\\u0080\\u07ff", "\xc2\x80\xdf\xbf", 4 },
    { "three bytes", "\\u0800\\uFFFF", "\xe0\xa0\x80\xef\xbf\xbf", 6 },
    { "pair", "\\uD83d\\uDe00", "\xf0\x9f\x98\x80", 4 },
    { "last pair", "\\udbff\\udfff", "\xf4\x8f\xbf\xbf", 4 },
    { "lone high", "\\ud800", "\xef\xbf\xbd", 3 },
    { "lone high, then text", "\\ud800xxxxxx", "\xef\xbf\xbdxxxxxx", 9 },
    { "lone high, then escape", "\\ud800\\n", "\xef\xbf\xbd\n", 4 },
    { "lone high, then a letter", "\\ud800\\u0041", "\xef\xbf\xbd" "A", 4 },
    { "high, then a pair", "\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80", 7 },
    { "lone low", "\\udc00\\ud800", "\xef\xbf\xbd\xef\xbf\xbd", 6 },
    { "two lows", "\\udc00\\udc00", "\xef\xbf\xbd\xef\xbf\xbd", 6 },
    { "NUL", "a\\u0000b", "a\0b", 3 },
    { "escaped backslash", "\\\\u0041", "\\u0041", 6 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *escaped = texts[i].escaped;
      gsize escaped_length = strlen (escaped);
      g_autofree char *in_place = g_memdup2 (escaped, escaped_length);
      g_autofree char *out = g_malloc (escaped_length + 1);
      gsize length = signal_json_unescape (out, escaped, escaped_length);

      g_test_message ("%s", texts[i].name);
      g_assert_cmpmem (out, length, texts[i].plain, texts[i].length);
      length = signal_json_unescape (in_place, in_place, escaped_length);
      g_assert_cmpmem (in_place, length, texts[i].plain, texts[i].length);
    }
}

static void
test_equals (void)
{
  static const struct
  {
    const char *name;
    const char *content;
    const char *string;
    gboolean    equal;
  } texts[] = {
    { "plain", "event", "event", TRUE },
    { "escaped", "\\u0065vent", "event", TRUE },
    { "all escaped", "\\u0065\\u0076\\u0065\\u006e\\u0074", "event", TRUE },
    { "shorter", "even", "event", FALSE },
    { "longer", "events", "event", FALSE },
    { "other", "\\u0045vent", "event", FALSE },
    { "NUL behind", "event\\u0000", "event", FALSE },
    { "too long", "\\u0065\\u0076\\u0065\\u006e\\u0074\\u0073", "event", FALSE },
    { "slash", "a\\/b", "a/b", TRUE },
    { "empty", "", "", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      SignalSpan content = { texts[i].content, strlen (texts[i].content) };
      gboolean escaped = memchr (content.str, '\\', content.len) != NULL;

      g_test_message ("%s", texts[i].name);
      g_assert_cmpint (signal_json_equals (content, escaped, texts[i].string), ==, texts[i].equal);
    }
}

static void
test_mend_escapes (void)
{
  static const struct
  {
    const char *text;
    const char *mended;
  } texts[] = {
    { "[1]", "[1]" },
    { "\"\\u0041\\n\\ud83d\\ude00\"", "\"\\u0041\\n\\ud83d\\ude00\"" },
    { "\"a\\u0000b\"", "\"a\\ufffdb\"" },
    { "\"\\ud800\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"" },
    { "[\"\\uDC00\",\"\\ud800\"]", "[\"\\ufffd\",\"\\ufffd\"]" },
    { "\"\\\\u0000\\\\\\u0000\"", "\"\\\\u0000\\\\\\ufffd\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = g_strdup (texts[i].text);

      signal_json_mend_escapes (text, strlen (text));
      g_assert_cmpstr (text, ==, texts[i].mended);
    }
}

static void
test_append_string (void)
{
  g_autoptr(GString) out = g_string_new (NULL);
  char all[128];

  signal_json_append_string (out, "");
  signal_json_append_string (out, "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f h\xc3\xa9");
  g_assert_cmpstr (out->str, ==,
                   "\"\"\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f h\xc3\xa9\"");

  for (guint i = 0; i < sizeof all; i++)
    all[i] = (char) ((i + 1) % sizeof all);
  g_string_truncate (out, 0);
  signal_json_append_string (out, all);
  g_assert_true (signal_json_check (out->str, out->len, NULL));
  g_assert_cmpuint (signal_json_unescape (out->str, out->str + 1, out->len - 2), ==, strlen (all));
  g_assert_cmpmem (out->str, strlen (all), all, strlen (all));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-escape/unescape", test_unescape);
  g_test_add_func ("/json-escape/equals", test_equals);
  g_test_add_func ("/json-escape/mend-escapes", test_mend_escapes);
  g_test_add_func ("/json-escape/append-string", test_append_string);

  return g_test_run ();
}
