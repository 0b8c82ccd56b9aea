/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/threads.h"

/* Other threads may drop references to a client, give it a token and make it reconnect. Everything
 * else is refused. */

static void
do_not_respond (MockPeer *peer)
{
}

static SignalClient *
take_client (Recorder *recorder)
{
  g_signal_handlers_disconnect_by_data (recorder->client, recorder);
  return g_steal_pointer (&recorder->client);
}

/* A client that was constructed in the loop's thread. */
typedef struct
{
  Loop *loop;
  const char *uri;
  SignalClient *client;
  gint is_connected;
  gint n_messages;
} Resident;

static void
on_resident_connected (GObject      *source,
                       GAsyncResult *result,
                       gpointer      user_data)
{
  Resident *resident = user_data;

  g_assert_true (signal_client_connect_finish (SIGNAL_CLIENT (source), result, NULL));
  g_atomic_int_set (&resident->is_connected, TRUE);
}

static gboolean
create_resident (gpointer data)
{
  Resident *resident = data;

  resident->client = signal_client_new (resident->uri, NULL);
  signal_client_connect_async (resident->client, TEST_TOKEN, NULL, on_resident_connected, resident);
  return G_SOURCE_REMOVE;
}

static void
resident_connect (Resident *resident)
{
  loop_start (resident->loop);
  loop_call (resident->loop, create_resident, resident);
  WAIT_UNTIL (g_atomic_int_get (&resident->is_connected));
}

static void
wait_closed (MockServer *server)
{
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->is_closed);
  g_assert_cmpuint (mock_server_wait_peer (server, 0)->close_code, ==, 1000);
}

/* The connection is closed by the thread that runs the main context, not by this one. */
static void
test_drop_of_resident (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Loop) loop = loop_new ();
  Resident resident = { .loop = loop, .uri = server->uri };

  resident_connect (&resident);
  g_clear_object (&resident.client);
  wait_closed (server);
}

/* The thread has ended, so that the main context no longer runs: the socket is closed
 * immediately. */
static void
test_drop_after_loop (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Loop) loop = loop_new ();
  Resident resident = { .loop = loop, .uri = server->uri };

  resident_connect (&resident);
  loop_quit (loop);
  g_clear_object (&resident.client);
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->is_closed);
}

/* The same before there is a WebSocket: the socket belongs to an operation of GIO, which ends with the
 * context. */
static void
test_drop_after_loop_connecting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Loop) loop = loop_new ();
  Resident resident = { .loop = loop, .uri = server->uri };
  MockPeer *peer;

  resident_connect (&resident);
  server->is_silent = TRUE;
  mock_peer_shut_down (server->peers->pdata[0]);
  WAIT_UNTIL (server->peers->len == 2);
  peer = server->peers->pdata[1];
  WAIT_UNTIL (peer->in->len > 0);
  loop_quit (loop);
  g_clear_object (&resident.client);
  g_clear_pointer (&loop, loop_free);
  WAIT_UNTIL (peer->is_closed);
}

static void
test_drop_in_thread (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  run_thread (unref_in_thread, take_client (recorder));
  wait_closed (server);
}

/* The loop runs while this thread drops the client. */
static void
test_drop_while_running (void)
{
  g_autoptr (MockServer) server = mock_server_new ();

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (Recorder) recorder = recorder_new (server->uri);
      Drop drop = { 0 };
      GThread *thread;
      MockPeer *peer;

      recorder_connect (recorder);
      peer = mock_server_wait_peer (server, i);
      for (guint j = 0; j < 10; j++)
        mock_peer_send (peer, "{\"event\":\"e\"}");
      drop.object = take_client (recorder);
      thread = g_thread_new ("drop", drop_in_thread, &drop);
      WAIT_UNTIL (g_atomic_int_get (&drop.is_done) && peer->is_closed);
      g_thread_join (thread);
    }
}

/* A pending call keeps the client alive, and finishes in its own thread. */
static void
test_drop_while_connecting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = do_not_respond;
  g_object_set (recorder->client, "connect-timeout", 300, "max-retries", 0, NULL);
  recorder_start (recorder);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  run_thread (unref_in_thread, take_client (recorder));
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->is_closed);
}

static void
on_message_drop (SignalClient  *client,
                 SignalMessage *message,
                 Recorder      *recorder)
{
  if (recorder->client != NULL)
    run_thread (unref_in_thread, take_client (recorder));
}

static void
test_drop_inside_message (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  GWeakRef weak;

  recorder_connect (recorder);
  g_weak_ref_init (&weak, recorder->client);
  g_signal_connect (recorder->client, "message", G_CALLBACK (on_message_drop), recorder);
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"e\"}");
  WAIT_UNTIL (recorder->client == NULL);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
  wait_closed (server);
}

static void
on_refused (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  gboolean *is_refused = user_data;
  SignalClient *client = SIGNAL_CLIENT (source);
  g_autoptr (GError) error = NULL;

  if (g_async_result_is_tagged (result, signal_client_connect_async))
    g_assert_false (signal_client_connect_finish (client, result, &error));
  else
    g_assert_false (signal_client_disconnect_finish (client, result, &error));
  assert_refused (FALSE, &error);
  *is_refused = TRUE;
}

static gpointer
call_everything (gpointer data)
{
  SignalClient *client = data;
  static const char * const rooms[] = { "tea", NULL };
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  gboolean connect_refused = FALSE, disconnect_refused = FALSE;

  g_main_context_push_thread_default (context);
  assert_refused (signal_client_send_json (client, "e", "1", &error), &error);
  assert_refused (signal_client_send_message (client, "e", NULL, &error), &error);
  assert_refused (signal_client_join_rooms (client, rooms, &error), &error);
  assert_refused (signal_client_leave_rooms (client, rooms, &error), &error);
  signal_client_connect_async (client, NULL, NULL, on_refused, &connect_refused);
  signal_client_disconnect_async (client, NULL, on_refused, &disconnect_refused);
  while (!connect_refused || !disconnect_refused)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_refused (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  /* In every state. */
  run_thread (call_everything, recorder->client);
  recorder_connect (recorder);
  run_thread (call_everything, recorder->client);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_true (signal_client_send_json (recorder->client, "e", "1", NULL));
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->inner->len == 1);
}

/* The thread that constructed the client is not the one that runs its main context. */
static void
test_refused_of_resident (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Loop) loop = loop_new ();
  Resident resident = { .loop = loop, .uri = server->uri };
  g_autoptr (SignalClient) client = NULL;
  gboolean is_refused = FALSE;

  g_main_context_push_thread_default (loop->context);
  client = signal_client_new (server->uri, NULL);
  g_main_context_pop_thread_default (loop->context);

  resident_connect (&resident);
  signal_client_connect_async (client, TEST_TOKEN, NULL, on_refused, &is_refused);
  WAIT_UNTIL (is_refused);
  call_everything (resident.client);
  g_clear_object (&resident.client);
  wait_closed (server);
}

static gpointer
update_token (gpointer data)
{
  g_autofree char *token = g_strdup ("another");

  signal_client_update_token (data, token);
  return NULL;
}

static void
refuse (MockPeer *peer)
{
  if (g_str_equal (peer->token, "another"))
    mock_peer_send_connected (peer);
  else
    mock_peer_close (peer, 4003);
}

static void
test_update_token (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = refuse;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  run_thread (update_token, recorder->client);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpstr (mock_server_wait_peer (server, 1)->token, ==, "another");
}

static gboolean
on_token_requested (SignalClient *client)
{
  g_thread_unref (g_thread_new ("token", update_token, client));
  return TRUE;
}

/* As in a program that fetches its token in a thread. */
static void
test_token_requested (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_signal_connect (recorder->client, "token-requested", G_CALLBACK (on_token_requested), NULL);
  recorder_connect (recorder);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, "another");
}

static gpointer
reconnect_now (gpointer data)
{
  signal_client_reconnect_now (data);
  return NULL;
}

static void
test_reconnect_now (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "base-interval", 60000, "max-interval", 60000, NULL);
  recorder_connect (recorder);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  run_thread (reconnect_now, recorder->client);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
}

/* Calls that were dispatched to the context before the last reference was dropped have no effect
 * afterwards. */
static gpointer
update_and_drop (gpointer data)
{
  update_token (data);
  reconnect_now (data);
  g_object_unref (data);
  return NULL;
}

static void
test_update_and_drop (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = refuse;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->is_closed);
  run_thread (update_and_drop, take_client (recorder));
  run_for (100);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

/* The same if this thread drops the last reference before the context dispatches the call. */
static void
test_update_before_drop (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = refuse;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->is_closed);
  run_thread (update_token, recorder->client);
  recorder_drop_client (recorder);
  run_for (50);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

/* No lock of GLib is held while a language binding is notified of a new reference. */
static void
test_toggle (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GError) error = NULL;
  Toggle toggle = { 0 };
  SignalClient *client;

  recorder_connect (recorder);
  client = take_client (recorder);
  toggle_hold (&toggle, client);
  g_assert_true (signal_client_send_json (client, "tea", "1", &error));
  g_assert_no_error (error);
  toggle_release (&toggle);
  wait_closed (server);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/threads/drop/in-thread", test_drop_in_thread);
  g_test_add_func ("/client/threads/drop/while-running", test_drop_while_running);
  g_test_add_func ("/client/threads/drop/while-connecting", test_drop_while_connecting);
  g_test_add_func ("/client/threads/drop/inside-message", test_drop_inside_message);
  g_test_add_func ("/client/threads/drop/of-resident", test_drop_of_resident);
  g_test_add_func ("/client/threads/drop/after-loop", test_drop_after_loop);
  g_test_add_func ("/client/threads/drop/after-loop/connecting", test_drop_after_loop_connecting);
  g_test_add_func ("/client/threads/refused", test_refused);
  g_test_add_func ("/client/threads/refused/of-resident", test_refused_of_resident);
  g_test_add_func ("/client/threads/update-token", test_update_token);
  g_test_add_func ("/client/threads/token-requested", test_token_requested);
  g_test_add_func ("/client/threads/reconnect-now", test_reconnect_now);
  g_test_add_func ("/client/threads/update-and-drop", test_update_and_drop);
  g_test_add_func ("/client/threads/update-before-drop", test_update_before_drop);
  g_test_add_func ("/client/threads/toggle", test_toggle);

  return g_test_run ();
}
