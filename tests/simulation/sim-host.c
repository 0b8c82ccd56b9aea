/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-host.h"

#include <stdio.h>

#include "sim-clock.h"
#include "sim-random.h"

#define PORT 8080

/* In milliseconds. */
#define MAX_ANSWER_DELAY 20000
#define LISTEN_AGAIN 100

struct _SimHost
{
  SignalServer *server; /* NULL while it is down */
  GPtrArray    *clients; /* not owned */
  SimRandom     random;
  char         *uri;
  guint         refusal; /* percentage of authentications */
  guint         restart_id;
  gint64        n_said;
  GHashTable   *heard; /* ID of a peer → the number of its last message, plus 1 */
};

/* An answer that is given later. */
typedef struct
{
  SimHost       *self;
  SignalServer  *server;
  SignalPeer    *peer;
  SignalMessage *request;
} Answer;

static void start (SimHost *self);

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 SimHost      *self)
{
  return sim_random_chance (&self->random, self->refusal) ? NULL : g_strdup (token);
}

static guint64
get_number (SignalMessage *message,
            const char    *member)
{
  JsonNode *payload = signal_message_get_payload (message);

  return (guint64) json_object_get_int_member (json_node_get_object (payload), member);
}

static SimClient *
get_client (SimHost       *self,
            SignalMessage *message)
{
  return self->clients->pdata[get_number (message, "c")];
}

static void
on_said (SignalServer  *server,
         SignalPeer    *peer,
         SignalMessage *message,
         SimHost       *self)
{
  const char *id = signal_peer_get_id (peer);
  guint64 number = get_number (message, "n");
  guint64 next = GPOINTER_TO_SIZE (g_hash_table_lookup (self->heard, id));

  sim_trace ("said", number);
  if (number < next)
    sim_fail ("message %" G_GUINT64_FORMAT " overtakes %" G_GUINT64_FORMAT " within a connection", next - 1,
              number);
  g_hash_table_insert (self->heard, g_strdup (id), GSIZE_TO_POINTER (number + 1));
  sim_ledger_arrive (sim_client_get_messages (get_client (self, message)), number);
}

static void
answer_free (Answer *answer)
{
  g_object_unref (answer->server);
  g_object_unref (answer->peer);
  signal_message_unref (answer->request);
  g_free (answer);
}

static gboolean
on_answer (gpointer user_data)
{
  Answer *answer = user_data;

  if (sim_random_chance (&answer->self->random, 10))
    signal_server_reply_error (answer->server, answer->peer, answer->request, "No", NULL);
  else
    signal_server_reply (answer->server, answer->peer, answer->request,
                         signal_message_get_payload (answer->request), NULL);
  return G_SOURCE_REMOVE;
}

/* Answered at once, later, or never. */
static void
on_asked (SignalServer  *server,
          SignalPeer    *peer,
          SignalMessage *message,
          SimHost       *self)
{
  Answer *answer;
  gboolean is_late = sim_random_chance (&self->random, 50);
  guint delay = is_late ? sim_random_below (&self->random, MAX_ANSWER_DELAY) : 0;

  sim_ledger_arrive (sim_client_get_requests (get_client (self, message)), get_number (message, "n"));
  if (sim_random_chance (&self->random, 5))
    return;

  answer = g_new (Answer, 1);
  *answer = (Answer) {
    .self = self,
    .server = g_object_ref (server),
    .peer = g_object_ref (peer),
    .request = signal_message_ref (message),
  };
  g_timeout_add_full (G_PRIORITY_DEFAULT, delay, on_answer, answer, (GDestroyNotify) answer_free);
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer,
                      SimHost      *self)
{
  g_hash_table_remove (self->heard, signal_peer_get_id (peer));
}

static gboolean
on_restart (gpointer user_data)
{
  SimHost *self = user_data;

  self->restart_id = 0;
  start (self);
  return G_SOURCE_REMOVE;
}

static void
start (SimHost *self)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;

  if (!signal_server_listen (server, NULL, PORT, &error))
    {
      self->restart_id = g_timeout_add (LISTEN_AGAIN, on_restart, self);
      return;
    }

  sim_trace ("listening", PORT);
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), self);
  g_signal_connect (server, "message::said", G_CALLBACK (on_said), self);
  g_signal_connect (server, "message::asked", G_CALLBACK (on_asked), self);
  g_signal_connect (server, "peer-disconnected", G_CALLBACK (on_peer_disconnected), self);
  self->server = g_steal_pointer (&server);
}

SimHost *
sim_host_new (guint64    seed,
              GPtrArray *clients)
{
  SimHost *self = g_new0 (SimHost, 1);

  sim_random_init (&self->random, seed);
  self->clients = clients;
  self->heard = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  start (self);
  g_assert_nonnull (self->server);
  self->uri = signal_server_get_uri (self->server);
  return self;
}

void
sim_host_free (SimHost *self)
{
  g_hash_table_unref (self->heard);
  g_free (self->uri);
  g_free (self);
}

const char *
sim_host_get_uri (SimHost *self)
{
  return self->uri;
}

gboolean
sim_host_is_up (SimHost *self)
{
  return self->server != NULL;
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (SignalServer) server = user_data;

  if (!signal_server_stop_finish (server, result, NULL))
    sim_fail ("stop_finish() fails");
}

/* In an orderly way or not. downtime is in milliseconds. */
void
sim_host_restart (SimHost *self,
                  guint    downtime)
{
  if (self->server == NULL)
    return;

  sim_trace ("restart", downtime);
  if (sim_random_chance (&self->random, 50))
    signal_server_stop_async (self->server, NULL, on_stopped, g_object_ref (self->server));
  else
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_clear_object (&self->server);
  self->restart_id = g_timeout_add (downtime, on_restart, self);
}

void
sim_host_set_refusal (SimHost *self,
                      guint    percent)
{
  self->refusal = percent;
}

/* Sends a message with a number to everybody, or to a room. */
void
sim_host_speak (SimHost *self)
{
  gsize size = sim_random_chance (&self->random, 3) ? sim_random_below (&self->random, 60000)
                                                    : sim_random_below (&self->random, 100);
  g_autofree char *padding = g_strnfill (size, 'x');
  g_autofree char *text = g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"x\":\"%s\"}", self->n_said,
                                           padding);
  g_autoptr (JsonNode) payload = json_from_string (text, NULL);
  g_autofree char *room = sim_room_name (sim_random_below (&self->random, SIM_N_ROOMS));

  if (self->server == NULL)
    return;

  self->n_said++;
  if (sim_random_chance (&self->random, 50))
    signal_server_broadcast (self->server, "news", payload, NULL);
  else
    signal_server_send_to_room (self->server, room, "news", payload, NULL, NULL);
}

static SignalPeer *
find_peer (SimHost    *self,
           const char *id)
{
  GListModel *peers = signal_server_get_peers (self->server);

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr (SignalPeer) peer = g_list_model_get_item (peers, i);

      if (g_strcmp0 (signal_peer_get_id (peer), id) == 0)
        return peer; /* the list has a reference */
    }
  return NULL;
}

/* Each client that is connected is in the rooms that it wants to be in. */
void
sim_host_check_rooms (SimHost *self)
{
  for (guint i = 0; i < self->clients->len; i++)
    {
      const char *id = sim_client_get_client_id (self->clients->pdata[i]);
      SignalPeer *peer = id != NULL ? find_peer (self, id) : NULL;

      if (id != NULL && peer == NULL)
        sim_fail ("client %u is connected to nothing", i);

      for (guint room = 0; peer != NULL && room < SIM_N_ROOMS; room++)
        {
          g_autofree char *name = sim_room_name (room);

          if (g_strv_contains (signal_peer_get_rooms (peer), name)
              != sim_client_wants_room (self->clients->pdata[i], room))
            sim_fail ("client %u is not in the rooms that it wants: %s", i, name);
        }
    }
}

/* Stops for good. */
void
sim_host_stop (SimHost *self)
{
  g_clear_handle_id (&self->restart_id, g_source_remove);
  if (self->server != NULL)
    signal_server_stop_async (self->server, NULL, on_stopped, g_object_ref (self->server));
  g_clear_object (&self->server);
}

guint
sim_host_count_peers (SimHost *self)
{
  return self->server != NULL ? g_list_model_get_n_items (signal_server_get_peers (self->server)) : 0;
}
