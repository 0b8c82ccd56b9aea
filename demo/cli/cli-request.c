/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-commands.h"
#include "cli-json.h"
#include "cli-options.h"
#include "cli-output.h"
#include "cli-payload.h"
#include "cli-session.h"
#include "cli-token.h"

static void
on_answer (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CliSession *session = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SignalMessage) answer =
    signal_client_request_finish (SIGNAL_CLIENT (source), result, &error);
  g_autofree char *line = NULL;

  if (answer == NULL)
    {
      cli_session_fail_operation (session, error);
      return;
    }
  if (session->stopping)
    return;
  line = cli_json_payload (answer);
  cli_session_stop (session, cli_print (line) ? CLI_EXIT_OK : CLI_EXIT_FAILED);
}

static int
request_run (const CliOptions *options,
             guint             timeout,
             char            **operands,
             const char       *json)
{
  g_autoptr (SignalClient) client = cli_options_create_client (options, operands[0], NULL);
  g_auto (CliSession) session = { 0 };
  g_autofree char *token = NULL;
  CliExitCode exit_code = CLI_EXIT_OK;

  if (client == NULL)
    return CLI_EXIT_FAILED;
  token = cli_token_get (options->token_file, &exit_code);
  if (token == NULL)
    return exit_code;

  cli_session_init (&session, client, options, TRUE);
  cli_session_start (&session, token,
                     isatty (STDERR_FILENO) ? CLI_STATUS_LINE : CLI_STATUS_NONE);
  /* If the client has not started to connect, on_connect_done() reports the error. */
  if (signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    signal_client_request_json_async (client, operands[1], json, timeout, NULL, on_answer, &session);
  return cli_session_run (&session);
}

int
cli_request (char **args)
{
  g_auto (CliOptions) options = { 0 };
  g_auto (GStrv) operands = NULL;
  g_autofree char *json = NULL;
  double seconds = 0;
  guint timeout;
  const GOptionEntry entries[] = {
    { "timeout", 't', 0, G_OPTION_ARG_DOUBLE, &seconds,
      N_("Wait at most S seconds for the answer (default: 10)"), N_("S") },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _("Sends one message, waits for the answer and prints "
                                           "its payload."));
  g_option_context_set_description (context, _(
    "JSON is the payload; “-” reads it from standard input. Put “--” before a payload that\n"
    "begins with a minus sign. The message has an ID; the answer is the first message from\n"
    "the server with the same ID. Its payload is printed as JSON on a line; a missing payload\n"
    "is null. The time to connect counts towards --timeout. A failed connection attempt is not\n"
    "retried unless --max-retries is given.\n"
    "\n"
    "Exit status: 0 answered, 1 failure, 2 usage error, 3 token rejected, 4 answered with an\n"
    "error, 5 no answer in time, 130 Ctrl-C."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  cli_options_init (&options, context, 0);
  operands = cli_arguments_parse (context, "URL EVENT JSON", 3, args);
  if (operands == NULL || !cli_options_get_timeout (seconds, &timeout))
    return CLI_EXIT_USAGE;
  json = cli_payload_get (operands[2]);
  if (json == NULL)
    return CLI_EXIT_FAILED;
  return request_run (&options, timeout, operands, json);
}
