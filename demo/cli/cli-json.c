/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-json.h"

#include "cli-text.h"

#define FIRST_SURROGATE_PAIR 0x10000

/* Appends an escape sequence, or a surrogate pair above U+FFFF. */
static void
append_escaped (GString  *out,
                gunichar  c)
{
  if (c < FIRST_SURROGATE_PAIR)
    {
      g_string_append_printf (out, "\\u%04x", c);
      return;
    }
  c -= FIRST_SURROGATE_PAIR;
  g_string_append_printf (out, "\\u%04x\\u%04x", 0xd800 + (c >> 10), 0xdc00 + (c & 0x3ff));
}

/* Returns @text as a JSON string, or null if it is %NULL. json-glib does not escape the control
 * characters from U+0080 on, nor U+001F, which is not valid JSON. */
char *
cli_json_quote (const char *text)
{
  g_autofree char *valid = NULL;
  GString *quoted;

  if (text == NULL)
    return g_strdup ("null");
  valid = g_utf8_make_valid (text, -1);
  quoted = g_string_new ("\"");
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (!cli_text_is_safe (c))
        {
          append_escaped (quoted, c);
          continue;
        }
      if (c == '"' || c == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_unichar (quoted, c);
    }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

/* Appends the payload as equivalent JSON on a single line that is safe for a terminal. Between values,
 * whitespace is the only kind of unsafe characters; all others are in strings, where they can be
 * escaped. */
static void
append_payload (GString       *line,
                SignalMessage *message)
{
  const char *json = signal_message_get_payload_json (message) ?: "null";

  for (const char *p = json; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (cli_text_is_safe (c))
        g_string_append_unichar (line, c);
      else if (c == '\n' || c == '\r' || c == '\t')
        g_string_append_c (line, ' ');
      else
        append_escaped (line, c);
    }
}

/* Returns @message as a JSON object on a single line. */
char *
cli_json_message (SignalMessage *message)
{
  g_autofree char *event = cli_json_quote (signal_message_get_event (message));
  g_autofree char *id = cli_json_quote (signal_message_get_id (message));
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "{\"event\":%s,\"payload\":", event);
  append_payload (line, message);
  g_string_append_printf (line, ",\"id\":%s}\n", id);
  return g_string_free (line, FALSE);
}

/* Returns the payload of @message, or null if it has none, as JSON on a single line. */
char *
cli_json_payload (SignalMessage *message)
{
  GString *line = g_string_new (NULL);

  append_payload (line, message);
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}
