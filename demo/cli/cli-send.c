/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-commands.h"
#include "cli-options.h"
#include "cli-payload.h"
#include "cli-session.h"
#include "cli-token.h"

static int
send_run (const CliOptions *options,
          const char       *url,
          const char       *event,
          const char       *json)
{
  g_autoptr (SignalClient) client = cli_options_create_client (options, url, NULL);
  g_auto (CliSession) session = { 0 };
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;
  CliExitCode exit_code = CLI_EXIT_OK;

  if (client == NULL)
    return CLI_EXIT_FAILED;
  token = cli_token_get (options->token_file, &exit_code);
  if (token == NULL)
    return exit_code;

  cli_session_init (&session, client, options, TRUE);
  session.stop_when_connected = TRUE;
  cli_session_start (&session, token,
                     isatty (STDERR_FILENO) ? CLI_STATUS_LINE : CLI_STATUS_NONE);
  /* The message is queued. Invalid messages are reported at once. If the client has not started to
   * connect, on_connect_done() reports the error. */
  if (signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_DISCONNECTED
      && !signal_client_send_json (client, event, json, &error))
    cli_session_fail (&session, error);
  return cli_session_run (&session);
}

int
cli_send (char **args)
{
  g_auto (CliOptions) options = { 0 };
  g_auto (GStrv) operands = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *json = NULL;

  g_option_context_set_summary (context, _("Sends one message and exits."));
  g_option_context_set_description (context, _(
    "JSON is the payload; “-” reads it from standard input. Put “--” before a payload that\n"
    "begins with a minus sign. A failed connection attempt is not retried unless\n"
    "--max-retries is given. The protocol has no acknowledgments: exit status 0 means that\n"
    "the message was written to an authenticated connection.\n"
    "\n"
    "Exit status: 0 sent, 1 failure, 2 usage error, 3 token rejected, 130 Ctrl-C."));
  cli_options_init (&options, context, 0);
  operands = cli_arguments_parse (context, "URL EVENT JSON", 3, args);
  if (operands == NULL)
    return CLI_EXIT_USAGE;
  json = cli_payload_get (operands[2]);
  if (json == NULL)
    return CLI_EXIT_FAILED;
  return send_run (&options, operands[0], operands[1], json);
}
