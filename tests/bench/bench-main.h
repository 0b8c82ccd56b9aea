/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-host.h"
#include "bench-table.h"

G_BEGIN_DECLS

/* The environment of a benchmark, and its report. */
typedef struct
{
  BenchHost   *host;
  const char  *peers;   /* the directory of the programs of other stacks, or NULL */
  JsonBuilder *builder; /* in the object of the report */
  BenchTable   table;
} BenchContext;

typedef gboolean (*BenchMeasure) (BenchContext  *context,
                                  GError       **error);

int bench_main (int           argc,
                char        **argv,
                const char   *name,
                BenchMeasure  measure);

G_END_DECLS
