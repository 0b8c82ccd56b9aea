/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libsoup/soup.h>

#include "bench-main.h"
#include "bench-report.h"
#include "bench-tail.h"
#include "bench-wait.h"

/* The time until a new client is AUTHENTICATED, and its processor time, one connection after another,
 * with and without TLS: with this library, and with the programs of other stacks on the same server.
 * libsoup's client only opens a WebSocket, and is the floor. All of them take turns, and the first
 * connections of each turn are not counted. */

#define N_ROUNDS 5
#define N_COUNTED 60
#define N_WARM_UP 5

typedef struct _Contender Contender;

struct _Contender
{
  char *name;
  BenchScheme scheme;
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
  g_auto (GStrv) environment = g_get_environ ();
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  int status;

  /* What OpenSSL, and what Node and Bun, trust. */
  if (host->ca_file != NULL)
    {
      environment = g_environ_setenv (environment, "SSL_CERT_FILE", host->ca_file, TRUE);
      environment = g_environ_setenv (environment, "NODE_EXTRA_CA_CERTS", host->ca_file, TRUE);
    }

  if (!g_spawn_sync (NULL, (char **) argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &text, NULL, &status,
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
add (GPtrArray   *contenders,
     const char  *name,
     BenchScheme  scheme,
     const char  *uri,
     gboolean   (*perform) (Contender *, BenchHost *, GError **))
{
  Contender *self = g_new0 (Contender, 1);

  self->name = g_strdup (name);
  self->scheme = scheme;
  self->uri = uri;
  self->perform = perform;
  self->wall = g_array_new (FALSE, FALSE, sizeof (double));
  self->cpu = g_array_new (FALSE, FALSE, sizeof (double));
  g_ptr_array_add (contenders, self);
  return self;
}

static void
add_peers (GPtrArray    *contenders,
           BenchContext *context,
           BenchScheme   scheme)
{
  static const struct
  {
    const char *name;
    gboolean    has_tls;
  } peers[] = {
    { "rust", TRUE },
    { "rust-one-thread", TRUE },
    { "fastwebsockets", FALSE },
    { "node", TRUE },
    { "bun", TRUE },
    { "python", TRUE },
    { "picows", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (peers) && context->peers != NULL; i++)
    {
      g_autofree char *program = g_build_filename (context->peers, peers[i].name, "peer", NULL);

      if (scheme == BENCH_WSS && !peers[i].has_tls)
        continue;
      if (g_file_test (program, G_FILE_TEST_IS_EXECUTABLE))
        add (contenders, peers[i].name, scheme, context->host->uris[scheme], perform_peer)->program =
          g_steal_pointer (&program);
      else
        printf ("%s: skipped, it is not there\n", peers[i].name);
    }
}

static void
add_all (GPtrArray    *contenders,
         BenchContext *context,
         BenchScheme   scheme)
{
  const char *uri = context->host->uris[scheme];

  if (uri == NULL)
    {
      printf ("%s: skipped, there is no certificate\n", bench_scheme_get_name (scheme));
      return;
    }

  add (contenders, "signal-glib", scheme, uri, perform_signal);
  if (scheme == BENCH_WS)
    add (contenders, "libsoup, no hello", scheme, context->host->soup, perform_soup);
  add_peers (contenders, context, scheme);
}

static void
compare (BenchContext    *context,
         const Contender *self,
         const char      *what,
         double           ours,
         double           theirs)
{
  g_autofree char *text = g_strdup_printf ("%s over %s, signal-glib / %s", what,
                                           bench_scheme_get_name (self->scheme), self->name);
  gboolean is_rust = g_str_equal (self->name, "rust");

  bench_table_add (&context->table, text, "ratio", ours / theirs, BENCH_LESS_IS_BETTER,
                   is_rust ? 1.2 : BENCH_NONE, is_rust ? 1.0 : BENCH_NONE);
}

static void
report_one (BenchContext    *context,
            const Contender *self,
            const BenchTail *wall,
            const BenchTail *cpu)
{
  JsonBuilder *builder = context->builder;
  g_autofree char *key = g_strconcat (bench_scheme_get_name (self->scheme), ", ", self->name, NULL);

  json_builder_set_member_name (builder, key);
  json_builder_begin_object (builder);
  bench_tail_report (wall, builder, "wall_us");
  bench_tail_report (cpu, builder, "cpu_us");
  json_builder_end_object (builder);
}

/* This library is the first contender for each scheme. */
static void
report (BenchContext *context,
        GPtrArray    *contenders)
{
  BenchTail our_wall = { 0 };
  BenchTail our_cpu = { 0 };

  printf ("\nTime to AUTHENTICATED on loopback, and the client's processor time for it, of %d each\n\n"
          "%-4s %-18s %10s %10s %10s %10s %10s\n", N_ROUNDS * N_COUNTED, "", "", "median µs", "p99 µs",
          "ours to it", "CPU µs", "ours to it");
  json_builder_set_member_name (context->builder, "connect");
  json_builder_begin_object (context->builder);
  for (guint i = 0; i < contenders->len; i++)
    {
      Contender *self = contenders->pdata[i];
      BenchTail wall = bench_tail_compute (self->wall);
      BenchTail cpu = bench_tail_compute (self->cpu);

      if (self->perform == perform_signal)
        {
          our_wall = wall;
          our_cpu = cpu;
        }
      if (self->program != NULL)
        {
          compare (context, self, "time to AUTHENTICATED", our_wall.p50, wall.p50);
          compare (context, self, "processor time until AUTHENTICATED", our_cpu.p50, cpu.p50);
        }
      printf ("%-4s %-18s %10.0f %10.0f %10.2f %10.0f %10.2f\n",
              bench_scheme_get_name (self->scheme), self->name, wall.p50, wall.p99,
              our_wall.p50 / wall.p50, cpu.p50, our_cpu.p50 / cpu.p50);
      report_one (context, self, &wall, &cpu);
    }
  json_builder_end_object (context->builder);
}

static gboolean
measure (BenchContext  *context,
         GError       **error)
{
  g_autoptr (GPtrArray) contenders = g_ptr_array_new_with_free_func (contender_free);
  BenchHost *host = context->host;

  for (guint scheme = 0; scheme < BENCH_N_SCHEMES; scheme++)
    add_all (contenders, context, scheme);

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
