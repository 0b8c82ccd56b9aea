/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/raw-client.h"
#include "tests/lib/threads.h"

/* Other threads may drop references to a server, and close a peer. Everything else is refused. */

static SignalPeer *
take_peer (Fixture *fixture)
{
  WAIT_UNTIL (fixture->connected->len == 1);
  return g_ptr_array_steal_index (fixture->connected, 0);
}

/* The handlers stay connected, to check that none of them is called any more. */
static void
test_drop_in_thread (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");

  run_thread (unref_in_thread, g_steal_pointer (&fixture->server));
  WAIT_UNTIL (raw->closed);
  g_assert_cmpuint (fixture->disconnected->len, ==, 0);
}

/* Messages are read, and connections accepted, while this thread drops the server. */
static void
test_drop_while_running (void)
{
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (Fixture) fixture = fixture_new ();
      g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
      Drop drop = { g_steal_pointer (&fixture->server) };
      GThread *thread;

      for (guint j = 0; j < 20; j++)
        raw_client_send_encrypted (raw, "{\"event\":\"e\"}");
      thread = g_thread_new ("drop", drop_in_thread, &drop);
      WAIT_UNTIL (g_atomic_int_get (&drop.is_done) && raw->closed);
      g_thread_join (thread);
      g_assert_cmpuint (fixture->disconnected->len, ==, 0);
    }
}

static void
on_message_drop (SignalServer  *server,
                 SignalPeer    *peer,
                 SignalMessage *message,
                 Fixture       *fixture)
{
  if (fixture->server != NULL)
    run_thread (unref_in_thread, g_steal_pointer (&fixture->server));
}

static void
test_drop_inside_message (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");

  g_signal_connect (fixture->server, "message", G_CALLBACK (on_message_drop), fixture);
  raw_client_send_encrypted (raw, "{\"event\":\"e\"}");
  WAIT_UNTIL (raw->closed);
  g_assert_null (fixture->server);
}

/* A server that was constructed in the loop's thread. */
typedef struct
{
  SignalServer *server;
  SignalPeer *peer;
  char *uri;
} Resident;

static char *
on_authenticate (void)
{
  return g_strdup ("alice");
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer,
                   Resident     *resident)
{
  g_atomic_pointer_set (&resident->peer, g_object_ref (peer));
}

static gboolean
create_resident (gpointer data)
{
  Resident *resident = data;
  g_autoptr (GError) error = NULL;

  resident->server = signal_server_new ();
  g_signal_connect (resident->server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (resident->server, "peer-connected", G_CALLBACK (on_peer_connected), resident);
  signal_server_listen (resident->server, NULL, 0, &error);
  g_assert_no_error (error);
  resident->uri = signal_server_get_uri (resident->server);
  return G_SOURCE_REMOVE;
}

static RawClient *
resident_connect (Resident *resident,
                  Loop     *loop)
{
  RawClient *raw;

  loop_start (loop);
  loop_call (loop, create_resident, resident);
  raw = raw_client_new_authenticated (resident->uri, "secret");
  WAIT_UNTIL (g_atomic_pointer_get (&resident->peer) != NULL);
  return raw;
}

static void
test_drop_of_resident (void)
{
  g_autoptr (Loop) loop = loop_new ();
  g_autoptr (RawClient) raw = NULL;
  Resident resident = { NULL };

  raw = resident_connect (&resident, loop);
  g_clear_object (&resident.server);
  WAIT_UNTIL (raw->closed);
  g_clear_object (&resident.peer);
  g_free (resident.uri);
}

/* The thread has ended, so that the main context no longer runs. */
static void
test_drop_after_loop (void)
{
  g_autoptr (Loop) loop = loop_new ();
  g_autoptr (RawClient) raw = NULL;
  Resident resident = { NULL };

  raw = resident_connect (&resident, loop);
  loop_quit (loop);
  g_clear_object (&resident.server);
  WAIT_UNTIL (raw->closed);
  g_clear_object (&resident.peer);
  g_free (resident.uri);
}

/* While the peer is connected, and after it has disconnected. */
static void
test_drop_of_peer (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  SignalPeer *peer = take_peer (fixture);

  run_thread (unref_in_thread, g_object_ref (peer));
  raw_client_assert_no_event (raw);

  g_clear_object (&fixture->server);
  WAIT_UNTIL (raw->closed);
  run_thread (unref_in_thread, peer);
}

static void
on_stop_refused (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  gboolean *is_refused = user_data;
  g_autoptr (GError) error = NULL;

  assert_refused (signal_server_stop_finish (SIGNAL_SERVER (source), result, &error), &error);
  *is_refused = TRUE;
}

typedef struct
{
  SignalServer *server;
  SignalPeer *peer;
} Pair;

static gpointer
call_everything (gpointer data)
{
  Pair *pair = data;
  SignalServer *server = pair->server;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  gboolean is_refused = FALSE;

  g_main_context_push_thread_default (context);
  assert_refused (signal_server_listen (server, NULL, 0, &error), &error);
  assert_refused (signal_server_broadcast (server, "e", NULL, &error), &error);
  assert_refused (signal_server_send_to_user (server, "alice", "e", NULL, &error), &error);
  assert_refused (signal_server_send_to_room (server, "tea", "e", NULL, NULL, &error), &error);
  assert_refused (signal_server_send_to_peer (server, pair->peer, "e", NULL, &error), &error);
  signal_server_stop_async (server, NULL, on_stop_refused, &is_refused);
  while (!is_refused)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (SignalPeer) peer = take_peer (fixture);
  Pair pair = { fixture->server, peer };

  run_thread (call_everything, &pair);
  raw_client_assert_no_event (raw);
  g_assert_true (signal_server_send_to_peer (fixture->server, peer, "e", NULL, NULL));
  raw_client_wait_event (raw, "e");
}

static void
test_refused_of_resident (void)
{
  g_autoptr (Loop) loop = loop_new ();
  g_autoptr (RawClient) raw = NULL;
  Resident resident = { NULL };
  Pair pair;

  raw = resident_connect (&resident, loop);
  pair = (Pair) { resident.server, resident.peer };
  call_everything (&pair);
  g_assert_true (raw_client_is_open (raw));
  g_clear_object (&resident.server);
  WAIT_UNTIL (raw->closed);
  g_clear_object (&resident.peer);
  g_free (resident.uri);
}

static gpointer
close_peer (gpointer data)
{
  signal_peer_close (data, 4100, "enough");
  return NULL;
}

static void
test_close (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (SignalPeer) peer = take_peer (fixture);

  run_thread (close_peer, peer);
  raw_client_wait_closed (raw, 4100);
  g_assert_cmpstr (raw->reason, ==, "enough");
  WAIT_UNTIL (fixture->disconnected->len == 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/threads/drop/in-thread", test_drop_in_thread);
  g_test_add_func ("/server/threads/drop/while-running", test_drop_while_running);
  g_test_add_func ("/server/threads/drop/inside-message", test_drop_inside_message);
  g_test_add_func ("/server/threads/drop/of-resident", test_drop_of_resident);
  g_test_add_func ("/server/threads/drop/after-loop", test_drop_after_loop);
  g_test_add_func ("/server/threads/drop/of-peer", test_drop_of_peer);
  g_test_add_func ("/server/threads/refused", test_refused);
  g_test_add_func ("/server/threads/refused/of-resident", test_refused_of_resident);
  g_test_add_func ("/server/threads/close", test_close);

  return g_test_run ();
}
