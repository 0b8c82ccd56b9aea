/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/fixture.h"
#include "tests/lib/threads.h"
#include "tests/lib/utils.h"

/* Many clients and peers in one main context, most of whose sockets share a source. */
#define N_CLIENTS 24

typedef struct
{
  GPtrArray *clients;
  guint n_connected;
  guint n_received;
} Crowd;

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Crowd *crowd = user_data;
  g_autoptr (GError) error = NULL;

  signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error);
  g_assert_no_error (error);
  crowd->n_connected++;
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Crowd         *crowd)
{
  crowd->n_received++;
}

static Crowd *
crowd_new (const char *uri)
{
  Crowd *crowd = g_new0 (Crowd, 1);

  crowd->clients = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_autofree char *token = g_strdup_printf ("%u-secret", i);
      SignalClient *client = signal_client_new (uri, NULL);

      g_object_set (client, "max-retries", 0, NULL);
      g_signal_connect (client, "message::news", G_CALLBACK (on_message), crowd);
      g_ptr_array_add (crowd->clients, client);
      signal_client_connect_async (client, token, NULL, on_connected, crowd);
    }

  WAIT_UNTIL (crowd->n_connected == N_CLIENTS);
  return crowd;
}

static void
crowd_free (Crowd *crowd)
{
  for (guint i = 0; i < crowd->clients->len; i++)
    g_signal_handlers_disconnect_by_data (crowd->clients->pdata[i], crowd);
  g_ptr_array_unref (crowd->clients);
  g_free (crowd);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Crowd, crowd_free)

static void
crowd_send (Crowd *crowd)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      signal_client_send_json (crowd->clients->pdata[i], "question", "1", &error);
      g_assert_no_error (error);
    }
}

static guint
crowd_count_open (Crowd *crowd)
{
  guint n = 0;

  for (guint i = 0; i < N_CLIENTS; i++)
    n += signal_client_get_state (crowd->clients->pdata[i]) == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
  return n;
}

static void
test_traffic (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Crowd) crowd = crowd_new (fixture->uri);
  g_autoptr (GError) error = NULL;

  WAIT_UNTIL (fixture->connected->len == N_CLIENTS);
  crowd_send (crowd);
  WAIT_UNTIL (fixture->messages->len == N_CLIENTS);
  signal_server_broadcast (fixture->server, "news", NULL, &error);
  g_assert_no_error (error);
  WAIT_UNTIL (crowd->n_received == N_CLIENTS);
}

/* What was opened for a server and its peers is closed with them. */
static void
test_files (void)
{
  guint n_files = 0;

  for (guint i = 0; i < 3; i++)
    {
      Fixture *fixture = fixture_new ();
      Crowd *crowd = crowd_new (fixture->uri);

      crowd_free (crowd);
      WAIT_UNTIL (fixture->disconnected->len == fixture->connected->len);
      fixture_free (fixture);
      if (i == 0)
        n_files = count_open_fds ();
    }
  WAIT_UNTIL (count_open_fds () <= n_files);
}

/* The handler for whichever message is first closes all other peers, whose messages have arrived too. */
static void
close_others (SignalServer  *server,
              SignalPeer    *peer,
              SignalMessage *message,
              Fixture       *fixture)
{
  for (guint i = 0; i < fixture->connected->len; i++)
    if (fixture->connected->pdata[i] != peer)
      signal_peer_close (fixture->connected->pdata[i], 4000, NULL);
}

static void
test_close_others (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Crowd) crowd = crowd_new (fixture->uri);

  WAIT_UNTIL (fixture->connected->len == N_CLIENTS);
  g_signal_connect (fixture->server, "message", G_CALLBACK (close_others), fixture);
  crowd_send (crowd);
  WAIT_UNTIL (fixture->disconnected->len == N_CLIENTS - 1);
  WAIT_UNTIL (crowd_count_open (crowd) == 1);
  g_assert_cmpuint (fixture->messages->len, ==, 1);
}

static void
drop_server (SignalServer  *server,
             SignalPeer    *peer,
             SignalMessage *message,
             Fixture       *fixture)
{
  g_clear_object (&fixture->server);
}

static void
test_drop_server (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Crowd) crowd = crowd_new (fixture->uri);

  g_signal_connect (fixture->server, "message", G_CALLBACK (drop_server), fixture);
  crowd_send (crowd);
  WAIT_UNTIL (crowd_count_open (crowd) == 0);
  g_assert_cmpuint (fixture->messages->len, ==, 1);
}

/* The handler for the first message waits for the messages of all others, two of each. */
static void
wait_for_all (SignalServer  *server,
              SignalPeer    *peer,
              SignalMessage *message,
              Fixture       *fixture)
{
  g_signal_handlers_disconnect_by_func (server, wait_for_all, fixture);
  WAIT_UNTIL (fixture->messages->len == 2 * N_CLIENTS);
}

static void
test_nested_loop (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Crowd) crowd = crowd_new (fixture->uri);

  g_signal_connect (fixture->server, "message", G_CALLBACK (wait_for_all), fixture);
  crowd_send (crowd);
  crowd_send (crowd);
  WAIT_UNTIL (fixture->messages->len == 2 * N_CLIENTS);
}

/* The handler for the first message of each peer waits for the second one, which has arrived with it. */
static void
wait_for_second (SignalServer  *server,
                 SignalPeer    *peer,
                 SignalMessage *message,
                 Fixture       *fixture)
{
  gboolean is_second = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (peer), "has-sent"));

  g_object_set_data (G_OBJECT (peer), is_second ? "has-sent-twice" : "has-sent", GINT_TO_POINTER (TRUE));
  if (!is_second)
    WAIT_UNTIL (g_object_get_data (G_OBJECT (peer), "has-sent-twice") != NULL);
}

static void
test_deeply_nested_loops (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Crowd) crowd = crowd_new (fixture->uri);

  g_signal_connect (fixture->server, "message", G_CALLBACK (wait_for_second), fixture);
  crowd_send (crowd);
  crowd_send (crowd);
  WAIT_UNTIL (fixture->messages->len == 2 * N_CLIENTS);
}

/* One server in this main context as well, and one in that of a thread. */

static gboolean
create_fixture (gpointer user_data)
{
  *(Fixture **) user_data = fixture_new ();
  return G_SOURCE_REMOVE;
}

static gboolean
destroy_fixture (gpointer user_data)
{
  g_clear_pointer ((Fixture **) user_data, fixture_free);
  return G_SOURCE_REMOVE;
}

static gboolean
broadcast (gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  signal_server_broadcast ((*(Fixture **) user_data)->server, "news", NULL, &error);
  g_assert_no_error (error);
  return G_SOURCE_REMOVE;
}

static void
test_servers (void)
{
  g_autoptr (Loop) loop = loop_new ();
  g_autoptr (Fixture) first = fixture_new ();
  g_autoptr (Crowd) of_first = crowd_new (first->uri);
  Fixture *second = fixture_new ();
  Crowd *of_second = crowd_new (second->uri);
  Fixture *remote = NULL;
  Crowd *of_remote;

  loop_start (loop);
  loop_call (loop, create_fixture, &remote);
  of_remote = crowd_new (remote->uri);
  crowd_send (of_first);
  crowd_send (of_second);
  crowd_send (of_remote);
  WAIT_UNTIL (first->messages->len == N_CLIENTS && second->messages->len == N_CLIENTS);
  loop_call (loop, broadcast, &remote);
  WAIT_UNTIL (of_remote->n_received == N_CLIENTS);

  crowd_free (of_second);
  fixture_free (second);
  loop_call (loop, broadcast, &remote);
  broadcast (&first);
  WAIT_UNTIL (of_first->n_received == N_CLIENTS && of_remote->n_received == 2 * N_CLIENTS);

  loop_call (loop, destroy_fixture, &remote);
  WAIT_UNTIL (crowd_count_open (of_remote) == 0);
  crowd_free (of_remote);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/crowd/traffic", test_traffic);
  g_test_add_func ("/server/crowd/files", test_files);
  g_test_add_func ("/server/crowd/close-others", test_close_others);
  g_test_add_func ("/server/crowd/drop-server", test_drop_server);
  g_test_add_func ("/server/crowd/nested-loop", test_nested_loop);
  g_test_add_func ("/server/crowd/deeply-nested-loops", test_deeply_nested_loops);
  g_test_add_func ("/server/crowd/servers", test_servers);

  return g_test_run ();
}
