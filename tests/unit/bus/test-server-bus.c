/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/histories/history.h"
#include "tests/lib/bus-cluster.h"
#include "tests/lib/raw-client.h"

#include <string.h>

/* Several servers on one Redis: who receives what, once, and which channels are subscribed to. */

static const char *
get_id (Recorder *client)
{
  return signal_client_get_client_id (client->client);
}

static void
test_rooms (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  Recorder *bob = bus_cluster_add_client (cluster, 1, "bob");
  Recorder *carol = bus_cluster_add_client (cluster, 1, "carol");
  SignalServer *first = cluster->nodes[0]->server;
  SignalServer *second = cluster->nodes[1]->server;

  bus_cluster_join (cluster, 0, alice, "tea");
  bus_cluster_join (cluster, 1, bob, "tea");
  bus_cluster_join (cluster, 1, carol, "a \"room\" for é");
  g_assert_true (signal_server_send_to_room (first, "tea", "1", NULL, NULL, NULL));
  g_assert_true (signal_server_send_to_room (second, "tea", "2", NULL, NULL, NULL));
  g_assert_true (signal_server_send_to_room (first, "a \"room\" for é", "3", NULL, NULL, NULL));
  g_assert_true (signal_server_send_to_room (first, "nobody's", "4", NULL, NULL, NULL));
  g_assert_true (signal_server_send_to_room (first, "ws-default", "5", NULL, NULL, NULL));
  g_assert_true (signal_bus_send_to_room (cluster->nodes[0]->bus, "tea", "6", NULL, NULL, NULL));
  g_assert_true (signal_server_send_to_room (first, get_id (bob), "7", NULL, NULL, NULL));
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "1256");
  bus_cluster_assert_events (cluster, 1, "12567");
  bus_cluster_assert_events (cluster, 2, "35");
  g_assert_cmpuint (cluster->mock->n_published, ==, 7 + 2);
  bus_cluster_assert_quiet (cluster);
}

/* A room without members on the server that sends, and a payload. */
static void
test_emptied_room (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  Recorder *bob = bus_cluster_add_client (cluster, 1, "bob");
  g_autoptr (JsonNode) payload = parse_json ("{\"n\":[1,2]}");

  bus_cluster_join (cluster, 1, bob, "tea");
  g_assert_true (signal_server_send_to_room (cluster->nodes[0]->server, "tea", "e", payload, NULL, NULL));
  recorder_assert_message (bob, "e", "{\"n\":[1,2]}");
}

static void
test_users (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();

  bus_cluster_add_client (cluster, 0, "alice");
  bus_cluster_add_client (cluster, 1, "alice");
  bus_cluster_add_client (cluster, 1, "alice");
  bus_cluster_add_client (cluster, 1, "bob");
  g_assert_true (signal_server_send_to_user (cluster->nodes[0]->server, "alice", "1", NULL, NULL));
  g_assert_true (signal_server_send_to_user (cluster->nodes[1]->server, "alice", "2", NULL, NULL));
  g_assert_true (signal_server_send_to_user (cluster->nodes[0]->server, "bob", "3", NULL, NULL));
  g_assert_true (signal_server_send_to_user (cluster->nodes[1]->server, "nobody", "4", NULL, NULL));
  g_assert_true (signal_bus_send_to_user (cluster->nodes[1]->bus, "alice", "5", NULL, NULL));
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "125");
  bus_cluster_assert_events (cluster, 1, "125");
  bus_cluster_assert_events (cluster, 2, "125");
  bus_cluster_assert_events (cluster, 3, "3");
  bus_cluster_assert_quiet (cluster);
}

static void
test_peers (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  Recorder *bob = bus_cluster_add_client (cluster, 1, "bob");
  SignalBus *bus = cluster->nodes[0]->bus;
  SignalPeer *peer = bus_node_get_peer (cluster->nodes[0], alice);

  g_assert_true (signal_bus_send_to_peer (bus, get_id (alice), "1", NULL, NULL));
  g_assert_true (signal_bus_send_to_peer (bus, get_id (bob), "2", NULL, NULL));
  g_assert_true (signal_bus_send_to_peer_json (bus, get_id (bob), "3", "1.0", NULL));
  g_assert_true (signal_bus_send_to_peer (bus, "nobody", "4", NULL, NULL));
  g_assert_cmpuint (signal_bus_get_messages_published (bus), ==, 4);

  /* A peer of this server is only here. */
  g_assert_true (signal_server_send_to_peer (cluster->nodes[0]->server, peer, "5", NULL, NULL));
  g_assert_cmpuint (signal_bus_get_messages_published (bus), ==, 4);
  recorder_assert_message (bob, "3", "1.0");
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "15");
  bus_cluster_assert_events (cluster, 1, "2");
  bus_cluster_assert_quiet (cluster);
}

static void
test_broadcast (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (BusRecorder) emitter = bus_recorder_new (cluster->mock->uri);

  bus_cluster_add_client (cluster, 0, "alice");
  bus_cluster_add_client (cluster, 1, "bob");
  bus_recorder_connect (emitter);
  g_assert_true (signal_server_broadcast (cluster->nodes[0]->server, "1", NULL, NULL));
  g_assert_true (signal_server_broadcast (cluster->nodes[1]->server, "2", NULL, NULL));
  g_assert_true (signal_bus_broadcast (cluster->nodes[1]->bus, "3", NULL, NULL, NULL));
  g_assert_true (signal_bus_broadcast (emitter->bus, "4", NULL, NULL, NULL));
  bus_recorder_close (emitter);
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "1234");
  bus_cluster_assert_events (cluster, 1, "1234");
  bus_cluster_assert_quiet (cluster);
}

static void
test_except (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  Recorder *bob = bus_cluster_add_client (cluster, 1, "bob");
  Recorder *carol = bus_cluster_add_client (cluster, 1, "carol");
  const char * const both[] = { get_id (alice), get_id (bob), "another", NULL };
  const char * const nobody[] = { NULL };
  SignalServer *first = cluster->nodes[0]->server;
  SignalServer *second = cluster->nodes[1]->server;
  SignalPeer *peer = bus_node_get_peer (cluster->nodes[0], alice);
  SignalBus *bus = cluster->nodes[0]->bus;

  bus_cluster_join (cluster, 0, alice, "tea");
  bus_cluster_join (cluster, 1, bob, "tea");
  bus_cluster_join (cluster, 1, carol, "tea");
  g_assert_true (signal_server_send_to_room (first, "tea", "1", NULL, peer, NULL));
  g_assert_true (signal_server_send_to_room (second, "tea", "2", NULL, peer, NULL));
  g_assert_true (signal_bus_send_to_room (bus, "tea", "3", NULL, both, NULL));
  g_assert_true (signal_bus_broadcast (bus, "4", NULL, both, NULL));
  g_assert_true (signal_bus_broadcast (bus, "5", NULL, nobody, NULL));
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "5");
  bus_cluster_assert_events (cluster, 1, "125");
  bus_cluster_assert_events (cluster, 2, "12345");
  bus_cluster_assert_quiet (cluster);
}

/* Each peer receives the message as it has agreed on with its server. */
static void
test_encryption (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (RawClient) encrypted = NULL;
  g_autoptr (RawClient) plain = NULL;
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) second = NULL;

  g_object_set (cluster->nodes[1]->server, "require-encryption", FALSE, NULL);
  encrypted = raw_client_new_authenticated (cluster->nodes[1]->fixture->uri, "bob-secret");
  plain = raw_client_new_plain (cluster->nodes[1]->fixture->uri, "carol-secret");
  g_assert_true (signal_bus_broadcast_json (cluster->nodes[0]->bus, "e", "{\"a\":1}", NULL, NULL));
  first = raw_client_wait_event (encrypted, "e");
  second = raw_client_wait_event (plain, "e");
  g_assert_cmpint (json_object_get_int_member (first, "a"), ==, 1);
  g_assert_cmpint (json_object_get_int_member (second, "a"), ==, 1);
  g_assert_cmpuint (encrypted->n_encrypted, ==, 1);
  g_assert_cmpuint (plain->n_encrypted, ==, 0);
  g_assert_cmpstr (plain->frames->pdata[plain->frames->len - 1], ==, "{\"event\":\"e\",\"data\":{\"a\":1}}");
  raw_client_assert_no_event (encrypted);
  raw_client_assert_no_event (plain);
}

/* A client that has not authenticated hears nothing. */
static void
test_unauthenticated (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (RawClient) raw = raw_client_new (cluster->nodes[1]->fixture->uri);

  bus_cluster_add_client (cluster, 1, "bob");
  g_assert_true (signal_server_broadcast (cluster->nodes[0]->server, "1", NULL, NULL));
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "1");
  raw_client_assert_no_event (raw);
}

static gboolean
has_channels (MockRedis  *mock,
              const char *expected)
{
  g_autofree char *channels = mock_redis_dup_channels (mock);

  return g_str_equal (channels, expected);
}

static void
wait_channels (MockRedis  *mock,
               const char *expected)
{
  g_autofree char *channels = NULL;

  for (guint i = 0; i < 1000 && !has_channels (mock, expected); i++)
    run_for_a_moment ();
  channels = mock_redis_dup_channels (mock);
  g_assert_cmpstr (channels, ==, expected);
}

/* What is subscribed to for one client, without rooms of its own choice. */
static char *
dup_channels_of (Recorder   *client,
                 const char *rooms,
                 const char *user)
{
  return g_strdup_printf ("ws:broadcast ws:client:%s ws:room:%s %sws:room:ws-default ws:room:ws-notification "
                          "ws:user:%s", get_id (client), get_id (client), rooms, user);
}

static void
leave (Recorder   *client,
       const char *room)
{
  const char * const rooms[] = { room, NULL };

  g_assert_true (signal_client_leave_rooms (client->client, rooms, NULL));
}

/* There is a subscription while there is somebody who needs it, and no other. */
static void
test_subscriptions (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (RawClient) raw G_GNUC_UNUSED = raw_client_new (cluster->nodes[0]->fixture->uri);
  g_autofree char *none = NULL;
  g_autofree char *with_room = NULL;
  g_autofree char *others = NULL;
  Recorder *alice, *other;

  wait_channels (cluster->mock, "");
  alice = bus_cluster_add_client (cluster, 0, "alice");
  none = dup_channels_of (alice, "", "alice");
  with_room = dup_channels_of (alice, "ws:room:tea ", "alice");
  wait_channels (cluster->mock, none);

  bus_cluster_join (cluster, 0, alice, "tea");
  wait_channels (cluster->mock, with_room);
  leave (alice, "tea");
  wait_channels (cluster->mock, none);

  other = bus_cluster_add_client (cluster, 0, "alice");
  bus_cluster_join (cluster, 0, alice, "tea");
  bus_cluster_join (cluster, 0, other, "tea");
  leave (alice, "tea");
  others = dup_channels_of (other, "ws:room:tea ", "alice");
  recorder_disconnect (alice);
  wait_channels (cluster->mock, others);
  recorder_disconnect (other);
  wait_channels (cluster->mock, "");
  g_assert_cmpint (mock_redis_find_command (cluster->mock, "PSUBSCRIBE", 0), ==, -1);
  bus_cluster_assert_quiet (cluster);
}

/* A member that comes while the last one goes. */
static void
test_resubscribed (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");

  for (guint i = 0; i < 20; i++)
    {
      bus_cluster_join (cluster, 0, alice, "tea");
      leave (alice, "tea");
      if (i % 2 > 0)
        run_for (i);
    }
  bus_cluster_join (cluster, 0, alice, "tea");
  run_for (20);
  g_assert_true (signal_server_send_to_room (cluster->nodes[1]->server, "tea", "1", NULL, NULL, NULL));
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "1");
}

typedef struct
{
  MockRedis *mock;
  guint n_connected;
} Watch;

static void
on_client_connected (SignalClient *client,
                     const char   *client_id,
                     Watch        *watch)
{
  g_autofree char *channels = NULL;
  g_autofree char *expected = g_strdup_printf ("ws:broadcast ws:client:%s ws:room:%s ws:room:lobby "
                                               "ws:room:ws-default ws:room:ws-notification ws:user:alice",
                                               client_id, client_id);

  mock_redis_drain (watch->mock);
  channels = mock_redis_dup_channels (watch->mock);
  g_assert_cmpstr (channels, ==, expected);
  watch->n_connected++;
}

/* Whoever is connected hears everything. */
static void
test_subscribed_before_connected (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  const char * const rooms[] = { "lobby", NULL };
  Watch watch = { cluster->mock, 0 };

  g_object_set (cluster->nodes[0]->server, "default-rooms", rooms, NULL);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (Recorder) client = recorder_new (cluster->nodes[0]->fixture->uri);

      wait_channels (cluster->mock, "");
      g_object_set (client->client, "token", "alice-secret", NULL);
      g_signal_connect (client->client, "connected", G_CALLBACK (on_client_connected), &watch);
      recorder_connect (client);
      recorder_disconnect (client);
    }
  g_assert_cmpuint (watch.n_connected, ==, 10);

  /* One command for each. */
  g_assert_cmpuint (mock_redis_count_commands (cluster->mock, "SUBSCRIBE"), ==, 10);
}

static Recorder *
start_client (BusCluster *cluster)
{
  Recorder *client = recorder_new (cluster->nodes[0]->fixture->uri);

  g_object_set (client->client, "token", "alice-secret", NULL);
  signal_client_connect_async (client->client, NULL, NULL, NULL, NULL);
  WAIT_UNTIL (signal_client_get_state (client->client) == SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  return client;
}

/* A client is connected when Redis has processed the subscriptions, and not before. */
static void
test_confirmed_before_connected (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (Recorder) client = NULL;

  mock_redis_freeze (cluster->mock, TRUE);
  client = start_client (cluster);
  run_for (200);
  g_assert_cmpuint (client->n_connected, ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (signal_server_get_peers (cluster->nodes[0]->server)), ==, 0);

  mock_redis_freeze (cluster->mock, FALSE);
  WAIT_UNTIL (client->n_connected == 1);
  g_assert_true (signal_bus_broadcast (cluster->nodes[1]->bus, "e", NULL, NULL, NULL));
  recorder_assert_message (client, "e", NULL);
  recorder_disconnect (client);
  wait_channels (cluster->mock, "");
}

/* A Redis that hangs delays clients only for a moment, in which they may disconnect. */
static void
test_connected_while_hung (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (Recorder) client = NULL;
  g_autoptr (Recorder) impatient = NULL;

  mock_redis_freeze (cluster->mock, TRUE);
  impatient = start_client (cluster);
  client = start_client (cluster);
  recorder_disconnect (impatient);
  WAIT_UNTIL (client->n_connected == 1);
  g_assert_cmpuint (impatient->n_connected, ==, 0);
  g_assert_true (signal_server_broadcast (cluster->nodes[0]->server, "e", NULL, NULL));
  recorder_assert_message (client, "e", NULL);

  recorder_disconnect (client);
  mock_redis_freeze (cluster->mock, FALSE);
  wait_channels (cluster->mock, "");
}

/* The connection to Redis is lost, the bus is removed, or the server is dropped while clients wait. */
static void
test_waiting_ends (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (Recorder) one = NULL;
  g_autoptr (Recorder) two = NULL;
  g_autoptr (Recorder) three = NULL;
  BusNode *node = cluster->nodes[0];

  mock_redis_freeze (cluster->mock, TRUE);
  one = start_client (cluster);
  mock_redis_freeze (cluster->mock, FALSE);
  mock_redis_kill_links (cluster->mock);
  WAIT_UNTIL (one->n_connected == 1);
  bus_recorder_wait_error (node->recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  bus_recorder_wait_error (cluster->nodes[1]->recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  WAIT_UNTIL (signal_bus_get_connected (node->bus));

  mock_redis_freeze (cluster->mock, TRUE);
  two = start_client (cluster);
  signal_server_set_bus (node->server, NULL);
  WAIT_UNTIL (two->n_connected == 1);
  signal_server_set_bus (node->server, node->bus);

  three = start_client (cluster);
  recorder_disconnect (one);
  recorder_disconnect (two);
  mock_redis_freeze (cluster->mock, FALSE);
  WAIT_UNTIL (three->n_connected == 1);
  recorder_disconnect (three);
  wait_channels (cluster->mock, "");
}

static void
on_bus_connected (SignalBus  *bus,
                  GParamSpec *pspec,
                  BusCluster *cluster)
{
  g_autofree char *channels = mock_redis_dup_channels (cluster->mock);

  if (!signal_bus_get_connected (bus))
    return;

  g_assert_nonnull (strstr (channels, "ws:room:tea "));
  g_assert_true (signal_server_send_to_room (cluster->nodes[0]->server, "tea", "3", NULL, NULL, NULL));
}

/* The subscriptions are there again before the first message is published. */
static void
test_restart (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  Recorder *bob = bus_cluster_add_client (cluster, 1, "bob");
  MockRedis *mock = cluster->mock;
  guint begin;

  bus_cluster_join (cluster, 0, alice, "tea");
  bus_cluster_join (cluster, 1, bob, "tea");
  mock_redis_stop (mock);
  WAIT_UNTIL (cluster->nodes[0]->recorder->n_lost == 1 && cluster->nodes[1]->recorder->n_lost == 1);

  /* Meanwhile each server is alone, and what it sends is not published later. */
  g_assert_true (signal_server_send_to_room (cluster->nodes[0]->server, "tea", "1", NULL, NULL, NULL));
  g_assert_true (signal_server_broadcast (cluster->nodes[1]->server, "2", NULL, NULL));
  g_signal_connect (cluster->nodes[0]->bus, "notify::connected", G_CALLBACK (on_bus_connected), cluster);
  begin = mock->commands->len;
  mock_redis_start (mock);
  WAIT_WITHIN (3, mock->n_published == 1);
  bus_recorder_wait_connected (cluster->nodes[0]->recorder, 2);
  bus_recorder_wait_connected (cluster->nodes[1]->recorder, 2);
  g_assert_cmpint (mock_redis_find_command (mock, "SUBSCRIBE", begin), <,
                   mock_redis_find_command (mock, "PUBLISH", begin));

  g_assert_true (signal_server_send_to_room (cluster->nodes[1]->server, "tea", "4", NULL, NULL, NULL));
  bus_cluster_settle (cluster);
  WAIT_UNTIL (alice->messages->len >= 3 + 2);
  recorder_wait_message (alice, "3");
  bus_cluster_assert_events (cluster, 0, "14");
  g_assert_cmpuint (recorder_count_messages (bob, "1"), ==, 0);
  g_assert_cmpuint (recorder_count_messages (bob, "2"), ==, 1);
  g_assert_cmpuint (recorder_count_messages (bob, "4"), ==, 1);
  g_assert_cmpuint (mock->n_published, ==, 1 + 1 + 2);
  g_signal_handlers_disconnect_by_data (cluster->nodes[0]->bus, cluster);
}

/* A Redis that hangs holds nothing up; what it does not take is dropped, and that is said once. */
static void
test_hung (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  BusNode *node = cluster->nodes[0];
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  Recorder *bob = bus_cluster_add_client (cluster, 1, "bob");
  g_autofree char *filler = g_strnfill (100000, 'x');
  g_autoptr (JsonNode) payload = json_node_init_string (json_node_alloc (), filler);
  guint n_sent = 0;

  signal_bus_set_max_backlog (node->bus, 200000);
  mock_redis_freeze (cluster->mock, TRUE);
  while (signal_bus_get_messages_dropped (node->bus) < 3 && n_sent < 1000)
    {
      g_assert_true (signal_server_broadcast (node->server, "e", payload, NULL));
      n_sent++;
      WAIT_UNTIL (alice->messages->len == n_sent);
    }
  g_assert_cmpuint (signal_bus_get_messages_dropped (node->bus), ==, 3);
  g_assert_cmpuint (signal_bus_get_messages_published (node->bus), ==, n_sent - 3);
  bus_recorder_wait_error (node->recorder, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);

  mock_redis_freeze (cluster->mock, FALSE);
  WAIT_UNTIL (bob->messages->len == n_sent - 3);
  g_assert_true (signal_server_broadcast (node->server, "after", NULL, NULL));
  recorder_assert_message (bob, "after", NULL);
  g_assert_cmpuint (node->recorder->errors->len, ==, 0);
  g_assert_cmpuint (node->recorder->n_lost, ==, 0);
}

/* A server whose bus has never been connected serves its own clients, and joins the others later. */
static void
test_no_redis (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (MockRedis) later = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (later->uri);
  g_autoptr (BusRecorder) emitter = bus_recorder_new (later->uri);
  BusNode *node = cluster->nodes[0];
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");

  mock_redis_stop (later);
  bus_recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_object_set (node->server, "bus", recorder->bus, NULL);
  g_assert_true (signal_server_broadcast (node->server, "1", NULL, NULL));
  recorder_assert_message (alice, "1", NULL);

  mock_redis_start (later);
  bus_recorder_wait_connected (recorder, 1);
  bus_recorder_connect (emitter);
  g_assert_true (signal_bus_broadcast (emitter->bus, "2", NULL, NULL, NULL));
  recorder_assert_message (alice, "2", NULL);
  g_object_set (node->server, "bus", node->bus, NULL);
}

/* The names do not fit into one command. */
static void
test_many_rooms (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  g_autoptr (GPtrArray) rooms = g_ptr_array_new_with_free_func (g_free);
  MockRedis *mock = cluster->mock;
  guint begin;

  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (rooms, g_strdup_printf ("room-%u", i));
  g_ptr_array_add (rooms, NULL);
  g_assert_true (signal_client_join_rooms (alice->client, (const char * const *) rooms->pdata, NULL));
  WAIT_UNTIL (mock_redis_count_subscribers (mock, "ws:room:room-999") == 1);

  begin = mock->commands->len;
  mock_redis_kill_links (mock);
  bus_recorder_wait_connected (cluster->nodes[0]->recorder, 2);
  bus_recorder_wait_connected (cluster->nodes[1]->recorder, 2);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *channel = g_strconcat ("ws:room:", rooms->pdata[i], NULL);

      g_assert_cmpuint (mock_redis_count_subscribers (mock, channel), ==, 1);
    }
  for (guint i = begin; i < mock->commands->len; i++)
    {
      g_auto (GStrv) words = g_strsplit (mock->commands->pdata[i], " ", -1);

      g_assert_cmpuint (g_strv_length (words), <=, 513);
    }
}

static void
test_order (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();

  bus_cluster_add_client (cluster, 0, "alice");
  bus_cluster_add_client (cluster, 1, "bob");
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (JsonNode) payload = json_node_init_int (json_node_alloc (), i);

      g_assert_true (signal_server_send_to_room (cluster->nodes[0]->server, "ws-default", "e", payload, NULL,
                                                 NULL));
      if (i % 100 == 0)
        run_for_a_moment ();
    }
  bus_cluster_settle (cluster);
  for (guint i = 0; i < 2; i++)
    {
      Recorder *client = cluster->clients->pdata[i];

      g_assert_cmpuint (recorder_count_messages (client, "e"), ==, 1000);
      for (guint j = 0, n = 0; j < client->messages->len; j++)
        if (g_str_equal (signal_message_get_event (client->messages->pdata[j]), "e"))
          {
            g_autofree char *expected = g_strdup_printf ("%u", n++);

            g_assert_cmpstr (signal_message_get_payload_json (client->messages->pdata[j]), ==, expected);
          }
    }
  bus_cluster_assert_quiet (cluster);
}

/* The bus is set, replaced and taken away while clients are connected. */
static void
test_set_bus (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  BusNode *node = cluster->nodes[0];
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  g_autofree char *channels = dup_channels_of (alice, "", "alice");
  g_autoptr (SignalBus) got = NULL;
  guint n_notified = 0;

  g_signal_connect (node->server, "notify::bus", G_CALLBACK (count_notify), &n_notified);
  wait_channels (cluster->mock, channels);
  g_object_set (node->server, "bus", NULL, NULL);
  wait_channels (cluster->mock, "");
  g_assert_true (signal_server_broadcast (node->server, "1", NULL, NULL));
  g_assert_true (signal_server_broadcast (cluster->nodes[1]->server, "2", NULL, NULL));

  bus_recorder_connect (recorder);
  g_object_set (node->server, "bus", recorder->bus, NULL);
  g_object_get (node->server, "bus", &got, NULL);
  g_assert_true (got == recorder->bus);
  wait_channels (mock, channels);
  g_assert_true (signal_server_broadcast (node->server, "3", NULL, NULL));
  WAIT_UNTIL (mock->n_published == 1);

  g_object_set (node->server, "bus", node->bus, NULL);
  wait_channels (mock, "");
  wait_channels (cluster->mock, channels);
  g_object_set (node->server, "bus", node->bus, NULL);
  g_assert_cmpuint (n_notified, ==, 3);
  g_assert_true (signal_server_broadcast (cluster->nodes[1]->server, "4", NULL, NULL));
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "134");
  g_assert_cmpuint (mock->n_published, ==, 1);
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_assert_true (signal_server_stop_finish (SIGNAL_SERVER (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

/* The subscriptions of a server end with its clients, and the bus goes on. */
static void
test_stop (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  BusNode *node = cluster->nodes[0];
  gboolean is_stopped = FALSE;

  g_object_set (bus_cluster_add_client (cluster, 0, "alice")->client, "max-retries", 0, NULL);
  signal_server_stop_async (node->server, NULL, on_stopped, &is_stopped);
  WAIT_UNTIL (is_stopped);
  wait_channels (cluster->mock, "");
  g_assert_true (signal_bus_get_connected (node->bus));
  g_assert_true (signal_bus_broadcast (node->bus, "e", NULL, NULL, NULL));
  WAIT_UNTIL (cluster->mock->n_published == 1);
  bus_cluster_assert_quiet (cluster);
}

/* So they do when the server is dropped. */
static void
test_drop (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  BusNode *node = cluster->nodes[0];

  g_object_set (bus_cluster_add_client (cluster, 0, "alice")->client, "max-retries", 0, NULL);
  node->server = NULL;
  g_ptr_array_set_size (node->fixture->connected, 0);
  g_assert_finalize_object (g_steal_pointer (&node->fixture->server));
  wait_channels (cluster->mock, "");
  g_assert_true (signal_bus_broadcast (node->bus, "e", NULL, NULL, NULL));
  WAIT_UNTIL (cluster->mock->n_published == 1);
}

/* The bus is closed, and the server goes on; connecting it again brings the subscriptions back. */
static void
test_close (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  BusNode *node = cluster->nodes[0];
  Recorder *alice = bus_cluster_add_client (cluster, 0, "alice");
  g_autofree char *channels = dup_channels_of (alice, "", "alice");

  bus_recorder_close (node->recorder);
  wait_channels (cluster->mock, "");
  g_assert_true (signal_server_broadcast (node->server, "1", NULL, NULL));
  recorder_assert_message (alice, "1", NULL);
  bus_recorder_connect (node->recorder);
  g_assert_true (has_channels (cluster->mock, channels));
}

/* Two servers in one process can have the same bus. */
static void
test_shared (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  g_autoptr (Fixture) fixture = fixture_new ();
  BusNode *node = cluster->nodes[0];
  g_autoptr (Recorder) dave = recorder_new (fixture->uri);
  Recorder *alice, *bob;

  g_object_set (fixture->server, "bus", node->bus, NULL);
  g_object_set (dave->client, "token", "alice-secret", NULL);
  recorder_connect (dave);
  alice = bus_cluster_add_client (cluster, 0, "alice");
  bob = bus_cluster_add_client (cluster, 1, "bob");
  g_assert_cmpuint (mock_redis_count_subscribers (cluster->mock, "ws:user:alice"), ==, 1);

  g_assert_true (signal_server_broadcast (node->server, "1", NULL, NULL));
  g_assert_true (signal_server_send_to_user (fixture->server, "alice", "2", NULL, NULL));
  g_assert_true (signal_bus_send_to_room (node->bus, "ws-default", "3", NULL, NULL, NULL));
  g_assert_true (signal_bus_send_to_peer (cluster->nodes[1]->bus, get_id (dave), "4", NULL, NULL));
  g_assert_cmpuint (signal_bus_get_messages_published (node->bus), ==, 3);
  bus_cluster_settle (cluster);
  WAIT_UNTIL (recorder_count_messages (dave, "end") == 2);
  g_assert_cmpuint (dave->messages->len, ==, 4 + 2);
  bus_cluster_assert_events (cluster, 0, "123");
  bus_cluster_assert_events (cluster, 1, "13");
  g_assert_cmpuint (alice->errors->len + bob->errors->len, ==, 0);

  /* What the other one still needs stays. */
  recorder_disconnect (alice);
  run_for (50);
  g_assert_true (signal_bus_send_to_user (cluster->nodes[1]->bus, "alice", "5", NULL, NULL));
  recorder_assert_message (dave, "5", NULL);
  recorder_disconnect (dave);
  WAIT_UNTIL (mock_redis_count_subscribers (cluster->mock, "ws:user:alice") == 0);
}

/* Two applications on one Redis do not hear each other. */
static void
test_prefix (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new_prefixed ("app:");

  bus_cluster_add_client (cluster, 0, "alice");
  bus_cluster_add_client (cluster, 1, "bob");
  g_assert_cmpuint (mock_redis_count_subscribers (cluster->mock, "app:ws:broadcast"), ==, 2);
  g_assert_cmpuint (mock_redis_count_subscribers (cluster->mock, "ws:broadcast"), ==, 0);
  g_assert_cmpuint (mock_redis_inject (cluster->mock, "ws:broadcast",
                                       "{\"serverId\":\"s\",\"type\":\"broadcast\",\"event\":\"1\"}"), ==, 0);
  g_assert_true (signal_server_broadcast (cluster->nodes[0]->server, "2", NULL, NULL));
  bus_cluster_settle (cluster);
  bus_cluster_assert_events (cluster, 0, "2");
  bus_cluster_assert_events (cluster, 1, "2");
}

/* Redis does not permit a channel: that is said. */
static void
test_denied (void)
{
  g_autoptr (BusCluster) cluster = bus_cluster_new ();
  BusNode *node = cluster->nodes[0];

  cluster->mock->denied_channel = "ws:user:alice";
  bus_cluster_add_client (cluster, 0, "alice");
  bus_recorder_wait_error (node->recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  bus_recorder_close (node->recorder);
  bus_recorder_connect_fails (node->recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  cluster->mock->denied_channel = NULL;
  bus_recorder_wait_connected (node->recorder, 2);
  g_assert_cmpuint (mock_redis_count_subscribers (cluster->mock, "ws:user:alice"), ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  history_begin ();

  g_test_add_func ("/server/bus/rooms", test_rooms);
  g_test_add_func ("/server/bus/emptied-room", test_emptied_room);
  g_test_add_func ("/server/bus/users", test_users);
  g_test_add_func ("/server/bus/peers", test_peers);
  g_test_add_func ("/server/bus/broadcast", test_broadcast);
  g_test_add_func ("/server/bus/except", test_except);
  g_test_add_func ("/server/bus/encryption", test_encryption);
  g_test_add_func ("/server/bus/unauthenticated", test_unauthenticated);
  g_test_add_func ("/server/bus/subscriptions", test_subscriptions);
  g_test_add_func ("/server/bus/subscriptions/again", test_resubscribed);
  g_test_add_func ("/server/bus/subscriptions/before-connected", test_subscribed_before_connected);
  g_test_add_func ("/server/bus/subscriptions/confirmed", test_confirmed_before_connected);
  g_test_add_func ("/server/bus/subscriptions/hung", test_connected_while_hung);
  g_test_add_func ("/server/bus/subscriptions/waiting-ends", test_waiting_ends);
  g_test_add_func ("/server/bus/subscriptions/many", test_many_rooms);
  g_test_add_func ("/server/bus/subscriptions/denied", test_denied);
  g_test_add_func ("/server/bus/restart", test_restart);
  g_test_add_func ("/server/bus/no-redis", test_no_redis);
  g_test_add_func ("/server/bus/hung", test_hung);
  g_test_add_func ("/server/bus/order", test_order);
  g_test_add_func ("/server/bus/set", test_set_bus);
  g_test_add_func ("/server/bus/stop", test_stop);
  g_test_add_func ("/server/bus/drop", test_drop);
  g_test_add_func ("/server/bus/close", test_close);
  g_test_add_func ("/server/bus/shared", test_shared);
  g_test_add_func ("/server/bus/prefix", test_prefix);

  return history_run ();
}
