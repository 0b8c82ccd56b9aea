/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The percentiles and the maximum of many values. */
typedef struct
{
  double p50;
  double p99;
  double max;
} BenchTail;

BenchTail bench_tail_compute (GArray          *values);
void      bench_tail_report  (const BenchTail *self,
                              JsonBuilder     *builder,
                              const char      *name);

G_END_DECLS
