/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <sys/resource.h>

#include <glib/gi18n.h>

#include "demo/common/secret-token.h"
#include "cli-commands.h"
#include "cli-json.h"
#include "cli-listening.h"
#include "cli-metrics.h"
#include "cli-monitor.h"
#include "cli-output.h"
#include "cli-serve-bus.h"
#include "cli-serve-options.h"
#include "cli-signal.h"
#include "cli-systemd.h"
#include "cli-tls.h"
#include "cli-token.h"
#include "cli-worker.h"
#include "cli-workers.h"

/* The files that a server may have open in addition to its peers. */
#define SPARE_FILES 256

typedef struct
{
  const CliServeOptions *options;
  SignalServer *server;
  CliMonitor *monitor;
  CliWorker *worker;     /* NULL if there is only this process */
  GMainLoop *loop;
  char *token;
  guint n_peers;
  int exit_code;
  gboolean is_stopping;
} Serve;

static void
serve_clear (Serve *self)
{
  cli_signal_remove_handler ();
  cli_systemd_stop ();
  g_clear_pointer (&self->monitor, cli_monitor_free);
  g_clear_pointer (&self->worker, cli_worker_free);
  if (self->server != NULL)
    g_signal_handlers_disconnect_by_data (self->server, self);
  g_clear_object (&self->server);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->token, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Serve, serve_clear)

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 Serve        *self)
{
  if (g_strcmp0 (type, "Bearer") != 0 || token == NULL || !secret_token_equal (self->token, token))
    return NULL;
  return g_strdup ("user");
}

static void
report_peers (Serve      *self,
              SignalPeer *peer,
              gboolean    joined)
{
  g_autofree char *id = NULL;
  g_autofree char *worker = NULL;
  g_autofree char *line = NULL;

  self->n_peers = joined ? self->n_peers + 1 : self->n_peers - 1;
  if (self->options->quiet)
    return;
  if (!self->options->json)
    {
      fprintf (stderr,
               joined ? _("Client connected (%u connected)\n")
                      : _("Client disconnected (%u connected)\n"),
               self->n_peers);
      return;
    }
  id = cli_json_quote (signal_peer_get_id (peer));
  if (self->worker != NULL)
    worker = g_strdup_printf (",\"worker\":%u", cli_worker_get_index (self->worker));
  line = g_strdup_printf ("{\"status\":\"%s\",\"id\":%s,\"clients\":%u%s}\n",
                          joined ? "connected" : "disconnected", id, self->n_peers,
                          worker != NULL ? worker : "");
  cli_print (line);
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer,
                   Serve        *self)
{
  report_peers (self, peer, TRUE);
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer,
                      Serve        *self)
{
  report_peers (self, peer, FALSE);
}

static const char *
find_room (JsonNode *payload)
{
  JsonNode *room;

  if (payload == NULL || !JSON_NODE_HOLDS_OBJECT (payload))
    return NULL;
  room = json_object_get_member (json_node_get_object (payload), "room");
  if (room == NULL || json_node_get_value_type (room) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (room);
}

/* Sends a message with a room to the other members of that room, and any other back to its sender.
 * A message with an ID is a request, which expects an answer in both cases. */
static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            Serve         *self)
{
  const char *event = signal_message_get_event (message);
  JsonNode *payload = signal_message_get_payload (message);
  const char *room = find_room (payload);
  g_autoptr (GError) error = NULL;
  gboolean sent = TRUE;

  if (room != NULL)
    sent = signal_server_send_to_room (server, room, event, payload, peer, &error);
  if (sent && signal_message_get_id (message) != NULL)
    sent = signal_server_reply (server, peer, message, payload, &error);
  else if (room == NULL)
    sent = signal_server_send_to_peer (server, peer, event, payload, &error);
  if (!sent)
    cli_error (_("Cannot forward a message: %s"), error->message);
}

static void
on_bus_closed (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  GMainLoop *loop = data;

  g_main_loop_quit (loop);
  g_main_loop_unref (loop);
}

/* What the last clients have sent to rooms is still published. */
static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  GMainLoop *loop = data;
  SignalBus *bus = signal_server_get_bus (SIGNAL_SERVER (source));

  if (bus != NULL)
    signal_bus_close_async (bus, NULL, on_bus_closed, loop);
  else
    on_bus_closed (source, result, loop);
}

static gboolean
on_stop_deadline (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

/* Returns the payload of the event that announces that the server stops. */
static JsonNode *
build_announcement (guint within_ms)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonNode *payload = json_node_new (JSON_NODE_OBJECT);

  json_object_set_int_member (object, "within", within_ms);
  json_node_set_object (payload, object);
  return payload;
}

/* Not a broadcast, which would reach the clients of other servers, too, if the server is on a bus. A client
 * that does not read need not be told. */
static void
announce_end (Serve *self,
              guint  within_ms)
{
  g_autoptr (JsonNode) payload = build_announcement (within_ms);
  GListModel *list = signal_server_get_peers (self->server);
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func (g_object_unref);

  /* The list changes if a write detects that a client has disconnected. */
  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    g_ptr_array_add (peers, g_list_model_get_item (list, i));
  for (guint i = 0; i < peers->len; i++)
    signal_server_send_to_peer (self->server, peers->pdata[i], self->options->drain_event, payload, NULL);
}

static void
drain (Serve *self)
{
  guint within_ms = (guint) self->options->drain * 1000;

  /* Not in the other order: clients that connect again as soon as they are told must not come back here. */
  signal_server_drain_async (self->server, within_ms, NULL, on_stopped, g_main_loop_ref (self->loop));
  if (*self->options->drain_event != '\0')
    announce_end (self, within_ms);
}

/* @number is 0 if there is no reason to drain, as the parent is gone. */
static void
stop (int      number,
      gpointer data)
{
  Serve *self = data;
  gboolean drains = number != 0 && self->options->drain > 0;

  /* A worker can receive the same signal from its parent and from the terminal. */
  if (self->is_stopping && number != 0)
    return;

  self->exit_code = number != 0 ? CLI_EXIT_SIGNAL + number : CLI_EXIT_FAILED;
  self->is_stopping = TRUE;
  cli_systemd_notify_stopping ();
  g_timeout_add_seconds_full (G_PRIORITY_DEFAULT,
                              (drains ? (guint) self->options->drain : 0) + CLI_SERVE_STOP_SECONDS,
                              on_stop_deadline, g_main_loop_ref (self->loop),
                              (GDestroyNotify) g_main_loop_unref);
  if (drains)
    drain (self);
  else
    signal_server_stop_async (self->server, NULL, on_stopped, g_main_loop_ref (self->loop));
}

static SignalServer *
build_server (const CliServeOptions *options)
{
  g_autoptr (SignalServer) server = signal_server_new ();

  g_object_set (server,
                "require-encryption", !options->no_encryption,
                "allowed-origins", options->allowed_origins,
                "max-peers", options->max_peers,
                NULL);
  if (options->path != NULL)
    g_object_set (server, "path", options->path, NULL);
  if (options->ecdh_info != NULL)
    g_object_set (server, "ecdh-info", options->ecdh_info, NULL);
  if (options->certificate_file != NULL)
    {
      g_autoptr (GTlsCertificate) certificate =
        cli_tls_load_certificate (options->certificate_file, options->key_file);

      if (certificate == NULL)
        return NULL;
      g_object_set (server, "tls-certificate", certificate, NULL);
    }
  return g_steal_pointer (&server);
}

/* Each client needs an open file, and systems usually start programs with 1024 of them. */
static void
allow_open_files (int      max_peers,
                  gboolean warns)
{
  rlim_t needed = (rlim_t) max_peers + SPARE_FILES;
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
    return;
  if (warns && limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed)
    cli_error (_("This process can open only %llu files, which is not enough for %d clients; raise the "
                 "limit, with “ulimit -Hn” or with LimitNOFILE= in the unit of systemd"),
               (unsigned long long) limit.rlim_max, max_peers);
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? needed : MIN (needed, limit.rlim_max);
  setrlimit (RLIMIT_NOFILE, &limit);
}

/* A message to nobody is checked like any other. */
static gboolean
check_drain_event (const CliServeOptions *options)
{
  g_autoptr (SignalServer) nobody = signal_server_new ();
  g_autoptr (GError) error = NULL;

  if (*options->drain_event == '\0' || signal_server_broadcast (nobody, options->drain_event, NULL, &error))
    return TRUE;
  cli_error (_("Invalid drain-event: %s"), error->message);
  return FALSE;
}

static gboolean
listen_on_socket (Serve      *self,
                  GPtrArray  *sockets,
                  GError    **error)
{
  if (sockets->len == 1)
    return signal_server_listen_socket (self->server, sockets->pdata[0], error);
  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
               _("there are %u sockets, but only one can be used"), sockets->len);
  return FALSE;
}

/* Listens on the socket of the parent or of systemd, if there is one. Prints an error on failure. */
static CliExitCode
serve_listen (Serve *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) sockets = NULL;
  gboolean listening = FALSE;
  gboolean has_sockets = FALSE;

  if (self->worker != NULL)
    {
      listening = signal_server_listen_socket (self->server, cli_worker_get_socket (self->worker), &error);
    }
  else
    {
      sockets = cli_systemd_take_sockets (&error);
      has_sockets = sockets != NULL || error != NULL;
      if (sockets != NULL)
        listening = listen_on_socket (self, sockets, &error);
      else if (error == NULL)
        listening = signal_server_listen (self->server, self->options->address,
                                          (guint16) self->options->port, &error);
    }
  if (listening)
    return CLI_EXIT_OK;
  cli_listening_print_error (self->options->port, has_sockets, error);
  return cli_exit_code_from_error (error);
}

static char *
get_status (gpointer data)
{
  Serve *self = data;

  return cli_listening_describe (self->n_peers, self->is_stopping);
}

static void
read_metrics (CliMetrics *metrics,
              gpointer    data)
{
  Serve *self = data;

  cli_metrics_read_server (metrics, self->server);
  cli_metrics_read_process (metrics);
}

static gboolean
is_healthy (gpointer data)
{
  Serve *self = data;

  return !self->is_stopping;
}

static void
append_metrics (GString *text,
                gpointer data)
{
  CliMetricsSeries series = { .has_server = TRUE };

  read_metrics (&series.metrics, data);
  cli_metrics_append (text, &series, 1);
}

static const CliWorkerFuncs worker_funcs = {
  .read_metrics = read_metrics,
  .stop = stop,
};

static const CliMonitorFuncs monitor_funcs = {
  .is_healthy = is_healthy,
  .append_metrics = append_metrics,
};

/* Tells the parent, or everybody, that clients can connect. Returns %FALSE after printing an error. */
static gboolean
announce (Serve    *self,
          gboolean  generated)
{
  g_autofree char *uri = signal_server_get_uri (self->server);

  if (self->worker != NULL)
    {
      cli_worker_start (self->worker, &worker_funcs, self);
      return TRUE;
    }
  if (self->options->monitor != NULL)
    {
      self->monitor = cli_monitor_open (self->options->monitor, self->options->json, &monitor_funcs, self);
      if (self->monitor == NULL)
        return FALSE;
    }
  if (!cli_listening_print (uri, generated ? self->token : NULL, self->options->json) && generated)
    return FALSE;
  cli_systemd_start (get_status, self);
  return TRUE;
}

static int
serve_run (Serve    *self,
           gboolean  generated)
{
  CliExitCode exit_code;

  g_signal_connect (self->server, "authenticate", G_CALLBACK (on_authenticate), self);
  g_signal_connect (self->server, "peer-connected", G_CALLBACK (on_peer_connected), self);
  g_signal_connect (self->server, "peer-disconnected", G_CALLBACK (on_peer_disconnected), self);
  g_signal_connect (self->server, "message", G_CALLBACK (on_message), self);
  self->loop = g_main_loop_new (NULL, FALSE);
  cli_signal_install_handler (stop, self);
  allow_open_files (self->options->max_peers,
                    self->worker == NULL || cli_worker_get_index (self->worker) == 0);

  if (signal_server_get_bus (self->server) != NULL)
    cli_serve_bus_connect (signal_server_get_bus (self->server), self->loop, self->options->quiet);
  if (self->is_stopping)
    return self->exit_code;
  exit_code = serve_listen (self);
  if (exit_code != CLI_EXIT_OK)
    return exit_code;
  if (!announce (self, generated))
    return CLI_EXIT_FAILED;
  g_main_loop_run (self->loop);
  return self->exit_code;
}

/* A server that listens on any port, for a moment, finds what is wrong with the options. */
static CliExitCode
check_only (Serve *self)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_listen (self->server, self->options->address, 0, &error))
    {
      cli_error ("%s", error->message);
      return CLI_EXIT_USAGE;
    }
  return cli_print (_("The options are valid\n")) ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

/* Takes what the parent process has passed to this one, if it is a worker. */
static gboolean
become_worker (Serve *self)
{
  g_autoptr (GError) error = NULL;

  if (!cli_worker_is_worker ())
    return TRUE;
  self->worker = cli_worker_new (&error);
  if (self->worker == NULL)
    cli_error (_("The variable %s is only for processes of --workers: %s"), CLI_WORKER_VARIABLE,
               error->message);
  return self->worker != NULL;
}

int
cli_serve (char **args)
{
  g_auto (CliServeOptions) options = { 0 };
  g_auto (Serve) self = { .options = &options };
  CliExitCode exit_code = CLI_EXIT_OK;
  gboolean generated;

  cli_metrics_init ();
  cli_systemd_init ();
  if (!become_worker (&self) || !cli_serve_options_parse (&options, args) || !check_drain_event (&options))
    return CLI_EXIT_USAGE;
  self.token = cli_token_find_or_generate (options.token_file, &generated, &exit_code);
  if (self.token == NULL)
    return exit_code;
  self.server = build_server (&options);
  if (self.server == NULL)
    return CLI_EXIT_FAILED;
  if (!cli_serve_bus_attach (self.server, &options.bus))
    return CLI_EXIT_USAGE;
  if (options.only_checks)
    return check_only (&self);
  if (options.workers > 0 && self.worker == NULL)
    return cli_workers_run (&options, g_steal_pointer (&self.server),
                            generated ? g_steal_pointer (&self.token) : NULL, args);
  return serve_run (&self, generated);
}
