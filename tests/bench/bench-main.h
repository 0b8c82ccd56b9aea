/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-host.h"
#include "bench-table.h"

G_BEGIN_DECLS

/* What a benchmark measures with, and where it puts what it has found. */
typedef struct
{
  BenchHost   *host;
  const char  *peers;   /* the directory of those of other stacks; NULL: none */
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
