/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-correlation-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "json/signal-json-escape-private.h"
#include "json/signal-json-scanner-private.h"
#include "signal-error.h"

static gboolean
is_space (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Adds a member to a payload, which must be valid JSON text, or NULL for an empty object. If the
 * object has a member of that name already, the last one, which is added here, is used. */
char *
signal_correlation_insert (const char  *json,
                           const char  *member,
                           const char  *id,
                           GError     **error)
{
  GString *text;
  gboolean is_empty;
  gsize length;

  json = json != NULL ? json : "{}";
  while (is_space (*json))
    json++;

  if (*json != '{')
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The payload of a request must be an object, because its member “%s” is used to "
                     "recognize the answer"), member);
      return NULL;
    }

  length = strlen (json);
  while (json[length - 1] != '}')
    length--;
  length--;
  while (is_space (json[length - 1]))
    length--;
  is_empty = length == 1;

  text = g_string_sized_new (length + strlen (member) + strlen (id) + 16);
  g_string_append_len (text, json, (gssize) length);
  if (!is_empty)
    g_string_append_c (text, ',');
  signal_json_append_string (text, member);
  g_string_append_c (text, ':');
  signal_json_append_string (text, id);
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

/* Returns the member of the payload, or NULL if the payload is not an object or the member is not a
 * string. */
char *
signal_correlation_find (SignalMessage *message,
                         const char    *member)
{
  const char *json = signal_message_get_payload_json (message);
  SignalSpan key, value, found = { NULL, 0 };
  gboolean key_escaped, escaped, found_escaped = FALSE;
  SignalJsonReader reader;

  if (json == NULL || json[0] != '{')
    return NULL;

  signal_json_reader_init (&reader, json, strlen (json));
  if (!signal_json_reader_open_object (&reader))
    return NULL;

  while (signal_json_reader_next_member (&reader, &key, &key_escaped))
    {
      gboolean is_string = signal_json_reader_at_string (&reader);
      gboolean is_wanted = signal_json_equals (key, key_escaped, member);

      escaped = FALSE;
      if (is_string ? !signal_json_reader_read_string (&reader, &value, &escaped)
                    : !signal_json_reader_read_value (&reader, &value))
        return NULL;

      if (!is_wanted)
        continue;
      found = is_string ? value : (SignalSpan) { NULL, 0 };
      found_escaped = escaped;
    }

  return found.str != NULL ? signal_json_dup_string (found, found_escaped) : NULL;
}
