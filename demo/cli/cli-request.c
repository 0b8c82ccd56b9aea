/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-commands.h"
#include "cli-format.h"
#include "cli-options.h"
#include "cli-output.h"
#include "cli-payload.h"
#include "cli-session.h"
#include "cli-token.h"

typedef struct
{
  CliSession session;
  CliFormat format;
} Request;

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  Request *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SignalMessage) answer =
    signal_client_request_finish (SIGNAL_CLIENT (source), result, &error);
  g_autofree char *line = NULL;

  if (answer == NULL)
    {
      cli_session_fail_operation (&self->session, error);
      return;
    }
  if (self->session.stopping)
    return;
  line = cli_format_message (self->format, answer);
  cli_session_stop (&self->session, cli_print (line) ? CLI_EXIT_OK : CLI_EXIT_FAILED);
}

static int
request_run (Request           *self,
             const CliOptions  *options,
             guint              timeout,
             char             **operands,
             const char        *json)
{
  g_autoptr (SignalClient) client = cli_options_create_client (options, operands[0], NULL);
  g_autofree char *token = NULL;
  CliExitCode exit_code = CLI_EXIT_OK;

  if (client == NULL)
    return CLI_EXIT_FAILED;
  token = cli_token_get (options->token_file, &exit_code);
  if (token == NULL)
    return exit_code;

  cli_session_init (&self->session, client, options, TRUE);
  self->session.result = _("Answered");
  cli_session_start (&self->session, token,
                     isatty (STDERR_FILENO) ? CLI_STATUS_LINE : CLI_STATUS_NONE);
  /* If the client has not started to connect, on_connect_done() reports the error. */
  if (signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    signal_client_request_json_async (client, operands[1], json, timeout, NULL, on_answer, self);
  exit_code = cli_session_run (&self->session);
  cli_session_clear (&self->session);
  return exit_code;
}

int
cli_request (char **args)
{
  g_auto (CliOptions) options = { 0 };
  g_auto (GStrv) operands = NULL;
  g_autofree char *json = NULL;
  g_autofree char *format = NULL;
  Request self = { .format = CLI_FORMAT_PAYLOAD };
  double seconds = 0;
  guint timeout;
  const GOptionEntry entries[] = {
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &seconds,
      N_("Wait at most S seconds for the answer (default: 10)"), N_("S") },
    { "format", 'f', 0, G_OPTION_ARG_STRING, &format,
      N_("Print payload (the default), text, json or line"), N_("FORMAT") },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _("Sends one message, waits for the answer and prints "
                                           "it."));
  g_option_context_set_description (context, _(
    "JSON is the payload; “-” reads it from standard input. Put “--” before a payload that\n"
    "begins with a minus sign. The message has an ID; the answer is the first message from\n"
    "the server with the same ID. Its payload is printed as JSON on a line, and a missing\n"
    "payload is null, unless --format is given: text prints the text of a string, json an\n"
    "object with event, payload and id, and line the event and the payload. The time to\n"
    "connect counts towards --timeout. A failed connection attempt is not retried unless\n"
    "--max-retries is given.\n"
    "\n"
    "Exit status: 0 answered, 1 failure, 2 usage error, 3 token rejected, 4 answered with an\n"
    "error, 5 no answer in time, 130 Ctrl-C."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  cli_options_init (&options, context, 0);
  operands = cli_arguments_parse (context, "URL EVENT JSON", 3, args);
  if (operands == NULL || !cli_format_parse (format, &self.format)
      || !cli_options_get_timeout (seconds, &timeout))
    return CLI_EXIT_USAGE;
  json = cli_payload_get (operands[2], FALSE);
  if (json == NULL)
    return CLI_EXIT_FAILED;
  return request_run (&self, &options, timeout, operands, json);
}
