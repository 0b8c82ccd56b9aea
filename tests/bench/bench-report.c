/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-report.h"

#include <stdio.h>
#include <stdlib.h>

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

BenchSpread
bench_spread_compute (const double *values,
                      gsize         count)
{
  g_autofree double *sorted = g_memdup2 (values, count * sizeof *values);

  qsort (sorted, count, sizeof *sorted, compare);

  return (BenchSpread) {
    (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
    sorted[0],
    sorted[count - 1],
  };
}

static void
add_double (JsonBuilder *builder,
            const char  *name,
            double       value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

static void
add_string (JsonBuilder *builder,
            const char  *name,
            const char  *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

void
bench_report_add_spread (JsonBuilder *builder,
                         const char  *name,
                         BenchSpread  spread)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  add_double (builder, "median", spread.median);
  add_double (builder, "min", spread.min);
  add_double (builder, "max", spread.max);
  json_builder_end_object (builder);
}

/* Opens the object of a report, and prints warnings about settings that make its results
 * useless. */
void
bench_report_begin (JsonBuilder *builder,
                    const char  *benchmark)
{
  gboolean is_slow = g_str_equal (BENCH_OPTIMIZATION, "0") || g_str_equal (BENCH_OPTIMIZATION, "g");
  gboolean is_sanitized = !g_str_equal (BENCH_SANITIZE, "none");

  if (is_slow || is_sanitized)
    printf ("NOTE: %s build: these figures say nothing about what users get\n",
             is_sanitized ? "a sanitized" : "an unoptimized");

  json_builder_begin_object (builder);
  add_string (builder, "benchmark", benchmark);
  add_string (builder, "version", SIGNAL_VERSION);
  add_string (builder, "buildtype", BENCH_BUILDTYPE);
  add_string (builder, "optimization", BENCH_OPTIMIZATION);
  add_string (builder, "sanitize", BENCH_SANITIZE);
}

/* Closes the report, and writes it to @path unless that is NULL. */
gboolean
bench_report_finish (JsonBuilder  *builder,
                     const char   *path,
                     GError      **error)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_object (builder);
  if (path == NULL)
    return TRUE;

  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  if (!g_file_set_contents (path, text, -1, error))
    return FALSE;

  printf ("\nThe same as JSON: %s\n", path);
  return TRUE;
}
