/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "cli-arguments.h"
#include "cli-color.h"
#include "cli-commands.h"
#include "cli-json.h"
#include "cli-options.h"
#include "cli-output.h"
#include "cli-session.h"
#include "cli-text.h"
#include "cli-token.h"

/* Larger payloads are not parsed: a tree can take a hundred times the size of its text. */
#define PAYLOAD_MAX (256 * 1024)

typedef struct
{
  CliSession session;
  GDataInputStream *input;
  GCancellable *cancellable;
  char *room;
  char *name;
  char *line;
  gboolean json;
  gboolean reading;
  gboolean ended;
  gboolean sending;
  gboolean failed;
} Chat;

static void chat_advance (Chat *self);

static void
on_line (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line_finish_utf8 (G_DATA_INPUT_STREAM (source), result,
                                                          NULL, &error);
  Chat *self = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->reading = FALSE;
  self->line = line;
  if (error != NULL)
    {
      cli_error (_("Cannot read standard input: %s"), error->message);
      self->failed = TRUE;
    }
  self->ended = line == NULL;
  chat_advance (self);
}

static JsonNode *
build_payload (Chat       *self,
               const char *text)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_string_member (object, "room", self->room);
  json_object_set_string_member (object, "from", self->name);
  json_object_set_string_member (object, "text", text);
  json_node_set_object (node, object);
  return node;
}

static void
on_sent (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Chat *self = data;
  g_autoptr (GError) error = NULL;
  gboolean sent = signal_client_send_message_finish (SIGNAL_CLIENT (source), result, &error);

  if (self->session.stopping)
    return;
  self->sending = FALSE;
  if (!sent)
    {
      cli_error ("%s", error->message);
      self->failed = TRUE;
    }
  chat_advance (self);
}

/* Sends the current line, and reads the next one when it has been written. Nothing is read while there is no
 * connection, so that long input is not buffered. */
static void
chat_advance (Chat *self)
{
  SignalClient *client = self->session.client;

  if (self->session.stopping || self->sending
      || signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    return;
  if (self->line != NULL && *self->line != '\0')
    {
      g_autoptr (JsonNode) payload = build_payload (self, self->line);

      self->sending = TRUE;
      g_clear_pointer (&self->line, g_free);
      signal_client_send_message_async (client, "chat", payload, self->cancellable, on_sent, self);
      return;
    }
  g_clear_pointer (&self->line, g_free);
  if (self->ended)
    cli_session_stop (&self->session, self->failed ? CLI_EXIT_FAILED : CLI_EXIT_OK);
  else if (!self->reading)
    {
      self->reading = TRUE;
      g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, self->cancellable,
                                           on_line, self);
    }
}

static JsonNode *
get_payload (SignalMessage *message)
{
  const char *json = signal_message_get_payload_json (message);

  if (json == NULL || strlen (json) > PAYLOAD_MAX)
    return NULL;
  return signal_message_get_payload (message);
}

static const char *
get_string (JsonNode   *payload,
            const char *name)
{
  JsonNode *node;

  if (payload == NULL || !JSON_NODE_HOLDS_OBJECT (payload))
    return NULL;
  node = json_object_get_member (json_node_get_object (payload), name);
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static char *
format_text (SignalMessage *message)
{
  JsonNode *payload = get_payload (message);
  const char *from = get_string (payload, "from");
  const char *text = get_string (payload, "text");
  gboolean has_text = from != NULL && text != NULL;
  g_autofree char *name = cli_text_escape (has_text ? from : signal_message_get_event (message));
  g_autofree char *body = cli_text_escape (has_text ? text
                                                : signal_message_get_payload_json (message) ?: "");

  return g_strdup_printf (has_text ? "%s%s:%s %s\n" : "%s[%s]%s %s\n",
                          cli_color (STDOUT_FILENO, CLI_COLOR_NAME), name,
                          cli_color (STDOUT_FILENO, CLI_COLOR_OFF), body);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Chat          *self)
{
  g_autofree char *line = self->json ? cli_json_message (message) : format_text (message);

  if (self->session.stopping)
    return;
  if (!cli_print (line))
    cli_session_stop (&self->session, CLI_EXIT_FAILED);
}

static void
on_connected (SignalClient *client,
              const char   *client_id,
              Chat         *self)
{
  chat_advance (self);
}

static int
chat_run (Chat             *self,
          const CliOptions *options,
          const char       *url)
{
  char *rooms[] = { self->room, NULL };
  g_autoptr (SignalClient) client = NULL;
  g_autoptr (GInputStream) standard_input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (standard_input);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *token = NULL;
  CliExitCode exit_code = CLI_EXIT_OK;

  if (self->room == NULL)
    {
      cli_error (_("No room given; use --room"));
      return CLI_EXIT_USAGE;
    }
  if (!cli_options_check_names (rooms))
    return CLI_EXIT_USAGE;
  client = cli_options_create_client (options, url, rooms);
  if (client == NULL)
    return CLI_EXIT_FAILED;
  token = cli_token_get (options->token_file, &exit_code);
  if (token == NULL)
    return exit_code;

  self->input = input;
  self->cancellable = cancellable;
  cli_session_init (&self->session, client, options, FALSE);
  g_signal_connect (client, "message", G_CALLBACK (on_message), self);
  g_signal_connect_after (client, "connected", G_CALLBACK (on_connected), self);
  /* Not on a single line, which would interfere with what the user types. */
  cli_session_start (&self->session, token, CLI_STATUS_LOG);
  exit_code = cli_session_run (&self->session);
  g_signal_handlers_disconnect_by_data (client, self);
  cli_session_clear (&self->session);
  g_cancellable_cancel (cancellable);
  return exit_code;
}

int
cli_chat (char **args)
{
  g_auto (CliOptions) options = { 0 };
  g_auto (GStrv) operands = NULL;
  g_autofree char *room = NULL;
  g_autofree char *name = NULL;
  Chat self = { 0 };
  int exit_code;
  const GOptionEntry entries[] = {
    { "room", 'r', 0, G_OPTION_ARG_FILENAME, &room, N_("Room to chat in"), N_("ROOM") },
    { "name", 0, 0, G_OPTION_ARG_FILENAME, &name,
      N_("Name shown to other users (default: your user name)"), N_("NAME") },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self.json,
      N_("Print one JSON object per line: event, payload, id"), NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, _("Sends each line of standard input to a room and "
                                           "prints the messages of other users."));
  g_option_context_set_description (context, _(
    "Each line is sent as a “chat” event with {\"room\", \"from\", \"text\"}. The server must\n"
    "forward it, as “signal-glib serve” does. The end of the input (Ctrl-D) ends the chat.\n"
    "If the first connection attempt fails, it is not retried; a lost connection is.\n"
    "\n"
    "Exit status: 0 end of input, 1 failure, 2 usage error, 3 token rejected, 130 Ctrl-C."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  cli_options_init (&options, context, 20);
  operands = cli_arguments_parse (context, "URL", 1, args);
  if (operands == NULL)
    return CLI_EXIT_USAGE;

  self.room = room;
  self.name = g_utf8_make_valid (name != NULL ? name : g_get_user_name (), -1);
  exit_code = chat_run (&self, &options, operands[0]);
  g_free (self.name);
  g_free (self.line);
  return exit_code;
}
