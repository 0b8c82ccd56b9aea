/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"
#include "tests/histories/history.h"
#include "tests/lib/bus-cluster.h"

/* Clients of two servers on one Redis join and leave rooms, send, are cut off and come back, while their
 * servers and buses send to rooms, users and peers. What is right is only known from the history. */

#define CLIENTS 6

/* In seconds; tests/histories/run sets another one. */
#define DEFAULT_LIMIT "2"
#define LIMIT_VARIABLE "SIGNAL_TEST_SECONDS"

static const char * const rooms[] = { "tea", "coffee", "water" };
static const char * const users[] = { "alice", "bob" };

typedef struct
{
  BusCluster *cluster;
  Proxy      *proxies[2]; /* of each server */
  Recorder   *clients[CLIENTS];
  guint       n_sent;
} Storm;

/* A server does what a client asks it for. */
static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            gpointer       user_data)
{
  const char *event = signal_message_get_event (message);
  JsonNode *payload = signal_message_get_payload (message);

  if (signal_message_get_id (message) != NULL)
    signal_server_reply (server, peer, message, payload, NULL);
  else if (g_str_equal (event, "to-others"))
    signal_server_send_to_room (server, rooms[0], "from-another", payload, peer, NULL);
  else
    signal_server_send_to_peer (server, peer, event, payload, NULL);
}

static void
on_answered (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (SignalMessage) answer G_GNUC_UNUSED =
    signal_client_request_finish (SIGNAL_CLIENT (source), result, NULL);
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  signal_client_send_json_finish (SIGNAL_CLIENT (source), result, NULL);
}

static void
send_from_client (SignalClient *client,
                  const char   *json)
{
  switch (g_test_rand_int_range (0, 4))
    {
    case 0:
      signal_client_send_json (client, "echo", json, NULL);
      break;
    case 1:
      signal_client_send_json_async (client, "to-others", json, NULL, on_sent, NULL);
      break;
    case 2:
      signal_client_request_json_async (client, "ask", json, 1000, NULL, on_answered, NULL);
      break;
    default:
      signal_client_send_json (client, "to-others", json, NULL);
    }
}

static void
send_from_server (SignalServer *server,
                  const char   *json)
{
  const char *room = rooms[g_test_rand_int_range (0, G_N_ELEMENTS (rooms))];
  const char *user = users[g_test_rand_int_range (0, G_N_ELEMENTS (users))];
  GListModel *peers = signal_server_get_peers (server);
  guint n_peers = g_list_model_get_n_items (peers);
  g_autoptr (JsonNode) payload = parse_json (json);
  g_autoptr (SignalPeer) peer = NULL;

  if (n_peers > 0)
    peer = g_list_model_get_item (peers, (guint) g_test_rand_int_range (0, (gint32) n_peers));
  switch (g_test_rand_int_range (0, 5))
    {
    case 0:
      signal_server_send_to_room (server, room, "room", payload, NULL, NULL);
      break;
    case 1:
      signal_server_send_to_room (server, room, "others", payload, peer, NULL);
      break;
    case 2:
      signal_server_send_to_user (server, user, "user", payload, NULL);
      break;
    case 3:
      if (peer != NULL)
        signal_server_send_to_peer (server, peer, "peer", payload, NULL);
      break;
    default:
      signal_server_broadcast (server, "all", payload, NULL);
    }
}

static void
send_from_bus (SignalBus  *bus,
               Recorder   *one,
               const char *json)
{
  const char *room = rooms[g_test_rand_int_range (0, G_N_ELEMENTS (rooms))];
  const char *id = signal_client_get_client_id (one->client);
  const char * const except[] = { id, NULL };

  switch (g_test_rand_int_range (0, 4))
    {
    case 0:
      signal_bus_send_to_room_json (bus, room, "room", json, except, NULL);
      break;
    case 1:
      signal_bus_send_to_user_json (bus, users[0], "user", json, NULL);
      break;
    case 2:
      if (id != NULL)
        signal_bus_send_to_peer_json (bus, id, "peer", json, NULL);
      break;
    default:
      signal_bus_broadcast_json (bus, "all", json, except, NULL);
    }
}

static void
change_rooms (SignalClient *client)
{
  const char *names[] = { rooms[g_test_rand_int_range (0, G_N_ELEMENTS (rooms))], NULL };

  if (g_test_rand_int_range (0, 2) == 0)
    g_assert_true (signal_client_join_rooms (client, names, NULL));
  else
    g_assert_true (signal_client_leave_rooms (client, names, NULL));
}

static void
lose (Storm *storm)
{
  Proxy *proxy = storm->proxies[g_test_rand_int_range (0, 2)];

  switch (g_test_rand_int_range (0, 8))
    {
    case 0:
      mock_redis_reset_links (storm->cluster->mock);
      break;
    case 1:
    case 2:
    case 3:
      proxy_reset (proxy);
      break;
    default:
      proxy_cut (proxy);
    }
}

static void
step (Storm *storm)
{
  BusNode *node = storm->cluster->nodes[g_test_rand_int_range (0, 2)];
  Recorder *client = storm->clients[g_test_rand_int_range (0, CLIENTS)];
  g_autofree char *json = g_strdup_printf ("%u", storm->n_sent++);
  int what = g_test_rand_int_range (0, 1000);

  if (what < 3)
    lose (storm);
  else if (what < 50)
    change_rooms (client->client);
  else if (what < 300)
    send_from_client (client->client, json);
  else if (what < 700)
    send_from_server (node->server, json);
  else
    send_from_bus (node->bus, client, json);
}

static void
storm_begin (Storm *storm)
{
  const char * const first[] = { rooms[0], NULL };

  storm->cluster = bus_cluster_new ();
  for (guint i = 0; i < G_N_ELEMENTS (storm->proxies); i++)
    {
      Fixture *fixture = storm->cluster->nodes[i]->fixture;

      storm->proxies[i] = proxy_new (fixture->uri);
      g_signal_connect (fixture->server, "message", G_CALLBACK (on_message), NULL);
    }
  for (guint i = 0; i < CLIENTS; i++)
    {
      g_autofree char *token = g_strconcat (users[i / 2 % 2], "-secret", NULL);

      storm->clients[i] = recorder_new (storm->proxies[i % 2]->uri);
      g_object_set (storm->clients[i]->client,
                    "token", token,
                    "max-retries", G_MAXUINT,
                    "max-interval", 20,
                    "auto-join-rooms", i < CLIENTS / 2 ? first : NULL,
                    NULL);
      recorder_connect (storm->clients[i]);
    }
}

/* What was sent before has arrived or is lost when later messages of all senders have arrived. */
static void
storm_end (Storm *storm)
{
  for (guint i = 0; i < CLIENTS; i++)
    recorder_wait_connected (storm->clients[i]);
  for (guint i = 0; i < 2; i++)
    WAIT_UNTIL (signal_bus_get_connected (storm->cluster->nodes[i]->bus));
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (signal_server_broadcast (storm->cluster->nodes[i]->server, "end", NULL, NULL));
      g_assert_true (signal_bus_broadcast (storm->cluster->nodes[i]->bus, "end", NULL, NULL, NULL));
    }
  for (guint i = 0; i < CLIENTS; i++)
    WAIT_UNTIL (recorder_count_messages (storm->clients[i], "end") == 4);

  for (guint i = 0; i < CLIENTS; i++)
    {
      recorder_disconnect (storm->clients[i]);
      recorder_free (storm->clients[i]);
    }
  for (guint i = 0; i < 2; i++)
    proxy_free (storm->proxies[i]);
  bus_cluster_free (storm->cluster);
}

static void
test_rooms (void)
{
  const char *variable = g_getenv (LIMIT_VARIABLE);
  gint64 limit = g_ascii_strtoll (variable != NULL ? variable : DEFAULT_LIMIT, NULL, 10);
  gint64 end = g_get_monotonic_time () + limit * G_TIME_SPAN_SECOND;
  Storm storm = { 0 };

  storm_begin (&storm);
  while (g_get_monotonic_time () < end)
    {
      for (int i = g_test_rand_int_range (0, 5); i > 0; i--)
        step (&storm);
      run_for_a_moment ();
    }
  storm_end (&storm);
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);
  history_begin ();
  g_test_add_func ("/faults/rooms", test_rooms);
  return history_run ();
}
