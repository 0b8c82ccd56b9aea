/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"

#include <string.h>

/* Two servers behind haproxy, on one URL. */

#define N_PROBES 8

static char *url;

static gboolean
is_on (Probe      *probe,
       const char *server)
{
  g_autofree char *answer = probe_ask (probe, "where", NULL);
  g_autofree char *start = g_strdup_printf ("{\"server\":\"%s\"", server);

  return g_str_has_prefix (answer, start);
}

static void
open_all (Probe **probes)
{
  const char * const rooms[] = { "auto", NULL };

  for (guint i = 0; i < N_PROBES; i++)
    {
      probes[i] = probe_new (url, "ann");
      g_object_set (probes[i]->client, "auto-join-rooms", rooms, NULL);
      probe_connect (probes[i]);
      probe_wait_online (probes[i]);
      probe_join (probes[i], "tea");
    }
}

/* Whoever sends to a room with `json`: all hear it, once. */
static void
assert_all_hear (Probe      **probes,
                 const char  *room,
                 const char  *json)
{
  probe_send_to (probes[0], "to", room, "news", json);
  for (guint i = 0; i < N_PROBES; i++)
    probe_assert_heard (probes[i], "news", json);
  for (guint i = 0; i < N_PROBES; i++)
    {
      probe_settle (probes[i]);
      g_assert_cmpuint (probe_count (probes[i], "news"), ==, 0);
    }
}

static void
wait_all_in_rooms (Probe **probes)
{
  for (guint i = 0; i < N_PROBES; i++)
    {
      probe_wait_online (probes[i]);
      PROBE_WAIT (probe_is_in (probes[i], "tea") && probe_is_in (probes[i], "auto"));
    }
}

static guint
sum_of_delays (Probe *probe)
{
  guint sum = 0;

  for (guint i = 0; i < probe->delays->len; i++)
    sum += g_array_index (probe->delays, guint, i);
  return sum;
}

static void
test_killed (void)
{
  Probe *probes[N_PROBES];
  gboolean was_on_a[N_PROBES];
  guint n_on_a = 0;
  gint64 start;

  open_all (probes);
  for (guint i = 0; i < N_PROBES; i++)
    n_on_a += was_on_a[i] = is_on (probes[i], "a");
  g_assert_cmpuint (n_on_a, >, 0);
  g_assert_cmpuint (n_on_a, <, N_PROBES);
  assert_all_hear (probes, "tea", "\"before\"");

  start = g_get_monotonic_time ();
  world_tell ("kill", "a", NULL);
  for (guint i = 0; i < N_PROBES; i++)
    PROBE_WAIT (probes[i]->n_connected == (was_on_a[i] ? 2 : 1) && probe_is_online (probes[i]));
  g_test_message ("%u of %u clients were on the other server after %.0f ms", n_on_a, N_PROBES,
                  (g_get_monotonic_time () - start) / 1e3);

  for (guint i = 0; i < N_PROBES; i++)
    {
      g_assert_true (is_on (probes[i], "b"));
      g_assert_cmpuint (probes[i]->delays->len, <=, was_on_a[i] ? 2 : 0);
      g_assert_cmpuint (sum_of_delays (probes[i]), <=, 3 * PROBE_BASE_INTERVAL);
    }
  wait_all_in_rooms (probes);
  assert_all_hear (probes, "tea", "\"after\"");
  assert_all_hear (probes, "auto", "\"and after\"");

  g_free (world_ask ("start", "a", NULL));
  for (guint i = 0; i < N_PROBES; i++)
    probe_free (probes[i]);
}

typedef struct
{
  Probe *probe;
  guint  n_sent;
} Traffic;

static gboolean
on_tick (gpointer user_data)
{
  Traffic *traffic = user_data;
  g_autofree char *json = g_strdup_printf ("%u", traffic->n_sent++);

  probe_send_to (traffic->probe, "to", "tea", "traffic", json);
  return G_SOURCE_CONTINUE;
}

/* Nobody hears anything twice. */
static guint
count_traffic (Probe *probe)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint count = probe_count (probe, "traffic");

  for (guint i = 0; i < count; i++)
    g_assert_true (g_hash_table_add (seen, probe_take (probe, "traffic")));
  return count;
}

static void
restart (Probe      **probes,
         const char  *server)
{
  guint n_connected[N_PROBES];
  gboolean was_on_it[N_PROBES];

  for (guint i = 0; i < N_PROBES; i++)
    {
      was_on_it[i] = is_on (probes[i], server);
      n_connected[i] = probes[i]->n_connected;
    }
  world_tell ("stop", server, NULL);
  for (guint i = 0; i < N_PROBES; i++)
    {
      PROBE_WAIT (probes[i]->n_connected > n_connected[i] - !was_on_it[i]);
      probe_wait_online (probes[i]);
    }
  g_free (world_ask ("start", server, NULL));
  run_for (500);
}

static void
test_rolling_restart (void)
{
  Probe *probes[N_PROBES];
  Traffic traffic = { 0 };
  guint source;

  open_all (probes);
  traffic.probe = probes[0];
  source = g_timeout_add (10, on_tick, &traffic);
  run_for (300);
  for (guint round = 0; round < 2; round++)
    {
      restart (probes, "a");
      restart (probes, "b");
    }
  run_for (300);
  g_source_remove (source);

  wait_all_in_rooms (probes);
  assert_all_hear (probes, "tea", "\"in the end\"");
  for (guint i = 0; i < N_PROBES; i++)
    {
      guint n_heard = count_traffic (probes[i]);

      g_test_message ("client %u: %u connections, heard %u of %u", i, probes[i]->n_connected,
                      n_heard, traffic.n_sent);
      g_assert_cmpuint (probes[i]->n_connected, >, 1);
      g_assert_cmpuint (probes[i]->n_disconnected, ==, 0);
      g_assert_cmpuint (n_heard, >, traffic.n_sent / 2);
      probe_free (probes[i]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *ports = NULL;
  g_auto (GStrv) parts = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  g_free (world_ask ("server", "a", "public", NULL));
  g_free (world_ask ("server", "b", "public", NULL));
  ports = world_ask ("haproxy", "a", "b", NULL);
  parts = g_strsplit (ports, " ", -1);
  url = g_strdup_printf ("ws://127.0.0.1:%s/ws", parts[0]);
  g_test_add_func ("/interop/failover/killed", test_killed);
  g_test_add_func ("/interop/failover/rolling-restart", test_rolling_restart);
  result = g_test_run ();
  g_free (url);
  return result;
}
