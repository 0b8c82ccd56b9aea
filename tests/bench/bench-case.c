/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-case.h"

#define OURS 0 /* the contender that is this library */

static const char * const clock_keys[] = { "cpu_us", "wall_us" };
static const char * const clock_names[] = { "processor time", "wall time" };

/* The required and the intended ratio to another contender. */
static const struct
{
  const char *contender;
  const char *name;
  gsize       size;
  double      must;
  double      aim;
} goals[] = {
  { "floor", "received", 64, 2.0, 1.5 },
  { "floor", "received", 256, 1.9, 1.5 },
  { "floor", "received", 1024, 1.8, 1.4 },
  { "floor", "received", 4096, 1.6, 1.3 },
  { "floor", "received", 32768, 1.3, 1.15 },
  { "libsoup", "sent", 1048576, 1.0, 0.7 },
  { "rust-one-thread", "sent singly", 64, 1 / 0.95, 1 / 0.85 },
};

static const BenchContender *
get_contender (const BenchCase *self,
               guint            index)
{
  return g_ptr_array_index (self->contenders, index);
}

BenchCase *
bench_case_new (const char      *name,
                const BenchTask *task,
                const GPtrArray *contenders,
                guint            n_rounds)
{
  BenchCase *self = g_new0 (BenchCase, 1);

  self->name = name;
  self->task = *task;
  self->contenders = contenders;
  self->n_rounds = n_rounds;
  for (guint clock = 0; clock < BENCH_N_CLOCKS; clock++)
    self->us[clock] = g_new0 (double, n_rounds * contenders->len);

  return self;
}

void
bench_case_free (BenchCase *self)
{
  for (guint clock = 0; clock < BENCH_N_CLOCKS; clock++)
    g_free (self->us[clock]);
  g_free (self);
}

static gboolean
measure (BenchCase  *self,
         int         round,
         guint       index,
         GError    **error)
{
  const BenchContender *contender = get_contender (self, index);
  BenchTask task = self->task;
  BenchSample sample;

  task.count = MAX (task.count / contender->divisor, BENCH_MIN_COUNT);
  if (!contender->perform (contender, &task, &sample, error))
    {
      g_prefix_error (error, "%s, %s, %" G_GSIZE_FORMAT " B: ", contender->name, self->name,
                      task.size);
      return FALSE;
    }

  if (round >= 0)
    {
      guint place = index * self->n_rounds + round;

      self->us[BENCH_CPU][place] = sample.cpu_ns / 1000.0 / task.count;
      self->us[BENCH_WALL][place] = sample.wall_ns / 1000.0 / task.count;
    }

  return TRUE;
}

/* Round −1 is a warm-up, which is not recorded. */
gboolean
bench_case_measure (BenchCase  *self,
                    int         round,
                    GError    **error)
{
  for (guint i = 0; i < self->contenders->len; i++)
    if (!measure (self, round, i, error))
      return FALSE;

  return TRUE;
}

BenchSpread
bench_case_get (const BenchCase *self,
                BenchClock       clock,
                guint            contender)
{
  return bench_spread_compute (self->us[clock] + contender * self->n_rounds, self->n_rounds);
}

/* The ratios of each round: of this library to a measure, or of another contender to this library. */
BenchSpread
bench_case_compare (const BenchCase *self,
                    BenchClock       clock,
                    guint            contender)
{
  const double *ours = self->us[clock] + OURS * self->n_rounds;
  const double *other = self->us[clock] + contender * self->n_rounds;
  g_autofree double *ratios = g_new (double, self->n_rounds);

  for (guint i = 0; i < self->n_rounds; i++)
    ratios[i] = get_contender (self, contender)->is_measure ? ours[i] / other[i] : other[i] / ours[i];

  return bench_spread_compute (ratios, self->n_rounds);
}

void
bench_case_report (const BenchCase *self,
                   JsonBuilder     *builder)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "what");
  json_builder_add_string_value (builder, self->name);
  json_builder_set_member_name (builder, "size");
  json_builder_add_int_value (builder, self->task.size);
  json_builder_set_member_name (builder, "messages");
  json_builder_add_int_value (builder, self->task.count);
  json_builder_set_member_name (builder, "burst");
  json_builder_add_int_value (builder, self->task.burst);

  for (guint i = 0; i < self->contenders->len; i++)
    {
      const BenchContender *contender = get_contender (self, i);

      json_builder_set_member_name (builder, contender->name);
      json_builder_begin_object (builder);
      for (guint clock = 0; clock < BENCH_N_CLOCKS; clock++)
        bench_report_add_spread (builder, clock_keys[clock], bench_case_get (self, clock, i));
      json_builder_end_object (builder);
    }

  json_builder_end_object (builder);
}

static char *
format_size (gsize size)
{
  if (size >= 1024 * 1024 && size % (1024 * 1024) == 0)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " MiB", size / (1024 * 1024));
  if (size >= 1024 && size % 1024 == 0)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " KiB", size / 1024);
  return g_strdup_printf ("%" G_GSIZE_FORMAT " B", size);
}

static gboolean
is_rust (const BenchContender *contender)
{
  return g_str_has_prefix (contender->name, "rust") || g_str_equal (contender->name, "fastwebsockets");
}

static void
find_goals (const BenchCase *self,
            BenchClock       clock,
            guint            contender,
            double          *must,
            double          *aim)
{
  const BenchContender *other = get_contender (self, contender);

  *must = BENCH_NONE;
  *aim = BENCH_NONE;
  if (!other->is_measure)
    {
      *must = 1.0;
      *aim = !is_rust (other)          ? 5.0
             : self->task.size >= 1024 ? 1.5
                                       : BENCH_NONE;
    }

  for (guint i = 0; i < G_N_ELEMENTS (goals) && clock == BENCH_CPU; i++)
    if (g_str_equal (goals[i].contender, other->name) && g_str_equal (goals[i].name, self->name)
        && goals[i].size == self->task.size)
      {
        *must = goals[i].must;
        *aim = goals[i].aim;
      }
}

/* With its position in the table of its group, which has a row for each size. */
static void
add_ratio (const BenchCase *self,
           BenchClock       clock,
           guint            contender,
           BenchTable      *table)
{
  const BenchContender *other = get_contender (self, contender);
  const BenchContender *ours = get_contender (self, OURS);
  BenchSpread ratio = bench_case_compare (self, clock, contender);
  g_autofree char *size = format_size (self->task.size);
  g_autofree char *group = g_strdup_printf ("%s, %s", self->name, clock_names[clock]);
  g_autofree char *column = g_strdup_printf ("%s / %s",
                                             other->is_measure ? ours->name : other->name,
                                             other->is_measure ? other->name : ours->name);
  g_autofree char *what = g_strdup_printf ("%s, %s: %s", group, size, column);
  JsonObject *row;
  double must, aim;

  find_goals (self, clock, contender, &must, &aim);
  bench_table_add (table, what, "ratio", ratio.median,
                   other->is_measure ? BENCH_LESS_IS_BETTER : BENCH_MORE_IS_BETTER, must, aim);
  row = json_array_get_object_element (table->rows, json_array_get_length (table->rows) - 1);
  json_object_set_double_member (row, "min", ratio.min);
  json_object_set_double_member (row, "max", ratio.max);
  json_object_set_string_member (row, "group", group);
  json_object_set_string_member (row, "row", size);
  json_object_set_string_member (row, "column", column);
}

void
bench_case_tabulate (const BenchCase *self,
                     BenchTable      *table)
{
  for (guint clock = 0; clock < BENCH_N_CLOCKS; clock++)
    {
      g_autofree char *chart = g_strdup_printf ("%s, %s", self->name, clock_names[clock]);

      for (guint i = 0; i < self->contenders->len; i++)
        {
          const BenchContender *contender = get_contender (self, i);

          bench_table_add_point (table, chart, contender->name, "bytes", "µs per message",
                                 self->task.size, bench_case_get (self, clock, i).median);
          if (i != OURS)
            add_ratio (self, clock, i, table);
        }
    }
}
