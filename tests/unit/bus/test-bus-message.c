/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/bus/signal-bus-message-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"

#define PREFIX "shop:"
#define OWN_ID "6f0a1c52-0000-4000-8000-000000000001"
#define OTHER_ID "6f0a1c52-0000-4000-8000-000000000002"

/* The beginning of a body of the public server, and the rest of one that is valid. */
#define HEAD "{\"serverId\":\"" OTHER_ID "\",\"type\":"
#define ROOM HEAD "\"room\",\"target\":\"tea\","
#define ALL HEAD "\"broadcast\","

/* The names in one string, or NULL for none. */
static char *
join (const char * const *names)
{
  return names != NULL && names[0] != NULL ? g_strjoinv (" ", (char **) names) : NULL;
}

static SignalBusParseResult
parse (SignalBusParsed  *parsed,
       const char       *prefix,
       const char       *channel,
       const char       *body,
       gsize             length,
       GError          **error)
{
  const SignalSpan name = { channel, strlen (channel) };
  /* Of exactly this length, so that reading past the end is detected. */
  g_autofree char *copy = g_memdup2 (body, length);
  const SignalSpan text = { copy, length };

  return signal_bus_parsed_init (parsed, prefix, OWN_ID, name, text, error);
}

static const struct
{
  SignalBusScope scope;
  const char *target;
  const char *except[3];
  const char *envelope;
  const char *channel;
  const char *rest; /* of the body, after the ID */
} messages[] = {
  { SIGNAL_BUS_BROADCAST, NULL, { NULL }, "{\"event\":\"a\"}", "ws:broadcast",
    ",\"type\":\"broadcast\",\"event\":\"a\"}" },
  { SIGNAL_BUS_BROADCAST, NULL, { "c1", "c\"2" }, "{\"event\":\"a\",\"data\":null}", "ws:broadcast",
    ",\"type\":\"broadcast\",\"event\":\"a\",\"data\":null,\"exclude\":[\"c1\",\"c\\\"2\"]}" },
  { SIGNAL_BUS_ROOM, "tea", { "c1" }, "{\"event\":\"a\",\"data\":1.50}", "ws:room:tea",
    ",\"type\":\"room\",\"target\":\"tea\",\"event\":\"a\",\"data\":1.50,\"exclude\":[\"c1\"]}" },
  { SIGNAL_BUS_PEER, "c1", { NULL }, "{\"event\":\"a\",\"data\":18446744073709551616}", "ws:client:c1",
    ",\"type\":\"client\",\"target\":\"c1\",\"event\":\"a\",\"data\":18446744073709551616}" },
  { SIGNAL_BUS_USER, "a\"b\n", { NULL }, "{\"event\":\"a\",\"data\":\"\"}", "ws:user:a\"b\n",
    ",\"type\":\"user\",\"target\":\"a\\\"b\\n\",\"event\":\"a\",\"data\":\"\"}" },
};

/* What is composed is parsed as the same message by others, and is ignored by the bus itself. */
static void
test_compose (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      const SignalBusMessage message = {
        .scope = messages[i].scope,
        .target = messages[i].target,
        .except = messages[i].except,
        .envelope = messages[i].envelope,
        .length = strlen (messages[i].envelope),
      };
      g_autofree char *channel = signal_bus_message_get_channel (PREFIX, message.scope, message.target);
      g_autofree char *expected = g_strconcat ("{\"serverId\":\"" OTHER_ID "\"", messages[i].rest, NULL);
      g_autofree char *except = join (messages[i].except);
      g_autofree char *parsed_except = NULL;
      g_auto (SignalBusParsed) parsed = { 0 };
      g_auto (SignalBusParsed) ignored = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *body = NULL;
      g_autofree char *own = NULL;
      gsize length;

      g_assert_true (g_str_has_prefix (channel, PREFIX));
      g_assert_cmpstr (channel + strlen (PREFIX), ==, messages[i].channel);
      body = signal_bus_message_compose (&message, OTHER_ID, &length);
      g_assert_cmpstr (body, ==, expected);
      g_assert_cmpuint (strlen (body), ==, length);

      g_assert_cmpint (parse (&parsed, PREFIX, channel, body, length, &error), ==, SIGNAL_BUS_PARSE_FOREIGN);
      g_assert_no_error (error);
      g_assert_cmpint (parsed.message.scope, ==, message.scope);
      g_assert_cmpstr (parsed.message.target, ==, message.target);
      g_assert_cmpstr (parsed.message.envelope, ==, message.envelope);
      g_assert_cmpuint (parsed.message.length, ==, message.length);
      parsed_except = join (parsed.message.except);
      g_assert_cmpstr (parsed_except, ==, except);

      own = signal_bus_message_compose (&message, OWN_ID, &length);
      g_assert_cmpint (parse (&ignored, PREFIX, channel, own, length, &error), ==, SIGNAL_BUS_PARSE_OWN);
      g_assert_no_error (error);
    }
}

static const struct
{
  const char *channel;
  const char *body;
  const char *envelope;
  const char *except; /* NULL for nobody */
} valid[] = {
  { "ws:room:tea",
    " {\"event\" : \"a\" , \"data\" : [ 1, 2 ] , \"target\" : \"tea\",\n"
    "\"type\":\"room\",\"serverId\":\"\" }\n",
    "{\"event\":\"a\",\"data\":[ 1, 2 ]}", NULL },
  { "ws:room:t\303\251", HEAD "\"ro\\u006fm\",\"target\":\"t\\u00e9\",\"ev\\u0065nt\":\"\\u0061\"}",
    "{\"event\":\"a\"}", NULL },
  { "ws:broadcast", ALL "\"event\":\"a\",\"id\":\"7\",\"time\":1,\"target\":\"tea\"}", "{\"event\":\"a\"}",
    NULL },
  { "ws:broadcast", ALL "\"event\":\"first\",\"event\":\"last\",\"data\":1,\"data\":2}",
    "{\"event\":\"last\",\"data\":2}", NULL },
  { "ws:broadcast", ALL "\"event\":\"a\",\"exclude\":[]}", "{\"event\":\"a\"}", NULL },
  { "ws:broadcast", ALL "\"event\":\"a\",\"exclude\":\"c1\"}", "{\"event\":\"a\"}", NULL },
  { "ws:broadcast", ALL "\"event\":\"a\",\"exclude\":{\"0\":\"c1\"}}", "{\"event\":\"a\"}", NULL },
  { "ws:broadcast", ALL "\"event\":\"a\",\"exclude\":null}", "{\"event\":\"a\"}", NULL },
  { "ws:broadcast", ALL "\"event\":\"a\",\"exclude\":[1,\"c1\",null,[\"c2\"],\"c3\"]}", "{\"event\":\"a\"}",
    "c1 c3" },
  { "ws:broadcast", ALL "\"event\":\"a\",\"exclude\": [ \"c1\" , { } , \"\\u0063\\u0032\" ] }",
    "{\"event\":\"a\"}", "c1 c2" },
  { "ws:broadcast", ALL "\"event\":\"a\",\"exclude\":[\"c1\\u0000\",\"\\ud800\",\"c3\"]}",
    "{\"event\":\"a\"}", "\357\277\275 c3" },
  { "ws:broadcast", ALL "\"event\":\"gr\303\274\303\237e\",\"data\":\"\360\237\231\202\"}",
    "{\"event\":\"gr\303\274\303\237e\",\"data\":\"\360\237\231\202\"}", NULL },
};

static void
test_valid (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (valid); i++)
    {
      g_auto (SignalBusParsed) parsed = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *except = NULL;

      g_test_message ("%s", valid[i].body);
      g_assert_cmpint (parse (&parsed, "", valid[i].channel, valid[i].body, strlen (valid[i].body), &error),
                       ==, SIGNAL_BUS_PARSE_FOREIGN);
      g_assert_no_error (error);
      g_assert_cmpstr (parsed.message.envelope, ==, valid[i].envelope);
      g_assert_cmpuint (parsed.message.length, ==, strlen (valid[i].envelope));
      except = join (parsed.message.except);
      g_assert_cmpstr (except, ==, valid[i].except);
    }
}

static const struct
{
  const char *channel;
  const char *body;
  const char *reason; /* a part of the error */
} invalid[] = {
  { "ws:broadcast", "", "not valid" },
  { "ws:broadcast", "[]", "not valid" },
  { "ws:broadcast", "\"text\"", "not valid" },
  { "ws:broadcast", ALL "\"event\":\"a\"", "not valid" },
  { "ws:broadcast", ALL "\"event\":\"a\"} x", "not valid" },
  { "ws:broadcast", ALL "\"event\":\"a\",\"data\":01}", "not valid" },
  { "ws:broadcast", ALL "'event':'a'}", "not valid" },
  { "ws:broadcast", ALL "\"event\":\"a\",\"data\":\"\xff\"}", "UTF-8" },
  { "ws:broadcast", ALL "\"event\":\"\xed\xa0\x80\"}", "UTF-8" },
  { "ws:broadcast", "{\"type\":\"broadcast\",\"event\":\"a\"}", "no server" },
  { "ws:broadcast", "{\"serverId\":7,\"type\":\"broadcast\",\"event\":\"a\"}", "no server" },
  { "ws:broadcast", "{\"serverId\":\"s\",\"event\":\"a\"}", "no type" },
  { "ws:broadcast", "{\"serverId\":\"s\",\"serverId\":null,\"type\":\"broadcast\",\"event\":\"a\"}",
    "no server" },
  { "ws:broadcast", HEAD "\"broadcast\"}", "no event" },
  { "ws:broadcast", ALL "\"event\":\"\"}", "no event" },
  { "ws:broadcast", ALL "\"event\":1}", "no event" },
  { "ws:broadcast", ALL "\"event\":\"a\",\"event\":[]}", "no event" },
  { "ws:broadcast", ALL "\"event\":\"connected\"}", "reserved" },
  { "ws:broadcast", ALL "\"event\":\"err\\u006fr\"}", "reserved" },
  { "ws:broadcast", ALL "\"event\":\"encrypted\",\"data\":{}}", "reserved" },
  { "ws:broadcast", ALL "\"event\":\"a\\u0000b\"}", "reserved" },
  { "ws:broadcast", HEAD "\"Broadcast\",\"event\":\"a\"}", "unknown type" },
  { "ws:broadcast", HEAD "\"broadcast\\u0000\",\"event\":\"a\"}", "unknown type" },
  { "ws:room:tea", HEAD "\"room\",\"event\":\"a\"}", "no target" },
  { "ws:room:", HEAD "\"room\",\"target\":\"\",\"event\":\"a\"}", "no target" },
  { "ws:room:", HEAD "\"room\",\"target\":\"\\u0000\",\"event\":\"a\"}", "no target" },
  { "ws:room:1", HEAD "\"room\",\"target\":1,\"event\":\"a\"}", "no target" },
  { "ws:room:cake", ROOM "\"event\":\"a\"}", "for others" },
  { "ws:room:te", ROOM "\"event\":\"a\"}", "for others" },
  { "ws:room:teas", ROOM "\"event\":\"a\"}", "for others" },
  { "ws:user:tea", ROOM "\"event\":\"a\"}", "for others" },
  { "ws:broadcast", ROOM "\"event\":\"a\"}", "for others" },
  { "ws:room:tea", ALL "\"event\":\"a\"}", "for others" },
  { PREFIX "ws:room:tea", ROOM "\"event\":\"a\"}", "for others" },
};

static void
test_invalid (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      const char *body = invalid[i].body;
      g_auto (SignalBusParsed) parsed = { 0 };
      g_autoptr (GError) error = NULL;

      g_test_message ("%u", i);
      g_assert_cmpint (parse (&parsed, "", invalid[i].channel, body, strlen (body), &error), ==,
                       SIGNAL_BUS_PARSE_INVALID);
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (error->message, invalid[i].reason));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

/* Names and payloads of others are not repeated in errors. */
static void
test_errors_have_no_contents (void)
{
  const char *body = "{\"serverId\":\"confidential\",\"type\":\"confidential\",\"event\":\"confidential\"}";
  g_auto (SignalBusParsed) parsed = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (parse (&parsed, "", "confidential", body, strlen (body), &error), ==,
                   SIGNAL_BUS_PARSE_INVALID);
  g_assert_null (strstr (error->message, "confidential"));
}

static void
test_nul (void)
{
  const char body[] = ALL "\"event\":\"a\"}";
  g_auto (SignalBusParsed) parsed = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (parse (&parsed, "", "ws:broadcast", body, sizeof body, &error), ==,
                   SIGNAL_BUS_PARSE_INVALID);
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
}

static void
test_depth (void)
{
  for (guint depth = SIGNAL_JSON_MAX_DEPTH; depth <= SIGNAL_JSON_MAX_DEPTH + 1; depth++)
    {
      gboolean is_valid = depth == SIGNAL_JSON_MAX_DEPTH;
      g_autofree char *open = g_strnfill (depth, '[');
      g_autofree char *close = g_strnfill (depth, ']');
      const char * const members[] = { "data", "exclude", "else" };

      for (guint i = 0; i < G_N_ELEMENTS (members); i++)
        {
          g_autofree char *body =
            g_strdup_printf (ALL "\"event\":\"a\",\"%s\":%s%s}", members[i], open, close);
          g_auto (SignalBusParsed) parsed = { 0 };
          g_autoptr (GError) error = NULL;

          g_assert_cmpint (parse (&parsed, "", "ws:broadcast", body, strlen (body), &error), ==,
                           is_valid ? SIGNAL_BUS_PARSE_FOREIGN : SIGNAL_BUS_PARSE_INVALID);
          g_assert_cmpint (error == NULL, ==, is_valid);
        }
    }
}

/* The ID of this server is recognized wherever it is in the body, and however it is written; what else
 * the body has does not matter then. */
static void
test_own (void)
{
  const char * const bodies[] = {
    "{\"serverId\":\"" OWN_ID "\",\"type\":\"broadcast\",\"event\":\"a\"}",
    "{\"serverId\":\"" OWN_ID "\",…",
    "{\"type\":\"broadcast\",\"event\":\"a\",\"serverId\":\"" OWN_ID "\"}",
    "{\"type\":\"no\",\"event\":\"error\", \"serverId\" : \"\\u0036f0a1c52-0000-4000-8000-000000000001\"}",
  };
  const char * const foreign[] = {
    "{\"serverId\":\"" OWN_ID "0\",\"type\":\"broadcast\",\"event\":\"a\"}",
    "{\"serverId\":\"6f0a1c52\",\"type\":\"broadcast\",\"event\":\"a\"}",
    "{\"serverId\":\"" OWN_ID "\\u0000\",\"type\":\"broadcast\",\"event\":\"a\"}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_auto (SignalBusParsed) parsed = { 0 };

      g_assert_cmpint (parse (&parsed, "", "ws:broadcast", bodies[i], strlen (bodies[i]), NULL), ==,
                       SIGNAL_BUS_PARSE_OWN);
    }

  for (guint i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_auto (SignalBusParsed) parsed = { 0 };

      g_assert_cmpint (parse (&parsed, "", "ws:broadcast", foreign[i], strlen (foreign[i]), NULL), ==,
                       SIGNAL_BUS_PARSE_FOREIGN);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bus-message/compose", test_compose);
  g_test_add_func ("/bus-message/valid", test_valid);
  g_test_add_func ("/bus-message/invalid", test_invalid);
  g_test_add_func ("/bus-message/errors-have-no-contents", test_errors_have_no_contents);
  g_test_add_func ("/bus-message/nul", test_nul);
  g_test_add_func ("/bus-message/depth", test_depth);
  g_test_add_func ("/bus-message/own", test_own);

  return g_test_run ();
}
