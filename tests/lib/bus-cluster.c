/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-cluster.h"

/* An event that is sent after all others. */
#define END "end"

/* Creates a server whose bus is connected. */
BusNode *
bus_node_new (const char *uri,
              const char *channel_prefix)
{
  BusNode *node = g_new0 (BusNode, 1);

  node->recorder = bus_recorder_new_prefixed (uri, channel_prefix);
  node->bus = node->recorder->bus;
  node->fixture = fixture_new ();
  node->server = node->fixture->server;
  g_object_set (node->server, "bus", node->bus, NULL);
  bus_recorder_connect (node->recorder);
  return node;
}

void
bus_node_free (BusNode *node)
{
  fixture_free (node->fixture);
  bus_recorder_free (node->recorder);
  g_free (node);
}

static SignalPeer *
find_peer (GPtrArray  *peers,
           const char *id)
{
  for (guint i = 0; i < peers->len; i++)
    if (g_str_equal (signal_peer_get_id (peers->pdata[i]), id))
      return peers->pdata[i];
  return NULL;
}

/* The peer of the server that stands for this client. */
SignalPeer *
bus_node_get_peer (BusNode  *node,
                   Recorder *client)
{
  const char *id = signal_client_get_client_id (client->client);
  SignalPeer *peer;

  WAIT_UNTIL ((peer = find_peer (node->fixture->connected, id)) != NULL);
  return peer;
}

/* Connects a client as this user. */
Recorder *
bus_node_add_client (BusNode    *node,
                     const char *user_id)
{
  Recorder *client = recorder_new (node->fixture->uri);
  g_autofree char *token = g_strconcat (user_id, "-secret", NULL);

  g_object_set (client->client, "token", token, NULL);
  recorder_connect (client);
  return client;
}

BusCluster *
bus_cluster_new_prefixed (const char *channel_prefix)
{
  BusCluster *cluster = g_new0 (BusCluster, 1);

  cluster->mock = mock_redis_new ();
  for (guint i = 0; i < G_N_ELEMENTS (cluster->nodes); i++)
    cluster->nodes[i] = bus_node_new (cluster->mock->uri, channel_prefix);
  cluster->clients = g_ptr_array_new_with_free_func ((GDestroyNotify) recorder_free);
  return cluster;
}

BusCluster *
bus_cluster_new (void)
{
  return bus_cluster_new_prefixed (NULL);
}

void
bus_cluster_free (BusCluster *cluster)
{
  g_ptr_array_unref (cluster->clients);
  for (guint i = 0; i < G_N_ELEMENTS (cluster->nodes); i++)
    bus_node_free (cluster->nodes[i]);
  mock_redis_free (cluster->mock);
  g_free (cluster);
}

/* Connects a client to the server with this index. */
Recorder *
bus_cluster_add_client (BusCluster *cluster,
                        guint       index,
                        const char *user_id)
{
  Recorder *client = bus_node_add_client (cluster->nodes[index], user_id);

  g_ptr_array_add (cluster->clients, client);
  return client;
}

static gboolean
is_member (SignalPeer *peer,
           const char *room)
{
  return g_strv_contains (signal_peer_get_rooms (peer), room);
}

/* Makes a client of the server with this index join a room, and waits until that hears what is published for
 * the room. */
void
bus_cluster_join (BusCluster *cluster,
                  guint       index,
                  Recorder   *client,
                  const char *room)
{
  const char * const rooms[] = { room, NULL };
  SignalPeer *peer = bus_node_get_peer (cluster->nodes[index], client);
  g_autofree char *channel = g_strconcat ("ws:room:", room, NULL);

  g_assert_true (signal_client_join_rooms (client->client, rooms, NULL));
  WAIT_UNTIL (is_member (peer, room));
  mock_redis_drain (cluster->mock);
  WAIT_UNTIL (mock_redis_count_subscribers (cluster->mock, channel) > 0);
}

/* Waits until every client has received all that was sent before. */
void
bus_cluster_settle (BusCluster *cluster)
{
  for (guint i = 0; i < G_N_ELEMENTS (cluster->nodes); i++)
    g_assert_true (signal_server_broadcast (cluster->nodes[i]->server, END, NULL, NULL));
  for (guint i = 0; i < cluster->clients->len; i++)
    WAIT_UNTIL (recorder_count_messages (cluster->clients->pdata[i], END)
                == G_N_ELEMENTS (cluster->nodes));
}

/* After bus_cluster_settle(): the client has received exactly these events since the last call, whose names
 * are sorted by their first letters, as the order of several publishers is not defined. */
void
bus_cluster_assert_events (BusCluster *cluster,
                           guint       index,
                           const char *events)
{
  Recorder *client = cluster->clients->pdata[index];
  g_autoptr (GString) got = g_string_new (NULL);

  for (guint i = 0; i < client->messages->len; i++)
    {
      const char *event = signal_message_get_event (client->messages->pdata[i]);
      gsize at = 0;

      if (g_str_equal (event, END))
        continue;
      while (at < got->len && got->str[at] <= event[0])
        at++;
      g_string_insert (got, at, event);
    }
  g_assert_cmpstr (got->str, ==, events);
  g_ptr_array_set_size (client->messages, 0);
}

/* No bus and no client has reported an error. */
void
bus_cluster_assert_quiet (BusCluster *cluster)
{
  for (guint i = 0; i < G_N_ELEMENTS (cluster->nodes); i++)
    {
      BusNode *node = cluster->nodes[i];

      g_assert_cmpuint (node->recorder->errors->len, ==, 0);
      g_assert_cmpuint (signal_bus_get_messages_dropped (node->bus), ==, 0);
    }
  for (guint i = 0; i < cluster->clients->len; i++)
    g_assert_cmpuint (((Recorder *) cluster->clients->pdata[i])->errors->len, ==, 0);
}
