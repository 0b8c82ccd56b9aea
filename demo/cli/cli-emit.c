/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-bus.h"
#include "cli-commands.h"
#include "cli-lines.h"
#include "cli-options.h"
#include "cli-output.h"
#include "cli-payload.h"
#include "cli-signal.h"

/* How long to wait until Redis has read some of the messages. */
#define BACKLOG_INTERVAL_MS 10

#define USAGE "room|user|peer|all [NAME|ID] EVENT [JSON]"

typedef struct
{
  CliBusOptions bus;
  char **except;
  double seconds;
  gboolean lines;
  gboolean text;
} EmitOptions;

static void
emit_options_clear (EmitOptions *options)
{
  cli_bus_options_clear (&options->bus);
  g_clear_pointer (&options->except, g_strfreev);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EmitOptions, emit_options_clear)

typedef struct _Emit Emit;

/* For whom the messages are. */
typedef struct
{
  const char *name;
  const char *usage;
  guint n_operands; /* without the payload */
  gboolean has_except;
  gboolean (*send) (Emit        *self,
                    const char  *json,
                    GError     **error);
} Recipients;

struct _Emit
{
  SignalBus *bus;
  GMainLoop *loop;
  CliLines *lines; /* NULL if there is a single message */
  const Recipients *recipients;
  char **operands;
  const char * const *except;
  char *json; /* the payload that is being sent, or NULL for none */
  guint timeout;
  guint timeout_id;
  guint backlog_id;
  int exit_code;
  gboolean stopping;
};

static gboolean
send_to_room (Emit        *self,
              const char  *json,
              GError     **error)
{
  return signal_bus_send_to_room_json (self->bus, self->operands[1], self->operands[2], json,
                                       self->except, error);
}

static gboolean
send_to_user (Emit        *self,
              const char  *json,
              GError     **error)
{
  return signal_bus_send_to_user_json (self->bus, self->operands[1], self->operands[2], json, error);
}

static gboolean
send_to_peer (Emit        *self,
              const char  *json,
              GError     **error)
{
  return signal_bus_send_to_peer_json (self->bus, self->operands[1], self->operands[2], json, error);
}

static gboolean
send_to_all (Emit        *self,
             const char  *json,
             GError     **error)
{
  return signal_bus_broadcast_json (self->bus, self->operands[1], json, self->except, error);
}

static const Recipients all_recipients[] = {
  { "room", "room NAME EVENT [JSON]", 3, TRUE, send_to_room },
  { "user", "user ID EVENT [JSON]", 3, FALSE, send_to_user },
  { "peer", "peer ID EVENT [JSON]", 3, FALSE, send_to_peer },
  { "all", "all EVENT [JSON]", 2, TRUE, send_to_all },
};

static void
finish (Emit *self)
{
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_main_loop_quit (self->loop);
}

static gboolean
on_timeout (gpointer data)
{
  Emit *self = data;

  self->timeout_id = 0;
  self->stopping = TRUE;
  self->exit_code = CLI_EXIT_TIMED_OUT;
  cli_error (_("Redis did not answer in time"));
  finish (self);
  return G_SOURCE_REMOVE;
}

/* Starts to wait for Redis. */
static void
start_timeout (Emit *self)
{
  if (self->timeout > 0 && self->timeout_id == 0)
    self->timeout_id = g_timeout_add (self->timeout, on_timeout, self);
}

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  Emit *self = data;
  g_autoptr (GError) error = NULL;

  if (!signal_bus_close_finish (SIGNAL_BUS (source), result, &error) && self->exit_code == CLI_EXIT_OK)
    {
      cli_error ("%s", error->message);
      self->exit_code = cli_exit_code_from_operation (error);
    }
  finish (self);
}

/* Waits until Redis has confirmed what was sent, and ends the program with @exit_code. */
static void
stop (Emit *self,
      int   exit_code)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  self->exit_code = exit_code;
  g_clear_handle_id (&self->backlog_id, g_source_remove);
  start_timeout (self);
  signal_bus_close_async (self->bus, NULL, on_closed, self);
}

static void
fail (Emit         *self,
      const GError *error)
{
  if (self->stopping && self->exit_code != CLI_EXIT_OK)
    return;
  cli_error ("%s", error->message);
  self->exit_code = cli_exit_code_from_operation (error);
  stop (self, self->exit_code);
}

/* The connection was lost, or Redis has refused a message. */
static void
on_error (SignalBus    *bus,
          const GError *error,
          Emit         *self)
{
  fail (self, error);
}

static void send_payload (Emit *self);

static gboolean
on_backlog (gpointer data)
{
  Emit *self = data;

  self->backlog_id = 0;
  send_payload (self);
  return G_SOURCE_REMOVE;
}

static void
send_payload (Emit *self)
{
  g_autoptr (GError) error = NULL;

  if (!self->recipients->send (self, self->json, &error))
    {
      if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL))
        {
          start_timeout (self);
          self->backlog_id = g_timeout_add (BACKLOG_INTERVAL_MS, on_backlog, self);
          return;
        }
      cli_lines_prefix_error (self->lines, &error);
      fail (self, error);
      return;
    }
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->lines != NULL)
    cli_lines_next (self->lines);
  else
    stop (self, CLI_EXIT_OK);
}

static void
on_line (const char *json,
         int         exit_code,
         gpointer    data)
{
  Emit *self = data;

  if (self->stopping)
    return;
  if (json == NULL)
    {
      stop (self, exit_code);
      return;
    }
  g_free (self->json);
  self->json = g_strdup (json);
  send_payload (self);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  Emit *self = data;
  g_autoptr (GError) error = NULL;
  gboolean is_connected = signal_bus_connect_finish (SIGNAL_BUS (source), result, &error);

  if (self->stopping)
    return;
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (!is_connected)
    fail (self, error);
  else if (self->lines != NULL)
    cli_lines_next (self->lines);
  else
    send_payload (self);
}

/* Terminates by the signal, even if the program was about to exit with another code. */
static void
on_signal (int      number,
           gpointer data)
{
  Emit *self = data;

  stop (self, CLI_EXIT_OK);
  self->exit_code = CLI_EXIT_SIGNAL + number;
}

static int
emit_run (Emit              *self,
          const EmitOptions *options,
          const char        *uri)
{
  g_autoptr (SignalBus) bus = cli_bus_create (&options->bus, uri);
  g_autoptr (CliLines) lines = options->lines ? cli_lines_new (options->text, on_line, self) : NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  if (bus == NULL)
    return CLI_EXIT_FAILED;

  self->bus = bus;
  self->lines = lines;
  self->loop = loop;
  g_signal_connect (bus, "error", G_CALLBACK (on_error), self);
  cli_signal_install_handler (on_signal, self);
  start_timeout (self);
  signal_bus_connect_async (bus, NULL, on_connected, self);
  g_main_loop_run (loop);
  cli_signal_remove_handler ();
  g_signal_handlers_disconnect_by_data (bus, self);
  return self->exit_code;
}

/* Takes ownership of @operands. Returns them, or prints an error and returns %NULL. */
static char **
check_operands (char              **operands,
                const EmitOptions  *options,
                const Recipients  **recipients)
{
  g_auto (GStrv) given = operands;
  guint n_operands = g_strv_length (given);

  for (guint i = 0; i < G_N_ELEMENTS (all_recipients); i++)
    {
      const Recipients *candidate = &all_recipients[i];
      gboolean has_payload = n_operands == candidate->n_operands + 1 && !options->lines;

      if (n_operands == 0 || !g_str_equal (given[0], candidate->name))
        continue;
      if (options->except != NULL && !candidate->has_except)
        {
          cli_error (_("--except can only be used with room and all"));
          return NULL;
        }
      *recipients = candidate;
      return cli_arguments_check_operands (g_steal_pointer (&given), candidate->usage,
                                           candidate->n_operands + (has_payload ? 1 : 0));
    }

  cli_error (_("Usage: %s [OPTION…] %s"), g_get_prgname (), USAGE);
  return NULL;
}

static gboolean
check_options (const EmitOptions *options,
               guint             *timeout)
{
  char *prefix[] = { options->bus.channel_prefix, NULL };

  if (options->bus.key_file != NULL && options->bus.certificate_file == NULL)
    {
      cli_error (_("--tls-key requires --tls-certificate"));
      return FALSE;
    }
  return cli_options_check_names (options->except) && cli_options_check_names (prefix)
         && cli_options_get_timeout (options->seconds, timeout);
}

static int
emit (Emit              *self,
      const EmitOptions *options)
{
  const char *payload = self->operands[self->recipients->n_operands];
  const char *uri = cli_bus_get_uri (&options->bus);
  int exit_code;

  if (uri == NULL)
    {
      cli_error (_("No Redis given: use --redis, or set the environment variable SIGNAL_REDIS, to a URI "
                   "such as redis://localhost"));
      return CLI_EXIT_USAGE;
    }
  if (payload != NULL)
    {
      self->json = cli_payload_get (payload, options->text);
      if (self->json == NULL)
        return CLI_EXIT_FAILED;
    }
  self->except = (const char * const *) options->except;
  exit_code = emit_run (self, options, uri);
  g_clear_pointer (&self->json, g_free);
  return exit_code;
}

int
cli_emit (char **args)
{
  g_auto (EmitOptions) options = { 0 };
  g_auto (GStrv) operands = NULL;
  Emit self = { 0 };
  const GOptionEntry entries[] = {
    { "redis", 0, 0, G_OPTION_ARG_FILENAME, &options.bus.uri,
      N_("Redis or Valkey, such as redis://localhost:6379"), N_("URI") },
    { "channel-prefix", 0, 0, G_OPTION_ARG_FILENAME, &options.bus.channel_prefix,
      N_("The channel-prefix of the servers"), N_("TEXT") },
    { "tls-ca", 0, 0, G_OPTION_ARG_FILENAME, &options.bus.ca_file,
      N_("Trust the certificates in FILE (PEM) instead of the system’s"), N_("FILE") },
    { "tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &options.bus.certificate_file,
      N_("Authenticate with the certificate and private key in FILE (PEM)"), N_("FILE") },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options.bus.key_file,
      N_("Read the private key from FILE (PEM)"), N_("FILE") },
    { "except", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.except,
      N_("Do not send to the client with this ID; can be repeated"), N_("ID") },
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &options.seconds,
      N_("Wait at most S seconds each time that Redis must answer"), N_("S") },
    { "lines", 'l', 0, G_OPTION_ARG_NONE, &options.lines,
      N_("Send each line of standard input"), NULL },
    { "text", 0, 0, G_OPTION_ARG_NONE, &options.text,
      N_("The payload is text, which is sent as a JSON string"), NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _(
    "Sends one message, or one for each line of input, to the clients of all servers that are\n"
    "connected to the same Redis, and exits. The recipients are:\n"
    "  room NAME  the clients in a room\n"
    "  user ID    the clients of a user\n"
    "  peer ID    one client\n"
    "  all        all clients"));
  g_option_context_set_description (context, _(
    "JSON is the payload; “-” reads it from standard input, and without it the message has\n"
    "none. Put “--” before a payload that begins with a minus sign. With --lines, there is no\n"
    "such operand, and each line is a payload; empty lines are skipped unless --text is given.\n"
    "If the URI has a password, set the environment variable SIGNAL_REDIS to it instead of\n"
    "using --redis, as the command line is visible to other users. Exit status 0 means that\n"
    "Redis has accepted the messages, and not that there is a client that receives them.\n"
    "\n"
    "Exit status: 0 sent, 1 failure, 2 usage error, 3 rejected by Redis because of the user,\n"
    "the password or its permissions, 4 another error of Redis, 5 no answer in time,\n"
    "130 Ctrl-C."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  operands = cli_arguments_parse_options (context, USAGE, args);
  if (operands != NULL)
    operands = check_operands (operands, &options, &self.recipients);
  if (operands == NULL || !check_options (&options, &self.timeout))
    return CLI_EXIT_USAGE;
  self.operands = operands;
  return emit (&self, &options);
}
