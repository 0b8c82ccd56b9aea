/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"
#include "tests/histories/history.h"

/* Random calls from inside and outside of handlers, on a network that fails. */

#define WALKERS 4
#define LIMIT_SHORT 3
#define LIMIT_LONG 60

/* File descriptors that GIO opens once and keeps: of a network monitor, threads, a bus. */
#define SPARE_FDS 16

typedef struct
{
  SignalClient *client; /* NULL between two clients */
  Fixture *fixture;
  Proxy   *proxy;
  guint    depth;
  guint    n_alive;     /* clients that are not finalized */
  guint    n_clients;
  guint    n_steps;
  guint    n_inside;    /* steps made inside a handler */
  guint    n_begun;     /* calls of connect_async() that were started and that returned */
  guint    n_done;
  guint    n_closing;   /* calls of disconnect_async() that were started and that returned */
  guint    n_closed;
  guint    n_connected;
  SignalConnectionState last;
} Walker;

static void step (Walker *walker);

static void
step_inside (Walker *walker)
{
  if (walker->depth >= 3 || g_test_rand_int_range (0, 4) != 0)
    return;

  walker->depth++;
  walker->n_inside++;
  step (walker);
  walker->depth--;
}

/* Every state is a possible successor of the previous one. A change made by a handler of `notify`
 * is notified after the handler has returned, and may have been reverted by then. */
static void
on_state (SignalClient *client,
          GParamSpec   *pspec,
          Walker       *walker)
{
  SignalConnectionState state = signal_client_get_state (client);

  if (client != walker->client)
    return;

  if (state == walker->last)
    return;
  if (state == SIGNAL_CONNECTION_STATE_CONNECTED)
    g_assert_cmpint (walker->last, ==, SIGNAL_CONNECTION_STATE_CONNECTING);
  if (state == SIGNAL_CONNECTION_STATE_AUTHENTICATING)
    g_assert_cmpint (walker->last, ==, SIGNAL_CONNECTION_STATE_CONNECTED);
  if (state == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    g_assert_cmpint (walker->last, ==, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  if (state == SIGNAL_CONNECTION_STATE_RECONNECTING)
    g_assert_cmpint (walker->last, !=, SIGNAL_CONNECTION_STATE_DISCONNECTED);
  walker->last = state;
  step_inside (walker);
}

static void
on_connected (SignalClient *client,
              const char   *client_id,
              Walker       *walker)
{
  walker->n_connected++;
  step_inside (walker);
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 Walker       *walker)
{
  step_inside (walker);
}

static void
on_notify (SignalClient *client,
           gpointer      what,
           Walker       *walker)
{
  step_inside (walker);
}

static void
on_drained (SignalClient *client,
            Walker       *walker)
{
  step_inside (walker);
}

static char *
on_authenticate (SignalClient *client,
                 Walker       *walker)
{
  step_inside (walker);
  return g_test_rand_int_range (0, 3) == 0 ? g_strdup ("walker-secret") : NULL;
}

static gboolean
on_token_requested (SignalClient *client,
                    Walker       *walker)
{
  step_inside (walker);
  return g_test_rand_int_range (0, 6) == 0;
}

static void
on_finalized (gpointer  user_data,
              GObject  *object)
{
  Walker *walker = user_data;

  walker->n_alive--;
}

static void
walker_start (Walker *walker)
{
  walker->client = signal_client_new (walker->proxy->uri, NULL);
  walker->last = SIGNAL_CONNECTION_STATE_DISCONNECTED;
  walker->n_alive++;
  walker->n_clients++;
  g_object_weak_ref (G_OBJECT (walker->client), on_finalized, walker);
  g_object_set (walker->client,
                "token", "walker-secret",
                "base-interval", 2,
                "max-interval", 10,
                "max-retries", 5,
                "connect-timeout", 100,
                "heartbeat-interval", 20,
                "liveness-timeout", 20,
                "outbox-limit", 8,
                "outbox-ttl", 30,
                NULL);
  invariants_connect (walker->client);
  g_signal_connect (walker->client, "notify::state", G_CALLBACK (on_state), walker);
  g_signal_connect (walker->client, "notify::rooms", G_CALLBACK (on_notify), walker);
  g_signal_connect (walker->client, "notify::outbox-length", G_CALLBACK (on_notify), walker);
  g_signal_connect (walker->client, "notify::last-error", G_CALLBACK (on_notify), walker);
  g_signal_connect (walker->client, "connected", G_CALLBACK (on_connected), walker);
  g_signal_connect (walker->client, "reconnecting", G_CALLBACK (on_reconnecting), walker);
  g_signal_connect (walker->client, "disconnected", G_CALLBACK (on_notify), walker);
  g_signal_connect (walker->client, "error", G_CALLBACK (on_notify), walker);
  g_signal_connect (walker->client, "message", G_CALLBACK (on_notify), walker);
  g_signal_connect (walker->client, "drained", G_CALLBACK (on_drained), walker);
  g_signal_connect (walker->client, "authenticate", G_CALLBACK (on_authenticate), walker);
  g_signal_connect (walker->client, "token-requested", G_CALLBACK (on_token_requested), walker);
}

static void
on_connect_done (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  Walker *walker = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error);

  g_assert_cmpint (ok, ==, error == NULL);
  walker->n_done++;
  step_inside (walker);
}

static void
on_disconnect_done (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  Walker *walker = user_data;

  g_assert_true (signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL));
  walker->n_closed++;
  step_inside (walker);
}

static void
disconnect (Walker *walker)
{
  walker->n_closing++;
  signal_client_disconnect_async (walker->client, NULL, on_disconnect_done, walker);
}

/* Each message is another one, so that the history shows which of them have arrived. */
static char *
next_payload (void)
{
  static guint n;

  return g_strdup_printf ("%u", n++);
}

static void
send (SignalClient *client)
{
  g_autofree char *json = next_payload ();
  g_autoptr (GError) error = NULL;

  if (!signal_client_send_json (client, "walk", json, &error)
      && !g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL))
    g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
}

static void
join_or_leave (SignalClient *client)
{
  const char *names[] = { "here", "there", NULL };

  if (g_test_rand_int_range (0, 2) == 0)
    g_assert_true (signal_client_join_rooms (client, names, NULL));
  else
    g_assert_true (signal_client_leave_rooms (client, names + 1, NULL));
}

static void
send_news (SignalServer *server)
{
  g_autofree char *json = next_payload ();
  g_autoptr (JsonNode) payload = parse_json (json);

  if (g_test_rand_int_range (0, 2) == 0)
    signal_server_broadcast (server, "news", payload, NULL);
  else
    signal_server_send_to_room (server, "there", "news", payload, NULL, NULL);
}

static void
fail (Walker *walker)
{
  switch (g_test_rand_int_range (0, 6))
    {
    case 0:
      proxy_cut (walker->proxy);
      break;
    case 1:
      proxy_reset (walker->proxy);
      break;
    case 2:
      proxy_stall (walker->proxy);
      break;
    case 3:
      walker->proxy->is_refusing = !walker->proxy->is_refusing;
      break;
    case 4:
      walker->proxy->is_chopping = !walker->proxy->is_chopping;
      break;
    default:
      send_news (walker->fixture->server);
    }
}

/* Calls a method of the client, which may drop its last reference. */
static void
step_client (Walker *walker)
{
  g_autoptr (SignalClient) client = g_object_ref (walker->client);

  switch (g_test_rand_int_range (0, 16))
    {
    case 0:
    case 1:
    case 2:
    case 3:
      walker->n_begun++;
      signal_client_connect_async (client, NULL, NULL, on_connect_done, walker);
      break;
    case 4:
      disconnect (walker);
      break;
    case 5:
      signal_client_update_token (client, "bad");
      break;
    case 6:
    case 7:
      signal_client_update_token (client, "walker-secret");
      break;
    case 8:
    case 9:
      join_or_leave (client);
      break;
    case 10:
    case 11:
    case 12:
    case 13:
      send (client);
      break;
    default:
      signal_client_reconnect_now (client);
    }
}

static void
step (Walker *walker)
{
  int what = g_test_rand_int_range (0, 100);

  walker->n_steps++;
  if (walker->client == NULL)
    walker_start (walker);
  else if (what < 4)
    g_clear_object (&walker->client);
  else if (what < 10)
    fail (walker);
  else
    step_client (walker);
}

static void
walker_continue (Walker *walker)
{
  step (walker);
  for (int i = g_test_rand_int_range (0, 5); i > 0; i--)
    g_main_context_iteration (NULL, FALSE);
  if (walker->client != NULL)
    invariants_check_idle (walker->client);
}

/* Waits until every call has returned and every client is finalized. */
static void
walker_finish (Walker *walker)
{
  if (walker->client != NULL)
    disconnect (walker);
  g_clear_object (&walker->client);
  walker->depth = G_MAXUINT;
  walker->proxy->is_refusing = FALSE;
  proxy_cut (walker->proxy);
  WAIT_UNTIL (walker->n_done == walker->n_begun);
  WAIT_UNTIL (walker->n_closed == walker->n_closing);
  WAIT_UNTIL (walker->n_alive == 0);
}

static void
test_walk (void)
{
  gint64 limit = g_getenv ("SIGNAL_TEST_LONG") != NULL ? LIMIT_LONG : LIMIT_SHORT;
  gint64 end = g_get_monotonic_time () + limit * G_TIME_SPAN_SECOND;
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Proxy) proxy = proxy_new (fixture->uri);
  Walker walkers[WALKERS] = { 0 };
  Walker sum = { 0 };
  guint n_fds = count_open_fds ();

  for (guint i = 0; i < WALKERS; i++)
    {
      walkers[i].fixture = fixture;
      walkers[i].proxy = proxy;
    }

  while (g_get_monotonic_time () < end)
    walker_continue (&walkers[g_test_rand_int_range (0, WALKERS)]);

  for (guint i = 0; i < WALKERS; i++)
    {
      walker_finish (&walkers[i]);
      sum.n_steps += walkers[i].n_steps;
      sum.n_inside += walkers[i].n_inside;
      sum.n_clients += walkers[i].n_clients;
      sum.n_connected += walkers[i].n_connected;
    }
  g_test_message ("%u steps, %u of them inside handlers; %u clients, connected %u times",
                  sum.n_steps, sum.n_inside, sum.n_clients, sum.n_connected);
  WAIT_UNTIL (count_open_fds () <= n_fds + SPARE_FDS);
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);
  history_begin ();

  g_test_add_func ("/faults/random-walk", test_walk);

  return history_run ();
}
