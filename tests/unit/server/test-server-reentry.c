/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/raw-client.h"

/* A handler may call any method of the server. */

typedef struct
{
  const char *signal;
  void      (*act) (Fixture    *fixture,
                    SignalPeer *peer);
  Fixture    *fixture;
  guint       n_calls;
} HandlerTest;

static void
run_action (HandlerTest *test,
            SignalPeer  *peer)
{
  if (test->n_calls++ == 0)
    test->act (test->fixture, peer);
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 HandlerTest  *test)
{
  run_action (test, peer);
  return g_strdup ("bob");
}

static gboolean
on_join (SignalServer *server,
         SignalPeer   *peer,
         const char   *room,
         HandlerTest  *test)
{
  run_action (test, peer);
  return TRUE;
}

static void
on_peer (SignalServer *server,
         SignalPeer   *peer,
         HandlerTest  *test)
{
  run_action (test, peer);
}

static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            HandlerTest   *test)
{
  run_action (test, peer);
}

static void
on_notify (SignalPeer  *peer,
           GParamSpec  *pspec,
           HandlerTest *test)
{
  run_action (test, peer);
}

static char *
record_rooms (SignalServer *server,
              SignalPeer   *peer,
              const char   *type,
              const char   *token,
              HandlerTest  *test)
{
  g_signal_connect (peer, "notify::rooms", G_CALLBACK (on_notify), test);
  return g_strdup ("bob");
}

static void
connect_handler (HandlerTest *test)
{
  const struct
  {
    const char *signal;
    GCallback   callback;
  } callbacks[] = {
    { "authenticate", G_CALLBACK (on_authenticate) },
    { "join", G_CALLBACK (on_join) },
    { "peer-connected", G_CALLBACK (on_peer) },
    { "peer-disconnected", G_CALLBACK (on_peer) },
    { "message", G_CALLBACK (on_message) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (callbacks); i++)
    if (g_str_equal (test->signal, callbacks[i].signal))
      g_signal_connect (test->fixture->server, test->signal, callbacks[i].callback, test);
  if (g_str_equal (test->signal, "notify::rooms"))
    g_signal_connect (test->fixture->server, "authenticate", G_CALLBACK (record_rooms), test);
}

static void
drop_server (Fixture    *fixture,
             SignalPeer *peer)
{
  g_clear_object (&fixture->server);
}

static void
dispose_server (Fixture    *fixture,
                SignalPeer *peer)
{
  g_object_run_dispose (G_OBJECT (fixture->server));
}

static void
stop_server (Fixture    *fixture,
             SignalPeer *peer)
{
  signal_server_stop_async (fixture->server, NULL, NULL, NULL);
}

static void
close_and_broadcast (Fixture    *fixture,
                     SignalPeer *peer)
{
  signal_server_broadcast (fixture->server, "news", NULL, NULL);
  signal_peer_close (peer, 1000, NULL);
  signal_server_broadcast (fixture->server, "news", NULL, NULL);
}

/* A client that connects, sends and disconnects, as far as it gets. */
static void
run_client (const char *uri,
            const char *token)
{
  g_autoptr (RawClient) raw = raw_client_new (uri);
  JsonObject *data;

  raw_client_authenticate (raw, token);
  WAIT_UNTIL (raw->closed || raw->envelopes->len > 0);
  if (raw->closed)
    return;

  data = json_object_get_object_member (json_node_get_object (raw->envelopes->pdata[0]), "data");
  if (json_object_has_member (data, "serverPublicKey"))
    raw_client_derive_key (raw, data);
  if (raw->key == NULL)
    return;

  raw_client_send_text (raw, "{\"event\":\"join\",\"data\":{\"rooms\":[\"a\",\"b\"]}}");
  raw_client_send_encrypted (raw, "{\"event\":\"chat\"}");
  run_for (20);
  if (raw_client_is_open (raw))
    soup_websocket_connection_close (raw->socket, 1000, NULL);
  WAIT_UNTIL (raw->closed);
}

static void
test_handler (gconstpointer data)
{
  const char * const signals[] = { "authenticate", "join", "peer-connected", "peer-disconnected",
                                   "message", "notify::rooms" };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autoptr (Fixture) fixture = fixture_new ();
      g_autoptr (RawClient) witness = raw_client_new_authenticated (fixture->uri, "secret");
      HandlerTest test = { signals[i], (gpointer) data, fixture, 0 };
      gpointer server = fixture->server;
      gboolean is_asked_first = i == 0 || i == G_N_ELEMENTS (signals) - 1;

      g_object_add_weak_pointer (server, &server);
      connect_handler (&test);
      run_client (fixture->uri, is_asked_first ? "for the trap" : "bob-secret");
      WAIT_UNTIL (test.n_calls > 0);
      run_for (5);
      if ((gpointer) data == drop_server)
        {
          WAIT_UNTIL (server == NULL);
          WAIT_UNTIL (witness->closed);
          g_assert_cmpuint (fixture->connected->len, ==, is_asked_first ? 1 : 2);
        }
      g_clear_weak_pointer (&server);
      if ((gpointer) data == stop_server)
        WAIT_UNTIL (witness->closed);
    }
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (signal_server_stop_finish (SIGNAL_SERVER (source), result, NULL));
  g_clear_object (&fixture->server);
}

static void
test_drop_when_stopped (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  G_GNUC_UNUSED g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  gpointer server = fixture->server;

  g_object_add_weak_pointer (server, &server);
  signal_server_stop_async (fixture->server, NULL, on_stopped, fixture);
  WAIT_UNTIL (server == NULL);
}

/* A peer can exist for longer than its server. */
static void
test_peer_outlives_server (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (SignalPeer) peer = NULL;

  WAIT_UNTIL (fixture->connected->len == 1);
  peer = g_object_ref (fixture->connected->pdata[0]);
  g_clear_object (&fixture->server);
  WAIT_UNTIL (raw->closed);
  signal_peer_close (peer, 1000, NULL);
  g_assert_cmpstr (signal_peer_get_user_id (peer), ==, "alice");
  g_assert_cmpuint (fixture->disconnected->len, ==, 0);
}

typedef struct
{
  GAsyncQueue *uris;
  int          over;
} ServerThread;

static gpointer
run_server (gpointer user_data)
{
  ServerThread *thread_data = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  SignalServer *server;

  g_main_context_push_thread_default (context);
  server = g_object_new (SIGNAL_TYPE_SERVER, "auth-timeout", 50, NULL);
  g_assert_true (signal_server_listen (server, NULL, 0, NULL));
  g_async_queue_push (thread_data->uris, signal_server_get_uri (server));
  while (!g_atomic_int_get (&thread_data->over))
    {
      g_main_context_iteration (context, FALSE);
      g_usleep (500);
    }
  g_assert_finalize_object (server);
  g_main_context_pop_thread_default (context);
  return NULL;
}

/* A server uses the thread-default main context of its construction. */
static void
test_thread (void)
{
  ServerThread thread_data = { g_async_queue_new_full (g_free), FALSE };
  GThread *thread = g_thread_new ("server", run_server, &thread_data);
  g_autofree char *uri = g_async_queue_timeout_pop (thread_data.uris, 10 * G_TIME_SPAN_SECOND);
  g_autoptr (RawClient) raw = raw_client_new (uri);

  raw_client_wait_closed (raw, 4001);
  g_atomic_int_set (&thread_data.over, TRUE);
  g_thread_join (thread);
  g_async_queue_unref (thread_data.uris);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/server/reentry/drop", drop_server, test_handler);
  g_test_add_data_func ("/server/reentry/dispose", dispose_server, test_handler);
  g_test_add_data_func ("/server/reentry/stop", stop_server, test_handler);
  g_test_add_data_func ("/server/reentry/close", close_and_broadcast, test_handler);
  g_test_add_func ("/server/reentry/drop-when-stopped", test_drop_when_stopped);
  g_test_add_func ("/server/peer-outlives-server", test_peer_outlives_server);
  g_test_add_func ("/server/thread", test_thread);

  return g_test_run ();
}
