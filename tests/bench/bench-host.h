/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

typedef enum
{
  BENCH_WS,
  BENCH_WSS,
  BENCH_N_SCHEMES,
} BenchScheme;

/* A server in a process of its own, and its addresses. */
typedef struct
{
  GSubprocess  *child;
  char         *uris[BENCH_N_SCHEMES]; /* NULL for none */
  char         *ca_file;
  char         *soup;                  /* an echo server without the library */
  GTlsDatabase *database;
} BenchHost;

BenchHost    *bench_host_start      (const char   *program,
                                     GError      **error);
void          bench_host_free       (BenchHost    *self);
SignalClient *bench_host_new_client (BenchHost    *self,
                                     const char   *uri);
gboolean      bench_host_connect    (BenchHost    *self,
                                     const char   *uri,
                                     GPtrArray    *clients,
                                     guint         count,
                                     GError      **error);
gboolean      bench_host_settle     (GPtrArray    *clients,
                                     GError      **error);
gboolean      bench_host_disconnect (SignalClient *client,
                                     GError      **error);
gint64        bench_host_get_cpu_ns (BenchHost    *self);

const char   *bench_scheme_get_name (BenchScheme   scheme);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchHost, bench_host_free)

G_END_DECLS
