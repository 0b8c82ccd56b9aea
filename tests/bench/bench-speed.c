/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdio.h>

#include "bench-case.h"
#include "bench-child.h"
#include "bench-payload.h"
#include "bench-peer.h"

/* Processor time and elapsed time per message, received and sent, of this library and of others
 * with the same bytes. In every round all of them are measured one after the other, on connections
 * of their own, so that other processes affect all of them equally; the result is the ratio within
 * a round. A warm-up round precedes the first one, also for just-in-time compilers. */

#define MAX_COUNT 24000
#define BYTES_PER_RUN (48 * 1024 * 1024)
#define SIZES "64,256,1024,4096,32768,1048576"

/* Single messages are measured for their latency, most of which is waiting. */
static const struct
{
  const char    *name; /* NULL if there is no difference without TLS */
  const char    *tls_name;
  BenchDirection direction;
  guint          burst;
  guint          max_count;
  gboolean       is_each_written;
} kinds[] = {
  { "received", "received over wss", BENCH_RECEIVE, 1, MAX_COUNT },
  { NULL, "received over wss, each in a record", BENCH_RECEIVE, 1, MAX_COUNT, TRUE },
  { "sent", "sent over wss", BENCH_SEND, 16, MAX_COUNT },
  { "sent singly", "sent singly over wss", BENCH_SEND, 1, MAX_COUNT / 3 },
};

static const char * const peer_names[] = {
  "rust", "rust-one-thread", "fastwebsockets", "node", "bun", "python", "picows",
};

static char *feeder_path;
static char *peers_path;
static char *output_path;
static char *sizes_text;
static char *only_kind;
static char *only_contender;
static gboolean is_tls;
static int n_rounds = 5;

static const GOptionEntry options[] = {
  { "feeder", 0, 0, G_OPTION_ARG_FILENAME, &feeder_path, "The program bench-feeder", "PATH" },
  { "peers", 0, 0, G_OPTION_ARG_FILENAME, &peers_path, "Where the peers were built", "FOLDER" },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &output_path, "Where to write JSON", "FILE" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &n_rounds, "How often to measure (5)", "N" },
  { "sizes", 0, 0, G_OPTION_ARG_STRING, &sizes_text, "Payloads, in bytes", "N,N…" },
  { "tls", 0, 0, G_OPTION_ARG_NONE, &is_tls, "Over wss, without the programs of the peers", NULL },
  { "kind", 0, 0, G_OPTION_ARG_STRING, &only_kind, "Only one kind, such as “sent singly”", "NAME" },
  { "contender", 0, 0, G_OPTION_ARG_STRING, &only_contender, "Only this one, without ratios: for a "
    "profiler", "NAME" },
  { NULL }
};

static void
add_contender (GPtrArray            *contenders,
               const BenchContender *contender)
{
  if (only_contender == NULL || g_str_equal (only_contender, contender->name))
    g_ptr_array_add (contenders, (gpointer) contender);
}

/* Adds the programs that are available to the contenders, and prints why others are not. */
static gboolean
start_peers (GPtrArray    *peers,
             GPtrArray    *contenders,
             JsonBuilder  *builder,
             GError      **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (peer_names) && peers_path != NULL && !is_tls; i++)
    {
      g_autofree char *why_not = NULL;
      BenchPeer *peer;

      if (only_contender != NULL && !g_str_equal (only_contender, peer_names[i]))
        continue;

      peer = bench_peer_new (peers_path, peer_names[i], &why_not, error);
      if (peer != NULL)
        {
          g_ptr_array_add (peers, peer);
          add_contender (contenders, bench_peer_get_contender (peer));
        }
      else if (why_not == NULL)
        return FALSE;
      else
        {
          printf ("%s: skipped: %s\n", peer_names[i], why_not);
          json_builder_set_member_name (builder, peer_names[i]);
          json_builder_add_string_value (builder, why_not);
        }
    }

  return TRUE;
}

static GPtrArray *
make_cases (const char      *feeder,
            const GPtrArray *contenders)
{
  GPtrArray *cases = g_ptr_array_new_with_free_func ((GDestroyNotify) bench_case_free);
  g_auto (GStrv) sizes = g_strsplit (sizes_text != NULL ? sizes_text : SIZES, ",", -1);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const char *name = is_tls ? kinds[i].tls_name : kinds[i].name;

      if (name == NULL || (only_kind != NULL && !g_str_equal (only_kind, name)))
        continue;
      for (char **text = sizes; *text != NULL; text++)
        {
          gsize size = MAX (g_ascii_strtoull (*text, NULL, 10), BENCH_MIN_SIZE);
          BenchTask task = {
            .feeder = feeder,
            .direction = kinds[i].direction,
            .size = size,
            .count = CLAMP (BYTES_PER_RUN / size, BENCH_MIN_COUNT, kinds[i].max_count),
            .burst = kinds[i].burst,
            .is_each_written = kinds[i].is_each_written,
          };

          g_ptr_array_add (cases, bench_case_new (name, &task, contenders, n_rounds));
        }
    }

  return cases;
}

static void
print_row (const BenchCase *self,
           BenchClock       clock)
{
  printf ("%-35s %7" G_GSIZE_FORMAT, self->name, self->task.size);
  for (guint i = 0; i < self->contenders->len; i++)
    printf (" %15.2f", bench_case_get (self, clock, i).median);
  for (guint i = 1; i < self->contenders->len; i++)
    {
      BenchSpread ratio = bench_case_compare (self, clock, i);

      printf ("  %6.2f %6.2f–%-6.2f", ratio.median, ratio.min, ratio.max);
    }
  printf ("\n");
}

static void
print_table (GPtrArray       *cases,
             const GPtrArray *contenders,
             BenchClock       clock)
{
  printf ("\n%s per encrypted message in µs, and ratios; median of %d, and min–max\n%-43s",
          clock == BENCH_CPU ? "Processor time" : "Wall time", n_rounds, "");
  for (guint i = 0; i < contenders->len; i++)
    printf (" %15s", ((const BenchContender *) contenders->pdata[i])->name);
  for (guint i = 1; i < contenders->len; i++)
    {
      const BenchContender *contender = contenders->pdata[i];
      g_autofree char *head = g_strconcat (contender->is_measure ? "ours/" : "", contender->name,
                                           contender->is_measure ? "" : "/ours", NULL);

      printf ("  %-20s", head);
    }
  printf ("\n");
  for (guint i = 0; i < cases->len; i++)
    print_row (cases->pdata[i], clock);
}

static gboolean
report (GPtrArray       *cases,
        const GPtrArray *contenders,
        JsonBuilder     *builder,
        GError         **error)
{
  g_auto (BenchTable) table = { NULL };

  json_builder_set_member_name (builder, "rounds");
  json_builder_add_int_value (builder, n_rounds);
  json_builder_set_member_name (builder, "results");
  json_builder_begin_array (builder);
  bench_table_init (&table);
  for (guint i = 0; i < cases->len; i++)
    {
      bench_case_report (cases->pdata[i], builder);
      bench_case_tabulate (cases->pdata[i], &table);
    }
  json_builder_end_array (builder);
  bench_table_report (&table, builder);

  print_table (cases, contenders, BENCH_CPU);
  print_table (cases, contenders, BENCH_WALL);

  return bench_report_finish (builder, output_path, error);
}

static gboolean
measure (GPtrArray  *cases,
         GError    **error)
{
  for (int round = -1; round < n_rounds; round++)
    for (guint i = 0; i < cases->len; i++)
      if (!bench_case_measure (cases->pdata[i], round, error))
        return FALSE;

  return TRUE;
}

static gboolean
run (const char  *feeder,
     GError     **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) bench_peer_free);
  g_autoptr (GPtrArray) contenders = g_ptr_array_new ();
  g_autoptr (GPtrArray) cases = NULL;

  bench_report_begin (builder, is_tls ? "speed-wss" : "speed");
  add_contender (contenders, &bench_contender_signal);
#if HAVE_OPENSSL
  add_contender (contenders, &bench_contender_floor);
#endif
  add_contender (contenders, &bench_contender_soup);
  json_builder_set_member_name (builder, "skipped");
  json_builder_begin_object (builder);
  if (!start_peers (peers, contenders, builder, error))
    return FALSE;
  json_builder_end_object (builder);

  cases = make_cases (feeder, contenders);
  return measure (cases, error) && report (cases, contenders, builder, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GSubprocess) feeder = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (feeder_path == NULL || n_rounds < 1)
    {
      g_printerr ("--feeder is missing, or --rounds is not at least 1\n");
      return 2;
    }

  feeder = bench_child_start (feeder_path, is_tls ? "--tls" : NULL, &uri, &error);
  if (feeder != NULL)
    {
      run (uri, &error);
      bench_child_stop (feeder);
    }
  if (error != NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  return 0;
}
