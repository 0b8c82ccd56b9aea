/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/fixture.h"
#include "tests/lib/recorder.h"

#include <math.h>
#include <string.h>

/* What a client sends to authenticate itself. */

static JsonObject *
get_data (MockPeer  *peer,
          JsonNode **node)
{
  *node = parse_json (peer->frames->pdata[0]);
  return json_object_get_object_member (json_node_get_object (*node), "data");
}

/* Returns the names of the members of an `authenticate` event, and checks that no name is repeated. */
static void
assert_members (MockPeer   *peer,
                const char *expected)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *data = get_data (peer, &node);
  g_autoptr (GString) names = g_string_new (NULL);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  json_object_iter_init_ordered (&iter, data);
  while (json_object_iter_next_ordered (&iter, &name, &value))
    {
      g_autofree char *text = g_strdup_printf ("\"%s\":", name);
      const char *first = strstr (peer->frames->pdata[0], text);

      g_assert_null (strstr (first + 1, text));
      g_string_append_printf (names, "%s ", name);
    }
  g_assert_cmpstr (names->str, ==, expected);
}

static void
test_defaults (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_assert_cmpstr (signal_client_get_authenticate_type (recorder->client), ==, "Bearer");
  g_assert_cmpstr (signal_client_get_public_key_member (recorder->client), ==, "clientPublicKey");
  g_assert_null (signal_client_get_authenticate_data (recorder->client));

  recorder_connect (recorder);
  assert_members (mock_server_wait_peer (server, 0), "type token clientPublicKey ");
}

static void
test_empty_is_default (void)
{
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);

  for (guint i = 0; i < 2; i++)
    {
      const char *value = i == 0 ? "" : NULL;

      g_object_set (client, "authenticate-type", "Device", "public-key-member", "key", NULL);
      signal_client_set_authenticate_type (client, value);
      signal_client_set_public_key_member (client, value);
      g_assert_cmpstr (signal_client_get_authenticate_type (client), ==, "Bearer");
      g_assert_cmpstr (signal_client_get_public_key_member (client), ==, "clientPublicKey");
    }
}

static void
test_names (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->authenticate_type = "De\"vice\n→";
  server->public_key_member = "public\"Key\\";
  signal_client_set_authenticate_type (recorder->client, server->authenticate_type);
  signal_client_set_public_key_member (recorder->client, server->public_key_member);
  recorder_connect (recorder);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, TEST_TOKEN);
}

static void
test_data (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = parse_json ("{\"device\":\"d\\u00e9\",\"list\":[1,null,{\"a\":0.5}]}");
  g_autoptr (JsonNode) sent = NULL;
  JsonObject *data;
  guint count = 0;

  g_signal_connect (recorder->client, "notify::authenticate-data", G_CALLBACK (count_notify), &count);
  signal_client_set_authenticate_data (recorder->client, node);
  g_assert_cmpuint (count, ==, 1);
  g_assert_true (json_node_equal (signal_client_get_authenticate_data (recorder->client), node));

  recorder_connect (recorder);
  assert_members (mock_server_wait_peer (server, 0), "type token clientPublicKey device list ");
  data = get_data (mock_server_wait_peer (server, 0), &sent);
  json_object_remove_member (data, "type");
  json_object_remove_member (data, "token");
  json_object_remove_member (data, "clientPublicKey");
  g_assert_true (json_node_equal (json_object_get_member (json_node_get_object (sent), "data"), node));

  signal_client_set_authenticate_data (recorder->client, NULL);
  signal_client_set_authenticate_data (recorder->client, NULL);
  g_assert_cmpuint (count, ==, 2);
  g_assert_null (signal_client_get_authenticate_data (recorder->client));
}

/* The object of the application is read at each attempt. */
static void
test_data_is_read_again (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = parse_json ("{\"cursor\":1}");
  g_autoptr (JsonNode) first = NULL;
  g_autoptr (JsonNode) second = NULL;

  g_object_set (recorder->client, "authenticate-data", node, "base-interval", 1, NULL);
  recorder_connect (recorder);
  json_object_set_int_member (json_node_get_object (node), "cursor", 2);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_connected == 2);

  g_assert_cmpint (json_object_get_int_member (get_data (server->peers->pdata[0], &first), "cursor"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (get_data (server->peers->pdata[1], &second), "cursor"), ==, 2);
}

static void
test_own_members (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = parse_json ("{\"token\":\"evil\",\"a\":1,\"type\":2,\"publicKey\":\"evil\","
                                          "\"clientPublicKey\":\"mine\"}");

  server->public_key_member = "publicKey";
  g_object_set (recorder->client, "authenticate-data", node, "public-key-member", "publicKey", NULL);
  recorder_connect (recorder);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, TEST_TOKEN);
  assert_members (mock_server_wait_peer (server, 0), "type token publicKey a clientPublicKey ");
}

static void
test_empty_data (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = parse_json ("{}");

  signal_client_set_authenticate_data (recorder->client, node);
  recorder_connect (recorder);
  assert_members (mock_server_wait_peer (server, 0), "type token clientPublicKey ");
}

static JsonNode *
new_node (GType   type,
          double  number)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, json_object_new ());
  if (type == G_TYPE_DOUBLE)
    json_object_set_double_member (json_node_get_object (node), "number", number);
  else
    json_object_set_string_member (json_node_get_object (node), "text", "\xff");
  return node;
}

static void
assert_refused (MockServer *server,
                Recorder   *recorder,
                const char *text)
{
  recorder->is_done = FALSE;
  g_clear_error (&recorder->error);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (recorder->error->message, text));
  g_assert_true (g_utf8_validate (recorder->error->message, -1, NULL));
  g_assert_cmpuint (server->peers->len, ==, 0);
}

static void
test_bad_data (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  JsonNode *nodes[] = {
    parse_json ("[]"), parse_json ("17"), parse_json ("null"), json_node_new (JSON_NODE_OBJECT),
    new_node (G_TYPE_DOUBLE, INFINITY), new_node (G_TYPE_DOUBLE, NAN), new_node (G_TYPE_STRING, 0),
  };

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      signal_client_set_authenticate_data (recorder->client, nodes[i]);
      assert_refused (server, recorder, "authenticate-data");
      json_node_unref (nodes[i]);
    }

  signal_client_set_authenticate_data (recorder->client, NULL);
  recorder_connect (recorder);
}

static void
test_bad_names (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  const char * const members[] = { "token", "type", "key\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      signal_client_set_public_key_member (recorder->client, members[i]);
      assert_refused (server, recorder, i < 2 ? members[i] : "public-key-member");
    }

  signal_client_set_public_key_member (recorder->client, NULL);
  signal_client_set_authenticate_type (recorder->client, "Bearer\xff");
  assert_refused (server, recorder, "authenticate-type");
}

/* Data that has become invalid ends the client in the next attempt, which could not succeed. */
static void
test_data_becomes_bad (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = parse_json ("{}");

  g_object_set (recorder->client, "authenticate-data", node, "base-interval", 1, NULL);
  recorder_connect (recorder);
  json_object_set_double_member (json_node_get_object (node), "number", INFINITY);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->disconnected != NULL);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
spoil_data (SignalClient *client,
            GParamSpec   *pspec,
            JsonNode     *node)
{
  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_CONNECTED)
    json_object_set_double_member (json_node_get_object (node), "number", INFINITY);
}

/* The same while the socket is being opened. */
static void
test_data_becomes_bad_in_attempt (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = parse_json ("{}");
  MockPeer *peer;

  signal_client_set_authenticate_data (recorder->client, node);
  g_signal_connect (recorder->client, "notify::state", G_CALLBACK (spoil_data), node);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  WAIT_UNTIL (server->peers->len == 1);
  peer = server->peers->pdata[0];
  WAIT_UNTIL (peer->close_code != 0);
  g_assert_cmpuint (peer->frames->len, ==, 0);
}

static JsonNode *
new_nested (guint depth)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, json_object_new ());
  for (guint i = 1; i < depth; i++)
    {
      JsonObject *object = json_object_new ();

      json_object_set_member (object, "a", node);
      node = json_node_new (JSON_NODE_OBJECT);
      json_node_take_object (node, object);
    }
  return node;
}

/* What a server could not read is not sent, even if it has no end. */
static void
test_deep_data (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) deepest = new_nested (256);
  g_autoptr (JsonNode) deeper = new_nested (257);
  g_autoptr (JsonNode) endless = new_nested (1);
  JsonObject *object = json_node_get_object (endless);

  signal_client_set_authenticate_data (recorder->client, deeper);
  assert_refused (server, recorder, "authenticate-data");

  json_object_set_object_member (object, "a", json_object_ref (object));
  json_object_set_object_member (object, "b", json_object_ref (object));
  signal_client_set_authenticate_data (recorder->client, endless);
  assert_refused (server, recorder, "authenticate-data");
  json_object_remove_member (object, "a");
  json_object_remove_member (object, "b");

  signal_client_set_authenticate_data (recorder->client, deepest);
  recorder_connect (recorder);
}

/* The event is one frame, to which max-message-size applies. */
static void
test_size (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *filler = g_strnfill (5000, 'x');
  g_autofree char *json = g_strdup_printf ("{\"filler\":\"%s\"}", filler);
  g_autoptr (JsonNode) node = parse_json (json);
  MockPeer *refused;
  guint length;

  g_object_set (recorder->client, "authenticate-data", node, "base-interval", 1, NULL);
  recorder_connect (recorder);
  length = strlen (mock_server_wait_peer (server, 0)->frames->pdata[0]);

  g_object_set (recorder->client, "max-message-size", length, NULL);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_connected == 2);

  g_object_set (recorder->client, "max-message-size", length - 1, NULL);
  mock_peer_shut_down (mock_server_wait_peer (server, 1));
  WAIT_UNTIL (recorder->n_disconnected == 1);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  g_assert_cmpuint (server->peers->len, ==, 3);
  refused = server->peers->pdata[2];
  WAIT_UNTIL (refused->is_closed);
  g_assert_cmpuint (refused->frames->len, ==, 0);
}

static char *
on_server_authenticate (SignalServer *server,
                        SignalPeer   *peer,
                        const char   *type,
                        const char   *token)
{
  return g_str_equal (type, "Device") ? g_strdup (token) : NULL;
}

/* The embedded server takes the type, and either name of the key. */
static void
test_embedded_server (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new (fixture->uri);

  recorder->disconnects_when_freed = TRUE;
  g_signal_connect (fixture->server, "authenticate", G_CALLBACK (on_server_authenticate), NULL);
  g_object_set (recorder->client,
                "authenticate-type", "Device",
                "public-key-member", "publicKey",
                "token", "gadget",
                NULL);
  recorder_connect (recorder);
  g_assert_cmpstr (signal_client_get_user_id (recorder->client), ==, "gadget");
  g_assert_true (signal_client_get_encrypted (recorder->client));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/authenticate/defaults", test_defaults);
  g_test_add_func ("/client/authenticate/empty-is-default", test_empty_is_default);
  g_test_add_func ("/client/authenticate/names", test_names);
  g_test_add_func ("/client/authenticate/data", test_data);
  g_test_add_func ("/client/authenticate/data-is-read-again", test_data_is_read_again);
  g_test_add_func ("/client/authenticate/own-members", test_own_members);
  g_test_add_func ("/client/authenticate/empty-data", test_empty_data);
  g_test_add_func ("/client/authenticate/bad-data", test_bad_data);
  g_test_add_func ("/client/authenticate/deep-data", test_deep_data);
  g_test_add_func ("/client/authenticate/size", test_size);
  g_test_add_func ("/client/authenticate/bad-names", test_bad_names);
  g_test_add_func ("/client/authenticate/data-becomes-bad", test_data_becomes_bad);
  g_test_add_func ("/client/authenticate/data-becomes-bad-in-attempt", test_data_becomes_bad_in_attempt);
  g_test_add_func ("/client/authenticate/embedded-server", test_embedded_server);

  return g_test_run ();
}
