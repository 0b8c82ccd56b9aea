/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An HTTP server for programs that watch the server. */
typedef struct _CliMonitor CliMonitor;

typedef struct
{
  /* Whether clients can connect. */
  gboolean (*is_healthy) (gpointer data);

  /* Appends the metrics. */
  void (*append_metrics) (GString *text,
                          gpointer data);
} CliMonitorFuncs;

GSocketAddress *cli_monitor_parse_address (const char            *text,
                                           GError               **error);

CliMonitor     *cli_monitor_open          (const char            *address,
                                           gboolean               json,
                                           const CliMonitorFuncs *funcs,
                                           gpointer               data);

void            cli_monitor_free          (CliMonitor            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliMonitor, cli_monitor_free)

G_END_DECLS
