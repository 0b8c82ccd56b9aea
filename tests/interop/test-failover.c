/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"
#include "tests/histories/history.h"

#include <string.h>

/* Two servers: behind haproxy on one URL, and each with its own. */

#define N_CLIENTS 8

static char *url;
static char *url_a;
static char *url_b;

static gboolean
is_on (Recorder   *recorder,
       const char *server)
{
  g_autofree char *answer = interop_request (recorder, "where", NULL);
  g_autofree char *start = g_strdup_printf ("{\"server\":\"%s\"", server);

  return g_str_has_prefix (answer, start);
}

static void
open_all (Recorder **recorders)
{
  const char * const rooms[] = { "auto", NULL };

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      recorders[i] = interop_recorder_new (url, "ann");
      g_object_set (recorders[i]->client, "auto-join-rooms", rooms, NULL);
      recorder_start (recorders[i]);
      recorder_wait_connected (recorders[i]);
      interop_join (recorders[i], "tea");
    }
}

/* Sends a message to a room, which every client receives once. */
static void
assert_all_receive (Recorder  **recorders,
                    const char *room,
                    const char *json)
{
  interop_send_to (recorders[0], "to", room, "news", json);
  for (guint i = 0; i < N_CLIENTS; i++)
    recorder_assert_message (recorders[i], "news", json);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      interop_settle (recorders[i]);
      g_assert_cmpuint (recorder_count_messages (recorders[i], "news"), ==, 0);
    }
}

static void
wait_all_in_rooms (Recorder **recorders)
{
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      recorder_wait_connected (recorders[i]);
      INTEROP_WAIT (interop_is_in_room (recorders[i], "tea") && interop_is_in_room (recorders[i],
                                                                                    "auto"));
    }
}

static guint
sum_of_delays (Recorder *recorder)
{
  guint sum = 0;

  for (guint i = 0; i < recorder->delays->len; i++)
    sum += g_array_index (recorder->delays, guint, i);
  return sum;
}

static void
test_killed (void)
{
  Recorder *recorders[N_CLIENTS];
  gboolean was_on_a[N_CLIENTS];
  guint n_on_a = 0;
  gint64 start;

  open_all (recorders);
  for (guint i = 0; i < N_CLIENTS; i++)
    n_on_a += was_on_a[i] = is_on (recorders[i], "a");
  g_assert_cmpuint (n_on_a, >, 0);
  g_assert_cmpuint (n_on_a, <, N_CLIENTS);
  assert_all_receive (recorders, "tea", "\"before\"");

  start = g_get_monotonic_time ();
  processes_command ("kill", "a", NULL);
  for (guint i = 0; i < N_CLIENTS; i++)
    INTEROP_WAIT (recorders[i]->n_connected == (was_on_a[i] ? 2 : 1)
                  && recorder_is_connected (recorders[i]));
  g_test_message ("%u of %u clients were on the other server after %.0f ms", n_on_a, N_CLIENTS,
                  (g_get_monotonic_time () - start) / 1e3);

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_assert_true (is_on (recorders[i], "b"));
      g_assert_cmpuint (recorders[i]->delays->len, <=, was_on_a[i] ? 2 : 0);
      g_assert_cmpuint (sum_of_delays (recorders[i]), <=, 3 * INTEROP_BASE_INTERVAL);
    }
  wait_all_in_rooms (recorders);
  assert_all_receive (recorders, "tea", "\"after\"");
  assert_all_receive (recorders, "auto", "\"and after\"");

  g_free (processes_query ("start", "a", NULL));
  for (guint i = 0; i < N_CLIENTS; i++)
    recorder_free (recorders[i]);
}

/* Without haproxy, each client knows both URLs. */
static void
test_server_urls (void)
{
  const char * const others[] = { url_b, NULL };
  const char * const rooms[] = { "auto", NULL };
  Recorder *recorders[N_CLIENTS];

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      recorders[i] = interop_recorder_new (url_a, "ann");
      g_object_set (recorders[i]->client, "auto-join-rooms", rooms, "server-urls", others, NULL);
      recorder_connect (recorders[i]);
      g_assert_true (is_on (recorders[i], "a"));
      g_assert_cmpstr (signal_client_get_current_url (recorders[i]->client), ==, url_a);
      interop_join (recorders[i], "tea");
    }
  assert_all_receive (recorders, "tea", "\"before\"");

  processes_command ("kill", "a", NULL);
  for (guint i = 0; i < N_CLIENTS; i++)
    INTEROP_WAIT (recorders[i]->n_connected == 2 && recorder_is_connected (recorders[i]));
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_assert_true (is_on (recorders[i], "b"));
      g_assert_cmpstr (signal_client_get_current_url (recorders[i]->client), ==, url_b);
      g_assert_cmpuint (recorders[i]->delays->len, ==, 2);
    }
  wait_all_in_rooms (recorders);
  assert_all_receive (recorders, "tea", "\"after\"");
  assert_all_receive (recorders, "auto", "\"and after\"");

  g_free (processes_query ("start", "a", NULL));
  for (guint i = 0; i < N_CLIENTS; i++)
    recorder_free (recorders[i]);
}

typedef struct
{
  Recorder *recorder;
  guint     n_sent;
} Traffic;

static gboolean
on_tick (gpointer user_data)
{
  Traffic *traffic = user_data;
  g_autofree char *json = g_strdup_printf ("%u", traffic->n_sent++);

  interop_send_to (traffic->recorder, "to", "tea", "traffic", json);
  return G_SOURCE_CONTINUE;
}

/* No client receives a message twice. */
static guint
count_traffic (Recorder *recorder)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint count = recorder_count_messages (recorder, "traffic");

  for (guint i = 0; i < count; i++)
    g_assert_true (g_hash_table_add (seen, recorder_wait_message (recorder, "traffic")));
  return count;
}

static void
restart (Recorder  **recorders,
         const char *server)
{
  guint n_connected[N_CLIENTS];
  gboolean was_on_it[N_CLIENTS];

  for (guint i = 0; i < N_CLIENTS; i++)
    {
      was_on_it[i] = is_on (recorders[i], server);
      n_connected[i] = recorders[i]->n_connected;
    }
  processes_command ("stop", server, NULL);
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      INTEROP_WAIT (recorders[i]->n_connected > n_connected[i] - !was_on_it[i]);
      recorder_wait_connected (recorders[i]);
    }
  g_free (processes_query ("start", server, NULL));
  run_for (500);
}

static void
test_rolling_restart (void)
{
  Recorder *recorders[N_CLIENTS];
  Traffic traffic = { 0 };
  guint source;

  open_all (recorders);
  traffic.recorder = recorders[0];
  source = g_timeout_add (10, on_tick, &traffic);
  run_for (300);
  for (guint round = 0; round < 2; round++)
    {
      restart (recorders, "a");
      restart (recorders, "b");
    }
  run_for (300);
  g_source_remove (source);

  wait_all_in_rooms (recorders);
  assert_all_receive (recorders, "tea", "\"in the end\"");
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      guint n_heard = count_traffic (recorders[i]);

      g_test_message ("client %u: %u connections, heard %u of %u", i, recorders[i]->n_connected,
                      n_heard, traffic.n_sent);
      g_assert_cmpuint (recorders[i]->n_connected, >, 1);
      g_assert_cmpuint (recorders[i]->n_disconnected, ==, 0);
      g_assert_cmpuint (n_heard, >, traffic.n_sent / 2);
      recorder_free (recorders[i]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *ports = NULL;
  g_auto (GStrv) parts = NULL;
  int result;

  interop_test_init (&argc, &argv);
  url_a = processes_query ("server", "a", "public", NULL);
  url_b = processes_query ("server", "b", "public", NULL);
  ports = processes_query ("haproxy", "a", "b", NULL);
  parts = g_strsplit (ports, " ", -1);
  url = g_strdup_printf ("ws://127.0.0.1:%s/ws", parts[0]);
  g_test_add_func ("/interop/failover/killed", test_killed);
  g_test_add_func ("/interop/failover/server-urls", test_server_urls);
  g_test_add_func ("/interop/failover/rolling-restart", test_rolling_restart);
  result = history_run ();
  g_free (url);
  g_free (url_a);
  g_free (url_b);
  return result;
}
