/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/fixture.h"
#include "tests/lib/recorder.h"

#include <string.h>

#define CONNECTED_STATES "connecting connected authenticating authenticated "

static void
test_states (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  recorder_connect (recorder);
  g_assert_cmpstr (recorder->states->str, ==, CONNECTED_STATES);
  g_assert_cmpstr (recorder->signals->str, ==, "connected ");

  recorder_disconnect (recorder);
  g_assert_cmpstr (recorder->states->str, ==, CONNECTED_STATES "disconnected ");
  g_assert_cmpstr (recorder->signals->str, ==, "connected disconnected ");
  g_assert_no_error (recorder->disconnected);
}

static void
test_reconnect_states (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  mock_peer_shut_down (server->peers->pdata[0]);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpstr (recorder->states->str, ==, CONNECTED_STATES "reconnecting " CONNECTED_STATES);
  g_assert_cmpstr (recorder->signals->str, ==, "connected error reconnecting connected ");
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_cmpuint (server->peers->len, ==, 2);
  g_assert_cmpstr (signal_client_get_client_id (recorder->client), ==, "client-1");

  recorder_disconnect (recorder);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

/* Each connection has a new key pair. */
static void
test_fresh_keys (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *first, *second;

  recorder_connect (recorder);
  first = mock_server_wait_peer (server, 0);
  mock_peer_reset (first);
  second = mock_server_wait_peer (server, 1);
  g_assert_cmpint (memcmp (first->client_key, second->client_key, sizeof first->client_key), !=, 0);
  WAIT_UNTIL (recorder->n_connected == 2);
}

static void
do_not_respond (MockPeer *peer)
{
}

static void
on_notify (SignalClient *client,
           GParamSpec   *pspec,
           GString      *states)
{
  const char *id = signal_client_get_client_id (client);
  const char *user = signal_client_get_user_id (client);

  g_string_append_printf (states, "%s:%s:%s:%d ", pspec->name, id != NULL ? id : "-",
                          user != NULL ? user : "-", signal_client_get_encrypted (client));
}

/* The properties that depend on the connection are notified, and consistent with the state whenever
 * it is notified. */
static void
test_state_is_consistent (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GString) states = g_string_new ("");
  MockPeer *peer;

  server->respond = do_not_respond;
  recorder_start (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_cmpstr (recorder->states->str, ==, "connecting connected authenticating ");
  g_signal_connect (recorder->client, "notify", G_CALLBACK (on_notify), states);
  mock_peer_send_connected (peer);
  WAIT_UNTIL (recorder->is_done);
  for (guint i = 0; i < 4; i++)
    {
      static const char * const names[] = { "state", "client-id", "user-id", "encrypted" };
      g_autofree char *expected = g_strdup_printf ("%s:client-0:alice:1 ", names[i]);

      g_assert_nonnull (strstr (states->str, expected));
    }
  g_assert_null (strstr (states->str, ":-"));

  g_string_truncate (states, 0);
  recorder_disconnect (recorder);
  g_assert_nonnull (strstr (states->str, "state:-:-:0 "));
  g_assert_nonnull (strstr (states->str, "client-id:-:-:0 "));
  g_assert_null (strstr (states->str, "client-0"));
}

static void
test_second_connect (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (Recorder) second = recorder_new (server->uri);

  recorder_start (recorder);
  signal_client_connect_async (recorder->client, "other", NULL, recorder_on_connected, second);
  WAIT_UNTIL (recorder->is_done && second->is_done);
  g_assert_no_error (recorder->error);
  g_assert_error (second->error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);

  second->is_done = FALSE;
  signal_client_connect_async (recorder->client, "other", NULL, recorder_on_connected, second);
  WAIT_UNTIL (second->is_done);
  g_assert_error (second->error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);

  g_assert_cmpstr (recorder->states->str, ==, CONNECTED_STATES);
  g_assert_cmpuint (server->peers->len, ==, 1);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, TEST_TOKEN);

  /* Not even its token is used. */
  mock_peer_shut_down (server->peers->pdata[0]);
  g_assert_cmpstr (mock_server_wait_peer (server, 1)->token, ==, TEST_TOKEN);
  WAIT_UNTIL (recorder->n_connected == 2);
}

static void
test_connect_again (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  for (guint i = 0; i < 3; i++)
    {
      recorder_connect (recorder);
      recorder_disconnect (recorder);
      g_assert_cmpuint (recorder->n_disconnected, ==, i + 1);
      g_assert_cmpuint (mock_server_wait_peer (server, i)->close_code, ==, 1000);
    }
}

/* A token with characters that JSON escapes; the argument of connect_async() has precedence over
 * the property. */
static void
test_token (void)
{
  static const char token[] = "a\"b\\c\n\t\x01 \xc3\xa4 \xf0\x9f\x98\x80";
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  signal_client_connect_async (recorder->client, token, NULL, recorder_on_connected, recorder);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, token);
}

static void
test_no_token (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "token", NULL, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_cmpuint (server->peers->len, ==, 0);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

static void
test_bad_url (void)
{
  static const char * const urls[] = {
    NULL, "", "example.org", "http://127.0.0.1/ws", "wss:///ws", "ws://[::1/ws", "ws://host:99999/",
    "wss://user:password@example.org/ws", "wss://example.org/ws#part", "ws://127.0.0.1:abc/",
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (Recorder) recorder = recorder_new (urls[i]);

      recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (recorder->states->str, ==, "");
      g_assert_cmpuint (recorder->n_disconnected, ==, 0);
    }
}

static void
test_insecure (void)
{
  static const char * const urls[] = {
    "ws://example.invalid/ws", "ws://192.0.2.1/ws", "ws://localhost.example.invalid/ws",
    "ws://127.0.0.1.example.invalid/", "ws://[2001:db8::1]/",
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (Recorder) recorder = recorder_new (urls[i]);

      recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE);
      g_assert_cmpstr (recorder->states->str, ==, "");
    }
}

/* With allow-insecure, the client asks the proxy for the host. */
static void
test_allow_insecure (void)
{
  g_autoptr (MockServer) proxy = mock_server_new ();
  g_autofree char *proxy_uri = g_strdup_printf ("http://127.0.0.1:%u", proxy->port);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy_uri, NULL);
  g_autoptr (Recorder) recorder = recorder_new ("ws://example.invalid/");
  MockPeer *peer;

  proxy->http_response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  g_object_set (recorder->client,
                "allow-insecure", TRUE,
                "max-retries", 0,
                "proxy-resolver", resolver,
                NULL);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED);
  g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
  peer = proxy->peers->pdata[0];
  g_assert_true (g_str_has_prefix (peer->request, "CONNECT example.invalid:80 "));
}

static void
test_loopback_names (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autofree char *uri = g_strdup_printf ("ws://LocalHost:%u/ws?room=1", server->port);
  g_autoptr (Recorder) recorder = recorder_new (uri);

  recorder_connect (recorder);
  g_assert_true (g_str_has_prefix (mock_server_wait_peer (server, 0)->request,
                                   "GET /ws?room=1 HTTP/1.1\r\n"));
}

static void
test_connection_refused (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  mock_server_stop_listening (server);
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
  g_assert_error (recorder->disconnected, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

/* With the embedded server. */
static void
test_embedded_server (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new (fixture->uri);
  SignalPeer *peer;

  g_object_set (recorder->client, "token", "secret", NULL);
  recorder_connect (recorder);
  WAIT_UNTIL (fixture->connected->len == 1);
  peer = fixture->connected->pdata[0];
  g_assert_cmpstr (signal_client_get_client_id (recorder->client), ==, signal_peer_get_id (peer));
  g_assert_cmpstr (signal_client_get_user_id (recorder->client), ==, "alice");
  g_assert_true (signal_client_get_encrypted (recorder->client));
  g_assert_cmpstr (recorder->states->str, ==, CONNECTED_STATES);

  g_assert_true (signal_client_send_json (recorder->client, "chat", "{\"n\":9007199254740993}",
                                          NULL));
  WAIT_UNTIL (fixture->messages->len == 1);
  g_assert_cmpstr (signal_message_get_payload_json (fixture->messages->pdata[0]), ==,
                   "{\"n\":9007199254740993}");

  recorder_disconnect (recorder);
  WAIT_UNTIL (fixture->disconnected->len == 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/connect/states", test_states);
  g_test_add_func ("/client/connect/reconnect-states", test_reconnect_states);
  g_test_add_func ("/client/connect/fresh-keys", test_fresh_keys);
  g_test_add_func ("/client/connect/state-is-consistent", test_state_is_consistent);
  g_test_add_func ("/client/connect/second", test_second_connect);
  g_test_add_func ("/client/connect/again", test_connect_again);
  g_test_add_func ("/client/connect/token", test_token);
  g_test_add_func ("/client/connect/no-token", test_no_token);
  g_test_add_func ("/client/connect/bad-url", test_bad_url);
  g_test_add_func ("/client/connect/insecure", test_insecure);
  g_test_add_func ("/client/connect/allow-insecure", test_allow_insecure);
  g_test_add_func ("/client/connect/loopback-names", test_loopback_names);
  g_test_add_func ("/client/connect/connection-refused", test_connection_refused);
  g_test_add_func ("/client/connect/embedded-server", test_embedded_server);

  return g_test_run ();
}
