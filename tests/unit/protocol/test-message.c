/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/protocol/signal-message-private.h"

static SignalMessage *
open_message (const char  *text,
              GError     **error)
{
  gsize length = strlen (text);
  g_autoptr(SignalMessage) message = signal_message_alloc (length);

  memcpy (signal_message_storage (message), text, length);
  if (!signal_message_open (message, length, TRUE, error))
    return NULL;

  return g_steal_pointer (&message);
}

typedef struct
{
  const char *name;
  const char *text;
  const char *event;
  const char *payload;
  const char *id;
} Case;

#define E "\"event\":\"a\""

static const Case cases[] = {
  { "event-only", "{" E "}", "a", NULL, NULL },
  { "all", "{" E ",\"data\":{\"x\":[1, 2]},\"id\":\"7\"}", "a", "{\"x\":[1, 2]}", "7" },
  { "other-order", "{\"id\":\"7\",\"data\":true," E "}", "a", "true", "7" },
  { "spaces", "{ \"data\" : 12 , \"id\" : \"7\" , " E " }", "a", "12", "7" },
  { "empty-id", "{" E ",\"id\":\"\"}", "a", NULL, "" },
  { "id-number", "{" E ",\"id\":7}", "a", NULL, NULL },
  { "payload-null", "{" E ",\"data\":null}", "a", "null", NULL },
  { "payload-last", "{" E ",\"data\":\"\\u0000\"}", "a", "\"\\u0000\"", NULL },
  { "escapes", "{\"event\":\"a\\nb\\u00e9\",\"id\":\"\\ud83d\\ude00\"}", "a\nb\xc3\xa9", NULL,
    "\xf0\x9f\x98\x80" },
  { "lone-surrogate", "{\"event\":\"\\ud800x\"}", "\xef\xbf\xbdx", NULL, NULL },
  { "duplicates", "{" E ",\"data\":1,\"data\":2,\"event\":\"\\u0062\"}", "b", "2", NULL },
  { "large-integer", "{" E ",\"data\":[9007199254740993,-18446744073709551617]}", "a",
    "[9007199254740993,-18446744073709551617]", NULL },
  { "number-verbatim", "{" E ",\"data\":1.10E+2}", "a", "1.10E+2", NULL },
};

static void
test_open (gconstpointer data)
{
  const Case *one = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(SignalMessage) message = open_message (one->text, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (signal_message_get_event (message), ==, one->event);
  g_assert_cmpstr (signal_message_get_payload_json (message), ==, one->payload);
  g_assert_cmpstr (signal_message_get_id (message), ==, one->id);
  g_assert_cmpuint (signal_message_get_size (message), ==, strlen (one->text));
  g_assert_true (signal_message_is_encrypted (message));
  g_assert_cmpint (signal_message_get_payload (message) != NULL, ==, one->payload != NULL);
}

static void
test_refuse (void)
{
  static const char *const texts[] = {
    "", "[]", "{}", "{\"event\":\"\"}", "{\"event\":5}", "{" E, "{" E "}x", "{" E ",\"data\":[1,]}",
    "{" E ",\"data\":\"\xff\"}", "{\"event\":\"\\u0000\"}", "{\"event\":\"a\\u0000b\"}",
    "{" E ",\"id\":\"i\\u0000\"}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (open_message (texts[i], &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
    }
}

/* The storage may be larger than the text if its size was estimated. */
static void
test_spare_storage (void)
{
  static const char text[] = "{\"event\":\"a\",\"data\":12}34";
  g_autoptr(SignalMessage) message = signal_message_alloc (sizeof text + 100);

  memcpy (signal_message_storage (message), text, sizeof text);
  g_assert_true (signal_message_open (message, strlen (text) - 2, FALSE, NULL));
  g_assert_false (signal_message_is_encrypted (message));
  g_assert_cmpstr (signal_message_get_payload_json (message), ==, "12");
  g_assert_cmpuint (signal_message_get_size (message), ==, strlen (text) - 2);
}

static void
test_payload (void)
{
  g_autoptr(SignalMessage) message = open_message (
    "{\"event\":\"a\",\"data\":{\"n\":9223372036854775807,\"s\":\"\\u00e9\\n\"}}", NULL);
  JsonNode *payload = signal_message_get_payload (message);
  JsonObject *object = json_node_get_object (payload);

  g_assert_true (signal_message_get_payload (message) == payload);
  g_assert_true (json_node_is_immutable (payload));
  g_assert_cmpint (json_object_get_int_member (object, "n"), ==, G_MAXINT64);
  g_assert_cmpstr (json_object_get_string_member (object, "s"), ==, "\xc3\xa9\n");
}

static void
test_payload_scalars (void)
{
  g_autoptr(SignalMessage) text = open_message ("{" E ",\"data\":\"x\"}", NULL);
  g_autoptr(SignalMessage) null = open_message ("{" E ",\"data\":null}", NULL);
  g_autoptr(SignalMessage) none = open_message ("{" E "}", NULL);

  g_assert_cmpstr (json_node_get_string (signal_message_get_payload (text)), ==, "x");
  g_assert_true (json_node_is_null (signal_message_get_payload (null)));
  g_assert_null (signal_message_get_payload (none));
}

/* JSON that json-glib would ignore, truncate or turn into invalid UTF-8. */
static void
test_payload_mended (void)
{
  static const struct
  {
    const char *json;
    const char *string;
  } texts[] = {
    { "\"a\\u0000b\"", "a\xef\xbf\xbd" "b" },
    { "\"\\ud800\"", "\xef\xbf\xbd" },
    { "\"\\ud800xy\"", "\xef\xbf\xbdxy" },
    { "\"\\ud800\\u0041\"", "\xef\xbf\xbd" "A" },
    { "\"\\udc00\\n\"", "\xef\xbf\xbd\n" },
    { "\"\\ud800\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
    { "\"\\\\u0000\"", "\\u0000" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"event\":\"a\",\"data\":%s}", texts[i].json);
      g_autoptr(SignalMessage) message = open_message (text, NULL);
      JsonNode *payload = signal_message_get_payload (message);

      g_assert_nonnull (payload);
      g_assert_cmpstr (json_node_get_string (payload), ==, texts[i].string);
      g_assert_cmpstr (signal_message_get_payload_json (message), ==, texts[i].json);
    }
}

static void
test_payload_huge_numbers (void)
{
  g_autoptr(SignalMessage) message = open_message (
    "{\"event\":\"a\",\"data\":[18446744073709551617,1e400]}", NULL);
  JsonArray *array = json_node_get_array (signal_message_get_payload (message));

  g_assert_cmpuint (json_array_get_length (array), ==, 2);
  g_assert_true (isinf (json_array_get_double_element (array, 1)));
  g_assert_cmpstr (signal_message_get_payload_json (message), ==, "[18446744073709551617,1e400]");
}

static void
test_payload_deepest (void)
{
  g_autofree char *data = g_strnfill (2 * SIGNAL_JSON_MAX_DEPTH, ']');
  g_autofree char *text = NULL;
  g_autoptr(SignalMessage) message = NULL;

  memset (data, '[', SIGNAL_JSON_MAX_DEPTH);
  text = g_strdup_printf ("{\"event\":\"a\",\"data\":%s}", data);
  message = open_message (text, NULL);
  g_assert_nonnull (message);
  g_assert_true (JSON_NODE_HOLDS_ARRAY (signal_message_get_payload (message)));
}

static void
test_boxed (void)
{
  GValue value = G_VALUE_INIT;
  SignalMessage *message = open_message ("{" E "}", NULL);

  g_assert_true (G_TYPE_IS_BOXED (SIGNAL_TYPE_MESSAGE));
  g_value_init (&value, SIGNAL_TYPE_MESSAGE);
  g_value_set_boxed (&value, message);
  g_assert_true (g_value_get_boxed (&value) == message);
  signal_message_unref (message);
  g_assert_cmpstr (signal_message_get_event (g_value_get_boxed (&value)), ==, "a");
  g_value_unset (&value);
}

static gpointer
ref_many_times (gpointer data)
{
  for (guint i = 0; i < 10000; i++)
    signal_message_unref (signal_message_ref (data));
  signal_message_unref (data);

  return NULL;
}

static void
test_ref_threads (void)
{
  SignalMessage *message = open_message ("{" E ",\"data\":1}", NULL);
  GThread *thread = g_thread_new ("ref", ref_many_times, signal_message_ref (message));

  ref_many_times (signal_message_ref (message));
  g_thread_join (thread);
  g_assert_cmpstr (signal_message_get_payload_json (message), ==, "1");
  signal_message_unref (message);
}

static void
expect_refusal (void)
{
  g_test_expect_message ("signal-glib", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
}

static void
test_null (void)
{
  expect_refusal ();
  g_assert_null (signal_message_ref (NULL));
  expect_refusal ();
  signal_message_unref (NULL);
  expect_refusal ();
  g_assert_null (signal_message_get_event (NULL));
  expect_refusal ();
  g_assert_null (signal_message_get_payload (NULL));
  expect_refusal ();
  g_assert_null (signal_message_get_payload_json (NULL));
  expect_refusal ();
  g_assert_null (signal_message_get_id (NULL));
  expect_refusal ();
  g_assert_false (signal_message_is_encrypted (NULL));
  g_test_assert_expected_messages ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/message/open/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_open);
    }
  g_test_add_func ("/message/refuse", test_refuse);
  g_test_add_func ("/message/spare-storage", test_spare_storage);
  g_test_add_func ("/message/payload", test_payload);
  g_test_add_func ("/message/payload-scalars", test_payload_scalars);
  g_test_add_func ("/message/payload-mended", test_payload_mended);
  g_test_add_func ("/message/payload-huge-numbers", test_payload_huge_numbers);
  g_test_add_func ("/message/payload-deepest", test_payload_deepest);
  g_test_add_func ("/message/boxed", test_boxed);
  g_test_add_func ("/message/ref-threads", test_ref_threads);
  g_test_add_func ("/message/null", test_null);

  return g_test_run ();
}
