/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/json/signal-json-scanner-private.h"

typedef struct
{
  const char *name;
  const char *text;
  gsize       length;
} Case;

#define CASE(name, text) { name, text, sizeof (text) - 1 }

/* Named like the files of JSONTestSuite: y_ must be accepted, n_ must be refused. */
static const Case cases[] = {
  CASE ("y_array_empty", "[]"),
  CASE ("y_array_spaces", " [ \t\r\n] "),
  CASE ("y_array_nested", "[[[]],[{}],{\"a\":[]}]"),
  CASE ("y_array_heterogeneous", "[null, 1, \"1\", {}, true, false]"),
  CASE ("y_number_zero", "0"),
  CASE ("y_number_minus_zero", "-0"),
  CASE ("y_number_exponents", "[1E2,1e+2,1e-2,0e1,0E+1,1.5e0]"),
  CASE ("y_number_fraction", "-0.000000000000000000001"),
  CASE ("y_number_huge", "[123456789012345678901234567890,1e400,-1e-400]"),
  CASE ("y_object_empty", "{}"),
  CASE ("y_object_empty_key", "{\"\":0}"),
  CASE ("y_object_duplicated_key", "{\"a\":1,\"a\":2}"),
  CASE ("y_object_spaces", " { \"a\" : 1 , \"b\" : 2 } "),
  CASE ("y_string_empty", "\"\""),
  CASE ("y_string_escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
  CASE ("y_string_u_escapes", "\"\\u0041\\uaBcD\\u0000\""),
  CASE ("y_string_surrogate_pair", "\"\\ud83d\\ude00\""),
  CASE ("y_string_lone_surrogates", "[\"\\ud800\",\"\\udc00\",\"\\ud800\\ud800\"]"),
  CASE ("y_string_surrogates_swapped", "\"\\udc00\\ud800\""),
  CASE ("y_string_del", "\"\x7f\""),
  CASE ("y_string_utf8_least", "\"\xc2\x80 \xe0\xa0\x80 \xf0\x90\x80\x80\""),
  CASE ("y_string_utf8_greatest", "\"\xdf\xbf \xef\xbf\xbf \xf4\x8f\xbf\xbf\""),
  CASE ("y_string_utf8_around_surrogates", "\"\xed\x9f\xbf\xee\x80\x80\""),
  CASE ("y_string_line_separators", "\"\xe2\x80\xa8\xe2\x80\xa9\""),
  CASE ("y_string_comment_inside", "\"/* not a comment */ // \""),
  CASE ("y_top_true", "true"),
  CASE ("y_top_false", "\nfalse\n"),
  CASE ("y_top_null", " null"),
  CASE ("n_empty", ""),
  CASE ("n_space_only", " \t\r\n"),
  CASE ("n_bom", "\xef\xbb\xbf{}"),
  CASE ("n_array_trailing_comma", "[1,]"),
  CASE ("n_array_leading_comma", "[,1]"),
  CASE ("n_array_double_comma", "[1,,2]"),
  CASE ("n_array_no_comma", "[1 2]"),
  CASE ("n_array_colon", "[1:2]"),
  CASE ("n_array_unclosed", "[1"),
  CASE ("n_array_unclosed_comma", "[1,"),
  CASE ("n_array_extra_close", "[]]"),
  CASE ("n_array_wrong_close", "[}"),
  CASE ("n_object_wrong_close", "{]"),
  CASE ("n_object_trailing_comma", "{\"a\":1,}"),
  CASE ("n_object_only_comma", "{,}"),
  CASE ("n_object_no_colon", "{\"a\" 1}"),
  CASE ("n_object_double_colon", "{\"a\"::1}"),
  CASE ("n_object_no_value", "{\"a\":}"),
  CASE ("n_object_only_key", "{\"a\"}"),
  CASE ("n_object_bare_key", "{a:1}"),
  CASE ("n_object_number_key", "{1:1}"),
  CASE ("n_object_single_quotes", "{'a':1}"),
  CASE ("n_object_no_comma", "{\"a\":1 \"b\":2}"),
  CASE ("n_object_unclosed", "{\"a\":1"),
  CASE ("n_two_values", "{} {}"),
  CASE ("n_trailing_nul", "1\0"),
  CASE ("n_nul_between", "[\0]"),
  CASE ("n_number_leading_zero", "01"),
  CASE ("n_number_minus_leading_zero", "-01"),
  CASE ("n_number_plus", "+1"),
  CASE ("n_number_minus_only", "-"),
  CASE ("n_number_no_integer", ".5"),
  CASE ("n_number_no_fraction", "1."),
  CASE ("n_number_no_fraction_exponent", "1.e1"),
  CASE ("n_number_no_exponent", "1e"),
  CASE ("n_number_sign_without_exponent", "1e+"),
  CASE ("n_number_two_signs", "1e+-1"),
  CASE ("n_number_hex", "0x10"),
  CASE ("n_number_nan", "NaN"),
  CASE ("n_number_infinity", "-Infinity"),
  CASE ("n_number_full_width_digit", "\xef\xbc\x91"),
  CASE ("n_word_cut", "tru"),
  CASE ("n_word_capital", "True"),
  CASE ("n_word_longer", "nullx"),
  CASE ("n_comment_block", "/**/1"),
  CASE ("n_comment_line", "1//"),
  CASE ("n_space_form_feed", "\f1"),
  CASE ("n_space_no_break", "\xc2\xa0" "1"),
  CASE ("n_string_unclosed", "\""),
  CASE ("n_string_single_quotes", "'a'"),
  CASE ("n_string_newline", "\"\n\""),
  CASE ("n_string_tab", "\"\t\""),
  CASE ("n_string_nul", "\"a\0b\""),
  CASE ("n_string_unit_separator", "\"\x1f\""),
  CASE ("n_string_escape_x", "\"\\x41\""),
  CASE ("n_string_escape_end", "\"\\"),
  CASE ("n_string_escape_nul", "\"\\\0\""),
  CASE ("n_string_escape_quote_only", "\"\\\""),
  CASE ("n_string_escape_u_short", "\"\\u12\""),
  CASE ("n_string_escape_u_not_hex", "\"\\u12g4\""),
  CASE ("n_string_escape_u_capital", "\"\\U0041\""),
  CASE ("n_utf8_lone_continuation", "\"\x80\""),
  CASE ("n_utf8_overlong_2", "\"\xc0\xaf\""),
  CASE ("n_utf8_overlong_2_last", "\"\xc1\xbf\""),
  CASE ("n_utf8_overlong_3", "\"\xe0\x9f\xbf\""),
  CASE ("n_utf8_overlong_4", "\"\xf0\x8f\xbf\xbf\""),
  CASE ("n_utf8_surrogate_first", "\"\xed\xa0\x80\""),
  CASE ("n_utf8_surrogate_last", "\"\xed\xbf\xbf\""),
  CASE ("n_utf8_above_10ffff", "\"\xf4\x90\x80\x80\""),
  CASE ("n_utf8_lead_f5", "\"\xf5\x80\x80\x80\""),
  CASE ("n_utf8_ff", "\"\xff\""),
  CASE ("n_utf8_cut_2", "\"\xc2\""),
  CASE ("n_utf8_cut_3", "\"\xe2\x82\""),
  CASE ("n_utf8_cut_4", "\"\xf0\x9f\x98\""),
  CASE ("n_utf8_cut_by_end", "\"\xf0\x9f\x98"),
  CASE ("n_utf8_second_bad", "\"\xe2\x41\x80\""),
  CASE ("n_utf8_fourth_bad", "\"\xf0\x9f\x98\x41\""),
};

/* Checks a copy of exactly this length, so that a sanitizer detects a read beyond the end. */
static gboolean
check (const char  *text,
       gsize        length,
       GError     **error)
{
  g_autofree char *copy = g_memdup2 (text, length);

  return signal_json_check (copy, length, error);
}

static void
test_case (gconstpointer data)
{
  const Case *one = data;
  g_autoptr(GError) error = NULL;
  gboolean valid = check (one->text, one->length, &error);

  if (one->name[0] == 'y')
    {
      g_assert_no_error (error);
      g_assert_true (valid);
    }
  else
    {
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
      g_assert_false (valid);
    }
}

/* Each kind of byte at each position of an eight-byte word, and in the rest after the last word. */
static void
test_string_places (void)
{
  for (guint byte = 0; byte < 256; byte++)
    for (gsize length = 1; length <= 24; length++)
      for (gsize place = 0; place < length; place++)
        {
          char text[26];

          memset (text, 'x', sizeof text);
          text[0] = text[length + 1] = '"';
          text[place + 1] = (char) byte;
          g_assert_cmpint (check (text, length + 2, NULL), ==,
                           byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\');
        }
}

static char *
nest (const char *open,
      const char *inner,
      const char *close,
      guint       depth)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, open);
  g_string_append (text, inner);
  for (guint i = 0; i < depth; i++)
    g_string_append (text, close);

  return g_string_free (text, FALSE);
}

static void
assert_depth (const char *open,
              const char *inner,
              const char *close,
              guint       levels,
              guint       depth)
{
  g_autofree char *text = nest (open, inner, close, depth);
  g_autoptr(GError) error = NULL;
  gboolean valid = check (text, strlen (text), &error);

  if (levels * depth <= SIGNAL_JSON_MAX_DEPTH)
    {
      g_assert_no_error (error);
      g_assert_true (valid);
      return;
    }
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, "nested too deeply"));
}

static void
test_depth (void)
{
  static const guint depths[] = {
    1, 63, 64, 65, 128, SIGNAL_JSON_MAX_DEPTH, SIGNAL_JSON_MAX_DEPTH + 1, 500000,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      assert_depth ("[", "", "]", 1, depths[i]);
      assert_depth ("[", "0", "]", 1, depths[i]);
      assert_depth ("[1,", "0", ",2]", 1, depths[i]);
      assert_depth ("{\"a\":", "null", "}", 1, depths[i]);
      assert_depth ("[{\"a\": 1, \"b\":", "\"x\"", "}, 2]", 2, depths[i]);
    }
}

static void
test_depth_wrong_close (void)
{
  for (guint depth = 1; depth <= 130; depth++)
    {
      g_autofree char *arrays = nest ("[", "", "]", depth);
      g_autofree char *objects = nest ("{\"a\":", "1", "}", depth);
      gsize length = strlen (arrays);

      arrays[length - 1] = '}';
      g_assert_false (check (arrays, length, NULL));
      length = strlen (objects);
      objects[length - 1] = ']';
      g_assert_false (check (objects, length, NULL));
    }
}

/* At any depth, each level must be closed by its own bracket. */
static void
test_depth_mixed (void)
{
  const guint depth = 200;

  for (guint level = 0; level < depth; level++)
    {
      g_autofree char *before = nest ("[", "", "", level);
      g_autofree char *after = nest ("", "", "]", level);
      g_autofree char *inner = nest ("[", "", "]", depth - level);
      g_autofree char *good = g_strconcat (before, "{\"a\":", inner, "}", after, NULL);
      g_autofree char *bad = g_strconcat (before, "{\"a\":", inner, "]", after, NULL);

      g_assert_true (check (good, strlen (good), NULL));
      g_assert_false (check (bad, strlen (bad), NULL));
    }
}

/* The number of siblings does not count as depth. */
static void
test_breadth (void)
{
  GString *text = g_string_new ("[[]");

  for (guint i = 0; i < 10000; i++)
    g_string_append (text, ",{\"a\":[[{}]]}");
  g_string_append_c (text, ']');
  g_assert_true (check (text->str, text->len, NULL));
  g_string_free (text, TRUE);
}

static void
test_truncations (void)
{
  static const char sample[] =
    "{\"a\": [1, -2.5e+10, true, false, null], \"\\u00e9\\\"\": "
    "\"h\xc3\xa9 \xf0\x9f\x98\x80\", \"o\": {}}";

  g_assert_true (check (sample, sizeof sample - 1, NULL));
  for (gsize length = 0; length < sizeof sample - 1; length++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (check (sample, length, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
    }
}

typedef struct
{
  const char *text;
  const char *parts;   /* what is read, as the functions below write it */
  const char *message; /* of the error, or NULL */
} ReadCase;

static void
append_span (GString          *parts,
             const SignalSpan *span,
             const char       *end)
{
  g_string_append_len (parts, span->str, (gssize) span->len);
  g_string_append (parts, end);
}

static void
assert_read (const ReadCase   *one,
             SignalJsonReader *reader,
             const GString    *parts)
{
  g_autoptr(GError) error = NULL;
  gboolean valid = signal_json_reader_finish (reader, &error);

  g_test_message ("%s", one->text);
  g_assert_cmpstr (parts->str, ==, one->parts);
  g_assert_cmpint (valid, ==, one->message == NULL);
  if (valid)
    g_assert_no_error (error);
  else
    g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpstr (error != NULL ? error->message : NULL, ==, one->message);
}

/* Members are written as "key=value;", with "*" after a key that contains escape sequences, and "$" before
 * a value that is a string. */
static void
test_members (void)
{
  static const ReadCase texts[] = {
    { "{}", "", NULL },
    { " {\t} \n", "", NULL },
    { "{\"a\":1}", "a=1;", NULL },
    { " { \"a\" : 1 , \"b\":\t\"x y\" } ", "a=1;b=$\"x y\";", NULL },
    { "{\"\":[1, {\"c\": []}],\"\\u0061\":{}}", "=[1, {\"c\": []}];\\u0061*={};", NULL },
    { "", "", "Invalid JSON at byte 0: not an object" },
    { " []", "", "Invalid JSON at byte 1: not an object" },
    { "{", "", "Invalid JSON at byte 1: the text ends too early" },
    { "{1:1}", "", "Invalid JSON at byte 1: unexpected character" },
    { "{,\"a\":1}", "", "Invalid JSON at byte 1: unexpected character" },
    { "{\"a\" 1}", "", "Invalid JSON at byte 5: unexpected character" },
    { "{\"a\":}", "", "Invalid JSON at byte 5: unexpected character" },
    { "{\"a\":1", "a=1;", "Invalid JSON at byte 6: the text ends too early" },
    { "{\"a\":1,}", "a=1;", "Invalid JSON at byte 7: unexpected character" },
    { "{\"a\":1]", "a=1;", "Invalid JSON at byte 6: unexpected character" },
    { "{\"a\":1 \"b\":2}", "a=1;", "Invalid JSON at byte 7: unexpected character" },
    { "{\"a\":1}}", "a=1;", "Invalid JSON at byte 7: more text after the end" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GString) parts = g_string_new (NULL);
      SignalJsonReader reader;
      SignalSpan key, value;
      gboolean escaped;

      signal_json_reader_init (&reader, texts[i].text, strlen (texts[i].text));
      g_assert_cmpint (signal_json_reader_open_object (&reader), ==, strchr (texts[i].text, '{') != NULL);
      while (reader.problem == NULL && signal_json_reader_next_member (&reader, &key, &escaped))
        {
          gboolean is_string = signal_json_reader_at_string (&reader);

          if (!signal_json_reader_read_value (&reader, &value))
            break;
          append_span (parts, &key, escaped ? "*=" : "=");
          g_string_append (parts, is_string ? "$" : "");
          append_span (parts, &value, ";");
        }
      assert_read (&texts[i], &reader, parts);
    }
}

/* Elements are written as "value;". */
static void
test_elements (void)
{
  static const ReadCase texts[] = {
    { "[]", "", NULL },
    { " [ ] ", "", NULL },
    { "[1]", "1;", NULL },
    { "[ 1 , \"x\",\t[2, 3] , {} ]", "1;\"x\";[2, 3];{};", NULL },
    { "", "", "Invalid JSON at byte 0: the text ends too early" },
    { " {}", "", "Invalid JSON at byte 1: unexpected character" },
    { "[", "", "Invalid JSON at byte 1: the text ends too early" },
    { "[,1]", "", "Invalid JSON at byte 1: unexpected character" },
    { "[1", "1;", "Invalid JSON at byte 2: the text ends too early" },
    { "[1,", "1;", "Invalid JSON at byte 3: the text ends too early" },
    { "[1,]", "1;", "Invalid JSON at byte 3: unexpected character" },
    { "[1}", "1;", "Invalid JSON at byte 2: unexpected character" },
    { "[1 2]", "1;", "Invalid JSON at byte 3: unexpected character" },
    { "[1]]", "1;", "Invalid JSON at byte 3: more text after the end" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GString) parts = g_string_new (NULL);
      SignalJsonReader reader;
      SignalSpan value;

      signal_json_reader_init (&reader, texts[i].text, strlen (texts[i].text));
      g_assert_cmpint (signal_json_reader_open_array (&reader), ==, strchr (texts[i].text, '[') != NULL);
      while (reader.problem == NULL && signal_json_reader_next_element (&reader)
             && signal_json_reader_read_value (&reader, &value))
        append_span (parts, &value, ";");
      assert_read (&texts[i], &reader, parts);
    }
}

static void
test_error_text (void)
{
  static const struct
  {
    const char *text;
    const char *message;
  } texts[] = {
    { "", "Invalid JSON at byte 0: the text ends too early" },
    { "[1, secret]", "Invalid JSON at byte 4: unexpected character" },
    { "[\"\\q\"]", "Invalid JSON at byte 3: invalid escape sequence" },
    { "\"\\u00g0\"", "Invalid JSON at byte 5: invalid escape sequence" },
    { "[\"12345678\n\"]", "Invalid JSON at byte 10: control character in a string" },
    { "\"\xc3\xa9\xff\"", "Invalid JSON at byte 3: invalid UTF-8" },
    { "{} x", "Invalid JSON at byte 3: more text after the end" },
    { "[-]", "Invalid JSON at byte 2: unexpected character" },
    { "[1.]", "Invalid JSON at byte 3: unexpected character" },
    { "[1.e1]", "Invalid JSON at byte 3: unexpected character" },
    { "[1e]", "Invalid JSON at byte 3: unexpected character" },
    { "{,\"a\":1}", "Invalid JSON at byte 1: unexpected character" },
    { "{\"a\\q\":1}", "Invalid JSON at byte 4: invalid escape sequence" },
    { "{\"a\":1,\"\\:2}", "Invalid JSON at byte 9: invalid escape sequence" },
    { "\"abc", "Invalid JSON at byte 4: the text ends too early" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (check (texts[i].text, strlen (texts[i].text), &error));
      g_assert_cmpstr (error->message, ==, texts[i].message);
    }
}

/* Returns the elements of an array, each followed by a semicolon, or NULL if the text is none. */
static char *
read_array (const char *text)
{
  g_autoptr (GString) elements = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  SignalJsonReader reader;
  SignalSpan value;

  signal_json_reader_init (&reader, text, strlen (text));
  if (signal_json_reader_open_array (&reader))
    while (signal_json_reader_next_element (&reader) && signal_json_reader_read_value (&reader, &value))
      g_string_append_printf (elements, "%.*s;", (int) value.len, value.str);

  if (signal_json_reader_finish (&reader, &error))
    return g_strdup (elements->str);
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  return NULL;
}

static void
test_array (void)
{
  static const char * const texts[][2] = {
    { "[]", "" }, { " [ ] ", "" }, { "[1]", "1;" }, { "[1 , \"a\", [2,3],{}]", "1;\"a\";[2,3];{};" },
    { "{}", NULL }, { "1", NULL }, { "", NULL }, { "[", NULL }, { "[1", NULL }, { "[1,", NULL },
    { "[1 2]", NULL }, { "[1,]", NULL }, { "[,1]", NULL }, { "[1}", NULL }, { "[1]2", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *elements = read_array (texts[i][0]);

      g_assert_cmpstr (elements, ==, texts[i][1]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/json-scanner/check/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/json-scanner/string-places", test_string_places);
  g_test_add_func ("/json-scanner/depth", test_depth);
  g_test_add_func ("/json-scanner/depth-wrong-close", test_depth_wrong_close);
  g_test_add_func ("/json-scanner/depth-mixed", test_depth_mixed);
  g_test_add_func ("/json-scanner/breadth", test_breadth);
  g_test_add_func ("/json-scanner/truncations", test_truncations);
  g_test_add_func ("/json-scanner/members", test_members);
  g_test_add_func ("/json-scanner/elements", test_elements);
  g_test_add_func ("/json-scanner/error-text", test_error_text);
  g_test_add_func ("/json-scanner/array", test_array);

  return g_test_run ();
}
