/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-format.h"

#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-color.h"
#include "cli-json.h"
#include "cli-output.h"
#include "cli-text.h"

static const char * const format_names[] = {
  [CLI_FORMAT_LINE] = "line",
  [CLI_FORMAT_JSON] = "json",
  [CLI_FORMAT_PAYLOAD] = "payload",
  [CLI_FORMAT_TEXT] = "text",
};

/* Sets @format unless @name is %NULL, or prints an error and returns %FALSE. */
gboolean
cli_format_parse (const char *name,
                  CliFormat  *format)
{
  if (name == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (format_names); i++)
    {
      if (g_str_equal (format_names[i], name))
        {
          *format = (CliFormat) i;
          return TRUE;
        }
    }
  cli_error (_("Unknown format “%s”: use line, json, payload or text"), name);
  return FALSE;
}

static char *
format_line (SignalMessage *message)
{
  const char *payload = signal_message_get_payload_json (message);
  g_autofree char *event = cli_text_escape (signal_message_get_event (message));
  g_autofree char *text = cli_text_escape (payload != NULL ? payload : "");

  return g_strdup_printf ("%s%s%s %s\n", cli_color (STDOUT_FILENO, CLI_COLOR_NAME), event,
                          cli_color (STDOUT_FILENO, CLI_COLOR_OFF), text);
}

/* Only a string is parsed: the tree of another payload can take a hundred times the size of its
 * text. */
static char *
format_text (SignalMessage *message)
{
  const char *json = signal_message_get_payload_json (message);
  g_autofree char *text = NULL;

  if (json == NULL || json[strspn (json, " \t\r\n")] != '"')
    return cli_json_payload (message);
  text = cli_text_escape_lines (json_node_get_string (signal_message_get_payload (message)));
  return g_strconcat (text, "\n", NULL);
}

/* Returns @message in the given format, with a newline. */
char *
cli_format_message (CliFormat      format,
                    SignalMessage *message)
{
  switch (format)
    {
    case CLI_FORMAT_JSON:
      return cli_json_message (message);
    case CLI_FORMAT_PAYLOAD:
      return cli_json_payload (message);
    case CLI_FORMAT_TEXT:
      return format_text (message);
    case CLI_FORMAT_LINE:
    default:
      return format_line (message);
    }
}
