/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-metrics.h"

G_BEGIN_DECLS

/* One of the processes of “serve --workers”. It inherits a listening socket, and a socket over which it
 * reports its #CliMetrics every second, and receives the number of the signal to end with, in one byte. */

#define CLI_WORKER_VARIABLE "SIGNAL_GLIB_WORKER"
#define CLI_WORKER_LISTEN_FD 3
#define CLI_WORKER_CONTROL_FD 4
#define CLI_WORKER_REPORT_MS 1000

typedef struct _CliWorker CliWorker;

typedef struct
{
  void (*read_metrics) (CliMetrics *metrics,
                        gpointer    data);

  /* The program is to end with this signal, or immediately if it is 0, because the parent is gone. */
  void (*stop) (int      number,
                gpointer data);
} CliWorkerFuncs;

gboolean   cli_worker_is_worker  (void);

CliWorker *cli_worker_new        (GError              **error);

GSocket   *cli_worker_get_socket (CliWorker            *self);

guint      cli_worker_get_index  (CliWorker            *self);

void       cli_worker_start      (CliWorker            *self,
                                  const CliWorkerFuncs *funcs,
                                  gpointer              data);

void       cli_worker_free       (CliWorker            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliWorker, cli_worker_free)

G_END_DECLS
