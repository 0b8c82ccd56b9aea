/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-client.h"

#include "sim-clock.h"
#include "sim-random.h"
#include "tests/faults/invariants.h"
#include "tests/lib/fake-monitor.h"

/* In milliseconds. */
#define MAX_PAUSE 60000

/* How long a client may need to connect again, in microseconds: the application waits for up to a minute. */
#define RECOVERY (150 * G_USEC_PER_SEC)

/* A number of a client, in the trace. */
#define TRACED(id, number) ((id) * G_GUINT64_CONSTANT (1000000) + (number))

/* How deep the application calls the client from inside of its handlers. */
#define MAX_DEPTH 2

struct _SimClient
{
  guint          id;
  SimRandom      random;
  char          *uri;
  SignalClient  *client;
  FakeMonitor   *monitor;
  SimLedger     *messages;
  SimLedger     *requests;
  gboolean       rooms[SIM_N_ROOMS];
  gboolean       wants_connection;
  gboolean       may_stop;      /* the application disconnects and drops clients */
  guint          depth;
  guint          n_pending;     /* operations whose callback has not been called */
  guint          n_alive;       /* clients that have not been finalized */
  guint          reconnect_id;  /* the source that connects again */
  guint64        n_connects;
  gint64         last_heard;    /* the number of the last message of the server */
  gint64         well_at;       /* when it was last seen connected, with nothing waiting */
};

/* The end of an operation on one message. */
typedef struct
{
  SimClient *self;
  SimLedger *ledger;
  guint64    number;
} Ticket;

static Ticket *
ticket_new (SimClient *self,
            SimLedger *ledger,
            guint64    number)
{
  Ticket *ticket = g_new (Ticket, 1);

  *ticket = (Ticket) { .self = self, .ledger = ledger, .number = number };
  self->n_pending++;
  return ticket;
}

static void start (SimClient *self);

char *
sim_room_name (guint room)
{
  return g_strdup_printf ("room-%u", room);
}

/* An application often calls the client from a handler. */
static void
act_inside (SimClient *self)
{
  if (self->depth >= MAX_DEPTH || !sim_random_chance (&self->random, 5))
    return;

  self->depth++;
  sim_client_act (self);
  self->depth--;
}

/* Connecting */

static void connect_client (SimClient *self);

static gboolean
on_reconnect (gpointer user_data)
{
  SimClient *self = user_data;

  self->reconnect_id = 0;
  connect_client (self);
  return G_SOURCE_REMOVE;
}

/* The user presses a button. */
static void
connect_later (SimClient *self)
{
  if (self->wants_connection && self->reconnect_id == 0)
    self->reconnect_id = g_timeout_add ((guint) sim_random_between (&self->random, 10, MAX_PAUSE),
                                        on_reconnect, self);
}

static void
on_connect_done (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  SimClient *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error);

  if (ok != (error == NULL))
    sim_fail ("connect_finish() returns %d, error %s", ok, error != NULL ? error->message : "none");
  self->n_pending--;
  act_inside (self);
}

static void
connect_client (SimClient *self)
{
  if (!self->wants_connection
      || signal_client_get_state (self->client) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    return;

  self->n_pending++;
  signal_client_connect_async (self->client, NULL, NULL, on_connect_done, self);
}

static void
on_disconnect_done (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  SimClient *self = user_data;

  if (!signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL))
    sim_fail ("disconnect_finish() fails");
  self->n_pending--;
  connect_later (self);
}

static void
disconnect_client (SimClient *self)
{
  self->n_pending++;
  signal_client_disconnect_async (self->client, NULL, on_disconnect_done, self);
}

/* Signals */

static void
on_connected (SignalClient *client,
              const char   *client_id,
              SimClient    *self)
{
  self->n_connects++;
  sim_trace ("connected", self->id);
  if (signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    sim_fail ("client %u is connected in state %d", self->id, signal_client_get_state (client));
  act_inside (self);
}

static void
on_disconnected (SignalClient *client,
                 const GError *error,
                 SimClient    *self)
{
  sim_trace ("disconnected", self->id);
  connect_later (self);
  act_inside (self);
}

/* What the server says has numbers that grow. */
static void
on_message (SignalClient  *client,
            SignalMessage *message,
            SimClient     *self)
{
  JsonObject *payload = json_node_get_object (signal_message_get_payload (message));
  gint64 number = json_object_get_int_member (payload, "n");

  sim_trace ("heard", (guint64) number);
  if (number <= self->last_heard)
    sim_fail ("client %u hears %" G_GINT64_FORMAT " after %" G_GINT64_FORMAT, self->id, number,
              self->last_heard);
  if (!signal_message_is_encrypted (message))
    sim_fail ("client %u hears plaintext", self->id);
  self->last_heard = number;
  act_inside (self);
}

static void
on_changed (SignalClient *client,
            gpointer      what,
            SimClient    *self)
{
  act_inside (self);
}

static void
on_drained (SignalClient *client,
            SimClient    *self)
{
  act_inside (self);
}

static void
on_finalized (gpointer  user_data,
              GObject  *object)
{
  SimClient *self = user_data;

  self->n_alive--;
}

static void
start (SimClient *self)
{
  static const guint heartbeats[] = { 5000, 30000, 30000, 60000 };
  static const guint delays[] = { 100, 500, 2000 };
  g_autofree char *token = g_strdup_printf ("client-%u", self->id);
  g_autoptr (GPtrArray) rooms = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < SIM_N_ROOMS; i++)
    if (self->rooms[i])
      g_ptr_array_add (rooms, sim_room_name (i));
  g_ptr_array_add (rooms, NULL);

  self->client = g_object_new (SIGNAL_TYPE_CLIENT,
    "server-url", self->uri,
    "token", token,
    "network-monitor", self->monitor,
    "auto-join-rooms", rooms->pdata,
    "max-retries", G_MAXUINT,
    "base-interval", delays[sim_random_below (&self->random, G_N_ELEMENTS (delays))],
    "heartbeat-interval", heartbeats[sim_random_below (&self->random, G_N_ELEMENTS (heartbeats))],
    "outbox-limit", 1 + sim_random_below (&self->random, 32),
    "outbox-ttl", sim_random_chance (&self->random, 50) ? 0 : 60000,
    NULL);
  self->last_heard = -1;
  self->n_alive++;
  g_object_weak_ref (G_OBJECT (self->client), on_finalized, self);
  invariants_connect (self->client);
  g_signal_connect (self->client, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect (self->client, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->client, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->client, "error", G_CALLBACK (on_changed), self);
  g_signal_connect (self->client, "notify::state", G_CALLBACK (on_changed), self);
  g_signal_connect (self->client, "drained", G_CALLBACK (on_drained), self);
  connect_client (self);
}

SimClient *
sim_client_new (guint       id,
                guint64     seed,
                const char *uri)
{
  SimClient *self = g_new0 (SimClient, 1);

  self->id = id;
  self->uri = g_strdup (uri);
  sim_random_init (&self->random, seed);
  self->monitor = fake_monitor_new (TRUE);
  self->messages = sim_ledger_new (id);
  self->requests = sim_ledger_new (id);
  self->wants_connection = TRUE;
  self->may_stop = TRUE;
  start (self);
  return self;
}

static void
drop (SimClient *self)
{
  g_signal_handlers_disconnect_by_data (self->client, self);
  g_clear_object (&self->client);
}

void
sim_client_free (SimClient *self)
{
  sim_ledger_free (self->messages);
  sim_ledger_free (self->requests);
  g_object_unref (self->monitor);
  g_free (self->uri);
  g_free (self);
}

/* Sending */

static SimFate
fate_from_error (const GError *error)
{
  if (error == NULL)
    return SIM_WRITTEN;

  return g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
         ? SIM_LOST : SIM_UNSENT;
}

static void
ticket_end (Ticket       *ticket,
            const GError *error)
{
  SimClient *self = ticket->self;

  sim_trace (ticket->ledger == self->requests ? "request ended" : "message ended",
             TRACED (self->id, ticket->number));
  sim_ledger_end (ticket->ledger, ticket->number, fate_from_error (error));
  self->n_pending--;
  g_free (ticket);
  act_inside (self);
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  signal_client_send_json_finish (SIGNAL_CLIENT (source), result, &error);
  ticket_end (user_data, error);
}

static void
on_answered (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Ticket *ticket = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SignalMessage) answer = signal_client_request_finish (SIGNAL_CLIENT (source), result, &error);

  if (answer != NULL
      && (guint64) json_object_get_int_member (json_node_get_object (signal_message_get_payload (answer)),
                                               "n") != ticket->number)
    sim_fail ("request %" G_GUINT64_FORMAT " has the answer of another", ticket->number);
  ticket_end (ticket, error);
}

static char *
compose (SimClient *self,
         guint64    number)
{
  gsize size = sim_random_chance (&self->random, 3) ? sim_random_below (&self->random, 60000)
                                                    : sim_random_below (&self->random, 100);
  g_autofree char *padding = g_strnfill (size, 'x');

  sim_trace ("compose", TRACED (self->id, number));
  return g_strdup_printf ("{\"c\":%u,\"n\":%" G_GUINT64_FORMAT ",\"x\":\"%s\"}", self->id, number, padding);
}

static void
send (SimClient *self)
{
  guint64 number = sim_ledger_accept (self->messages, SIM_SENT);
  g_autofree char *json = compose (self, number);

  if (!signal_client_send_json (self->client, "said", json, NULL))
    sim_ledger_refuse (self->messages, number);
}

static void
send_and_wait (SimClient *self)
{
  guint64 number = sim_ledger_accept (self->messages, SIM_ASKED);
  g_autofree char *json = compose (self, number);

  signal_client_send_json_async (self->client, "said", json, NULL, on_sent,
                                 ticket_new (self, self->messages, number));
}

static void
ask (SimClient *self)
{
  guint64 number = sim_ledger_accept (self->requests, SIM_ASKED);
  g_autofree char *json = compose (self, number);

  signal_client_request_json_async (self->client, "asked", json,
                                    (guint) sim_random_between (&self->random, 10, MAX_PAUSE), NULL,
                                    on_answered, ticket_new (self, self->requests, number));
}

static void
on_flushed (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  SimClient *self = user_data;

  signal_client_flush_finish (SIGNAL_CLIENT (source), result, NULL);
  self->n_pending--;
}

static void
flush (SimClient *self)
{
  self->n_pending++;
  signal_client_flush_async (self->client, NULL, on_flushed, self);
}

static void
change_room (SimClient *self)
{
  guint room = sim_random_below (&self->random, SIM_N_ROOMS);
  g_autofree char *name = sim_room_name (room);
  const char *names[] = { name, NULL };

  self->rooms[room] = !self->rooms[room];
  if (self->rooms[room])
    signal_client_join_rooms (self->client, names, NULL);
  else
    signal_client_leave_rooms (self->client, names, NULL);
}

static void
change_network (SimClient *self)
{
  gboolean is_available = sim_random_chance (&self->random, 80);

  fake_monitor_set (self->monitor, is_available,
                    is_available ? G_NETWORK_CONNECTIVITY_FULL : G_NETWORK_CONNECTIVITY_LOCAL);
}

static void
stop_or_drop (SimClient *self)
{
  if (!self->may_stop)
    return;

  if (sim_random_chance (&self->random, 50))
    disconnect_client (self);
  if (sim_random_chance (&self->random, 30) && self->depth == 0)
    {
      drop (self);
      start (self);
    }
}

/* Does something that an application does. */
void
sim_client_act (SimClient *self)
{
  g_autoptr (SignalClient) keep = g_object_ref (self->client);
  guint what = sim_random_below (&self->random, 100);

  sim_trace ("act", TRACED (self->id, what));
  if (what < 35)
    send (self);
  else if (what < 60)
    send_and_wait (self);
  else if (what < 78)
    ask (self);
  else if (what < 82)
    flush (self);
  else if (what < 91)
    change_room (self);
  else if (what < 94)
    change_network (self);
  else if (what < 96)
    signal_client_reconnect_now (self->client);
  else if (what < 98)
    connect_client (self);
  else
    stop_or_drop (self);
}

/* Checking */

static gboolean
is_well (SimClient *self)
{
  return !self->wants_connection
         || (signal_client_get_state (self->client) == SIGNAL_CONNECTION_STATE_AUTHENTICATED
             && signal_client_get_outbox_length (self->client) == 0);
}

/* What holds after each iteration of the main loop. */
void
sim_client_check (SimClient *self)
{
  invariants_check_idle (self->client);
  if (is_well (self))
    self->well_at = sim_clock_now ();
}

/* What holds when the network has been good for some time: the application may have closed the
 * connection a moment ago, but not longer. */
void
sim_client_check_settled (SimClient *self)
{
  if (sim_clock_now () - self->well_at > RECOVERY)
    sim_fail ("client %u is in state %d, with %u messages waiting, although nothing has been wrong for "
              "minutes", self->id, signal_client_get_state (self->client),
              signal_client_get_outbox_length (self->client));
}

/* The application does not stop the client any more. */
void
sim_client_stay (SimClient *self)
{
  self->may_stop = FALSE;
  fake_monitor_set (self->monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  connect_later (self);
}

void
sim_client_finish (SimClient *self)
{
  self->wants_connection = FALSE;
  self->depth = MAX_DEPTH;
  disconnect_client (self);
  drop (self);
  g_clear_handle_id (&self->reconnect_id, g_source_remove);
}

gboolean
sim_client_is_finished (SimClient *self)
{
  return self->n_pending == 0 && self->n_alive == 0;
}

SimLedger *
sim_client_get_messages (SimClient *self)
{
  return self->messages;
}

SimLedger *
sim_client_get_requests (SimClient *self)
{
  return self->requests;
}

gboolean
sim_client_wants_room (SimClient *self,
                       guint      room)
{
  return self->rooms[room];
}

/* Returns NULL unless the client is authenticated. */
const char *
sim_client_get_client_id (SimClient *self)
{
  return signal_client_get_client_id (self->client);
}

guint64
sim_client_get_connects (SimClient *self)
{
  return self->n_connects;
}
