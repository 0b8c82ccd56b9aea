/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-commands.h"
#include "cli-options.h"
#include "cli-output.h"
#include "cli-session.h"
#include "cli-token.h"

/* Larger than the maximum size of a message of any server. */
#define INPUT_MAX (64 * 1024 * 1024)

static char *
read_standard_input (void)
{
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GByteArray) text = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  guint8 buffer[8192];
  gssize length;

  while ((length = g_input_stream_read (input, buffer, sizeof buffer, NULL, &error)) > 0)
    {
      if (text->len + (gsize) length > INPUT_MAX)
        {
          cli_error (_("Standard input is too large for a message"));
          return NULL;
        }
      g_byte_array_append (text, buffer, (guint) length);
    }
  if (length < 0)
    {
      cli_error (_("Cannot read standard input: %s"), error->message);
      return NULL;
    }
  if (text->len > 0 && memchr (text->data, '\0', text->len) != NULL)
    {
      cli_error (_("Standard input is not JSON: it contains a NUL byte"));
      return NULL;
    }
  g_byte_array_append (text, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&text), FALSE);
}

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
  g_autofree char *input = NULL;

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
  if (!g_str_equal (operands[2], "-"))
    return send_run (&options, operands[0], operands[1], operands[2]);

  input = read_standard_input ();
  if (input == NULL)
    return CLI_EXIT_FAILED;
  return send_run (&options, operands[0], operands[1], input);
}
