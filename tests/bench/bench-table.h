/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  BENCH_LESS_IS_BETTER,
  BENCH_MORE_IS_BETTER,
} BenchBetter;

/* The results of a benchmark for the table and the plots. */
typedef struct
{
  JsonArray *rows;
  JsonArray *series;
} BenchTable;

/* For @must and @aim, if there is no such value. */
#define BENCH_NONE (-1.0)

void bench_table_init      (BenchTable  *self);
void bench_table_clear     (BenchTable  *self);
void bench_table_add       (BenchTable  *self,
                            const char  *what,
                            const char  *unit,
                            double       value,
                            BenchBetter  better,
                            double       must,
                            double       aim);
void bench_table_add_point (BenchTable  *self,
                            const char  *chart,
                            const char  *name,
                            const char  *x_label,
                            const char  *y_label,
                            double       x,
                            double       y);
void bench_table_report    (BenchTable  *self,
                            JsonBuilder *builder);

void bench_json_add        (JsonBuilder *builder,
                            const char  *name,
                            double       value);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BenchTable, bench_table_clear)

G_END_DECLS
