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
#define MAX_DRAIN 10000
#define MAX_DECISION_DELAY 20000

/* In bytes. A client that reads slowly is left out of what is sent meanwhile. */
#define MAX_BACKLOG (128 * 1024)

/* More connections than that wait to be accepted, so that one that is counted forever is noticed. */
#define MAX_PENDING 8

/* How long there may be more peers than clients, in microseconds. */
#define MAX_SURPLUS (10 * G_USEC_PER_SEC)

/* The number of messages that are sent in a row. */
#define MAX_BURST 20

struct _SimHost
{
  SignalServer *server; /* NULL while it is down */
  GPtrArray    *clients; /* not owned */
  SimRandom     random;
  char         *uri;
  guint         refusal;  /* percentage of authentications */
  guint         deferral; /* likewise */
  guint         restart_id;
  gint64        n_said;
  gint64        n_shouted;
  gint64        n_dropped; /* by the servers before this one */
  gint64        n_dropped_before; /* by all servers, when it was checked last */
  gint64        left_at; /* when a client was last seen without a connection */
  gint64        fits_at; /* when there were last no more peers than clients */
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

/* A decision that is made later. */
typedef struct
{
  SignalPeer *peer;
  char       *user_id; /* NULL to refuse the peer */
} Decision;

static void start (SimHost *self);

/* Returns the ID of a user, or NULL to refuse the token. */
static char *
decide (SimHost    *self,
        const char *token)
{
  if (sim_random_chance (&self->random, self->refusal))
    return NULL;

  for (guint i = 0; i < self->clients->len; i++)
    if (sim_client_has_token (self->clients->pdata[i], token))
      return g_strdup_printf ("user-%u", i);

  return NULL;
}

static void
decision_free (Decision *decision)
{
  g_object_unref (decision->peer);
  g_free (decision->user_id);
  g_free (decision);
}

static gboolean
on_decision (gpointer user_data)
{
  Decision *decision = user_data;

  signal_peer_finish_authentication (decision->peer, decision->user_id);
  return G_SOURCE_REMOVE;
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 SimHost      *self)
{
  g_autofree char *user_id = decide (self, token);
  Decision *decision;

  sim_trace ("authentication", user_id != NULL);
  if (!sim_random_chance (&self->random, self->deferral))
    return g_steal_pointer (&user_id);

  decision = g_new (Decision, 1);
  *decision = (Decision) { g_object_ref (peer), g_steal_pointer (&user_id) };
  signal_peer_defer_authentication (peer);
  g_timeout_add_full (G_PRIORITY_DEFAULT, sim_random_below (&self->random, MAX_DECISION_DELAY), on_decision,
                      decision, (GDestroyNotify) decision_free);
  return NULL;
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
  signal_server_set_max_backlog (server, MAX_BACKLOG);
  signal_server_set_max_pending (server, MAX_PENDING);
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

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (SignalServer) server = user_data;

  if (!signal_server_stop_finish (server, result, NULL))
    sim_fail ("stop_finish() fails");
}

static void
on_drained (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (SignalServer) server = user_data;

  if (!signal_server_drain_finish (server, result, NULL))
    sim_fail ("drain_finish() fails");
}

/* In an orderly way or not. downtime is in milliseconds. */
void
sim_host_restart (SimHost *self,
                  guint    downtime)
{
  if (self->server == NULL)
    return;

  sim_trace ("restart", downtime);
  self->n_dropped += (gint64) signal_server_get_messages_dropped (self->server);
  switch (sim_random_below (&self->random, 4))
    {
    case 0:
      signal_server_drain_async (self->server, sim_random_below (&self->random, MAX_DRAIN), NULL, on_drained,
                                 g_object_ref (self->server));
      break;
    case 1:
      signal_server_stop_async (self->server, NULL, on_stopped, g_object_ref (self->server));
      break;
    default:
      g_signal_handlers_disconnect_by_data (self->server, self);
    }
  g_clear_object (&self->server);
  self->restart_id = g_timeout_add (downtime, on_restart, self);
}

void
sim_host_set_refusal (SimHost *self,
                      guint    percent)
{
  self->refusal = percent;
}

/* Some authentications take time. */
void
sim_host_set_deferral (SimHost *self,
                       guint    percent)
{
  self->deferral = percent;
}

static gint64
count_dropped (SimHost *self)
{
  guint64 n = self->server != NULL ? signal_server_get_messages_dropped (self->server) : 0;

  return self->n_dropped + (gint64) n;
}

/* Broadcasts also have a number of their own, and say how many messages have been dropped before. */
static char *
compose (SimHost  *self,
         gboolean  is_shout)
{
  gsize size = sim_random_chance (&self->random, 3) ? sim_random_below (&self->random, 60000)
                                                    : sim_random_below (&self->random, 100);
  g_autofree char *padding = g_strnfill (size, 'x');

  if (!is_shout)
    return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"x\":\"%s\"}", self->n_said++, padding);
  return g_strdup_printf ("{\"n\":%" G_GINT64_FORMAT ",\"b\":%" G_GINT64_FORMAT ",\"d\":%" G_GINT64_FORMAT
                          ",\"x\":\"%s\"}", self->n_said++, self->n_shouted++, count_dropped (self), padding);
}

/* Sends a message with a number to everybody, or to a room. */
static void
say (SimHost *self)
{
  gboolean is_shout = sim_random_chance (&self->random, 50);
  g_autofree char *text = compose (self, is_shout);
  g_autoptr (JsonNode) payload = json_from_string (text, NULL);
  g_autofree char *room = sim_room_name (sim_random_below (&self->random, SIM_N_ROOMS));

  if (is_shout)
    signal_server_broadcast (self->server, "news", payload, NULL);
  else
    signal_server_send_to_room (self->server, room, "news", payload, NULL, NULL);
}

/* Says something or, if is_hasty, sometimes many things. */
void
sim_host_speak (SimHost  *self,
                gboolean  is_hasty)
{
  gboolean is_burst = is_hasty && sim_random_chance (&self->random, 10);
  guint n = is_burst ? 1 + sim_random_below (&self->random, MAX_BURST) : 1;

  for (guint i = 0; i < n && self->server != NULL; i++)
    say (self);
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

static gboolean
is_any_disconnected (SimHost *self)
{
  for (guint i = 0; i < self->clients->len; i++)
    if (sim_client_get_client_id (self->clients->pdata[i]) == NULL)
      return TRUE;
  return FALSE;
}

/* When the network is good, nobody reads too slowly. What is sent to a peer whose client has just closed the
 * connection is dropped. */
static void
check_dropped (SimHost  *self,
               gboolean  is_settled)
{
  gint64 n_dropped = count_dropped (self);

  if (is_any_disconnected (self))
    self->left_at = sim_clock_now ();
  if (is_settled && n_dropped != self->n_dropped_before && sim_clock_now () - self->left_at > MAX_SURPLUS)
    sim_fail ("the server drops messages, although nothing has been wrong for minutes");
  self->n_dropped_before = n_dropped;
}

/* When the network is good, peers whose client has gone are noticed. */
void
sim_host_check (SimHost  *self,
                gboolean  is_settled)
{
  guint n_peers = 0;

  if (self->server != NULL)
    n_peers = g_list_model_get_n_items (signal_server_get_peers (self->server));
  check_dropped (self, is_settled);
  if (n_peers <= self->clients->len)
    self->fits_at = sim_clock_now ();
  else if (is_settled && sim_clock_now () - self->fits_at > MAX_SURPLUS)
    sim_fail ("the server has %u peers, for %u clients", n_peers, self->clients->len);
}

/* What holds when the network has been good for some time: each client that is connected is in the rooms
 * that it wants to be in. */
void
sim_host_check_settled (SimHost *self)
{
  for (guint i = 0; i < self->clients->len; i++)
    {
      SimClient *client = self->clients->pdata[i];
      const char *id = sim_client_has_lasting_rooms (client) ? sim_client_get_client_id (client) : NULL;
      SignalPeer *peer = id != NULL ? find_peer (self, id) : NULL;

      if (id != NULL && peer == NULL)
        sim_fail ("client %u is connected to nothing", i);

      for (guint room = 0; peer != NULL && room < SIM_N_ROOMS; room++)
        {
          g_autofree char *name = sim_room_name (room);

          if (g_strv_contains (signal_peer_get_rooms (peer), name)
              != sim_client_wants_room (client, room))
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
