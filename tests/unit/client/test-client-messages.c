/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <math.h>
#include <string.h>

#define N_MESSAGES 1000

/* JSON that must arrive exactly as it was sent. */
static const char * const payloads[] = {
  "null", "true", "false", "0", "-0", "\"\"", "[]", "{}", "\"text\"",
  "9007199254740993", "-9223372036854775808", "18446744073709551617",
  "123456789012345678901234567890",
  "0.1", "1e400", "1E-7", "-0.0e+00",
  "\"\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xe2\x80\xa8\"",
  "\"\\u0000\\ud83d\\ude00\\/\\\"\"",
  "\"\x7f\xef\xbf\xbf\xf4\x8f\xbf\xbf\"", "{\"a\":[1, 2 ,{\"\":null}],\"a\":\"twice\"}", " [ 1 ] ",
};

static void
test_thousand (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GHashTable) ivs = g_hash_table_new (g_str_hash, g_str_equal);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"marker\":%u}", i);
      g_autoptr (GError) error = NULL;

      g_assert_true (signal_client_send_json (recorder->client, "whisper", json, &error));
      g_assert_no_error (error);
    }
  WAIT_UNTIL (peer->inner->len == N_MESSAGES);

  g_assert_cmpuint (peer->ivs->len, ==, N_MESSAGES);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"event\":\"whisper\",\"data\":{\"marker\":%u}}",
                                               i);

      g_assert_cmpstr (peer->inner->pdata[i], ==, text);
      g_hash_table_add (ivs, peer->ivs->pdata[i]);
    }
  g_assert_cmpuint (g_hash_table_size (ivs), ==, N_MESSAGES);

  g_assert_cmpuint (peer->frames->len, ==, N_MESSAGES + 1);
  for (guint i = 1; i < peer->frames->len; i++)
    {
      g_assert_true (g_str_has_prefix (peer->frames->pdata[i], "{\"event\":\"encrypted\","));
      g_assert_null (strstr (peer->frames->pdata[i], "whisper"));
      g_assert_null (strstr (peer->frames->pdata[i], "marker"));
    }
}

static void
test_thousand_incoming (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"event\":\"e\",\"data\":%u}", i);

      mock_peer_send (mock_server_wait_peer (server, 0), text);
    }
  WAIT_UNTIL (recorder->messages->len == N_MESSAGES);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      g_assert_cmpstr (signal_message_get_payload_json (recorder->messages->pdata[i]), ==, json);
    }
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
test_payloads_out (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"event\":\"\xc3\xa9v\\\"\\n\",\"data\":%s}",
                                               payloads[i]);
      g_autoptr (GError) error = NULL;

      g_assert_true (signal_client_send_json (recorder->client, "\xc3\xa9v\"\n", payloads[i],
                                              &error));
      g_assert_no_error (error);
      WAIT_UNTIL (peer->inner->len == i + 1);
      g_assert_cmpstr (peer->inner->pdata[i], ==, text);
    }
}

static void
test_payloads_in (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"id\":\"7\",\"data\":%s,\"event\":\"\\u00e9v\"}",
                                               payloads[i]);
      g_autofree char *stripped = g_strstrip (g_strdup (payloads[i]));
      SignalMessage *message;

      mock_peer_send (mock_server_wait_peer (server, 0), text);
      WAIT_UNTIL (recorder->messages->len == i + 1);
      message = recorder->messages->pdata[i];
      g_assert_cmpstr (signal_message_get_event (message), ==, "\xc3\xa9v");
      g_assert_cmpstr (signal_message_get_payload_json (message), ==, stripped);
      g_assert_cmpstr (signal_message_get_id (message), ==, "7");
      g_assert_true (signal_message_is_encrypted (message));
    }
}

static void
test_node (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = json_node_init_int (json_node_alloc (), 9007199254740993);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_true (signal_client_send_message (recorder->client, "n", node, NULL));
  WAIT_UNTIL (peer->inner->len == 1);
  g_assert_cmpstr (peer->inner->pdata[0], ==, "{\"event\":\"n\",\"data\":9007199254740993}");
}

static void
test_no_payload (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_true (signal_client_send_message (recorder->client, "bare", NULL, NULL));
  g_assert_true (signal_client_send_json (recorder->client, "bare", NULL, NULL));
  mock_peer_send (peer, "{\"event\":\"bare\"}");
  WAIT_UNTIL (peer->inner->len == 2 && recorder->messages->len == 1);
  g_assert_cmpstr (peer->inner->pdata[0], ==, "{\"event\":\"bare\"}");
  g_assert_cmpstr (peer->inner->pdata[1], ==, "{\"event\":\"bare\"}");
  g_assert_null (signal_message_get_payload (recorder->messages->pdata[0]));
  g_assert_null (signal_message_get_payload_json (recorder->messages->pdata[0]));
  g_assert_null (signal_message_get_id (recorder->messages->pdata[0]));
}

static void
assert_refused (Recorder   *recorder,
                const char *event,
                const char *json)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (signal_client_send_json (recorder->client, event, json, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
}

static void
assert_node_refused (Recorder *recorder,
                     JsonNode *payload)
{
  g_autoptr (JsonNode) node = payload;
  g_autoptr (GError) error = NULL;

  g_assert_false (signal_client_send_message (recorder->client, "e", node, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
}

/* A message that is refused is not sent. */
static void
test_refused (void)
{
  static const char * const events[] = {
    "", "authenticate", "connected", "disconnect", "join", "leave", "error", "heartbeat",
    "encrypted", "\xff",
  };
  static const char * const texts[] = {
    "", " ", "{", "[1,]", "{a:1}", "'x'", "nul", "01", "1.", ".5", "+1", "NaN", "Infinity", "0x10",
    "1 2", "{} {}", "\"\n\"", "\"\\x\"", "// c\n1", "\"\xff\"", "\"\xed\xa0\x80\"", "[1]}",
  };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonArray) array = json_array_new ();
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    assert_refused (recorder, events[i], "1");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (recorder, "e", texts[i]);
  assert_node_refused (recorder, json_node_init_double (json_node_alloc (), NAN));
  assert_node_refused (recorder, json_node_init_double (json_node_alloc (), -INFINITY));
  json_array_add_double_element (array, INFINITY);
  assert_node_refused (recorder, json_node_init_array (json_node_alloc (), array));

  g_assert_true (signal_client_send_json (recorder->client, "authenticated", "1", NULL));
  WAIT_UNTIL (peer->inner->len == 1);
  g_assert_cmpstr (peer->inner->pdata[0], ==, "{\"event\":\"authenticated\",\"data\":1}");
  g_assert_cmpuint (peer->frames->len, ==, 2);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static gboolean
try_length (Recorder *recorder,
            gsize     length)
{
  g_autofree char *fill = g_strnfill (length, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", fill);
  g_autoptr (GError) error = NULL;

  if (signal_client_send_json (recorder->client, "big", json, &error))
    return TRUE;

  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  return FALSE;
}

/* The limit applies to the size of the frame: one byte more is refused, and the connection stays
 * open. */
static void
check_limit (guint    limit,
             gboolean is_encrypted)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gsize good = 0, bad = limit, longest = 0;
  guint n_sent = 0;
  MockPeer *peer;

  server->respond = is_encrypted ? mock_peer_send_connected : mock_peer_send_connected_plain;
  g_object_set (recorder->client, "max-message-size", limit, "require-encryption", is_encrypted,
                NULL);
  recorder_connect (recorder);
  while (bad - good > 1)
    {
      gsize length = (good + bad) / 2;

      if (try_length (recorder, length))
        {
          good = length;
          n_sent++;
        }
      else
        {
          bad = length;
        }
    }

  peer = mock_server_wait_peer (server, 0);
  WAIT_UNTIL (peer->frames->len == 1 + n_sent);
  for (guint i = 1; i < peer->frames->len; i++)
    longest = MAX (longest, strlen (peer->frames->pdata[i]));
  g_assert_cmpuint (longest, <=, limit);
  g_assert_cmpuint (longest, >, is_encrypted ? limit - 4 : limit - 1);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
test_limit (void)
{
  check_limit (1000, TRUE);
  check_limit (65536 + 128, TRUE);
  check_limit (131072, TRUE);
}

static void
test_limit_plain (void)
{
  check_limit (1000, FALSE);
}

static void
on_named (SignalClient  *client,
          SignalMessage *message,
          guint         *count)
{
  g_assert_cmpstr (signal_message_get_event (message), ==, "named");
  ++*count;
}

/* Only names with a connected handler are quarks; those from the network never become one. */
static void
test_detail (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  guint count = 0;

  g_signal_connect (recorder->client, "message::named", G_CALLBACK (on_named), &count);
  recorder_connect (recorder);
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"never-a-quark\"}");
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"named\"}");
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"nam\\u0065d\"}");
  WAIT_UNTIL (recorder->messages->len == 3);
  g_assert_cmpuint (count, ==, 2);
  g_assert_cmpuint (g_quark_try_string ("never-a-quark"), ==, 0);
}

typedef struct
{
  SignalClient *client;
  SignalMessage *last;
} Received;

static void
keep (Received      *self,
      SignalClient  *client,
      SignalMessage *message)
{
  g_assert_true (client == self->client);
  g_clear_pointer (&self->last, signal_message_unref);
  self->last = signal_message_ref (message);
}

static void
keep_swapped (Received      *self,
              SignalMessage *message,
              SignalClient  *client)
{
  keep (self, client, message);
}

static void
keep_plain (SignalClient  *client,
            SignalMessage *message,
            Received      *self)
{
  keep (self, client, message);
}

/* Like a language binding, which gets values. */
static void
keep_values (GClosure     *closure,
             GValue       *return_value,
             guint         n_values,
             const GValue *values,
             gpointer      hint,
             gpointer      marshal_data)
{
  g_assert_cmpuint (n_values, ==, 2);
  keep (closure->data, g_value_get_object (&values[0]), g_value_get_boxed (&values[1]));
}

/* The signal is emitted in another way if there is a single handler, which is a function. */
static void
test_single_handler (void)
{
  g_autoptr (MockServer) server = mock_server_new ();

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (SignalClient) client = signal_client_new (server->uri, NULL);
      Received received = { client, NULL };
      GClosure *values = g_closure_new_simple (sizeof (GClosure), &received);
      g_autofree char *json = g_strdup_printf ("%u", i);
      g_autofree char *text = g_strdup_printf ("{\"event\":\"chat\",\"data\":%u}", i);

      g_closure_set_marshal (values, keep_values);
      g_closure_sink (g_closure_ref (values));
      if (i == 0)
        g_signal_connect (client, "message", G_CALLBACK (keep_plain), &received);
      else if (i == 1)
        g_signal_connect (client, "message::chat", G_CALLBACK (keep_plain), &received);
      else if (i == 2)
        g_signal_connect_swapped (client, "message", G_CALLBACK (keep_swapped), &received);
      else if (i == 3)
        g_signal_connect_after (client, "message", G_CALLBACK (keep_plain), &received);
      else
        g_signal_connect_closure (client, "message", values, FALSE);
      g_closure_unref (values);

      signal_client_connect_async (client, TEST_TOKEN, NULL, NULL, NULL);
      WAIT_UNTIL (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_AUTHENTICATED);
      mock_peer_send (mock_server_wait_peer (server, i), text);
      WAIT_UNTIL (received.last != NULL);
      g_assert_cmpstr (signal_message_get_event (received.last), ==, "chat");
      g_assert_cmpstr (signal_message_get_payload_json (received.last), ==, json);
      signal_message_unref (received.last);
    }
}

/* Without encryption, if that is allowed: plaintext in both directions. */
static void
test_plaintext_server (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  server->respond = mock_peer_send_connected_plain;
  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  g_assert_false (signal_client_get_encrypted (recorder->client));
  g_assert_null (signal_client_get_user_id (recorder->client));
  peer = mock_server_wait_peer (server, 0);
  g_assert_true (signal_client_send_json (recorder->client, "open", "1", NULL));
  mock_peer_assert_frame (peer, 1, "{\"event\":\"open\",\"data\":1}");
  mock_peer_send_text (peer, "{\"event\":\"open\",\"data\":2}");
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_false (signal_message_is_encrypted (recorder->messages->pdata[0]));
  g_assert_cmpstr (signal_message_get_payload_json (recorder->messages->pdata[0]), ==, "2");
}

static void
test_encryption_required (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = mock_peer_send_connected_plain;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  g_assert_cmpuint (server->peers->len, ==, 1);
  g_assert_cmpuint (recorder->n_connected, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/messages/thousand", test_thousand);
  g_test_add_func ("/client/messages/thousand-incoming", test_thousand_incoming);
  g_test_add_func ("/client/messages/payloads-out", test_payloads_out);
  g_test_add_func ("/client/messages/payloads-in", test_payloads_in);
  g_test_add_func ("/client/messages/node", test_node);
  g_test_add_func ("/client/messages/no-payload", test_no_payload);
  g_test_add_func ("/client/messages/refused", test_refused);
  g_test_add_func ("/client/messages/limit", test_limit);
  g_test_add_func ("/client/messages/limit-plain", test_limit_plain);
  g_test_add_func ("/client/messages/detail", test_detail);
  g_test_add_func ("/client/messages/single-handler", test_single_handler);
  g_test_add_func ("/client/messages/plaintext-server", test_plaintext_server);
  g_test_add_func ("/client/messages/encryption-required", test_encryption_required);

  return g_test_run ();
}
