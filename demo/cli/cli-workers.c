/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-workers.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "cli-exit-code.h"
#include "cli-listening.h"
#include "cli-monitor.h"
#include "cli-output.h"
#include "cli-signal.h"
#include "cli-systemd.h"
#include "cli-token.h"
#include "cli-worker.h"

/* The parent process of several workers. It opens their sockets, starts them again if they end, and adds up
 * what they report; it serves no clients. */

#ifdef __linux__

#define BACKLOG 128

/* The time before a worker that has ended is started again, which doubles as long as it does not last. */
#define MIN_DELAY_MS 100
#define MAX_DELAY_MS 10000
#define LASTING_US (10 * G_TIME_SPAN_SECOND)

/* How much longer the workers have to end than they take by themselves. */
#define SPARE_SECONDS 2

typedef struct _Workers Workers;

typedef struct
{
  Workers *owner;
  guint index;
  char label[12];
  GPid pid;              /* 0 if it does not run */
  GSocket *control;
  guint control_source;
  guint watch;
  guint restart_source;
  gboolean is_ready;
  gint64 started;
  gint64 last_report;
  guint n_failures;
  CliMetrics metrics;
} Worker;

struct _Workers
{
  const CliServeOptions *options;
  char **args;
  char *generated_token; /* or NULL */
  GMainLoop *loop;
  CliMonitor *monitor;
  char *uri;
  GPtrArray *inherited;  /* the sockets of systemd, or NULL */
  GSocket *reserved;     /* keeps the port while no worker listens */
  GSocketAddress *address;
  Worker *workers;
  guint n_workers;
  guint check_source;
  guint deadline_source;
  guint64 n_restarts;
  gboolean is_ready;
  gboolean is_stopping;
  int exit_code;
};

static gboolean start_worker (Worker  *worker,
                              GError **error);

static void
worker_disconnect (Worker *worker)
{
  g_clear_handle_id (&worker->control_source, g_source_remove);
  g_clear_handle_id (&worker->restart_source, g_source_remove);
  g_clear_handle_id (&worker->watch, g_source_remove);
  g_clear_object (&worker->control);
}

/* The workers that are left end because their control sockets are closed. */
static void
workers_clear (Workers *self)
{
  cli_signal_remove_handler ();
  cli_systemd_stop ();
  g_clear_pointer (&self->monitor, cli_monitor_free);
  g_clear_handle_id (&self->check_source, g_source_remove);
  g_clear_handle_id (&self->deadline_source, g_source_remove);
  for (guint i = 0; i < self->n_workers; i++)
    worker_disconnect (&self->workers[i]);
  g_clear_pointer (&self->workers, g_free);
  g_clear_pointer (&self->generated_token, g_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->uri, g_free);
  g_clear_pointer (&self->inherited, g_ptr_array_unref);
  g_clear_object (&self->reserved);
  g_clear_object (&self->address);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Workers, workers_clear)

/* Sockets */

/* g_socket_bind() would reset SO_REUSEPORT. */
static GSocket *
bind_shared (GSocketAddress  *address,
             GError         **error)
{
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP, error);
  gssize length = g_socket_address_get_native_size (address);
  g_autofree gpointer native = g_malloc0 ((gsize) length);

  if (socket == NULL
      || !g_socket_set_option (socket, SOL_SOCKET, SO_REUSEADDR, TRUE, error)
      || !g_socket_set_option (socket, SOL_SOCKET, SO_REUSEPORT, TRUE, error)
      || !g_socket_address_to_native (address, native, (gsize) length, error))
    return NULL;
  if (bind (g_socket_get_fd (socket), native, (socklen_t) length) == 0)
    return g_steal_pointer (&socket);
  g_set_error_literal (error, G_IO_ERROR, (gint) g_io_error_from_errno (errno), g_strerror (errno));
  return NULL;
}

/* Returns the socket of a new worker. It listens before the worker runs, so that no client is refused. */
static GSocket *
open_socket (Worker  *worker,
             GError **error)
{
  Workers *self = worker->owner;
  g_autoptr (GSocket) socket = NULL;

  if (self->inherited != NULL)
    return g_object_ref (self->inherited->pdata[worker->index % self->inherited->len]);

  socket = bind_shared (self->address, error);
  if (socket == NULL)
    return NULL;
  g_socket_set_listen_backlog (socket, BACKLOG);
  return g_socket_listen (socket, error) ? g_steal_pointer (&socket) : NULL;
}

/* Finds the address from the URL of a server that has listened for a moment. */
static gboolean
reserve_port (Workers  *self,
              GError  **error)
{
  const char *address = self->options->address;
  g_autoptr (GUri) uri = g_uri_parse (self->uri, G_URI_FLAGS_NONE, error);

  if (uri == NULL)
    return FALSE;
  if (address == NULL || g_str_equal (address, "localhost"))
    address = "127.0.0.1";
  self->address = g_inet_socket_address_new_from_string (address, (guint) g_uri_get_port (uri));
  if (self->address != NULL)
    self->reserved = bind_shared (self->address, error);
  else
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                         _("--workers needs an IP address in --address"));
  return self->reserved != NULL;
}

static gboolean
check_sockets (Workers  *self,
               GError  **error)
{
  if (self->inherited == NULL || self->inherited->len <= self->n_workers)
    return TRUE;
  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
               /* Translators: both are numbers; --workers is the option that sets the second one */
               _("there are %u sockets for %u processes; increase --workers, so that each socket is used"),
               self->inherited->len, self->n_workers);
  return FALSE;
}

/* Lets the server listen for a moment, which finds what is wrong with the options. Without that, several
 * instances of the program could share a port by mistake. Takes ownership of the server. */
static gboolean
probe (Workers       *self,
       SignalServer  *server,
       GError       **error)
{
  g_autoptr (SignalServer) owned = server;
  g_autoptr (GSocket) copy = NULL;

  if (!check_sockets (self, error))
    return FALSE;
  if (self->inherited != NULL)
    {
      copy = g_socket_new_from_fd (dup (g_socket_get_fd (self->inherited->pdata[0])), error);
      if (copy == NULL || !signal_server_listen_socket (owned, copy, error))
        return FALSE;
    }
  else if (!signal_server_listen (owned, self->options->address, (guint16) self->options->port, error))
    {
      return FALSE;
    }
  self->uri = signal_server_get_uri (owned);
  g_clear_object (&owned);
  return self->inherited != NULL || reserve_port (self, error);
}

/* Workers */

static void
send_signal (Worker *worker,
             int     number)
{
  guint8 byte = (guint8) number;

  if (worker->control != NULL)
    send (g_socket_get_fd (worker->control), &byte, sizeof byte, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static guint
count_running (Workers *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_workers; i++)
    n += self->workers[i].pid != 0;
  return n;
}

static guint
count_ready (Workers *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_workers; i++)
    n += self->workers[i].is_ready;
  return n;
}

static gboolean
on_deadline (gpointer data)
{
  Workers *self = data;

  self->deadline_source = 0;
  for (guint i = 0; i < self->n_workers; i++)
    if (self->workers[i].pid != 0)
      kill (self->workers[i].pid, SIGKILL);
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/* Signals go over the control sockets, so that they do no harm to a worker that has received one already,
 * as from a terminal or from systemd. */
static void
stop (Workers *self,
      int      number,
      int      exit_code)
{
  self->is_stopping = TRUE;
  self->exit_code = exit_code;
  cli_systemd_notify_stopping ();
  for (guint i = 0; i < self->n_workers; i++)
    {
      g_clear_handle_id (&self->workers[i].restart_source, g_source_remove);
      send_signal (&self->workers[i], number);
    }
  self->deadline_source = g_timeout_add_seconds ((guint) self->options->drain + CLI_SERVE_STOP_SECONDS
                                                 + SPARE_SECONDS, on_deadline, self);
  if (count_running (self) == 0)
    g_main_loop_quit (self->loop);
}

static void
on_signal (int      number,
           gpointer data)
{
  Workers *self = data;

  if (!self->is_stopping)
    stop (self, number, CLI_EXIT_SIGNAL + number);
}

static char *
get_status (gpointer data)
{
  Workers *self = data;
  guint64 n_peers = 0;

  for (guint i = 0; i < self->n_workers; i++)
    n_peers += self->workers[i].metrics.peers;
  return cli_listening_describe (n_peers, self->is_stopping);
}

/* All workers are ready for the first time. */
static void
announce (Workers *self)
{
  self->is_ready = TRUE;
  if (!cli_listening_print (self->uri, self->generated_token, self->options->json)
      && self->generated_token != NULL)
    stop (self, SIGTERM, CLI_EXIT_FAILED);
  else
    cli_systemd_start (get_status, self);
}

static gboolean
on_control (int          fd,
            GIOCondition condition,
            gpointer     data)
{
  Worker *worker = data;
  Workers *self = worker->owner;
  CliMetrics metrics;
  gssize length = recv (fd, &metrics, sizeof metrics, MSG_DONTWAIT);

  if (length == sizeof metrics)
    {
      worker->metrics = metrics;
      worker->last_report = g_get_monotonic_time ();
      worker->is_ready = TRUE;
      if (!self->is_ready && count_ready (self) == self->n_workers)
        announce (self);
    }
  else if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
    {
      worker->control_source = 0;
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_restart (gpointer data)
{
  Worker *worker = data;
  g_autoptr (GError) error = NULL;

  worker->restart_source = 0;
  if (start_worker (worker, &error))
    return G_SOURCE_REMOVE;

  worker->n_failures++;
  worker->restart_source = g_timeout_add (MAX_DELAY_MS, on_restart, worker);
  cli_error (_("Cannot start process %u: %s"), worker->index, error->message);
  return G_SOURCE_REMOVE;
}

static void
restart_later (Worker *worker)
{
  gboolean has_lasted = g_get_monotonic_time () - worker->started >= LASTING_US;
  guint delay = MIN_DELAY_MS;

  worker->owner->n_restarts++;
  worker->n_failures = has_lasted ? 0 : worker->n_failures + 1;
  for (guint i = 1; i < worker->n_failures && delay < MAX_DELAY_MS; i++)
    delay *= 2;
  worker->restart_source = g_timeout_add (MIN (delay, MAX_DELAY_MS), on_restart, worker);
}

/* The program ends with the status of a worker that could not start, if that is one of the program and not of
 * the dynamic loader. */
static int
get_exit_code (int status)
{
  if (WIFEXITED (status) && WEXITSTATUS (status) != 0 && WEXITSTATUS (status) <= CLI_EXIT_TIMED_OUT)
    return WEXITSTATUS (status);
  return CLI_EXIT_FAILED;
}

static void
report_end (Worker *worker,
            int     status)
{
  if (WIFSIGNALED (status))
    cli_error (_("Process %u was ended by signal %d; starting it again"), worker->index, WTERMSIG (status));
  else
    cli_error (_("Process %u has ended with status %d; starting it again"), worker->index,
               WEXITSTATUS (status));
}

static void
on_ended (GPid     pid,
          int      status,
          gpointer data)
{
  Worker *worker = data;
  Workers *self = worker->owner;

  worker->watch = 0;
  worker->pid = 0;
  worker->is_ready = FALSE;
  worker->metrics = (CliMetrics) { 0 };
  worker_disconnect (worker);

  if (self->is_stopping)
    {
      if (count_running (self) == 0)
        g_main_loop_quit (self->loop);
    }
  else if (self->is_ready)
    {
      report_end (worker, status);
      restart_later (worker);
    }
  else
    {
      /* Otherwise, it has said why. */
      if (WIFSIGNALED (status))
        cli_error (_("Process %u was ended by signal %d"), worker->index, WTERMSIG (status));
      stop (self, SIGTERM, get_exit_code (status));
    }
}

/* Nothing that is secret is in the arguments, which others can see. */
static gboolean
spawn (Worker   *worker,
       GSocket  *socket,
       int       control,
       GError  **error)
{
  const int sources[] = { g_socket_get_fd (socket), control };
  const int targets[] = { CLI_WORKER_LISTEN_FD, CLI_WORKER_CONTROL_FD };
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN
                      | G_SPAWN_FILE_AND_ARGV_ZERO;

  environment = g_environ_setenv (environment, CLI_WORKER_VARIABLE, worker->label, TRUE);
  if (worker->owner->generated_token != NULL)
    environment = g_environ_setenv (environment, "SIGNAL_TOKEN", worker->owner->generated_token, TRUE);
  g_ptr_array_add (argv, (char *) "/proc/self/exe");
  g_ptr_array_add (argv, (char *) "signal-glib");
  for (guint i = 0; worker->owner->args[i] != NULL; i++)
    g_ptr_array_add (argv, worker->owner->args[i]);
  g_ptr_array_add (argv, NULL);

  return g_spawn_async_with_pipes_and_fds (NULL, (const char * const *) argv->pdata,
                                           (const char * const *) environment, flags, NULL, NULL,
                                           -1, -1, -1, sources, targets, G_N_ELEMENTS (sources),
                                           &worker->pid, NULL, NULL, NULL, error);
}

static gboolean
start_worker (Worker  *worker,
              GError **error)
{
  g_autoptr (GSocket) socket = open_socket (worker, error);
  g_autoptr (GSocket) control = NULL;
  gboolean spawned;
  int ends[2];

  if (socket == NULL)
    return FALSE;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    {
      g_set_error_literal (error, G_IO_ERROR, (gint) g_io_error_from_errno (errno), g_strerror (errno));
      return FALSE;
    }
  control = g_socket_new_from_fd (ends[0], error);
  if (control == NULL)
    close (ends[0]);
  spawned = control != NULL && spawn (worker, socket, ends[1], error);
  close (ends[1]);
  if (!spawned)
    return FALSE;

  worker->control = g_steal_pointer (&control);
  worker->started = worker->last_report = g_get_monotonic_time ();
  worker->control_source = g_unix_fd_add (ends[0], G_IO_IN | G_IO_HUP, on_control, worker);
  worker->watch = g_child_watch_add (worker->pid, on_ended, worker);
  return TRUE;
}

/* A worker whose main loop hangs is ended, and then started again. */
static gboolean
on_check (gpointer data)
{
  Workers *self = data;
  gint64 oldest = g_get_monotonic_time () - cli_systemd_get_watchdog ();

  for (guint i = 0; i < self->n_workers; i++)
    {
      Worker *worker = &self->workers[i];

      if (worker->pid == 0 || worker->last_report >= oldest)
        continue;
      cli_error (_("Process %u does not respond"), i);
      worker->last_report = g_get_monotonic_time ();
      kill (worker->pid, SIGKILL);
    }
  return G_SOURCE_CONTINUE;
}

/* The check comes after the reports that are waiting, if this process was stopped for some time. */
static void
start_check (Workers *self)
{
  if (cli_systemd_get_watchdog () > 0)
    self->check_source = g_timeout_add_full (G_PRIORITY_DEFAULT + 1, CLI_WORKER_REPORT_MS, on_check, self,
                                             NULL);
}

/* Monitoring */

static gboolean
is_healthy (gpointer data)
{
  Workers *self = data;

  return !self->is_stopping && count_ready (self) > 0;
}

static void
append_metrics (GString *text,
                gpointer data)
{
  Workers *self = data;
  g_autofree CliMetricsSeries *series = g_new0 (CliMetricsSeries, self->n_workers + 1);
  guint n_series = 0;

  for (guint i = 0; i < self->n_workers; i++)
    if (self->workers[i].is_ready)
      series[n_series++] = (CliMetricsSeries) {
        .worker = self->workers[i].label, .has_server = TRUE, .metrics = self->workers[i].metrics,
      };
  series[n_series].worker = "parent";
  cli_metrics_read_process (&series[n_series].metrics);
  cli_metrics_append (text, series, n_series + 1);
  cli_metrics_append_number (text, "signal_workers", "gauge", "Processes that serve clients.",
                             count_ready (self));
  cli_metrics_append_number (text, "signal_worker_restarts_total", "counter",
                             "Processes that have ended by themselves.", self->n_restarts);
}

static const CliMonitorFuncs monitor_funcs = {
  .is_healthy = is_healthy,
  .append_metrics = append_metrics,
};

static gboolean
start_all (Workers *self)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->n_workers; i++)
    {
      if (start_worker (&self->workers[i], &error))
        continue;
      cli_error (_("Cannot start process %u: %s"), i, error->message);
      return FALSE;
    }
  return TRUE;
}

static void
init (Workers *self)
{
  self->n_workers = (guint) self->options->workers;
  self->workers = g_new0 (Worker, self->n_workers);
  for (guint i = 0; i < self->n_workers; i++)
    {
      self->workers[i].owner = self;
      self->workers[i].index = i;
      g_snprintf (self->workers[i].label, sizeof self->workers[i].label, "%u", i);
    }
  self->loop = g_main_loop_new (NULL, FALSE);
}

/* Runs the parent. @server has the options, but does not listen, and @token is that which was generated, or
 * %NULL; both are owned by this function. @args are those of the command. */
int
cli_workers_run (const CliServeOptions *options,
                 SignalServer          *server,
                 char                  *token,
                 char                 **args)
{
  g_auto (Workers) self = { .options = options, .args = args, .generated_token = token };
  g_autoptr (SignalServer) owned = server;
  g_autoptr (GError) error = NULL;
  gboolean has_sockets;

  init (&self);
  self.inherited = cli_systemd_take_sockets (&error);
  has_sockets = self.inherited != NULL || error != NULL;
  if (error != NULL || !probe (&self, g_steal_pointer (&owned), &error))
    {
      cli_listening_print_error (options->port, has_sockets, error);
      return cli_exit_code_from_error (error);
    }
  if (self.n_workers > 1 && cli_bus_get_uri (&options->bus) == NULL)
    cli_error (_("Messages to rooms reach only the clients of the same process; join the processes with "
                 "--redis"));
  cli_signal_install_handler (on_signal, &self);
  if (options->monitor != NULL)
    {
      self.monitor = cli_monitor_open (options->monitor, options->json, &monitor_funcs, &self);
      if (self.monitor == NULL)
        return CLI_EXIT_FAILED;
    }
  if (!start_all (&self))
    return CLI_EXIT_FAILED;
  start_check (&self);
  g_main_loop_run (self.loop);
  return self.exit_code;
}

#else

/* Other systems have no such sockets, or no path for the program that is running. */
int
cli_workers_run (const CliServeOptions *options,
                 SignalServer          *server,
                 char                  *token,
                 char                 **args)
{
  g_object_unref (server);
  g_free (token);
  cli_error (_("--workers works only on Linux"));
  return CLI_EXIT_USAGE;
}

#endif
