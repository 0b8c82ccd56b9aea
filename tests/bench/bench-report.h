/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  double median;
  double min;
  double max;
} BenchSpread;

BenchSpread bench_spread_compute   (const double *values,
                                    gsize         count);
void        bench_report_add_spread (JsonBuilder  *builder,
                                     const char   *name,
                                     BenchSpread   spread);
void        bench_report_begin     (JsonBuilder  *builder,
                                    const char   *benchmark);
gboolean    bench_report_finish    (JsonBuilder  *builder,
                                    const char   *path,
                                    GError      **error);

G_END_DECLS
