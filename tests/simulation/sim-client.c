/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-client.h"

#include <string.h>

#include "sim-clock.h"
#include "sim-random.h"
#include "sim-secrets.h"
#include "sim-status.h"
#include "signal-glib/crypto/signal-secret-private.h"
#include "tests/faults/invariants.h"
#include "tests/lib/fake-monitor.h"

/* In milliseconds. */
#define MAX_PAUSE 60000
#define MAX_TOKEN_DELAY 20000

/* How long a client may need to connect again, in microseconds: the application waits for up to a minute. */
#define RECOVERY (150 * G_USEC_PER_SEC)

/* How long operations may take at most, in microseconds, in addition to their own timeouts, and how long it
 * may take to close a connection. */
#define MARGIN G_USEC_PER_SEC
#define MAX_DISCONNECT (5 * G_USEC_PER_SEC)

/* How long a message may wait, if that is limited, in milliseconds. */
#define TTL 60000

/* When the network is good, how long a message that was written may take until the server has it. */
#define MAX_ARRIVAL (10 * G_USEC_PER_SEC)

/* How long a change of rooms may take, likewise. */
#define MAX_JOIN (10 * G_USEC_PER_SEC)

/* Characters that are not in UUIDs or Base64, and are not escaped. */
static const char token_alphabet[] = "!#$%&()*,-.:;?@[]^_{|}~";

/* A number of a client, in the trace. */
#define TRACED(id, number) ((id) * G_GUINT64_CONSTANT (1000000) + (number))

/* How deep the application calls the client from inside of its handlers. */
#define MAX_DEPTH 2

struct _SimClient
{
  guint          id;
  SimRandom      random;
  char          *uri;
  SimStatus      status;
  char           token[SIM_SECRET_SIZE + 1];
  char           old_token[SIM_SECRET_SIZE + 1];
  gboolean       fetches_token; /* asynchronously, if at all */
  guint          token_id;      /* the source that delivers a token */
  SignalClient  *client;
  FakeMonitor   *monitor;
  SimLedger     *messages;
  SimLedger     *requests;
  gboolean       rooms[SIM_N_ROOMS];
  gint64         rooms_at;      /* when they were changed last */
  gboolean       wants_connection;
  gboolean       has_ttl;
  gboolean       may_stop;      /* the application disconnects and drops clients */
  guint          depth;
  GQueue         pending;       /* of Ticket */
  GQueue         written;       /* of Written: while nothing is wrong */
  gboolean       is_settled;    /* nothing is wrong */
  guint          n_alive;       /* clients that have not been finalized */
  guint          reconnect_id;  /* the source that connects again */
  guint64        n_connects;
  gint64         connected_at;
  gboolean       is_authenticated; /* since the last connection */
  guint64        first_message;    /* of this client, rather than of one that was dropped */
  gint64         last_heard;    /* the number of the last message of the server */
  gint64         last_shout;    /* the number of its last broadcast on this connection, or −1 */
  gint64         n_dropped;     /* how many messages the server had dropped before that */
  gint64         well_at;       /* when it was last seen connected, with nothing waiting */
};

/* An operation whose end has not been reported. */
typedef struct
{
  GList         link;
  SimClient    *self;
  SimLedger    *ledger; /* NULL if it is not about a message */
  guint64       number;
  gint64        timeout;  /* before it, the operation does not time out */
  gint64        deadline; /* until then, it has ended */
  GCancellable *cancellable;
} Ticket;

/* A message that must arrive soon. */
typedef struct
{
  guint64 number;
  gint64  time;
} Written;

/* timeout is that of the operation, in milliseconds, or 0 if there is none. delay is how long its end may be
 * delayed, in microseconds. */
static Ticket *
ticket_new (SimClient *self,
            SimLedger *ledger,
            guint64    number,
            guint      timeout,
            gint64     delay)
{
  Ticket *ticket = g_new0 (Ticket, 1);

  ticket->link.data = ticket;
  ticket->self = self;
  ticket->ledger = ledger;
  ticket->number = number;
  ticket->timeout = ticket->deadline = G_MAXINT64;
  if (timeout > 0)
    ticket->timeout = sim_clock_now () + timeout * G_TIME_SPAN_MILLISECOND;
  if (timeout > 0 || delay > 0)
    ticket->deadline = sim_clock_now () + timeout * G_TIME_SPAN_MILLISECOND + delay + MARGIN;
  ticket->cancellable = g_cancellable_new ();
  g_queue_push_tail_link (&self->pending, &ticket->link);
  return ticket;
}

static void
ticket_free (Ticket *ticket)
{
  g_queue_unlink (&ticket->self->pending, &ticket->link);
  g_object_unref (ticket->cancellable);
  g_free (ticket);
}

static void
check_timeout (Ticket       *ticket,
               const GError *error)
{
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT) && sim_clock_now () < ticket->timeout)
    sim_fail ("an operation of client %u, on message %" G_GUINT64_FORMAT ", times out too early",
              ticket->self->id, ticket->number);
}

static void
check_deadlines (SimClient *self)
{
  for (GList *link = self->pending.head; link != NULL; link = link->next)
    {
      Ticket *ticket = link->data;

      if (ticket->deadline < sim_clock_now ())
        sim_fail ("an operation of client %u, on message %" G_GUINT64_FORMAT ", takes too long", self->id,
                  ticket->number);
    }
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
  Ticket *ticket = user_data;
  SimClient *self = ticket->self;
  g_autoptr (GError) error = NULL;
  gboolean ok = signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error);

  if (ok != (error == NULL))
    sim_fail ("connect_finish() returns %d, error %s", ok, error != NULL ? error->message : "none");
  ticket_free (ticket);
  act_inside (self);
}

static void
connect_client (SimClient *self)
{
  Ticket *ticket;

  if (!self->wants_connection
      || signal_client_get_state (self->client) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    return;

  ticket = ticket_new (self, NULL, 0, 0, 0);
  signal_client_connect_async (self->client, NULL, ticket->cancellable, on_connect_done, ticket);
}

static void
on_disconnect_done (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  Ticket *ticket = user_data;
  SimClient *self = ticket->self;

  if (!signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL))
    sim_fail ("disconnect_finish() fails");
  ticket_free (ticket);
  connect_later (self);
}

static void
disconnect_client (SimClient *self)
{
  signal_client_disconnect_async (self->client, NULL, on_disconnect_done,
                                  ticket_new (self, NULL, 0, 0, MAX_DISCONNECT));
}

/* Tokens */

static void
renew_token (SimClient *self)
{
  memcpy (self->old_token, self->token, sizeof self->token);
  for (gsize i = 0; i < SIM_SECRET_SIZE; i++)
    self->token[i] = token_alphabet[sim_random_below (&self->random, sizeof token_alphabet - 1)];
}

static void
deliver_token (SimClient *self)
{
  renew_token (self);
  sim_secrets_add (SIM_SECRET_TOKEN, self->token);
  signal_client_update_token (self->client, self->token);
}

/* The one before is good, too. */
gboolean
sim_client_has_token (SimClient  *self,
                      const char *token)
{
  return g_str_equal (token, self->token) || g_str_equal (token, self->old_token);
}

/* GObject makes copies of what is returned, which are not wiped. */
static char *
on_authenticate (SignalClient *client,
                 SimClient    *self)
{
  sim_trace ("authenticate", self->id);
  if (self->fetches_token)
    return NULL;

  renew_token (self);
  return g_strdup (self->token);
}

/* The token has been fetched, or cannot be had for a while or at all. */
static gboolean
on_token (gpointer user_data)
{
  SimClient *self = user_data;
  guint what = sim_random_below (&self->random, 20);
  g_autoptr (GError) error = NULL;

  self->token_id = 0;
  sim_trace ("token", TRACED (self->id, what));
  if (what == 0)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, "Not simulated");
  if (what < 2)
    {
      signal_client_fail_token (self->client, error);
      return G_SOURCE_REMOVE;
    }

  deliver_token (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_token_requested (SignalClient *client,
                    SimClient    *self)
{
  sim_trace ("token requested", self->id);
  if (self->token_id != 0 || !sim_random_chance (&self->random, 80))
    return FALSE;

  if (sim_random_chance (&self->random, 20))
    on_token (self);
  else
    self->token_id = g_timeout_add (sim_random_below (&self->random, MAX_TOKEN_DELAY), on_token, self);
  return TRUE;
}

/* Signals */

static void
on_connected (SignalClient *client,
              const char   *client_id,
              SimClient    *self)
{
  self->n_connects++;
  self->connected_at = sim_clock_now ();
  sim_trace ("connected", self->id);
  if (!self->status.was_lost)
    sim_fail ("client %u is connected twice", self->id);
  self->status.was_lost = FALSE;
  self->is_authenticated = TRUE;
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

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 SimClient    *self)
{
  sim_trace ("reconnecting", attempt);
  if (signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_RECONNECTING)
    sim_fail ("client %u is reconnecting in state %d", self->id, signal_client_get_state (client));
  act_inside (self);
}

/* Broadcasts reach every client. If they do not, the server knows. */
static void
check_shout (SimClient  *self,
             JsonObject *payload)
{
  gint64 shout = json_object_get_int_member (payload, "b");
  gint64 n_dropped = json_object_get_int_member (payload, "d");

  if (self->last_shout >= 0 && shout > self->last_shout + 1 && n_dropped == self->n_dropped)
    sim_fail ("client %u hears broadcast %" G_GINT64_FORMAT " after %" G_GINT64_FORMAT, self->id, shout,
              self->last_shout);
  self->last_shout = shout;
  self->n_dropped = n_dropped;
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
  if (json_object_has_member (payload, "b"))
    check_shout (self, payload);
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
on_state (SignalClient *client,
          GParamSpec   *pspec,
          SimClient    *self)
{
  gboolean was_authenticated = self->is_authenticated;

  self->last_shout = -1;
  self->is_authenticated = FALSE;
  if (was_authenticated && self->is_settled
      && signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_RECONNECTING)
    sim_fail ("client %u has lost its connection, although nothing has been wrong for minutes", self->id);
  act_inside (self);
}

static void
on_finalized (gpointer  user_data,
              GObject  *object)
{
  SimClient *self = user_data;

  self->n_alive--;
}

/* The token is that of the property, or is asked for whenever it is used, or is fetched. */
static void
watch_token (SimClient *self)
{
  guint which = sim_random_below (&self->random, 3);

  deliver_token (self);
  self->fetches_token = which == 2;
  if (which == 0)
    return;

  g_signal_connect (self->client, "authenticate", G_CALLBACK (on_authenticate), self);
  g_signal_connect (self->client, "token-requested", G_CALLBACK (on_token_requested), self);
}

static void
start (SimClient *self)
{
  static const guint heartbeats[] = { 5000, 30000, 30000, 60000 };
  static const guint delays[] = { 100, 500, 2000 };
  g_autoptr (GPtrArray) rooms = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < SIM_N_ROOMS; i++)
    if (self->rooms[i])
      g_ptr_array_add (rooms, sim_room_name (i));
  g_ptr_array_add (rooms, NULL);

  self->has_ttl = sim_random_chance (&self->random, 50);
  self->client = g_object_new (SIGNAL_TYPE_CLIENT,
    "server-url", self->uri,
    "network-monitor", self->monitor,
    "auto-join-rooms", rooms->pdata,
    "max-retries", G_MAXUINT,
    "base-interval", delays[sim_random_below (&self->random, G_N_ELEMENTS (delays))],
    "heartbeat-interval", heartbeats[sim_random_below (&self->random, G_N_ELEMENTS (heartbeats))],
    "outbox-limit", 1 + sim_random_below (&self->random, 32),
    "outbox-ttl", self->has_ttl ? TTL : 0,
    NULL);
  self->first_message = sim_ledger_get_length (self->messages);
  self->last_heard = -1;
  self->last_shout = -1;
  self->n_alive++;
  sim_status_watch (&self->status, self->client);
  g_object_weak_ref (G_OBJECT (self->client), on_finalized, self);
  invariants_connect (self->client);
  g_signal_connect (self->client, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect (self->client, "disconnected", G_CALLBACK (on_disconnected), self);
  g_signal_connect (self->client, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->client, "error", G_CALLBACK (on_changed), self);
  g_signal_connect (self->client, "reconnecting", G_CALLBACK (on_reconnecting), self);
  g_signal_connect (self->client, "notify::state", G_CALLBACK (on_state), self);
  g_signal_connect (self->client, "drained", G_CALLBACK (on_drained), self);
  watch_token (self);
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
forget_written (SimClient *self)
{
  g_queue_clear_full (&self->written, g_free);
}

/* What was passed to the connection may be lost. */
static void
drop (SimClient *self)
{
  forget_written (self);
  g_clear_handle_id (&self->token_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->client, self);
  g_signal_handlers_disconnect_by_data (self->client, &self->status);
  g_clear_object (&self->client);
}

void
sim_client_free (SimClient *self)
{
  sim_ledger_free (self->messages);
  sim_ledger_free (self->requests);
  g_object_unref (self->monitor);
  g_free (self->uri);
  signal_secret_wipe (self->token, sizeof self->token);
  signal_secret_wipe (self->old_token, sizeof self->old_token);
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

  check_timeout (ticket, error);
  sim_trace (ticket->ledger == self->requests ? "request ended" : "message ended",
             TRACED (self->id, ticket->number));
  sim_ledger_end (ticket->ledger, ticket->number, fate_from_error (error));
  ticket_free (ticket);
  act_inside (self);
}

/* While nothing is wrong, what is written arrives. */
static void
expect_arrival (Ticket *ticket)
{
  SimClient *self = ticket->self;
  Written *written;

  if (!self->is_settled)
    return;

  written = g_new (Written, 1);
  *written = (Written) { ticket->number, sim_clock_now () };
  g_queue_push_tail (&self->written, written);
}

static void
check_arrivals (SimClient *self)
{
  Written *first;

  while ((first = g_queue_peek_head (&self->written)) != NULL
         && sim_clock_now () - first->time > MAX_ARRIVAL)
    {
      if (!sim_ledger_has_arrived (self->messages, first->number))
        sim_fail ("message %u/%" G_GUINT64_FORMAT " was written and has not arrived", self->id,
                  first->number);
      g_free (g_queue_pop_head (&self->written));
    }
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  signal_client_send_json_finish (SIGNAL_CLIENT (source), result, &error);
  if (error == NULL)
    expect_arrival (user_data);
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
  Ticket *ticket;

  ticket = ticket_new (self, self->messages, number, self->has_ttl ? TTL : 0, self->has_ttl ? RECOVERY : 0);
  signal_client_send_json_async (self->client, "said", json, ticket->cancellable, on_sent, ticket);
}

static void
ask (SimClient *self)
{
  guint64 number = sim_ledger_accept (self->requests, SIM_ASKED);
  g_autofree char *json = compose (self, number);
  guint timeout = (guint) sim_random_between (&self->random, 10, MAX_PAUSE);
  Ticket *ticket = ticket_new (self, self->requests, number, timeout, 0);

  signal_client_request_json_async (self->client, "asked", json, timeout, ticket->cancellable, on_answered,
                                    ticket);
}

/* The end of the messages that were sent before is known. */
static void
on_flushed (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Ticket *ticket = user_data;
  guint64 first = ticket->self->client == (gpointer) source ? ticket->self->first_message : ticket->number;

  if (signal_client_flush_finish (SIGNAL_CLIENT (source), result, NULL))
    sim_ledger_check_ended (ticket->self->messages, first, ticket->number);
  ticket_free (ticket);
}

static void
flush (SimClient *self)
{
  Ticket *ticket = ticket_new (self, NULL, sim_ledger_get_length (self->messages), 0, 0);

  signal_client_flush_async (self->client, ticket->cancellable, on_flushed, ticket);
}

/* The user does not want to wait any more. */
static void
cancel (SimClient *self)
{
  Ticket *ticket;

  if (self->pending.length == 0)
    return;

  ticket = g_queue_peek_nth (&self->pending, sim_random_below (&self->random, self->pending.length));
  sim_trace ("cancel", TRACED (self->id, ticket->number));
  g_cancellable_cancel (ticket->cancellable);
}

static void
change_room (SimClient *self)
{
  guint room = sim_random_below (&self->random, SIM_N_ROOMS);
  g_autofree char *name = sim_room_name (room);
  const char *names[] = { name, NULL };

  self->rooms_at = sim_clock_now ();
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
  g_autoptr (SignalClient) keep G_GNUC_UNUSED = g_object_ref (self->client);
  guint what = sim_random_below (&self->random, 100);

  sim_trace ("act", TRACED (self->id, what));
  if (what < 31)
    send (self);
  else if (what < 56)
    send_and_wait (self);
  else if (what < 74)
    ask (self);
  else if (what < 79)
    flush (self);
  else if (what < 85)
    change_room (self);
  else if (what < 91)
    cancel (self);
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
sim_client_check (SimClient *self,
                  gboolean   is_settled)
{
  invariants_check_idle (self->client);
  sim_status_check (&self->status, self->client, self->id);
  check_deadlines (self);
  self->is_settled = is_settled;
  if (is_settled)
    check_arrivals (self);
  else
    forget_written (self);
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
  self->is_settled = FALSE;
  self->depth = MAX_DEPTH;
  disconnect_client (self);
  drop (self);
  g_clear_handle_id (&self->reconnect_id, g_source_remove);
}

gboolean
sim_client_is_finished (SimClient *self)
{
  return self->pending.length == 0 && self->n_alive == 0;
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

/* Returns whether the client has been connected for some time, and has not changed its rooms. */
gboolean
sim_client_has_lasting_rooms (SimClient *self)
{
  gint64 now = sim_clock_now ();

  return now - self->connected_at > MAX_JOIN && now - self->rooms_at > MAX_JOIN;
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
