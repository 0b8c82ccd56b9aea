/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-site.h"
#include "tests/histories/history.h"

/* A public server and two embedded ones, whose Redis ends, hangs or closes connections. */

static char *redis_uri;
static char *url_a;

typedef struct
{
  BusSite  *c;
  BusSite  *d;
  Recorder *of_a; /* all of them are in the room */
  Recorder *of_c;
  Recorder *of_d;
} Net;

#define ROOM "tea"

/* Returns whether a message reaches all three servers from each of them. The public server, which needs
 * some seconds to connect again, may not yet be there. */
static gboolean
flows (Net *net)
{
  Recorder *all[] = { net->of_a, net->of_c, net->of_d };
  const char * const events[] = { "probe a", "probe c", "probe d" };

  interop_send_to (net->of_a, "to", ROOM, events[0], "0");
  bus_site_send (net->c, ROOM, events[1], "0");
  bus_site_send (net->d, ROOM, events[2], "0");
  run_for (200);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    for (guint j = 0; j < G_N_ELEMENTS (events); j++)
      if (recorder_count_messages (all[i], events[j]) == 0)
        return FALSE;
  return TRUE;
}

/* Messages of each server reach all others, once. */
static void
assert_flows (Net *net)
{
  Recorder *all[] = { net->of_a, net->of_c, net->of_d };

  INTEROP_WAIT (flows (net));
  run_for (200);
  interop_send_to (net->of_a, "to", ROOM, "flows", "0");
  bus_site_send (net->c, ROOM, "flows", "0");
  bus_site_send (net->d, ROOM, "flows", "0");
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      interop_assert_count (all[i], "flows", 3);
      g_ptr_array_set_size (all[i]->messages, 0);
    }
}

static void
net_open (Net *net)
{
  net->c = bus_site_new_connected (redis_uri, "c");
  net->d = bus_site_new_connected (redis_uri, "d");
  net->of_a = interop_recorder_new_in_room (url_a, "ann", ROOM);
  net->of_c = interop_recorder_new_in_room (net->c->url, "ann", ROOM);
  net->of_d = interop_recorder_new_in_room (net->d->url, "ann", ROOM);
  assert_flows (net);
}

/* No client has noticed anything. */
static void
net_close (Net *net)
{
  Recorder *all[] = { net->of_a, net->of_c, net->of_d };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_assert_cmpuint (all[i]->n_connected, ==, 1);
      g_assert_cmpuint (all[i]->errors->len, ==, 0);
      recorder_free (all[i]);
    }
  bus_site_free (net->c);
  bus_site_free (net->d);
}

static void
assert_not_connected (SignalBus *bus)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (signal_bus_send_to_room_json (bus, ROOM, "news", NULL, NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
}

/* Redis works again since @start. */
static void
wait_back (Net    *net,
           gint64  start)
{
  bus_site_wait_back (net->c);
  bus_site_wait_back (net->d);
  g_test_message ("connected again after %.0f ms", (g_get_monotonic_time () - start) / 1e3);
}

/* The public server keeps what it publishes meanwhile, and publishes it later. Its Redis client tries to
 * connect 2 seconds after the loss and then after another 4, so that the embedded servers are there
 * first if Redis starts in between. */
static void
test_killed (void)
{
  const char * const rooms[] = { ROOM, NULL };
  g_autoptr (Recorder) leaver = NULL;
  g_autoptr (Recorder) comer = NULL;
  gint64 start;
  Net net = { 0 };

  net_open (&net);
  leaver = interop_recorder_new_in_room (net.d->url, "ann", ROOM);
  processes_command ("kill", "redis", NULL);
  bus_site_wait_lost (net.c);
  bus_site_wait_lost (net.d);
  assert_not_connected (net.c->bus);

  for (guint i = 0; i < 10; i++)
    {
      interop_send_to (net.of_a, "to", ROOM, "queued", "0");
      bus_site_send (net.c, ROOM, "local", "0");
    }
  interop_assert_count (net.of_a, "queued", 10);
  interop_assert_count (net.of_c, "local", 10);

  comer = interop_recorder_new_in_room (net.c->url, "ann", ROOM);
  interop_join (comer, "late");
  g_assert_true (signal_client_leave_rooms (leaver->client, rooms, NULL));
  INTEROP_WAIT (!interop_is_in_room (leaver, ROOM));
  run_for (2500);
  g_assert_cmpuint (net.c->errors->len, ==, 1);

  start = g_get_monotonic_time ();
  g_free (processes_query ("redis", "start", NULL));
  wait_back (&net, start);
  bus_site_send (net.d, "late", "news", "0");
  interop_assert_count (comer, "news", 1);
  interop_assert_count (net.of_c, "queued", 10);
  interop_assert_count (net.of_d, "queued", 10);
  interop_assert_count (comer, "queued", 10);
  g_assert_cmpuint (recorder_count_messages (net.of_d, "local"), ==, 0);
  assert_flows (&net);
  g_assert_cmpuint (leaver->messages->len, ==, 0);
  net_close (&net);
}

/* The connections that subscribe are closed. */
static void
test_client_kill (void)
{
  g_autofree char *count = NULL;
  gint64 start;
  Net net = { 0 };

  net_open (&net);
  start = g_get_monotonic_time ();
  count = processes_query ("redis_cli", "redis", "client", "kill", "type", "pubsub", NULL);
  g_test_message ("%s connections", count);
  bus_site_wait_lost (net.c);
  bus_site_wait_lost (net.d);
  wait_back (&net, start);
  assert_flows (&net);
  g_assert_cmpuint (net.c->errors->len, ==, 1);
  net_close (&net);
}

static void
send_from_all (Net        *net,
               const char *event,
               guint       n)
{
  for (guint i = 0; i < n; i++)
    {
      interop_send_to (net->of_a, "to", ROOM, event, "0");
      bus_site_send (net->c, ROOM, event, "0");
      bus_site_send (net->d, ROOM, event, "0");
    }
}

/* Each server delivers to its own clients meanwhile; the others receive everything later. */
static void
assert_only_late (Net        *net,
                  const char *verb,
                  const char *event)
{
  const guint n = 50;

  send_from_all (net, event, n);
  interop_assert_count (net->of_a, event, n);
  interop_assert_count (net->of_c, event, n);
  interop_assert_count (net->of_d, event, n);
  if (verb != NULL)
    processes_command (verb, "redis", NULL);
  interop_assert_count (net->of_a, event, 3 * n);
  interop_assert_count (net->of_c, event, 3 * n);
  interop_assert_count (net->of_d, event, 3 * n);
  g_assert_cmpuint (net->c->errors->len, ==, 0);
  g_assert_cmpuint (net->d->errors->len, ==, 0);
  g_assert_cmpuint (net->c->n_changes, ==, 1);
}

static void
test_paused (void)
{
  Net net = { 0 };

  net_open (&net);
  processes_command ("redis_cli", "redis", "client", "pause", "2000", "all", NULL);
  assert_only_late (&net, NULL, "paused");
  assert_flows (&net);
  net_close (&net);
}

static void
test_frozen_shortly (void)
{
  Net net = { 0 };

  net_open (&net);
  processes_command ("freeze", "redis", NULL);
  assert_only_late (&net, "thaw", "frozen");
  assert_flows (&net);
  net_close (&net);
}

/* A Redis that has not answered for 10 seconds is considered lost. */
static void
test_frozen_for_long (void)
{
  gint64 start;
  Net net = { 0 };

  net_open (&net);
  processes_command ("freeze", "redis", NULL);
  start = g_get_monotonic_time ();
  while (net.c->n_changes < 2 || net.d->n_changes < 2)
    {
      bus_site_send (net.c, ROOM, "local", "0");
      interop_assert_count (net.of_c, "local", 1);
      g_ptr_array_set_size (net.of_c->messages, 0);
      g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * INTEROP_TIMEOUT * G_USEC_PER_SEC);
    }
  g_test_message ("noticed after %.1f s", (g_get_monotonic_time () - start) / 1e6);
  assert_not_connected (net.c->bus);
  bus_site_send (net.c, ROOM, "local", "0");
  interop_assert_count (net.of_c, "local", 1);

  start = g_get_monotonic_time ();
  processes_command ("thaw", "redis", NULL);
  wait_back (&net, start);
  assert_flows (&net);
  net_close (&net);
}

typedef struct
{
  guint  n;
  gint64 last;
  gint64 longest; /* without a connection, in microseconds */
} Attempts;

/* Closes the connection. */
static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             Attempts          *attempts)
{
  gint64 now = g_get_monotonic_time ();

  attempts->n++;
  attempts->longest = MAX (attempts->longest, now - attempts->last);
  attempts->last = now;
  return FALSE;
}

/* While there is no Redis, the bus tries to connect at least every second, and not all the time. */
static void
test_attempts (void)
{
  g_autofree char *port = processes_query ("redis", "start", "lone", NULL);
  g_autofree char *uri = bus_site_get_uri (port);
  g_autoptr (BusSite) site = bus_site_new_connected (uri, "lone");
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GError) error = NULL;
  Attempts attempts = { 0 };

  processes_command ("kill", "lone", NULL);
  bus_site_wait_lost (site);
  g_socket_listener_add_inet_port (G_SOCKET_LISTENER (service), (guint16) atoi (port), NULL, &error);
  g_assert_no_error (error);
  attempts.last = g_get_monotonic_time ();
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), &attempts);
  run_for (7000);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  g_test_message ("%u connections, the longest pause was %.0f ms", attempts.n, attempts.longest / 1e3);

  /* Each attempt has two connections. At least nine are made in this time, unless the machine is slow. */
  g_assert_cmpuint (attempts.n, >=, 16);
  g_assert_cmpuint (attempts.n, <=, 60);
  g_assert_cmpint (attempts.longest, <, 3 * G_USEC_PER_SEC);
  g_assert_cmpuint (site->errors->len, ==, 1);

  g_free (processes_query ("redis", "start", "lone", NULL));
  bus_site_wait_back (site);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *port = NULL;
  int result;

  interop_test_init (&argc, &argv);
  port = processes_query ("redis", "start", NULL);
  redis_uri = bus_site_get_uri (port);
  url_a = processes_query ("server", "a", "public", NULL);
  g_test_add_func ("/interop/bus-outages/killed", test_killed);
  g_test_add_func ("/interop/bus-outages/client-kill", test_client_kill);
  g_test_add_func ("/interop/bus-outages/paused", test_paused);
  g_test_add_func ("/interop/bus-outages/frozen-shortly", test_frozen_shortly);
  g_test_add_func ("/interop/bus-outages/frozen-for-long", test_frozen_for_long);
  g_test_add_func ("/interop/bus-outages/attempts", test_attempts);
  result = history_run ();
  g_free (redis_uri);
  g_free (url_a);
  return result;
}
