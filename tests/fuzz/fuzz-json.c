/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "signal-glib/json/signal-json-escape-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/json/signal-json-writer-private.h"

/* The scanner of the library and the parser of json-glib take the same texts, with these exceptions,
 * and read the same values from them. */

#define MOST_BYTES (16 * 1024) /* json-glib calls itself for each level */

/* What json-glib takes and RFC 8259 does not allow, recognized by where the scanner stops. */
typedef struct
{
  const char *name;
  gboolean  (*applies) (const char *text, gsize length, gsize at);
} Laxity;

static gboolean
is_byte_order_mark (const char *text,
                    gsize       length,
                    gsize       at)
{
  return at == 0 && g_str_has_prefix (text, "\xef\xbb\xbf");
}

static gboolean
is_comment (const char *text,
            gsize       length,
            gsize       at)
{
  return at < length && text[at] == '/';
}

static gboolean
is_single_quote (const char *text,
                 gsize       length,
                 gsize       at)
{
  return at < length && text[at] == '\'';
}

/* Such as `var a = {}`, or `0x10` and `1.` in numbers. */
static gboolean
is_word_or_number (const char *text,
                   gsize       length,
                   gsize       at)
{
  return at < length && (g_ascii_isalnum (text[at]) || strchr ("_$.+-", text[at]) != NULL);
}

static gboolean
follows_number (const char *text,
                gsize       length,
                gsize       at)
{
  return at > 0 && (g_ascii_isxdigit (text[at - 1]) || strchr (".eE+-", text[at - 1]) != NULL);
}

static gboolean
is_control_character (const char *text,
                      gsize       length,
                      gsize       at)
{
  return at < length && g_ascii_iscntrl (text[at]);
}

/* Such as \v, or \u and fewer than four digits. */
static gboolean
is_in_escape (const char *text,
              gsize       length,
              gsize       at)
{
  gsize back = MIN (at, 6);

  return (at < length && text[at] == '\\') || memchr (text + at - back, '\\', back) != NULL;
}

static gboolean
is_after_end (const char *text,
              gsize       length,
              gsize       at)
{
  return signal_json_check (text, at, NULL);
}

static gboolean
is_too_deep (const char *text,
             gsize       length,
             gsize       at)
{
  gsize depth = 0;

  for (gsize i = 0; i < at; i++)
    depth += text[i] == '[' || text[i] == '{';
  return depth >= SIGNAL_JSON_MAX_DEPTH;
}

static const Laxity laxities[] = {
  { "byte order mark", is_byte_order_mark },
  { "comment", is_comment },
  { "string in single quotes", is_single_quote },
  { "word or number", is_word_or_number },
  { "number", follows_number },
  { "control character in a string", is_control_character },
  { "unknown escape", is_in_escape },
  { "text after the end", is_after_end },
  { "nesting", is_too_deep },
};

static void
check_laxity (const char *text,
              gsize       length,
              gsize       at)
{
  for (guint i = 0; i < G_N_ELEMENTS (laxities); i++)
    if (laxities[i].applies (text, length, at))
      return;
  g_printerr ("Only json-glib takes this, which stops being JSON at byte %" G_GSIZE_FORMAT "\n", at);
  abort ();
}

static void compare (SignalSpan text, JsonNode *node);

static void
compare_string (SignalSpan  text,
                JsonNode   *node)
{
  SignalJsonReader reader;
  SignalSpan content;
  gboolean escaped;
  g_autofree char *string = NULL;

  signal_json_reader_init (&reader, text.str, text.len);
  g_assert_true (signal_json_reader_read_string (&reader, &content, &escaped));
  string = signal_json_dup_string (content, escaped);
  g_assert_cmpint (json_node_get_value_type (node), ==, G_TYPE_STRING);
  g_assert_cmpstr (json_node_get_string (node), ==, string);
}

static void
compare_number (SignalSpan  text,
                JsonNode   *node)
{
  g_autofree char *digits = g_strndup (text.str, text.len);
  gint64 integer;

  if (strpbrk (digits, ".eE") != NULL)
    {
      double value = g_ascii_strtod (digits, NULL);

      g_assert_cmpint (json_node_get_value_type (node), ==, G_TYPE_DOUBLE);
      g_assert_true (json_node_get_double (node) == value);
      return;
    }

  /* json-glib has no type for integers beyond 64 bits. */
  g_assert_cmpint (json_node_get_value_type (node), ==, G_TYPE_INT64);
  if (g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, &integer, NULL))
    g_assert_cmpint (json_node_get_int (node), ==, integer);
}

static void
compare_array (SignalSpan  text,
               JsonNode   *node)
{
  SignalJsonReader reader;
  SignalSpan value;
  guint n = 0;

  g_assert_true (JSON_NODE_HOLDS_ARRAY (node));
  signal_json_reader_init (&reader, text.str, text.len);
  g_assert_true (signal_json_reader_open_array (&reader));
  for (; signal_json_reader_next_element (&reader); n++)
    {
      g_assert_true (signal_json_reader_read_value (&reader, &value));
      g_assert_cmpuint (n, <, json_array_get_length (json_node_get_array (node)));
      compare (value, json_array_get_element (json_node_get_array (node), n));
    }
  g_assert_true (signal_json_reader_finish (&reader, NULL));
  g_assert_cmpuint (n, ==, json_array_get_length (json_node_get_array (node)));
}

/* Of members of the same name, the last one counts. */
static void
compare_object (SignalSpan  text,
                JsonNode   *node)
{
  g_autoptr (GHashTable) members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  SignalJsonReader reader;
  SignalSpan key, value;
  gboolean escaped;
  GHashTableIter iter;
  gpointer name, span;

  g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
  signal_json_reader_init (&reader, text.str, text.len);
  g_assert_true (signal_json_reader_open_object (&reader));
  while (signal_json_reader_next_member (&reader, &key, &escaped))
    {
      g_assert_true (signal_json_reader_read_value (&reader, &value));
      g_hash_table_replace (members, signal_json_dup_string (key, escaped), g_memdup2 (&value, sizeof value));
    }
  g_assert_true (signal_json_reader_finish (&reader, NULL));

  g_assert_cmpuint (json_object_get_size (json_node_get_object (node)), ==, g_hash_table_size (members));
  g_hash_table_iter_init (&iter, members);
  while (g_hash_table_iter_next (&iter, &name, &span))
    {
      g_assert_true (json_object_has_member (json_node_get_object (node), name));
      compare (*(SignalSpan *) span, json_object_get_member (json_node_get_object (node), name));
    }
}

/* text is a value without white space around it. */
static void
compare (SignalSpan  text,
         JsonNode   *node)
{
  switch (*text.str)
    {
    case '{':
      compare_object (text, node);
      break;

    case '[':
      compare_array (text, node);
      break;

    case '"':
      compare_string (text, node);
      break;

    case 'n':
      g_assert_true (JSON_NODE_HOLDS_NULL (node));
      break;

    case 't':
    case 'f':
      g_assert_cmpint (json_node_get_value_type (node), ==, G_TYPE_BOOLEAN);
      g_assert_cmpint (json_node_get_boolean (node), ==, *text.str == 't');
      break;

    default:
      compare_number (text, node);
    }
}

/* What the library writes is read as the same tree. */
static void
check_round_trip (JsonNode *node)
{
  g_autoptr (GString) written = g_string_new (NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  if (!signal_json_append_node (written, node, &error))
    {
      g_assert_nonnull (strstr (error->message, "infinity"));
      return;
    }

  g_assert_true (signal_json_check (written->str, written->len, NULL));
  g_assert_true (json_parser_load_from_data (parser, written->str, (gssize) written->len, NULL));
  g_assert_true (json_node_equal (json_parser_get_root (parser), node));
}

/* json-glib combines an escaped half of a surrogate pair with what follows it, and stops at an escaped
 * NUL: both are mended before, as for applications. */
static void
check_taken (const char *text,
             gsize       size)
{
  g_autofree char *mended = g_strndup (text, size);
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize start = strspn (text, " \t\r\n");
  SignalJsonReader reader;
  SignalSpan value;

  signal_json_mend_escapes (mended, size);
  g_assert_true (signal_json_check (mended, size, NULL));
  g_assert_true (json_parser_load_from_data (parser, mended, (gssize) size, NULL));
  signal_json_reader_init (&reader, mended + start, size - start);
  g_assert_true (signal_json_reader_read_value (&reader, &value));
  compare (value, json_parser_get_root (parser));
  check_round_trip (json_parser_get_root (parser));
}

static void
check_refused (const char   *text,
               gsize         size,
               const GError *error)
{
  static const char prefix[] = "Invalid JSON at byte ";
  g_autoptr (JsonParser) parser = json_parser_new ();

  g_assert_true (g_str_has_prefix (error->message, prefix));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (json_parser_load_from_data (parser, text, (gssize) size, NULL) && json_parser_get_root (parser) != NULL)
    check_laxity (text, size, g_ascii_strtoull (error->message + strlen (prefix), NULL, 10));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;

  /* For json-glib, as for C strings, NUL is the end. */
  if (size > MOST_BYTES || memchr (data, '\0', size) != NULL)
    return 0;

  if (signal_json_check (text, size, &error))
    check_taken (text, size);
  else
    check_refused (text, size, error);
  return 0;
}
