/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-tail.h"

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
get_quantile (GArray *sorted,
              double  share)
{
  return g_array_index (sorted, double, (guint) ((sorted->len - 1) * share + 0.5));
}

/* @values are doubles, at least one. They are sorted in place. */
BenchTail
bench_tail_compute (GArray *values)
{
  g_array_sort (values, compare);

  return (BenchTail) {
    get_quantile (values, 0.5),
    get_quantile (values, 0.99),
    get_quantile (values, 1),
  };
}

void
bench_tail_report (const BenchTail *self,
                   JsonBuilder     *builder,
                   const char      *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "p50");
  json_builder_add_double_value (builder, self->p50);
  json_builder_set_member_name (builder, "p99");
  json_builder_add_double_value (builder, self->p99);
  json_builder_set_member_name (builder, "max");
  json_builder_add_double_value (builder, self->max);
  json_builder_end_object (builder);
}
