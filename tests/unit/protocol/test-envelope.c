/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/util/signal-base64-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/signal-error.h"

#define IV "AAECAwQFBgcICQoL"
#define CT "/+8gISIjJCUmJygpKissLQ=="

/* Checks a copy of exactly this length, so that a sanitizer detects a read beyond the end. */
static char *
copy_exactly (const char *text)
{
  return g_memdup2 (text, strlen (text));
}

static void
assert_span (SignalSpan  span,
             const char *expected)
{
  if (expected == NULL)
    {
      g_assert_null (span.str);
      return;
    }
  g_assert_nonnull (span.str);
  g_assert_cmpmem (span.str, span.len, expected, strlen (expected));
}

typedef struct
{
  const char *name;
  const char *text;
  const char *event;
  const char *data;
  const char *id;
} ParseCase;

#define E "\"event\":\"a\""

static const ParseCase parse_cases[] = {
  { "event-only", "{\"event\":\"a\"}", "a", NULL, NULL },
  { "all", "{" E ",\"data\":{\"x\":[1]},\"id\":\"7\"}", "a", "{\"x\":[1]}", "7" },
  { "other-order", "{\"id\":\"7\",\"data\":[]," E "}", "a", "[]", "7" },
  { "data-first", "{\"data\":\"x\",\"id\":\"\"," E "}", "a", "\"x\"", "" },
  { "spaces", " \t{\r\n \"event\" : \"a\" , \"data\" :  -1.5e3\n } \n", "a", "-1.5e3", NULL },
  { "space-before-event", "{\"event\": \"a\",\"data\":1}", "a", "1", NULL },
  { "space-before-data", "{" E ",\"data\":\n[1]}", "a", "[1]", NULL },
  { "spaces-at-id", "{" E " , \"data\" : [ 1 ] , \"id\" : \"i\" }", "a", "[ 1 ]", "i" },
  { "data-null", "{" E ",\"data\":null}", "a", "null", NULL },
  { "data-false", "{" E ",\"data\" : false }", "a", "false", NULL },
  { "data-empty-object", "{" E ",\"data\": { } }", "a", "{ }", NULL },
  { "data-inner-event", "{" E ",\"data\":{\"event\":\"b\"}}", "a", "{\"event\":\"b\"}", NULL },
  { "large-integer", "{" E ",\"data\":9007199254740993}", "a", "9007199254740993", NULL },
  { "escaped-event-key", "{\"\\u0065vent\":\"a\"}", "a", NULL, NULL },
  { "escaped-data-key", "{" E ",\"d\\u0061ta\":1}", "a", "1", NULL },
  { "escaped-id-key", "{" E ",\"\\u0069\\u0064\":\"i\"}", "a", NULL, "i" },
  { "escaped-event", "{\"event\":\"\\u0061\"}", "a", NULL, NULL },
  { "utf8-event", "{\"event\":\"\xc3\xa9\"}", "\xc3\xa9", NULL, NULL },
  { "unknown-keys", "{\"x\":{\"event\":1}," E ",\"Event\":2,\"events\":[3]}", "a", NULL, NULL },
  { "empty-key", "{\"\":1," E "}", "a", NULL, NULL },
  { "duplicate-event", "{" E ",\"event\":\"b\"}", "b", NULL, NULL },
  { "duplicate-data", "{" E ",\"data\":1,\"data\":{\"x\":2}}", "a", "{\"x\":2}", NULL },
  { "duplicate-id", "{" E ",\"id\":\"i\",\"id\":\"j\"}", "a", NULL, "j" },
  { "duplicate-by-escape", "{" E ",\"even\\u0074\":\"b\"}", "b", NULL, NULL },
  { "duplicate-number-first", "{\"event\":1,\"event\":\"b\"}", "b", NULL, NULL },
  { "id-number", "{" E ",\"id\":7}", "a", NULL, NULL },
  { "id-null", "{" E ",\"id\":null}", "a", NULL, NULL },
  { "id-object", "{" E ",\"id\":{\"id\":\"x\"}}", "a", NULL, NULL },
  { "id-last-is-no-string", "{" E ",\"id\":\"x\",\"id\":[]}", "a", NULL, NULL },
};

static void
test_parse (gconstpointer data)
{
  const ParseCase *one = data;
  g_autofree char *text = copy_exactly (one->text);
  g_autoptr(GError) error = NULL;
  SignalEnvelope envelope;

  g_assert_true (signal_envelope_parse (&envelope, text, strlen (one->text), &error));
  g_assert_no_error (error);
  g_assert_true (signal_envelope_is (&envelope, one->event));
  g_assert_false (signal_envelope_is (&envelope, "c"));
  g_assert_false (signal_envelope_is (&envelope, ""));
  assert_span (envelope.data, one->data);
  assert_span (envelope.id, one->id);
  g_assert_false (envelope.id_escaped);
}

static void
test_parse_escaped (void)
{
  static const char text[] = "{\"event\":\"\\u0061\\\"\",\"id\":\"\\/\"}";
  SignalEnvelope envelope;

  g_assert_true (signal_envelope_parse (&envelope, text, strlen (text), NULL));
  g_assert_true (envelope.event_escaped);
  g_assert_true (envelope.id_escaped);
  assert_span (envelope.event, "\\u0061\\\"");
  assert_span (envelope.id, "\\/");
  g_assert_true (signal_envelope_is (&envelope, "a\""));
}

static void
test_refuse (void)
{
  static const char *const texts[] = {
    "", " ", "5", "\"event\"", "[]", "null", "[{\"event\":\"a\"}]",
    "{}", "{\"data\":1}", "{\"event\":\"\"}", "{\"event\":5}", "{\"event\":null}",
    "{\"event\":[\"a\"]}", "{\"event\":\"a\",\"event\":5}", "{\"event\":\"a\",\"event\":\"\"}",
    "{\"Event\":\"a\"}",
    "{\"event\":\"a\"} x", "{\"event\":\"a\"}{}", "{\"event\":\"a\",}", "{,\"event\":\"a\"}",
    "{\"event\":\"a\" \"data\":1}", "{\"event\":\"a\",,\"data\":1}",
    "{\"event\" \"a\"}", "{\"event\":\"a\",\"data\":}", "{\"event\":\"a\",\"data\":01}",
    "{\"event\":\"a\",\"data\":[1,]}",
    "{\"event\":\"a\",\"other\":tru}", "{\"event\":\"a\",\"\\x\":1}", "{\"event\":\"a\xff\"}",
    "{\"event\":\"a\",\"id\":\"\xc0\x80\"}", "{\"event\":\"a\nb\"}", "{event:\"a\"}",
    "{\"event\":\"a\"]", "\xef\xbb\xbf{\"event\":\"a\"}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = copy_exactly (texts[i]);
      g_autofree char *shown = g_strescape (texts[i], NULL);
      g_autoptr(GError) error = NULL;
      SignalEnvelope envelope;

      g_test_message ("%s", shown);
      g_assert_false (signal_envelope_parse (&envelope, text, strlen (texts[i]), &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
      g_assert_null (strstr (error->message, "other"));
    }
}

static void
test_truncations (void)
{
  static const char sample[] =
    "{\"event\":\"ch\\u0061t\",\"data\":{\"t\":\"h\xc3\xa9\",\"n\":[1,-2.5e3,true,null]},"
    "\"id\":\"i\"}";
  SignalEnvelope envelope;

  for (gsize length = 0; length < sizeof sample - 1; length++)
    {
      g_autofree char *text = g_memdup2 (sample, length);
      g_autoptr(GError) error = NULL;

      g_assert_false (signal_envelope_parse (&envelope, text, length, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
    }
  g_assert_true (signal_envelope_parse (&envelope, sample, sizeof sample - 1, NULL));
}

/* What can be sent as data can also be received: the envelope does not count as a level. */
static void
test_depth (void)
{
  static const guint depths[] = { SIGNAL_JSON_MAX_DEPTH, SIGNAL_JSON_MAX_DEPTH + 1, 500000 };

  for (gsize i = 0; i < G_N_ELEMENTS (depths); i++)
    {
      g_autofree char *data = g_strnfill (2 * depths[i], ']');
      g_autofree char *text = NULL;
      SignalEnvelope envelope;
      gsize length;

      memset (data, '[', depths[i]);
      text = signal_envelope_compose ("a", data, NULL, &length);
      g_assert_cmpint (signal_json_check (data, strlen (data), NULL), ==,
                       depths[i] <= SIGNAL_JSON_MAX_DEPTH);
      g_assert_cmpint (signal_envelope_parse (&envelope, text, length, NULL), ==,
                       depths[i] <= SIGNAL_JSON_MAX_DEPTH);
    }
}

typedef struct
{
  const char *name;
  const char *text;
  gboolean    matches; /* recognized by its form and valid base64 alone */
  const char *iv;      /* NULL if it is refused */
  const char *ct;
} EncryptedCase;

#define ENCRYPTED(data) "{\"event\":\"encrypted\",\"data\":" data "}"
#define CANONICAL(iv, ct) ENCRYPTED ("{\"iv\":\"" iv "\",\"ct\":\"" ct "\"}")
#define IV_PAIR "\"iv\":\"" IV "\""
#define CT_PAIR "\"ct\":\"" CT "\""

static const EncryptedCase sealed_cases[] = {
  { "canonical", CANONICAL (IV, CT), TRUE, IV, CT },
  { "empty-ct", CANONICAL (IV, ""), TRUE, IV, "" },
  { "not-base64", CANONICAL ("????????????????", "!"), FALSE, "????????????????", "!" },
  { "iv-short", CANONICAL ("AAEC", CT), FALSE, "AAEC", CT },
  { "iv-long", CANONICAL (IV "AAAA", CT), FALSE, IV "AAAA", CT },
  { "ct-escaped", CANONICAL (IV, "\\/w=="), FALSE, IV, "\\/w==" },
  { "iv-escaped", CANONICAL ("\\u0041AECAwQFBgcICQoL", CT), FALSE, "\\u0041AECAwQFBgcICQoL", CT },
  { "other-order", ENCRYPTED ("{" CT_PAIR "," IV_PAIR "}"), FALSE, IV, CT },
  { "spaces", ENCRYPTED (" {" IV_PAIR ", " CT_PAIR "}"), FALSE, IV, CT },
  { "space-behind", CANONICAL (IV, CT) "\n", FALSE, IV, CT },
  { "space-inside", ENCRYPTED ("{" IV_PAIR "," CT_PAIR " }"), FALSE, IV, CT },
  { "data-first", "{\"data\":{" IV_PAIR "," CT_PAIR "},\"event\":\"encrypted\"}", FALSE, IV, CT },
  { "with-id", ENCRYPTED ("{" IV_PAIR "," CT_PAIR "},\"id\":\"}\""), FALSE, IV, CT },
  { "with-more", ENCRYPTED ("{" IV_PAIR "," CT_PAIR ",\"x\":{\"y\":\"z\"}}"), FALSE, IV, CT },
  { "with-string", ENCRYPTED ("{" IV_PAIR "," CT_PAIR ",\"x\":\"y\"}"), FALSE, IV, CT },
  { "escaped-iv-key", ENCRYPTED ("{\"i\\u0076\":\"" IV "\"," CT_PAIR "}"), FALSE, IV, CT },
  { "escaped-ct-key", ENCRYPTED ("{" IV_PAIR ",\"\\u0063t\":\"" CT "\"}"), FALSE, IV, CT },
  { "duplicate-ct", ENCRYPTED ("{" IV_PAIR ",\"ct\":\"x\"," CT_PAIR "}"), FALSE, IV, CT },
  { "duplicate-iv", ENCRYPTED ("{\"iv\":\"x\"," IV_PAIR "," CT_PAIR "}"), FALSE, IV, CT },
  { "no-iv", ENCRYPTED ("{" CT_PAIR "}"), FALSE, NULL, NULL },
  { "no-ct", ENCRYPTED ("{" IV_PAIR "}"), FALSE, NULL, NULL },
  { "iv-number", ENCRYPTED ("{\"iv\":1," CT_PAIR "}"), FALSE, NULL, NULL },
  { "ct-null", ENCRYPTED ("{" IV_PAIR ",\"ct\":null}"), FALSE, NULL, NULL },
  { "last-ct-number", ENCRYPTED ("{" IV_PAIR "," CT_PAIR ",\"ct\":1}"), FALSE, NULL, NULL },
  { "data-empty", ENCRYPTED ("{}"), FALSE, NULL, NULL },
  { "data-array", ENCRYPTED ("[\"" IV "\",\"" CT "\"]"), FALSE, NULL, NULL },
  { "data-string", ENCRYPTED ("\"{}\""), FALSE, NULL, NULL },
};

static void
assert_encrypted (const SignalEncryptedData *encrypted,
                  const EncryptedCase       *one)
{
  assert_span (encrypted->iv, one->iv);
  assert_span (encrypted->ct, one->ct);
  g_assert_cmpint (encrypted->iv_escaped, ==, strchr (one->iv, '\\') != NULL);
  g_assert_cmpint (encrypted->ct_escaped, ==, strchr (one->ct, '\\') != NULL);
}

static gboolean
is_base64 (SignalSpan span)
{
  g_autofree guint8 *bytes = g_malloc (span.len);
  gsize length;

  return signal_base64_decode (span.str, span.len, bytes, &length);
}

static void
test_encrypted (gconstpointer data)
{
  const EncryptedCase *one = data;
  g_autofree char *text = copy_exactly (one->text);
  gsize length = strlen (one->text);
  g_autoptr(GError) error = NULL;
  SignalEnvelope envelope;
  SignalEncryptedData encrypted;
  gboolean matches;

  memset (&encrypted, 0xff, sizeof encrypted);
  matches = signal_envelope_match_encrypted (&encrypted, text, length)
            && is_base64 (encrypted.iv) && is_base64 (encrypted.ct);
  g_assert_cmpint (matches, ==, one->matches);
  if (matches)
    assert_encrypted (&encrypted, one);

  g_assert_true (signal_envelope_parse (&envelope, text, length, &error));
  g_assert_no_error (error);
  g_assert_true (signal_envelope_is (&envelope, "encrypted"));
  memset (&encrypted, 0xff, sizeof encrypted);
  if (signal_envelope_parse_encrypted (&encrypted, envelope.data, &error))
    assert_encrypted (&encrypted, one);
  else
    g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpint (error == NULL, ==, one->iv != NULL);
}

/* An `encrypted` event without data. */
static void
test_encrypted_without_data (void)
{
  g_autoptr(GError) error = NULL;
  SignalEncryptedData encrypted;

  g_assert_false (signal_envelope_parse_encrypted (&encrypted, (SignalSpan) { NULL, 0 }, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
}

/* Every difference from the form is detected, and nothing is read after the end of a shorter
 * text. */
static void
test_encrypted_form (void)
{
  static const char canonical[] = CANONICAL (IV, CT);
  static const char overlap[] = "{\"event\":\"encrypted\",\"data\":{" IV_PAIR ",\"ct\":\"}}";
  const gsize length = sizeof canonical - 1;
  SignalEncryptedData encrypted;

  g_assert_false (signal_envelope_match_encrypted (&encrypted, overlap, strlen (overlap)));

  for (gsize cut = 0; cut < length; cut++)
    {
      g_autofree char *text = g_memdup2 (canonical, cut);

      g_assert_false (signal_envelope_match_encrypted (&encrypted, text, cut));
    }

  for (gsize i = 0; i < length; i++)
    {
      g_autofree char *text = g_memdup2 (canonical, length);
      const char *iv = strstr (canonical, IV);
      const char *ct = strstr (canonical, CT);
      gsize iv_start = iv - canonical;
      gsize ct_start = ct - canonical;
      gboolean inside = (i >= iv_start && i < iv_start + strlen (IV)) ||
                        (i >= ct_start && i < ct_start + strlen (CT));

      text[i] ^= 1;
      g_assert_cmpint (signal_envelope_match_encrypted (&encrypted, text, length), ==, inside);
    }
}

static void
test_compose (void)
{
  static const struct
  {
    const char *event;
    const char *data;
    const char *text;
  } texts[] = {
    { "chat", "{\"a\": 1}", "{\"event\":\"chat\",\"data\":{\"a\": 1}}" },
    { "chat", "9007199254740993", "{\"event\":\"chat\",\"data\":9007199254740993}" },
    { "heartbeat", NULL, "{\"event\":\"heartbeat\"}" },
    { "a\"\\\n\x01\xc3\xa9", "null", "{\"event\":\"a\\\"\\\\\\n\\u0001\xc3\xa9\",\"data\":null}" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      SignalEnvelope envelope;
      gsize length;
      g_autofree char *text = signal_envelope_compose (texts[i].event, texts[i].data, NULL, &length);

      g_assert_cmpstr (text, ==, texts[i].text);
      g_assert_cmpuint (length, ==, strlen (text));
      g_assert_true (signal_envelope_parse (&envelope, text, length, NULL));
      g_assert_true (signal_envelope_is (&envelope, texts[i].event));
      assert_span (envelope.data, texts[i].data);
    }
}

static void
test_encrypt (void)
{
  guint8 iv[SIGNAL_AEAD_IV_SIZE] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
  guint8 ciphertext[300];
  guint8 decoded[sizeof ciphertext];

  for (gsize i = 0; i < sizeof ciphertext; i++)
    ciphertext[i] = (guint8) (i * 7);

  for (gsize size = SIGNAL_AEAD_TAG_SIZE; size <= sizeof ciphertext; size++)
    {
      gsize length = signal_envelope_get_encrypted_size (size - SIGNAL_AEAD_TAG_SIZE);
      g_autofree char *text = g_malloc (length + 1);
      gsize decoded_length;
      SignalEncryptedData encrypted;

      text[length] = '!';
      signal_envelope_write_encrypted (text, iv, ciphertext, size);
      g_assert_cmpint (text[length], ==, '!');
      g_assert_cmpint (text[length - 1], ==, '}');
      g_assert_true (signal_json_check (text, length, NULL));
      g_assert_true (signal_envelope_match_encrypted (&encrypted, text, length));
      assert_span (encrypted.iv, IV);
      g_assert_true (signal_base64_decode (encrypted.ct.str, encrypted.ct.len, decoded,
                                           &decoded_length));
      g_assert_cmpmem (decoded, decoded_length, ciphertext, size);
    }
}

static void
test_event_is_control (void)
{
  static const char *const control[] = {
    "authenticate", "connected", "disconnect", "join", "leave", "error", "heartbeat", "encrypted",
  };
  static const char *const free_names[] = { "", "chat", "Join", "joined", "err", "disconnected" };

  for (gsize i = 0; i < G_N_ELEMENTS (control); i++)
    g_assert_true (signal_envelope_event_is_control (control[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (free_names); i++)
    g_assert_false (signal_envelope_event_is_control (free_names[i]));
}

/* Parsing in steps of any size gives the same as parsing at once, or the same error. */
static void
test_steps (void)
{
  static const char *const texts[] = {
    "{" E ",\"data\":{\"\\n\xc3\xa9k\":[1,-2.5e+3,\"\\u00e9\xe2\x82\xac x\",{},[[]]],"
      "\"b\":null},\"id\":\"7\"}",
    "{\"data\":\"\\n\\t\xc3\xa9\xc3\xa9\\\"\"," E ",\"more\":["
      "\"\\n\\n\",true],\"id\":{\"\\n\\n\":\"\\n\\n\"}}",
    "{" E ",\"data\":[[\"\xc3\xa9\xc3\"]]}", "{" E ",\"data\":{\"\\n\\n\\x\":1}}", "{" E ",\"data\":[1,2,3}",
    "{" E ",\"data\":[\"\\n\\n", "{" E ",\"data\":[1,2]} x", "{\"event\":[\"\\n\",\"\\n\"],\"data\":1}", "",
    "{" E ",\"data\":{\"\\n\n\":1}}", "{" E ",\"data\":[{\"\xc3\xa9\t\":1}]}", "{" E ",\"data\":[\"\\n\n\"]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = copy_exactly (texts[i]);
      gsize length = strlen (texts[i]);
      g_autoptr (GError) expected_error = NULL;
      SignalEnvelope expected;
      gboolean is_valid = signal_envelope_parse (&expected, text, length, &expected_error);

      for (gsize size = 1; size <= length; size++)
        {
          g_autoptr (GError) error = NULL;
          SignalEnvelopeParser parser;
          guint n_steps = 1;

          signal_envelope_parser_init (&parser, text, length);
          while (!signal_envelope_parser_step (&parser, size))
            n_steps++;
          g_assert_cmpuint (n_steps, <=, length);
          if (size == 1 && is_valid)
            g_assert_cmpuint (n_steps, >, 5);

          g_assert_cmpint (signal_envelope_parser_finish (&parser, &error), ==, is_valid);
          g_assert_cmpstr (error != NULL ? error->message : NULL, ==,
                           expected_error != NULL ? expected_error->message : NULL);
          if (is_valid)
            g_assert_cmpmem (&parser.envelope, sizeof expected, &expected, sizeof expected);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (parse_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/envelope/parse/", parse_cases[i].name, NULL);

      g_test_add_data_func (path, &parse_cases[i], test_parse);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (sealed_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/envelope/encrypted/", sealed_cases[i].name, NULL);

      g_test_add_data_func (path, &sealed_cases[i], test_encrypted);
    }
  g_test_add_func ("/envelope/parse-escaped", test_parse_escaped);
  g_test_add_func ("/envelope/steps", test_steps);
  g_test_add_func ("/envelope/refuse", test_refuse);
  g_test_add_func ("/envelope/truncations", test_truncations);
  g_test_add_func ("/envelope/depth", test_depth);
  g_test_add_func ("/envelope/encrypted-without-data", test_encrypted_without_data);
  g_test_add_func ("/envelope/encrypted-form", test_encrypted_form);
  g_test_add_func ("/envelope/compose", test_compose);
  g_test_add_func ("/envelope/encrypt", test_encrypt);
  g_test_add_func ("/envelope/event-is-control", test_event_is_control);

  return g_test_run ();
}
