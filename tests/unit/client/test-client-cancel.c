/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* Cancelling and disconnecting, in every state. */

static void
do_not_respond (MockPeer *peer)
{
}

static void
start_cancellable (Recorder     *recorder,
                   GCancellable *cancellable)
{
  signal_client_connect_async (recorder->client, NULL, cancellable, recorder_on_connected,
                               recorder);
}

static void
assert_cancelled (Recorder *recorder)
{
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static void
test_cancelled_before (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  start_cancellable (recorder, cancellable);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->states->str, ==, "");
  g_assert_cmpstr (recorder->signals->str, ==, "");
  recorder_connect (recorder);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
test_cancelled_dialing (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  start_cancellable (recorder, cancellable);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
  g_assert_cmpstr (recorder->signals->str, ==, "disconnected ");
  g_assert_no_error (recorder->disconnected);
}

static void
test_cancelled_upgrading (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  MockPeer *peer;

  server->is_silent = TRUE;
  start_cancellable (recorder, cancellable);
  WAIT_UNTIL (server->peers->len == 1);
  peer = server->peers->pdata[0];
  WAIT_UNTIL (peer->in->len > 0);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  WAIT_UNTIL (peer->is_closed);
}

static void
test_cancelled_authenticating (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  MockPeer *peer;

  server->respond = do_not_respond;
  start_cancellable (recorder, cancellable);
  peer = mock_server_wait_peer (server, 0);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  WAIT_UNTIL (peer->is_closed);
  g_assert_cmpuint (peer->close_code, ==, 1000);
}

static void
test_cancelled_waiting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  server->http_response = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
  g_object_set (recorder->client, "base-interval", 20000, NULL);
  start_cancellable (recorder, cancellable);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_cancellable_cancel (cancellable);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->states->str, ==, "connecting reconnecting disconnected ");
}

/* The cancellable has no effect on an established connection. */
static void
test_cancelled_later (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  start_cancellable (recorder, cancellable);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  g_cancellable_cancel (cancellable);
  run_for (20);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_connected == 2);
}

static void
test_disconnect_never_connected (void)
{
  g_autoptr (Recorder) recorder = recorder_new (NULL);

  recorder_disconnect (recorder);
  g_assert_cmpstr (recorder->signals->str, ==, "");
  g_assert_cmpstr (recorder->states->str, ==, "");
}

static void
test_disconnect_connecting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_start (recorder);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_CONNECTING);
  recorder_disconnect (recorder);
  assert_cancelled (recorder);
  g_assert_cmpstr (recorder->signals->str, ==, "disconnected ");
}

static void
test_disconnect_authenticating (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  server->respond = do_not_respond;
  recorder_start (recorder);
  peer = mock_server_wait_peer (server, 0);
  recorder_disconnect (recorder);
  assert_cancelled (recorder);
  g_assert_cmpuint (peer->close_code, ==, 1000);
}

static void
test_disconnect_waiting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "base-interval", 300, "max-interval", 300, NULL);
  recorder_connect (recorder);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  recorder_disconnect (recorder);
  run_for (350);
  g_assert_cmpuint (server->peers->len, ==, 1);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

/* The timeout of an attempt ends with it. */
static void
test_timeout_removed (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = do_not_respond;
  g_object_set (recorder->client, "connect-timeout", 300, NULL);
  recorder_start (recorder);
  mock_server_wait_peer (server, 0);
  recorder_disconnect (recorder);
  assert_cancelled (recorder);
  run_for (350);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

/* The call finishes when the socket is closed, after the server has been notified. */
static void
test_disconnect_twice (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  g_assert_cmpuint (recorder->n_closed, ==, 0);
  WAIT_UNTIL (recorder->n_closed > 0);
  g_assert_cmpuint (peer->close_code, ==, 1000);
  WAIT_UNTIL (recorder->n_closed == 2);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  recorder_disconnect (recorder);
}

static void
on_disconnect_cancelled (GObject      *source,
                         GAsyncResult *result,
                         gpointer      user_data)
{
  GError **error = user_data;

  g_assert_false (signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, error));
}

/* Cancelling ends the call, but not the disconnect. */
static void
test_disconnect_cancelled (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  recorder_connect (recorder);
  g_cancellable_cancel (cancellable);
  signal_client_disconnect_async (recorder->client, cancellable, on_disconnect_cancelled, &error);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  WAIT_UNTIL (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  WAIT_UNTIL (((MockPeer *) server->peers->pdata[0])->is_closed);
}

/* A server that does not answer the close frame delays the call only briefly. */
static void
test_disconnect_unresponsive (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  server->ignores_controls = TRUE;
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  recorder_disconnect (recorder);
  g_assert_cmpuint (peer->close_code, ==, 1000);
  WAIT_UNTIL (peer->is_closed);
}

/* The old socket may still be closing when the new one is opened, without any interference. */
static void
test_connect_while_closing (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->ignores_controls = TRUE;
  recorder_connect (recorder);
  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"late\"}");
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->n_closed, ==, 0);
  g_assert_cmpstr (signal_client_get_client_id (recorder->client), ==, "client-1");
  WAIT_UNTIL (recorder->n_closed == 1);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

/* The client has a default for the reason of the close frame. */
static void
test_default_reason (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  recorder_drop_client (recorder);
  WAIT_UNTIL (peer->is_closed);
  g_assert_cmpuint (peer->close_code, ==, 1000);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/cancel/before", test_cancelled_before);
  g_test_add_func ("/client/cancel/dialing", test_cancelled_dialing);
  g_test_add_func ("/client/cancel/upgrading", test_cancelled_upgrading);
  g_test_add_func ("/client/cancel/authenticating", test_cancelled_authenticating);
  g_test_add_func ("/client/cancel/waiting", test_cancelled_waiting);
  g_test_add_func ("/client/cancel/later", test_cancelled_later);
  g_test_add_func ("/client/disconnect/never-connected", test_disconnect_never_connected);
  g_test_add_func ("/client/disconnect/connecting", test_disconnect_connecting);
  g_test_add_func ("/client/disconnect/authenticating", test_disconnect_authenticating);
  g_test_add_func ("/client/disconnect/waiting", test_disconnect_waiting);
  g_test_add_func ("/client/disconnect/timeout-removed", test_timeout_removed);
  g_test_add_func ("/client/disconnect/twice", test_disconnect_twice);
  g_test_add_func ("/client/disconnect/cancelled", test_disconnect_cancelled);
  g_test_add_func ("/client/disconnect/unresponsive", test_disconnect_unresponsive);
  g_test_add_func ("/client/disconnect/connect-while-closing", test_connect_while_closing);
  g_test_add_func ("/client/disconnect/forgotten", test_default_reason);

  return g_test_run ();
}
