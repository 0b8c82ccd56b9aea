/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-report.h"
#include "bench-run.h"
#include "bench-table.h"

G_BEGIN_DECLS

#define BENCH_MIN_COUNT 32

typedef enum
{
  BENCH_CPU,
  BENCH_WALL,
  BENCH_N_CLOCKS,
} BenchClock;

/* One direction and size, measured for all contenders in every round. */
typedef struct
{
  const char      *name;
  BenchTask        task;
  const GPtrArray *contenders; /* BenchContender: this library, the floor, and then the others */
  guint            n_rounds;
  double          *us[BENCH_N_CLOCKS]; /* per message, for each round of a contender */
} BenchCase;

BenchCase  *bench_case_new      (const char       *name,
                                 const BenchTask  *task,
                                 const GPtrArray  *contenders,
                                 guint             n_rounds);
void        bench_case_free     (BenchCase        *self);
gboolean    bench_case_measure  (BenchCase        *self,
                                 int               round,
                                 GError          **error);
BenchSpread bench_case_get      (const BenchCase  *self,
                                 BenchClock        clock,
                                 guint             contender);
BenchSpread bench_case_compare  (const BenchCase  *self,
                                 BenchClock        clock,
                                 guint             contender);
void        bench_case_report   (const BenchCase  *self,
                                 JsonBuilder      *builder);
void        bench_case_tabulate (const BenchCase  *self,
                                 BenchTable       *table);

G_END_DECLS
