/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-commands.h"
#include "cli-format.h"
#include "cli-options.h"
#include "cli-output.h"
#include "cli-session.h"
#include "cli-token.h"
#include "cli-trace.h"

typedef struct
{
  CliSession session;
  CliFormat format;
  char **events; /* the only ones to print, or NULL for all */
  gboolean trace;
  int count;
} Listen;

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Listen        *self)
{
  const char *event = signal_message_get_event (message);
  g_autofree char *line = NULL;

  if (self->session.stopping
      || (self->events != NULL && !g_strv_contains ((const char * const *) self->events, event)))
    return;
  line = cli_format_message (self->format, message);
  if (!cli_print (line))
    cli_session_stop (&self->session, CLI_EXIT_FAILED);
  else if (self->count > 0 && --self->count == 0)
    cli_session_stop (&self->session, CLI_EXIT_OK);
}

static int
listen_run (Listen            *self,
            const CliOptions  *options,
            gboolean           retry_first,
            const char        *url,
            char             **rooms)
{
  g_autoptr (SignalClient) client = NULL;
  g_autofree char *token = NULL;
  CliExitCode exit_code = CLI_EXIT_OK;

  if (!cli_options_check_names (rooms) || !cli_options_check_names (self->events))
    return CLI_EXIT_USAGE;
  client = cli_options_create_client (options, url, rooms);
  if (client == NULL)
    return CLI_EXIT_FAILED;
  token = cli_token_get (options->token_file, &exit_code);
  if (token == NULL)
    return exit_code;

  cli_session_init (&self->session, client, options, retry_first);
  g_signal_connect (client, "message", G_CALLBACK (on_message), self);
  if (self->trace)
    cli_trace_start (client);
  cli_session_start (&self->session, token, CLI_STATUS_LINE);
  exit_code = cli_session_run (&self->session);
  cli_trace_stop ();
  g_signal_handlers_disconnect_by_data (client, self);
  cli_session_clear (&self->session);
  return exit_code;
}

int
cli_listen (char **args)
{
  g_auto (CliOptions) options = { 0 };
  g_auto (GStrv) rooms = NULL;
  g_auto (GStrv) events = NULL;
  g_auto (GStrv) operands = NULL;
  g_autofree char *format = NULL;
  Listen self = { 0 };
  gboolean json = FALSE;
  gboolean retry_first = FALSE;
  const GOptionEntry entries[] = {
    { "room", 'r', 0, G_OPTION_ARG_FILENAME_ARRAY, &rooms,
      N_("Join this room; can be given more than once"), N_("ROOM") },
    { "event", 'e', 0, G_OPTION_ARG_FILENAME_ARRAY, &events,
      N_("Print only messages with this event; can be given more than once"), N_("EVENT") },
    { "format", 'f', 0, G_OPTION_ARG_STRING, &format,
      N_("Print line (the default), json, payload or text"), N_("FORMAT") },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json,
      N_("Print one JSON object per line: event, payload, id"), NULL },
    { "count", 'n', 0, G_OPTION_ARG_INT, &self.count,
      N_("Exit after N messages"), N_("N") },
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &retry_first,
      N_("Also retry if the first connection attempt fails"), NULL },
    { "trace", 0, 0, G_OPTION_ARG_NONE, &self.trace,
      N_("Print each state transition with its cause and time"), NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _("Prints incoming messages until interrupted with "
                                           "Ctrl-C."));
  g_option_context_set_description (context, _(
    "Without --wait, a failed first connection attempt is not retried. A lost connection is\n"
    "always retried, up to --max-retries (20) times in a row.\n"
    "Without --room, the messages are printed that the server sends to this user or to all.\n"
    "The formats are: line, the event and the payload; json, the same as --json; payload, the\n"
    "payload as JSON on a line; text, the payload, and if it is a string, its text.\n"
    "With --json, the payload is printed as received; a missing payload or ID is null.\n"
    "With --trace, each transition is written to standard error with the monotonic time and\n"
    "the time since the previous transition, in milliseconds, and finally the statistics.\n"
    "\n"
    "Exit status: 0 after --count messages, 1 failure, 2 usage error, 3 token rejected,\n"
    "130 Ctrl-C."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  cli_options_init (&options, context, 20);
  operands = cli_arguments_parse (context, "URL", 1, args);
  if (operands == NULL || !cli_format_parse (format, &self.format))
    return CLI_EXIT_USAGE;
  if (json && format != NULL)
    {
      cli_error (_("--json cannot be used together with --format"));
      return CLI_EXIT_USAGE;
    }
  if (json)
    self.format = CLI_FORMAT_JSON;
  self.events = events;
  return listen_run (&self, &options, retry_first, operands[0], rooms);
}
