/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

/* g_object_run_dispose(), as called by bindings and garbage collectors while there are references:
 * pending calls return, and nothing starts again. */

static void
do_not_respond (MockPeer *peer)
{
}

/* After dispose, no call changes the state or opens a connection. */
static void
assert_unchanged (Recorder   *recorder,
                  MockServer *server)
{
  guint n_peers = server->peers->len;
  static const char * const rooms[] = { "tea", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  signal_client_update_token (recorder->client, "another");
  signal_client_reconnect_now (recorder->client);
  g_assert_false (signal_client_send_json (recorder->client, "e", NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_true (signal_client_join_rooms (recorder->client, rooms, NULL));
  run_for (60);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  g_assert_cmpuint (server->peers->len, ==, n_peers);

  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  recorder_disconnect (recorder);
  g_assert_cmpuint (server->peers->len, ==, n_peers);
}

static void
assert_cancelled (Recorder *recorder)
{
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_connecting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_start (recorder);
  g_object_run_dispose (G_OBJECT (recorder->client));
  assert_cancelled (recorder);
  assert_unchanged (recorder, server);
}

static void
test_authenticating (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = do_not_respond;
  recorder_start (recorder);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  g_assert_true (signal_client_send_json (recorder->client, "kept", NULL, NULL));
  g_object_run_dispose (G_OBJECT (recorder->client));
  assert_cancelled (recorder);
  assert_unchanged (recorder, server);
}

static void
test_waiting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->http_response = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  g_object_set (recorder->client, "base-interval", 20, NULL);
  recorder_start (recorder);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_object_run_dispose (G_OBJECT (recorder->client));
  assert_cancelled (recorder);
  assert_unchanged (recorder, server);
}

static void
test_authenticated (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  g_object_run_dispose (G_OBJECT (recorder->client));
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->is_closed);
  g_assert_cmpuint (mock_server_wait_peer (server, 0)->close_code, ==, 1000);
  assert_unchanged (recorder, server);
}

static void
refuse (MockPeer *peer)
{
  mock_peer_close (peer, 4003);
}

/* A new token would otherwise start it again. */
static void
test_refused (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = refuse;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_object_run_dispose (G_OBJECT (recorder->client));
  assert_unchanged (recorder, server);
}

static gboolean
on_token_requested (SignalClient *client)
{
  return TRUE;
}

static void
test_token_requested (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_signal_connect (recorder->client, "token-requested", G_CALLBACK (on_token_requested), NULL);
  recorder_start (recorder);
  g_object_run_dispose (G_OBJECT (recorder->client));
  assert_cancelled (recorder);
  assert_unchanged (recorder, server);
}

static gboolean
dispose_with_token_requested (SignalClient *client)
{
  g_object_run_dispose (G_OBJECT (client));
  return TRUE;
}

static char *
dispose_with_authenticate (SignalClient *client)
{
  g_object_run_dispose (G_OBJECT (client));
  return g_strdup ("token");
}

/* Inside each handler that is called before the client is connected, and inside later ones. */
static void
test_inside (gconstpointer data)
{
  const char *name = data;
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  if (g_str_equal (name, "error") || g_str_equal (name, "reconnecting"))
    server->http_response = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  if (g_str_equal (name, "authenticate"))
    g_signal_connect (recorder->client, name, G_CALLBACK (dispose_with_authenticate), NULL);
  else if (g_str_equal (name, "token-requested"))
    g_signal_connect (recorder->client, name, G_CALLBACK (dispose_with_token_requested), NULL);
  else
    g_signal_connect (recorder->client, name, G_CALLBACK (g_object_run_dispose), NULL);

  recorder_start (recorder);
  assert_cancelled (recorder);
  run_for (30);
  assert_unchanged (recorder, server);
}

int
main (int   argc,
      char *argv[])
{
  static const char * const signals[] = {
    "authenticate", "token-requested", "notify::state", "error", "reconnecting", "connected",
  };

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/dispose/connecting", test_connecting);
  g_test_add_func ("/client/dispose/authenticating", test_authenticating);
  g_test_add_func ("/client/dispose/waiting", test_waiting);
  g_test_add_func ("/client/dispose/authenticated", test_authenticated);
  g_test_add_func ("/client/dispose/refused", test_refused);
  g_test_add_func ("/client/dispose/token-requested", test_token_requested);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autofree char *path = g_strconcat ("/client/dispose/inside/", signals[i], NULL);

      g_test_add_data_func (path, signals[i], test_inside);
    }

  return g_test_run ();
}
