/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-metrics.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* The text format of Prometheus, version 0.0.4. */

#define GAUGE "gauge"
#define COUNTER "counter"

typedef struct
{
  const char *name;
  const char *type;
  const char *help;    /* English, like all names of metrics */
  gsize offset;
  gboolean is_double;
  gboolean of_process;
} Family;

#define OF_SERVER(member) .offset = G_STRUCT_OFFSET (CliMetrics, member)
#define OF_PROCESS(member) .offset = G_STRUCT_OFFSET (CliMetrics, member), .of_process = TRUE

static const Family families[] = {
  { "signal_peers", GAUGE, "Clients that are authenticated and connected.", OF_SERVER (peers) },
  { "signal_peers_accepted_total", COUNTER, "Clients that have been authenticated.",
    OF_SERVER (peers_accepted) },
  { "signal_authentications_failed_total", COUNTER, "Tokens that have been rejected.",
    OF_SERVER (authentications_failed) },
  { "signal_messages_received_total", COUNTER, "Messages that clients have sent.",
    OF_SERVER (messages_received) },
  { "signal_messages_sent_total", COUNTER, "Messages that have been sent, counted for each recipient.",
    OF_SERVER (messages_sent) },
  { "signal_messages_dropped_total", COUNTER,
    "Messages that were not sent, because the recipient did not read fast enough.",
    OF_SERVER (messages_dropped) },
  { "signal_bus_connected", GAUGE, "Whether the server is connected to Redis.", OF_SERVER (bus_connected) },
  { "signal_bus_messages_published_total", COUNTER, "Messages that have been published through Redis.",
    OF_SERVER (bus_messages_published) },
  { "signal_bus_messages_received_total", COUNTER, "Messages of other servers that have been received.",
    OF_SERVER (bus_messages_received) },
  { "signal_bus_messages_dropped_total", COUNTER,
    "Messages of other servers that were not valid, or that Redis was too slow for.",
    OF_SERVER (bus_messages_dropped) },
  { "process_start_time_seconds", GAUGE, "Start time of the process since the Unix epoch in seconds.",
    OF_PROCESS (start_time), .is_double = TRUE },
  { "process_cpu_seconds_total", COUNTER, "Total user and system CPU time spent in seconds.",
    OF_PROCESS (cpu_seconds), .is_double = TRUE },
  { "process_resident_memory_bytes", GAUGE, "Resident memory size in bytes.",
    OF_PROCESS (resident_memory) },
  { "process_open_fds", GAUGE, "Number of open file descriptors.", OF_PROCESS (open_files) },
  { "process_max_fds", GAUGE, "Maximum number of open file descriptors.", OF_PROCESS (max_files) },
};

static double start_time;

static guint64
count_open_files (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint64 n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  /* Without that of the directory. */
  return n > 0 ? n - 1 : 0;
}

static guint64
read_resident_memory (void)
{
  FILE *file = fopen ("/proc/self/statm", "re");
  unsigned long long pages = 0;

  if (file == NULL)
    return 0;
  if (fscanf (file, "%*u %llu", &pages) != 1)
    pages = 0;
  fclose (file);
  return (guint64) pages * (guint64) sysconf (_SC_PAGESIZE);
}

static double
to_seconds (struct timeval time)
{
  return (double) time.tv_sec + (double) time.tv_usec / G_USEC_PER_SEC;
}

/* The process has started now. */
void
cli_metrics_init (void)
{
  start_time = (double) g_get_real_time () / G_USEC_PER_SEC;
}

void
cli_metrics_read_process (CliMetrics *self)
{
  struct rusage usage;
  struct rlimit limit;

  self->start_time = start_time;
  if (getrusage (RUSAGE_SELF, &usage) == 0)
    self->cpu_seconds = to_seconds (usage.ru_utime) + to_seconds (usage.ru_stime);
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    self->max_files = limit.rlim_cur;
  self->resident_memory = read_resident_memory ();
  self->open_files = count_open_files ();
}

void
cli_metrics_read_server (CliMetrics   *self,
                         SignalServer *server)
{
  SignalBus *bus = signal_server_get_bus (server);

  self->peers = g_list_model_get_n_items (signal_server_get_peers (server));
  self->peers_accepted = signal_server_get_peers_accepted (server);
  self->authentications_failed = signal_server_get_authentications_failed (server);
  self->messages_received = signal_server_get_messages_received (server);
  self->messages_sent = signal_server_get_messages_sent (server);
  self->messages_dropped = signal_server_get_messages_dropped (server);
  if (bus == NULL)
    return;
  self->bus_connected = signal_bus_get_connected (bus);
  self->bus_messages_published = signal_bus_get_messages_published (bus);
  self->bus_messages_received = signal_bus_get_messages_received (bus);
  self->bus_messages_dropped = signal_bus_get_messages_dropped (bus);
}

static void
append_head (GString    *text,
             const char *name,
             const char *type,
             const char *help)
{
  g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
append_value (GString      *text,
              const Family *family,
              gconstpointer metrics)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  gconstpointer member = (const guint8 *) metrics + family->offset;

  /* The decimal point does not depend on the locale. */
  if (family->is_double)
    g_string_append (text, g_ascii_formatd (number, sizeof number, "%.3f", *(const double *) member));
  else
    g_string_append_printf (text, "%" G_GUINT64_FORMAT, *(const guint64 *) member);
  g_string_append_c (text, '\n');
}

/* Appends the metrics of one or several processes. The labels must not need to be escaped. */
void
cli_metrics_append (GString                *text,
                    const CliMetricsSeries *series,
                    guint                   n_series)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      const Family *family = &families[i];

      append_head (text, family->name, family->type, family->help);
      for (guint j = 0; j < n_series; j++)
        {
          if (!series[j].has_server && !family->of_process)
            continue;
          g_string_append (text, family->name);
          if (series[j].worker != NULL)
            g_string_append_printf (text, "{worker=\"%s\"}", series[j].worker);
          g_string_append_c (text, ' ');
          append_value (text, family, &series[j].metrics);
        }
    }
}

/* Appends a metric of the program as a whole. */
void
cli_metrics_append_number (GString    *text,
                           const char *name,
                           const char *type,
                           const char *help,
                           guint64     value)
{
  append_head (text, name, type, help);
  g_string_append_printf (text, "%s %" G_GUINT64_FORMAT "\n", name, value);
}
