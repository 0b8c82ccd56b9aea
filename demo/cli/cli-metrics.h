/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* What is measured of a process. It is passed between processes of the same program as it is. */
typedef struct
{
  /* Of the server */
  guint64 peers;
  guint64 peers_accepted;
  guint64 authentications_failed;
  guint64 messages_received;
  guint64 messages_sent;
  guint64 messages_dropped;

  /* Of its bus; 0 if there is none */
  guint64 bus_connected;
  guint64 bus_messages_published;
  guint64 bus_messages_received;
  guint64 bus_messages_dropped;

  /* Of the process; 0 if the system does not tell */
  double start_time;       /* seconds since the Unix epoch */
  double cpu_seconds;
  guint64 resident_memory; /* bytes */
  guint64 open_files;
  guint64 max_files;
} CliMetrics;

/* The metrics of one process of several. */
typedef struct
{
  const char *worker;      /* the value of the label “worker”, or NULL for no label */
  gboolean has_server;
  CliMetrics metrics;
} CliMetricsSeries;

void cli_metrics_init         (void);

void cli_metrics_read_process (CliMetrics             *self);

void cli_metrics_read_server  (CliMetrics             *self,
                               SignalServer           *server);

void cli_metrics_append       (GString                *text,
                               const CliMetricsSeries *series,
                               guint                   n_series);

void cli_metrics_append_number (GString               *text,
                                const char            *name,
                                const char            *type,
                                const char            *help,
                                guint64                value);

G_END_DECLS
