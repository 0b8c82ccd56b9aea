/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-main.h"

#include <locale.h>
#include <stdio.h>

#include "bench-limit.h"
#include "bench-report.h"

static char *server_path;
static char *output_path;
static char *peers_path;

static const GOptionEntry options[] = {
  { "server", 0, 0, G_OPTION_ARG_FILENAME, &server_path, "The program at the other end", "PATH" },
  { "peers", 0, 0, G_OPTION_ARG_FILENAME, &peers_path, "Where programs of other stacks are", "DIR" },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &output_path, "Where to write JSON", "FILE" },
  { NULL }
};

static gboolean
run (const char    *name,
     BenchMeasure   measure,
     GError       **error)
{
  g_autoptr (BenchHost) host = bench_host_start (server_path, error);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  BenchContext context = { .host = host, .peers = peers_path, .builder = builder };
  gboolean done;

  if (host == NULL)
    return FALSE;

  setvbuf (stdout, NULL, _IOLBF, 0);
  bench_table_init (&context.table);
  bench_report_begin (builder, name);
  done = measure (&context, error);
  if (done)
    {
      bench_table_report (&context.table, builder);
      done = bench_report_finish (builder, output_path, error);
    }
  bench_table_clear (&context.table);

  return done;
}

/* The main() function of the benchmark with this name. */
int
bench_main (int           argc,
            char        **argv,
            const char   *name,
            BenchMeasure  measure)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  if (server_path == NULL)
    {
      g_printerr ("--server is missing\n");
      return 2;
    }

  bench_limit_raise_files ();
  if (!run (name, measure, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  return 0;
}
