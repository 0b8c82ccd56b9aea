/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

static const char * const some_rooms[] = { "some-room", NULL };

static void
send_numbers (Recorder *recorder,
              guint     from,
              guint     to)
{
  for (guint i = from; i < to; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);
      g_autoptr (GError) error = NULL;

      g_assert_true (signal_client_send_json (recorder->client, "n", json, &error));
      g_assert_no_error (error);
    }
}

static void
assert_numbers (MockPeer *peer,
                guint     from,
                guint     to)
{
  WAIT_UNTIL (peer->inner->len >= to - from);
  for (guint i = from; i < to; i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"event\":\"n\",\"data\":%u}", i);

      g_assert_cmpstr (peer->inner->pdata[i - from], ==, text);
    }
}

static void
assert_send_fails (Recorder *recorder,
                   int       code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (signal_client_send_json (recorder->client, "n", "0", &error));
  g_assert_error (error, SIGNAL_ERROR, code);
}

static void
on_state_send (SignalClient *client,
               GParamSpec   *pspec,
               Recorder     *recorder)
{
  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_CONNECTED)
    send_numbers (recorder, 2, 4);
  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_AUTHENTICATING)
    send_numbers (recorder, 4, 6);
  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    send_numbers (recorder, 6, 8);
}

static void
on_connected_send (SignalClient *client,
                   const char   *id,
                   Recorder     *recorder)
{
  send_numbers (recorder, 8, 10);
}

/* Messages that are sent while connecting arrive in order, after the rooms are joined. */
static void
test_while_connecting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  g_object_set (recorder->client, "auto-join-rooms", some_rooms, NULL);
  g_signal_connect (recorder->client, "notify::state", G_CALLBACK (on_state_send), recorder);
  g_signal_connect (recorder->client, "connected", G_CALLBACK (on_connected_send), recorder);
  recorder_start (recorder);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_CONNECTING);
  send_numbers (recorder, 0, 2);
  WAIT_UNTIL (recorder->is_done);
  send_numbers (recorder, 10, 12);

  peer = mock_server_wait_peer (server, 0);
  mock_peer_assert_frame (peer, 1, "{\"event\":\"join\",\"data\":{\"rooms\":[\"some-room\"]}}");
  assert_numbers (peer, 0, 12);
  g_assert_cmpuint (peer->frames->len, ==, 14);
}

static void
test_while_reconnecting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  g_object_set (recorder->client, "base-interval", 60000, "max-interval", 60000, NULL);
  recorder_connect (recorder);
  g_assert_true (signal_client_join_rooms (recorder->client, some_rooms, NULL));
  send_numbers (recorder, 0, 2);
  peer = mock_server_wait_peer (server, 0);
  assert_numbers (peer, 0, 2);
  mock_peer_shut_down (peer);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  send_numbers (recorder, 2, 7);

  signal_client_reconnect_now (recorder->client);
  peer = mock_server_wait_peer (server, 1);
  mock_peer_assert_frame (peer, 1, "{\"event\":\"join\",\"data\":{\"rooms\":[\"some-room\"]}}");
  assert_numbers (peer, 2, 7);
  g_assert_cmpuint (peer->frames->len, ==, 7);
  WAIT_UNTIL (recorder->n_connected == 2);
}

static void
test_while_disconnected (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  assert_send_fails (recorder, SIGNAL_ERROR_NOT_CONNECTED);
  recorder_connect (recorder);
  recorder_disconnect (recorder);
  assert_send_fails (recorder, SIGNAL_ERROR_NOT_CONNECTED);
  recorder_connect (recorder);
  g_assert_true (signal_client_send_json (recorder->client, "n", "1", NULL));
  assert_numbers (mock_server_wait_peer (server, 1), 1, 2);
  g_assert_cmpuint (mock_server_wait_peer (server, 1)->frames->len, ==, 2);
}

static void
test_limit (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "outbox-limit", 3, NULL);
  recorder_start (recorder);
  send_numbers (recorder, 0, 3);
  assert_send_fails (recorder, SIGNAL_ERROR_OUTBOX_FULL);
  WAIT_UNTIL (recorder->is_done);
  send_numbers (recorder, 3, 9);
  assert_numbers (mock_server_wait_peer (server, 0), 0, 9);
}

static void
test_no_outbox (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "outbox-limit", 0, NULL);
  recorder_start (recorder);
  assert_send_fails (recorder, SIGNAL_ERROR_NOT_CONNECTED);
  WAIT_UNTIL (recorder->is_done);
  send_numbers (recorder, 0, 3);
  assert_numbers (mock_server_wait_peer (server, 0), 0, 3);
}

/* A message that is too large is refused before it is queued. */
static void
test_too_large (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *fill = g_strnfill (600, '1');
  g_autoptr (GError) error = NULL;

  g_object_set (recorder->client, "max-message-size", 600, NULL);
  recorder_start (recorder);
  g_assert_false (signal_client_send_json (recorder->client, "n", fill, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
}

/* Messages that are queued when the client gives up are lost, which is reported. */
static void
test_lost (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->http_response = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_start (recorder);
  send_numbers (recorder, 0, 3);
  WAIT_UNTIL (recorder->is_done);
  g_assert_cmpstr (recorder->signals->str, ==, "error disconnected ");
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);

  server->http_response = NULL;
  recorder_connect (recorder);
  send_numbers (recorder, 7, 8);
  assert_numbers (mock_server_wait_peer (server, 1), 7, 8);
}

/* Messages sent before a disconnect are written. */
static void
test_flushed_by_disconnect (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  send_numbers (recorder, 0, 500);
  recorder_disconnect (recorder);
  peer = mock_server_wait_peer (server, 0);
  assert_numbers (peer, 0, 500);
  g_assert_cmpuint (peer->close_code, ==, 1000);
}

/* A message that the server refuses as too large is not sent again. */
static void
test_not_sent_twice (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  send_numbers (recorder, 0, 1);
  peer = mock_server_wait_peer (server, 0);
  assert_numbers (peer, 0, 1);
  mock_peer_close (peer, 1009);
  WAIT_UNTIL (recorder->n_connected == 2);
  send_numbers (recorder, 1, 2);
  assert_numbers (mock_server_wait_peer (server, 1), 1, 2);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
}

static void
disconnect_at_once (SignalClient *client)
{
  signal_client_disconnect_async (client, NULL, NULL, NULL);
}

/* A disconnect sends the queued messages, and reports those that have become too large by a change
 * of the limit. A handler that disconnects as well does not cause a second `disconnected`. */
static void
test_disconnected_meanwhile (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *fill = g_strnfill (90000, '1');
  g_autofree char *large = g_strnfill (95000, '1');

  server->http_response = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
  g_object_set (recorder->client, "base-interval", 200, NULL);
  recorder_start (recorder);
  WAIT_UNTIL (signal_client_get_state (recorder->client) == SIGNAL_CONNECTION_STATE_RECONNECTING);
  server->http_response = NULL;
  for (guint i = 0; i < 150; i++)
    g_assert_true (signal_client_send_json (recorder->client, "fill", fill, NULL));
  g_assert_true (signal_client_send_json (recorder->client, "large", large, NULL));
  g_object_set (recorder->client, "max-message-size", 122000, NULL);

  g_signal_connect (recorder->client, "connected", G_CALLBACK (disconnect_at_once), NULL);
  g_signal_connect (recorder->client, "error", G_CALLBACK (disconnect_at_once), NULL);
  WAIT_UNTIL (recorder->is_done);
  run_pending ();
  g_assert_error (recorder_wait_error (recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/outbox/while-connecting", test_while_connecting);
  g_test_add_func ("/client/outbox/while-reconnecting", test_while_reconnecting);
  g_test_add_func ("/client/outbox/while-disconnected", test_while_disconnected);
  g_test_add_func ("/client/outbox/limit", test_limit);
  g_test_add_func ("/client/outbox/none", test_no_outbox);
  g_test_add_func ("/client/outbox/too-large", test_too_large);
  g_test_add_func ("/client/outbox/lost", test_lost);
  g_test_add_func ("/client/outbox/flushed-by-disconnect", test_flushed_by_disconnect);
  g_test_add_func ("/client/outbox/not-sent-twice", test_not_sent_twice);

  g_test_add_func ("/client/outbox/disconnected-meanwhile", test_disconnected_meanwhile);

  return g_test_run ();
}
