/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdio.h>

#include "bench-child.h"
#include "bench-payload.h"
#include "bench-report.h"
#include "bench-run.h"

/* Processor time per message, received and sent, of this library and of others on the same bytes.
 * Every round has all of them one right after the other, on connections of their own, so that what
 * else the machine does meets all alike; what counts is the ratio within a round. */

#define MAX_COUNT 40000
#define MIN_COUNT 32
#define BYTES_PER_RUN (48 * 1024 * 1024)
#define BURST 16

static const BenchContender * const contenders[] = {
  &bench_contender_signal,
  &bench_contender_soup,
};

enum
{
  OURS,
  FLOOR,
  N_CONTENDERS = G_N_ELEMENTS (contenders)
};

static const char * const directions[] = { "received", "sent" };

typedef struct
{
  BenchTask task;
  double *cpu_us[N_CONTENDERS];  /* per message, by round */
  double *wall_us[N_CONTENDERS];
} Case;

static char *feeder_path;
static char *output_path;
static char *sizes_text;
static char *only_direction;
static char *only_contender;
static int n_rounds = 5;
static int burst = BURST;

static const GOptionEntry options[] = {
  { "feeder", 0, 0, G_OPTION_ARG_FILENAME, &feeder_path, "The program bench-feeder", "PATH" },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &output_path, "Where to write JSON", "FILE" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &n_rounds, "How often to measure (5)", "N" },
  { "sizes", 0, 0, G_OPTION_ARG_STRING, &sizes_text, "Payloads, in bytes", "N,N…" },
  { "burst", 0, 0, G_OPTION_ARG_INT, &burst, "Messages sent in one go (16)", "N" },
  { "direction", 0, 0, G_OPTION_ARG_STRING, &only_direction, "Only received or sent", "NAME" },
  { "contender", 0, 0, G_OPTION_ARG_STRING, &only_contender, "Only this one, without ratios: for a "
    "profiler", "NAME" },
  { NULL }
};

static Case *
case_new (const char     *feeder,
          BenchDirection  direction,
          gsize           size)
{
  Case *self = g_new0 (Case, 1);

  self->task = (BenchTask) {
    .feeder = feeder,
    .direction = direction,
    .size = size,
    .count = CLAMP (BYTES_PER_RUN / size, MIN_COUNT, MAX_COUNT),
    .burst = burst,
  };
  for (guint i = 0; i < N_CONTENDERS; i++)
    {
      self->cpu_us[i] = g_new0 (double, n_rounds);
      self->wall_us[i] = g_new0 (double, n_rounds);
    }

  return self;
}

static void
case_free (gpointer data)
{
  Case *self = data;

  for (guint i = 0; i < N_CONTENDERS; i++)
    {
      g_free (self->cpu_us[i]);
      g_free (self->wall_us[i]);
    }
  g_free (self);
}

static gboolean
takes_part (guint contender)
{
  return only_contender == NULL || g_str_equal (only_contender, contenders[contender]->name);
}

/* round −1 is there to warm up, and is not kept. */
static gboolean
case_measure (Case    *self,
              int      round,
              GError **error)
{
  for (guint i = 0; i < N_CONTENDERS; i++)
    {
      BenchSample sample;

      if (!takes_part (i))
        continue;
      if (!contenders[i]->perform (&self->task, &sample, error))
        {
          g_prefix_error (error, "%s, %s, %" G_GSIZE_FORMAT " B: ", contenders[i]->name,
                          directions[self->task.direction], self->task.size);
          return FALSE;
        }
      if (round < 0)
        continue;
      self->cpu_us[i][round] = sample.cpu_ns / 1000.0 / self->task.count;
      self->wall_us[i][round] = sample.wall_ns / 1000.0 / self->task.count;
    }

  return TRUE;
}

static BenchSpread
case_compute_ratio (Case *self)
{
  g_autofree double *ratios = g_new (double, n_rounds);

  for (int i = 0; i < n_rounds; i++)
    ratios[i] = self->cpu_us[OURS][i] / self->cpu_us[FLOOR][i];

  return bench_spread_compute (ratios, n_rounds);
}

static void
case_report (Case        *self,
             JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "direction");
  json_builder_add_string_value (builder, directions[self->task.direction]);
  json_builder_set_member_name (builder, "size");
  json_builder_add_int_value (builder, self->task.size);
  json_builder_set_member_name (builder, "messages");
  json_builder_add_int_value (builder, self->task.count);
  printf ("%-8s %7" G_GSIZE_FORMAT, directions[self->task.direction], self->task.size);

  for (guint i = 0; i < N_CONTENDERS; i++)
    {
      BenchSpread cpu = bench_spread_compute (self->cpu_us[i], n_rounds);
      BenchSpread wall = bench_spread_compute (self->wall_us[i], n_rounds);

      if (!takes_part (i))
        continue;
      json_builder_set_member_name (builder, contenders[i]->name);
      json_builder_begin_object (builder);
      bench_report_add_spread (builder, "cpu_us", cpu);
      bench_report_add_spread (builder, "wall_us", wall);
      json_builder_end_object (builder);
      printf ("  %8.2f %7.2f–%-7.2f", cpu.median, cpu.min, cpu.max);
    }

  if (only_contender == NULL)
    {
      BenchSpread ratio = case_compute_ratio (self);

      bench_report_add_spread (builder, "ratio", ratio);
      printf ("  %5.2f %5.2f–%.2f", ratio.median, ratio.min, ratio.max);
    }
  printf ("\n");
  json_builder_end_object (builder);
}

static gboolean
report (GPtrArray  *cases,
        GError    **error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  bench_report_begin (builder, "speed");
  json_builder_set_member_name (builder, "rounds");
  json_builder_add_int_value (builder, n_rounds);
  json_builder_set_member_name (builder, "burst");
  json_builder_add_int_value (builder, burst);
  json_builder_set_member_name (builder, "results");
  json_builder_begin_array (builder);

  printf ("Processor time per encrypted message in µs, and its ratio to a libsoup client that\n"
          "only reads or sends the same bytes: median of %d, and min–max\n\n%-8s %7s",
          n_rounds, "", "bytes");
  for (guint i = 0; i < N_CONTENDERS; i++)
    if (takes_part (i))
      printf ("  %-24s", contenders[i]->name);
  printf ("%s\n", only_contender == NULL ? "  ratio" : "");

  for (guint i = 0; i < cases->len; i++)
    case_report (cases->pdata[i], builder);
  json_builder_end_array (builder);

  return bench_report_finish (builder, output_path, error);
}

static GPtrArray *
make_cases (const char *feeder)
{
  GPtrArray *cases = g_ptr_array_new_with_free_func (case_free);
  g_auto (GStrv) sizes = g_strsplit (sizes_text != NULL ? sizes_text : "64,256,1024,4096,32768",
                                     ",", -1);

  for (guint direction = 0; direction < G_N_ELEMENTS (directions); direction++)
    {
      if (only_direction != NULL && !g_str_equal (only_direction, directions[direction]))
        continue;
      for (char **size = sizes; *size != NULL; size++)
        g_ptr_array_add (cases, case_new (feeder, direction,
                                          MAX (g_ascii_strtoull (*size, NULL, 10),
                                               BENCH_MIN_SIZE)));
    }

  return cases;
}

static gboolean
measure (GError **error)
{
  g_autofree char *uri = NULL;
  g_autoptr (GSubprocess) feeder = bench_child_start (feeder_path, &uri, error);
  g_autoptr (GPtrArray) cases = NULL;
  gboolean done = feeder != NULL;

  if (feeder == NULL)
    return FALSE;

  cases = make_cases (uri);
  for (int round = -1; round < n_rounds && done; round++)
    for (guint i = 0; i < cases->len && done; i++)
      done = case_measure (cases->pdata[i], round, error);
  bench_child_stop (feeder);

  return done && report (cases, error);
}

int
main (int    argc,
      char **argv)
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

  if (feeder_path == NULL || n_rounds < 1 || burst < 1)
    {
      g_printerr ("--feeder is missing, or --rounds or --burst is not at least 1\n");
      return 2;
    }

  if (!measure (&error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  return 0;
}
