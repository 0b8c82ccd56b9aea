/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/hostile.h"

#include <string.h>

/* Encrypted texts that attack the parser. */

static void
test_event_names (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  const guint n_names = 100000;
  MockPeer *peer;
  GQuark before, after;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_signal_handlers_disconnect_by_data (recorder->client, recorder);
  before = g_quark_from_string ("hostile-quark-before");
  for (guint i = 0; i < n_names; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"event\":\"unheard-of-%u\"}", i);

      mock_peer_send (peer, text);
      if (i % 1000 == 999)
        run_pending ();
    }
  WAIT_UNTIL (({ guint64 n; g_object_get (recorder->client, "messages-received", &n, NULL); n; })
              == n_names);
  for (guint i = 0; i < n_names; i++)
    {
      g_autofree char *name = g_strdup_printf ("unheard-of-%u", i);

      g_assert_cmpuint (g_quark_try_string (name), ==, 0);
    }

  /* Nor is a GQuark created from them. GIO, which looks for a network monitor and the system bus at
   * the same time, creates some for its own types: about a hundred in 2.90. */
  after = g_quark_from_string ("hostile-quark-after");
  g_assert_cmpuint (after - before, <, n_names / 100);
}

/* Nested deeper than a recursive parser can handle, both as an envelope and as a payload. */
static void
test_nesting (void)
{
  static const struct { const char *before; char open; const char *after; } shapes[] = {
    { "", '[', "" },
    { "{\"event\":\"e\",\"data\":", '[', "" },
    { "{\"data\":", '[', "" },
    { "{\"event\":\"e\",\"data\":{\"a\":", '[', "" },
    { "{\"x\":", '[', ",\"event\":\"e\"}" },
  };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *deep = g_strnfill (500000, '[');
  g_autofree char *close = g_strnfill (500000, ']');
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autofree char *open = g_strconcat (shapes[i].before, deep, NULL);
      g_autofree char *whole = g_strconcat (shapes[i].before, deep, close, "}", NULL);

      mock_peer_send (peer, open);
      mock_peer_send (peer, whole);
      mock_peer_send_text (peer, open);
      WAIT_UNTIL (recorder->errors->len == 3 * (i + 1));
      g_assert_error (((GError *) recorder->errors->pdata[3 * i]), SIGNAL_ERROR,
                      SIGNAL_ERROR_PROTOCOL);
    }
  g_assert_cmpuint (recorder->messages->len, ==, 0);
  hostile_check_alive (recorder, peer);
  hostile_check_recovery (recorder);
}

typedef struct
{
  const char *inner;
  const char *event;   /* NULL if it is refused */
  const char *payload; /* as text */
} Text;

static const Text texts[] = {
  /* Of two members with the same name the last one counts, as in JavaScript; a payload keeps
   * both. */
  { "{\"event\":\"a\",\"event\":\"b\"}", "b", NULL },
  { "{\"event\":\"a\",\"data\":1,\"data\":2}", "a", "2" },
  { "{\"event\":\"a\",\"data\":{\"k\":1,\"k\":2}}", "a", "{\"k\":1,\"k\":2}" },
  { "{\"event\":\"a\",\"\\u0065vent\":\"b\"}", "b", NULL },
  { "{\"event\":\"a\",\"event\":5}", NULL, NULL },
  /* A second member cannot introduce a name that is reserved for the protocol. */
  { "{\"event\":\"a\",\"event\":\"connected\"}", NULL, NULL },
  { "{\"event\":\"a\",\"event\":\"conn\\u0065cted\"}", NULL, NULL },
  /* Long numbers keep their digits as text. */
  { "{\"event\":\"n\",\"data\":1e400}", "n", "1e400" },
  { "{\"event\":\"n\",\"data\":123456789012345678901234567890}", "n",
    "123456789012345678901234567890" },
  { "{\"event\":\"n\",\"data\":1e99999999999999999999}", "n", "1e99999999999999999999" },
};

static void
test_texts (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      guint n_messages = recorder->messages->len;
      guint n_errors = recorder->errors->len;
      SignalMessage *message;

      g_test_message ("%s", texts[i].inner);
      mock_peer_send (peer, texts[i].inner);
      WAIT_UNTIL (recorder->messages->len + recorder->errors->len == n_messages + n_errors + 1);
      if (texts[i].event == NULL)
        {
          g_assert_error (((GError *) recorder->errors->pdata[n_errors]), SIGNAL_ERROR,
                          SIGNAL_ERROR_PROTOCOL);
          continue;
        }
      g_assert_cmpuint (recorder->errors->len, ==, n_errors);
      message = recorder->messages->pdata[n_messages];
      g_assert_cmpstr (signal_message_get_event (message), ==, texts[i].event);
      g_assert_cmpstr (signal_message_get_payload_json (message), ==, texts[i].payload);
      signal_message_get_payload (message);
    }
  hostile_check_alive (recorder, peer);
}

/* Lone surrogates and NUL: whether they are accepted or not, what is delivered is UTF-8. */
static void
test_strange_strings (void)
{
  static const char * const strings[] = {
    "\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x", "x\\udfff", "\\ud83d\\ude00", "\\u0000",
    "a\\u0000b", "\\uffff", "\\ufdd0",
  };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    {
      g_autofree char *event = g_strdup_printf ("{\"event\":\"%s\"}", strings[i]);
      g_autofree char *data = g_strdup_printf ("{\"event\":\"e\",\"data\":\"%s\"}", strings[i]);
      g_autofree char *name = g_strdup_printf ("{\"event\":\"e\",\"data\":{\"%s\":1}}", strings[i]);
      g_autofree char *id = g_strdup_printf ("{\"event\":\"e\",\"id\":\"%s\"}", strings[i]);

      mock_peer_send (peer, event);
      mock_peer_send (peer, data);
      mock_peer_send (peer, name);
      mock_peer_send (peer, id);
      WAIT_UNTIL (recorder->messages->len + recorder->errors->len == 4 * (i + 1));
    }
  for (guint i = 0; i < recorder->messages->len; i++)
    {
      SignalMessage *message = recorder->messages->pdata[i];
      JsonNode *payload = signal_message_get_payload (message);
      const char *id = signal_message_get_id (message);

      g_assert_true (g_utf8_validate (signal_message_get_event (message), -1, NULL));
      g_assert_true (id == NULL || g_utf8_validate (id, -1, NULL));
      if (payload != NULL && JSON_NODE_HOLDS_VALUE (payload))
        g_assert_true (g_utf8_validate (json_node_get_string (payload), -1, NULL));
    }
  g_test_message ("%u taken, %u refused", recorder->messages->len, recorder->errors->len);
  hostile_check_alive (recorder, peer);
}

/* A number of a million digits takes no more than linear time. */
static void
test_long_numbers (void)
{
  static const char * const shapes[] = { "", "-", "0.", "1e", "1E-", "-0.0e+" };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *digits = g_strnfill (1000000, '9');
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autofree char *number = g_strconcat (shapes[i], digits, NULL);
      g_autofree char *text = g_strconcat ("{\"event\":\"n\",\"data\":", number, "}", NULL);

      mock_peer_send (peer, text);
      WAIT_UNTIL (recorder->messages->len == i + 1);
      g_assert_cmpstr (signal_message_get_payload_json (recorder->messages->pdata[i]), ==, number);
      signal_message_get_payload (recorder->messages->pdata[i]);
    }
  hostile_check_alive (recorder, peer);
}

/* The client's own frames sent back to it, and a message that was received before. */
static void
test_reflection (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_true (signal_client_send_json (recorder->client, "mine", "[1]", NULL));
  WAIT_UNTIL (peer->inner->len == 1);
  for (guint i = 0; i < peer->frames->len; i++)
    mock_peer_send_text (peer, peer->frames->pdata[i]);
  WAIT_UNTIL (recorder->errors->len == peer->frames->len);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
  g_assert_error (recorder_wait_error (recorder, recorder->errors->len - 1), SIGNAL_ERROR,
                  SIGNAL_ERROR_CRYPTO);
  g_assert_nonnull (strstr (recorder_wait_error (recorder, recorder->errors->len - 1)->message,
                            "replayed"));
  hostile_check_alive (recorder, peer);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hostile/texts/event-names", test_event_names);
  g_test_add_func ("/hostile/texts/nesting", test_nesting);
  g_test_add_func ("/hostile/texts/members", test_texts);
  g_test_add_func ("/hostile/texts/strange-strings", test_strange_strings);
  g_test_add_func ("/hostile/texts/long-numbers", test_long_numbers);
  g_test_add_func ("/hostile/texts/reflection", test_reflection);

  return g_test_run ();
}
