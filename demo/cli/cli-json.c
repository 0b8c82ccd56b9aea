/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-json.h"

/* @text as a JSON string; %NULL as null. */
char *
cli_json_quote (const char *text)
{
  g_autoptr (JsonNode) node = NULL;

  if (text == NULL)
    return g_strdup ("null");
  node = json_node_init_string (json_node_alloc (), text);
  return json_to_string (node, FALSE);
}

/* One line: between the values of a JSON text a line break is mere white space, and within a
 * string there can be none. */
char *
cli_json_message (SignalMessage *message)
{
  const char *payload = signal_message_get_payload_json (message);
  g_autofree char *event = cli_json_quote (signal_message_get_event (message));
  g_autofree char *id = cli_json_quote (signal_message_get_id (message));
  g_autofree char *line = g_strdup (payload != NULL ? payload : "null");

  return g_strdup_printf ("{\"event\":%s,\"payload\":%s,\"id\":%s}\n",
                          event, g_strdelimit (line, "\r\n", ' '), id);
}
