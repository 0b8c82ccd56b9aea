/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libsoup/soup.h>

#include "bench-main.h"
#include "bench-report.h"
#include "bench-tail.h"
#include "bench-wait.h"

/* The time until a new client is AUTHENTICATED, one connection after another: with this library,
 * and with the programs of other stacks on the same server. libsoup's client only opens a
 * WebSocket, and is the floor. All of them take turns, and the first connections of each turn are
 * not counted. */

#define N_ROUNDS 5
#define N_COUNTED 60
#define N_WARM_UP 5

typedef struct _Contender Contender;

struct _Contender
{
  char *name;
  const char *uri;
  gboolean (*perform) (Contender  *self,
                       BenchHost  *host,
                       GError    **error);
  char *program;
  GArray *wall; /* µs */
  GArray *cpu;
};

/* A connection that is being established. */
typedef struct
{
  gint64 wall;
  gint64 cpu;
  BenchWait wait;
} Attempt;

static void
contender_free (gpointer data)
{
  Contender *self = data;

  g_array_unref (self->wall);
  g_array_unref (self->cpu);
  g_free (self->program);
  g_free (self->name);
  g_free (self);
}

static void
begin (Attempt *attempt)
{
  attempt->wall = -bench_clock_read (CLOCK_MONOTONIC);
  attempt->cpu = -bench_clock_read (CLOCK_PROCESS_CPUTIME_ID);
}

static void
end (Attempt      *attempt,
     const GError *error)
{
  attempt->cpu += bench_clock_read (CLOCK_PROCESS_CPUTIME_ID);
  attempt->wall += bench_clock_read (CLOCK_MONOTONIC);
  if (error != NULL)
    bench_wait_fail (&attempt->wait, error);
  else
    bench_wait_done (&attempt->wait);
}

static void
count (Contender     *self,
       const Attempt *attempt,
       guint          index)
{
  double wall = attempt->wall / 1000.0;
  double cpu = attempt->cpu / 1000.0;

  if (index < N_WARM_UP)
    return;

  g_array_append_val (self->wall, wall);
  g_array_append_val (self->cpu, cpu);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error);
  end (user_data, error);
}

static gboolean
perform_signal (Contender  *self,
                BenchHost  *host,
                GError    **error)
{
  Attempt attempt;
  gboolean done = TRUE;

  bench_wait_init (&attempt.wait);
  for (guint i = 0; i < N_WARM_UP + N_COUNTED && done; i++)
    {
      g_autoptr (SignalClient) client = NULL;

      begin (&attempt);
      client = bench_host_new_client (host, self->uri);
      signal_client_connect_async (client, "bench", NULL, on_connected, &attempt);
      done = bench_wait_run (&attempt.wait, 1, "connected", error);
      count (self, &attempt, i);
      done = done && bench_host_disconnect (client, error);
    }
  bench_wait_clear (&attempt.wait);

  return done;
}

static void
on_soup_connected (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (SoupWebsocketConnection) socket = NULL;
  g_autoptr (GError) error = NULL;

  socket = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  end (user_data, error);
}

static gboolean
perform_soup (Contender  *self,
              BenchHost  *host,
              GError    **error)
{
  Attempt attempt;
  gboolean done = TRUE;

  bench_wait_init (&attempt.wait);
  for (guint i = 0; i < N_WARM_UP + N_COUNTED && done; i++)
    {
      g_autoptr (SoupSession) session = NULL;
      g_autoptr (SoupMessage) request = NULL;

      begin (&attempt);
      session = soup_session_new ();
      soup_session_set_proxy_resolver (session, NULL);
      request = soup_message_new ("GET", self->uri);
      soup_session_websocket_connect_async (session, request, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                            on_soup_connected, &attempt);
      done = bench_wait_run (&attempt.wait, 1, "connected", error);
      count (self, &attempt, i);
    }
  bench_wait_clear (&attempt.wait);

  return done;
}

static gboolean
take_numbers (GArray     *values,
              JsonObject *answer,
              const char *name)
{
  JsonArray *array = json_object_has_member (answer, name)
                     ? json_object_get_array_member (answer, name) : NULL;

  if (array == NULL || json_array_get_length (array) != N_WARM_UP + N_COUNTED)
    return FALSE;

  for (guint i = N_WARM_UP; i < N_WARM_UP + N_COUNTED; i++)
    {
      double value = json_array_get_double_element (array, i);

      g_array_append_val (values, value);
    }
  return TRUE;
}

static gboolean
perform_peer (Contender  *self,
              BenchHost  *host,
              GError    **error)
{
  g_autofree char *number = g_strdup_printf ("%d", N_WARM_UP + N_COUNTED);
  const char *argv[] = { self->program, "connect", self->uri, number, NULL };
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &text, NULL, &status,
                     error)
      || !g_spawn_check_wait_status (status, error))
    return FALSE;

  node = json_from_string (text, error);
  if (node == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_OBJECT (node)
      && take_numbers (self->wall, json_node_get_object (node), "connect_us")
      && take_numbers (self->cpu, json_node_get_object (node), "cpu_us"))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s says: %s", self->program, text);
  return FALSE;
}

static Contender *
add (GPtrArray  *contenders,
     const char *name,
     const char *uri,
     gboolean  (*perform) (Contender *, BenchHost *, GError **))
{
  Contender *self = g_new0 (Contender, 1);

  self->name = g_strdup (name);
  self->uri = uri;
  self->perform = perform;
  self->wall = g_array_new (FALSE, FALSE, sizeof (double));
  self->cpu = g_array_new (FALSE, FALSE, sizeof (double));
  g_ptr_array_add (contenders, self);
  return self;
}

static void
add_peers (GPtrArray    *contenders,
           BenchContext *context)
{
  static const char * const names[] = { "rust", "node", "python" };

  for (gsize i = 0; i < G_N_ELEMENTS (names) && context->peers != NULL; i++)
    {
      g_autofree char *program = g_build_filename (context->peers, names[i], "peer", NULL);

      if (g_file_test (program, G_FILE_TEST_IS_EXECUTABLE))
        add (contenders, names[i], context->host->uris[BENCH_WS], perform_peer)->program =
          g_steal_pointer (&program);
      else
        printf ("%s: skipped, it is not there\n", names[i]);
    }
}

static void
compare (BenchContext    *context,
         const Contender *self,
         const BenchTail *wall,
         const BenchTail *ours)
{
  g_autofree char *what = g_strdup_printf ("time to AUTHENTICATED, signal-glib / %s", self->name);
  gboolean is_rust = g_str_equal (self->name, "rust");

  bench_table_add (&context->table, what, "ratio", ours->p50 / wall->p50, BENCH_LESS_IS_BETTER,
                   is_rust ? 1.2 : BENCH_NONE, is_rust ? 1.0 : BENCH_NONE);
}

static void
report (BenchContext *context,
        GPtrArray    *contenders)
{
  JsonBuilder *builder = context->builder;
  BenchTail ours = { 0 };

  printf ("\nTime to AUTHENTICATED on loopback, and the client's processor time for it, of %d each\n\n"
          "%-18s %10s %10s %10s %10s\n", N_ROUNDS * N_COUNTED, "", "median µs", "p99 µs", "CPU µs",
          "ours to it");
  json_builder_set_member_name (builder, "connect");
  json_builder_begin_object (builder);
  for (guint i = 0; i < contenders->len; i++)
    {
      Contender *self = contenders->pdata[i];
      BenchTail wall = bench_tail_compute (self->wall);
      BenchTail cpu = bench_tail_compute (self->cpu);

      if (i == 0)
        ours = wall;
      if (self->program != NULL)
        compare (context, self, &wall, &ours);
      printf ("%-18s %10.0f %10.0f %10.0f %10.2f\n", self->name, wall.p50, wall.p99, cpu.p50,
              ours.p50 / wall.p50);
      json_builder_set_member_name (builder, self->name);
      json_builder_begin_object (builder);
      bench_tail_report (&wall, builder, "wall_us");
      bench_tail_report (&cpu, builder, "cpu_us");
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static gboolean
measure (BenchContext  *context,
         GError       **error)
{
  g_autoptr (GPtrArray) contenders = g_ptr_array_new_with_free_func (contender_free);
  BenchHost *host = context->host;

  add (contenders, "ws", host->uris[BENCH_WS], perform_signal);
  if (host->uris[BENCH_WSS] != NULL)
    add (contenders, "wss", host->uris[BENCH_WSS], perform_signal);
  add (contenders, "libsoup, no hello", host->soup, perform_soup);
  add_peers (contenders, context);

  for (guint round = 0; round < N_ROUNDS; round++)
    for (guint i = 0; i < contenders->len; i++)
      {
        Contender *contender = contenders->pdata[i];

        if (!contender->perform (contender, host, error))
          return FALSE;
      }

  report (context, contenders);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  return bench_main (argc, argv, "connect", measure);
}
