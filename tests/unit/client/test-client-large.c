/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/fixture.h"
#include "tests/lib/recorder.h"
#include "tests/lib/tls-identity.h"

#include <string.h>

/* Large messages, between whose parts the main loop runs. */

/* Takes longer than reading may last, also with a fast processor. */
#define LARGE (6 * 1024 * 1024)

/* A redraw of GTK has a higher priority than reading that has taken long. */
#define REDRAW_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

static Identity *identity;

/* Returns an array of many small objects. */
static char *
compose_payload (void)
{
  GString *text = g_string_new ("[");

  while (text->len < LARGE)
    g_string_append (text, "{\"a\":1,\"\\u00e9\":[true,\"\xe2\x82\xac\\n\"]},");
  g_string_append (text, "null]");
  return g_string_free (text, FALSE);
}

static char *
compose_envelope (const char *payload)
{
  return g_strdup_printf ("{\"event\":\"large\",\"data\":%s}", payload);
}

static MockServer *
server_new (gconstpointer is_tls)
{
  return is_tls != NULL ? mock_server_new_tls (identity->certificate) : mock_server_new ();
}

static Recorder *
connect_to (MockServer *server)
{
  Recorder *recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "tls-database", identity->database, NULL);
  recorder_connect (recorder);
  return recorder;
}

/* Sends a large message, and returns when the client has received all of it without having delivered it. */
static void
send_large (Recorder *recorder,
            MockPeer *peer)
{
  g_autofree char *payload = compose_payload ();
  g_autofree char *inner = compose_envelope (payload);
  g_autofree char *text = mock_peer_encrypt (peer, inner);
  guint64 before = signal_client_get_bytes_received (recorder->client);

  mock_peer_send_text (peer, text);
  WAIT_UNTIL (signal_client_get_bytes_received (recorder->client) >= before + strlen (text));
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

static void
assert_large (SignalMessage *message)
{
  g_autofree char *payload = compose_payload ();

  g_assert_cmpstr (signal_message_get_event (message), ==, "large");
  g_assert_true (g_str_equal (signal_message_get_payload_json (message), payload));
  g_assert_true (signal_message_is_encrypted (message));
}

/* Small messages and a close frame behind a large one follow it. */
static void
test_order (gconstpointer is_tls)
{
  g_autoptr (MockServer) server = server_new (is_tls);
  g_autoptr (Recorder) recorder = connect_to (server);
  MockPeer *peer = mock_server_wait_peer (server, 0);
  g_autofree char *payload = compose_payload ();
  g_autofree char *inner = compose_envelope (payload);

  mock_peer_send (peer, "{\"event\":\"before\"}");
  mock_peer_send (peer, inner);
  mock_peer_send (peer, "{\"event\":\"after\"}");
  mock_peer_send (peer, inner);
  mock_peer_send (peer, "{\"event\":\"last\"}");
  mock_peer_close (peer, 1012);
  WAIT_UNTIL (recorder->attempts->len == 1);

  g_assert_cmpuint (recorder->errors->len, ==, 1); /* that of the close frame */
  g_assert_cmpuint (recorder->messages->len, ==, 5);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "before");
  assert_large (recorder->messages->pdata[1]);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[2]), ==, "after");
  assert_large (recorder->messages->pdata[3]);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[4]), ==, "last");
}

static void
test_main_loop_runs (gconstpointer is_tls)
{
  g_autoptr (MockServer) server = server_new (is_tls);
  g_autoptr (Recorder) recorder = connect_to (server);
  guint n_redraws = 0;
  guint source;

  send_large (recorder, mock_server_wait_peer (server, 0));
  source = g_idle_add_full (REDRAW_PRIORITY, count_dispatch, &n_redraws, NULL);
  WAIT_UNTIL (recorder->messages->len == 1);
  g_source_remove (source);
  g_assert_cmpuint (n_redraws, >=, 2);
  assert_large (recorder->messages->pdata[0]);
}

/* The client disconnects while a large message is processed, which is not delivered then. */
static void
test_disconnect_between (gconstpointer is_tls)
{
  g_autoptr (MockServer) server = server_new (is_tls);
  g_autoptr (Recorder) recorder = connect_to (server);
  MockPeer *peer = mock_server_wait_peer (server, 0);

  send_large (recorder, peer);
  recorder_disconnect (recorder);
  WAIT_UNTIL (peer->is_closed);
  g_assert_cmpuint (peer->close_code, ==, 1000);
  g_assert_cmpuint (recorder->messages->len, ==, 0);

  /* Nothing of it is left for the next connection. */
  recorder_connect (recorder);
  mock_peer_send (mock_server_wait_peer (server, 1), "{\"event\":\"next\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "next");
}

/* The last reference is dropped while a large message is processed. */
static void
test_drop_between (gconstpointer is_tls)
{
  g_autoptr (MockServer) server = server_new (is_tls);
  g_autoptr (Recorder) recorder = connect_to (server);
  MockPeer *peer = mock_server_wait_peer (server, 0);

  send_large (recorder, peer);
  recorder_drop_client (recorder);
  WAIT_UNTIL (peer->is_closed);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

static void
on_large_message (SignalClient  *client,
                  SignalMessage *message,
                  Recorder      *recorder)
{
  guint n_before = recorder->messages->len;

  if (n_before == 1)
    WAIT_UNTIL (recorder->messages->len == 3);
}

/* The handler of a large message runs the main loop, in which another one and a small one are delivered. */
static void
test_nested (gconstpointer is_tls)
{
  g_autoptr (MockServer) server = server_new (is_tls);
  g_autoptr (Recorder) recorder = connect_to (server);
  MockPeer *peer = mock_server_wait_peer (server, 0);
  g_autofree char *payload = compose_payload ();
  g_autofree char *inner = compose_envelope (payload);

  g_signal_connect (recorder->client, "message", G_CALLBACK (on_large_message), recorder);
  mock_peer_send (peer, inner);
  mock_peer_send (peer, inner);
  mock_peer_send (peer, "{\"event\":\"last\"}");
  WAIT_UNTIL (recorder->messages->len == 3);
  assert_large (recorder->messages->pdata[0]);
  assert_large (recorder->messages->pdata[1]);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[2]), ==, "last");
}

/* The server has gone, which the client notices by a write while it processes a large message. */
static void
test_write_error_between (gconstpointer is_tls)
{
  g_autoptr (MockServer) server = server_new (is_tls);
  g_autoptr (Recorder) recorder = connect_to (server);
  MockPeer *peer = mock_server_wait_peer (server, 0);

  send_large (recorder, peer);
  mock_peer_reset (peer);
  WAIT_UNTIL (peer->is_closed);
  signal_client_send_json (recorder->client, "small", NULL, NULL);
  WAIT_UNTIL (recorder->attempts->len == 1);
  g_assert_cmpuint (recorder->messages->len, ==, 1);
  assert_large (recorder->messages->pdata[0]);
}

/* The embedded server receives large messages, small ones and the end in order. */
static void
test_server (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = NULL;
  g_autofree char *payload = compose_payload ();

  g_object_set (fixture->server, "max-message-size", 2 * LARGE, NULL);
  recorder = recorder_new (fixture->uri);
  g_object_set (recorder->client, "token", "secret", "max-message-size", 2 * LARGE, NULL);
  recorder_connect (recorder);
  recorder_send (recorder, "large", payload);
  recorder_send (recorder, "after", "1");
  recorder_send (recorder, "large", payload);
  recorder_send (recorder, "last", "2");
  recorder_disconnect (recorder);
  WAIT_UNTIL (fixture->disconnected->len == 1);

  g_assert_cmpuint (fixture->messages->len, ==, 4);
  assert_large (fixture->messages->pdata[0]);
  g_assert_cmpstr (signal_message_get_event (fixture->messages->pdata[1]), ==, "after");
  assert_large (fixture->messages->pdata[2]);
  g_assert_cmpstr (signal_message_get_event (fixture->messages->pdata[3]), ==, "last");
}

static void
add (const char *name,
     void      (*test) (gconstpointer is_tls))
{
  g_autofree char *path = g_strconcat ("/client-large/", name, NULL);
  g_autofree char *tls_path = g_strconcat (path, "-tls", NULL);

  g_test_add_data_func (path, NULL, test);
  g_test_add_data_func (tls_path, identity, test);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  identity = identity_new ("IP:127.0.0.1");

  add ("order", test_order);
  add ("main-loop-runs", test_main_loop_runs);
  add ("disconnect-between", test_disconnect_between);
  add ("drop-between", test_drop_between);
  add ("nested", test_nested);
  add ("write-error-between", test_write_error_between);
  g_test_add_func ("/client-large/server", test_server);

  status = g_test_run ();
  identity_free (identity);
  return status;
}
