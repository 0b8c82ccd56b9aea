/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-commands.h"
#include "cli-lines.h"
#include "cli-options.h"
#include "cli-payload.h"
#include "cli-session.h"
#include "cli-token.h"

typedef struct
{
  CliSession session;
  CliLines *lines; /* NULL if there is a single message */
  GCancellable *cancellable;
  const char *event;
  guint timeout;
  guint timeout_id;
} Send;

static void
fail (Send   *self,
      GError *error)
{
  g_autoptr (GError) numbered = error;

  cli_lines_prefix_error (self->lines, &numbered);
  cli_session_fail_operation (&self->session, numbered);
}

static gboolean
on_timeout (gpointer data)
{
  Send *self = data;

  self->timeout_id = 0;
  g_cancellable_cancel (self->cancellable);
  fail (self, g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                   _("The message was not written in time")));
  return G_SOURCE_REMOVE;
}

static void
start_timeout (Send *self)
{
  if (self->timeout > 0 && self->timeout_id == 0)
    self->timeout_id = g_timeout_add (self->timeout, on_timeout, self);
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Send *self = data;
  g_autoptr (GError) error = NULL;
  gboolean sent = signal_client_send_json_finish (SIGNAL_CLIENT (source), result, &error);

  if (self->session.stopping)
    return;
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (!sent)
    fail (self, g_steal_pointer (&error));
  else if (self->lines != NULL)
    cli_lines_next (self->lines);
  else
    cli_session_stop (&self->session, CLI_EXIT_OK);
}

static void
send_payload (Send       *self,
              const char *json)
{
  start_timeout (self);
  signal_client_send_json_async (self->session.client, self->event, json, self->cancellable, on_sent,
                                 self);
}

static void
on_line (const char *json,
         int         exit_code,
         gpointer    data)
{
  Send *self = data;

  if (self->session.stopping)
    return;
  if (json != NULL)
    send_payload (self, json);
  else
    cli_session_stop (&self->session, exit_code);
}

static void
on_first_connected (SignalClient *client,
                    const char   *client_id,
                    Send         *self)
{
  g_signal_handlers_disconnect_by_func (client, on_first_connected, self);
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (!self->session.stopping)
    cli_lines_next (self->lines);
}

/* @json: the payload, or %NULL to read a line for each message */
static void
send_start (Send       *self,
            const char *json,
            gboolean    wait)
{
  SignalClient *client = self->session.client;
  g_autoptr (GError) error = NULL;

  /* If the client has not started to connect, on_connect_done() reports the error. */
  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_DISCONNECTED)
    return;
  if (json == NULL)
    {
      start_timeout (self);
      g_signal_connect (client, "connected", G_CALLBACK (on_first_connected), self);
    }
  else if (wait || self->timeout > 0)
    send_payload (self, json);
  /* The message is queued. Invalid messages are reported at once. */
  else if (!signal_client_send_json (client, self->event, json, &error))
    cli_session_fail (&self->session, error);
}

static int
send_run (Send             *self,
          const CliOptions *options,
          const char       *url,
          const char       *json,
          gboolean          text,
          gboolean          wait)
{
  g_autoptr (SignalClient) client = cli_options_create_client (options, url, NULL);
  g_autoptr (CliLines) lines = json == NULL ? cli_lines_new (text, on_line, self) : NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *token = NULL;
  CliExitCode exit_code = CLI_EXIT_OK;

  if (client == NULL)
    return CLI_EXIT_FAILED;
  token = cli_token_get (options->token_file, &exit_code);
  if (token == NULL)
    return exit_code;

  cli_session_init (&self->session, client, options, TRUE);
  self->session.stop_when_connected = json != NULL && !wait && self->timeout == 0;
  self->session.result = _("Sent");
  self->lines = lines;
  self->cancellable = cancellable;
  cli_session_start (&self->session, token,
                     isatty (STDERR_FILENO) ? CLI_STATUS_LINE : CLI_STATUS_NONE);
  send_start (self, json, wait);
  exit_code = cli_session_run (&self->session);
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (client, self);
  cli_session_clear (&self->session);
  g_cancellable_cancel (cancellable);
  return exit_code;
}

int
cli_send (char **args)
{
  g_auto (CliOptions) options = { 0 };
  g_auto (GStrv) operands = NULL;
  g_autofree char *json = NULL;
  Send self = { 0 };
  gboolean lines = FALSE;
  gboolean text = FALSE;
  gboolean wait = FALSE;
  double seconds = 0;
  const GOptionEntry entries[] = {
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &wait,
      N_("Exit when it is known whether the message was written"), NULL },
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &seconds,
      N_("Wait, but at most S seconds for each message"), N_("S") },
    { "lines", 'l', 0, G_OPTION_ARG_NONE, &lines,
      N_("Send each line of standard input; wait for each"), NULL },
    { "text", 0, 0, G_OPTION_ARG_NONE, &text,
      N_("The payload is text, which is sent as a JSON string"), NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _("Sends one message, or one for each line of input, and "
                                           "exits."));
  g_option_context_set_description (context, _(
    "JSON is the payload; “-” reads it from standard input. Put “--” before a payload that\n"
    "begins with a minus sign. With --lines, there is no such operand, and each line is a\n"
    "payload; empty lines are skipped unless --text is given. The time to connect counts\n"
    "towards --timeout. A failed connection attempt is not retried unless --max-retries is\n"
    "given. The protocol has no acknowledgments: exit status 0 means that the message was\n"
    "passed to an authenticated connection, and with --wait, --timeout or --lines, that it was\n"
    "written. Use “signal-glib request” for an answer.\n"
    "\n"
    "Exit status: 0 sent, 1 failure, 2 usage error, 3 token rejected, 5 not written in time,\n"
    "130 Ctrl-C."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  cli_options_init (&options, context, 0);
  operands = cli_arguments_parse_options (context, "URL EVENT [JSON]", args);
  if (operands != NULL)
    operands = cli_arguments_check_operands (operands, lines ? "URL EVENT" : "URL EVENT JSON",
                                             lines ? 2 : 3);
  if (operands == NULL || !cli_options_get_timeout (seconds, &self.timeout))
    return CLI_EXIT_USAGE;
  if (!lines)
    json = cli_payload_get (operands[2], text);
  if (!lines && json == NULL)
    return CLI_EXIT_FAILED;
  self.event = operands[1];
  return send_run (&self, &options, operands[0], json, text, wait);
}
