/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "json/signal-json-writer-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "json/signal-json-escape-private.h"
#include "json/signal-json-scanner-private.h"
#include "signal-error.h"

/* json-glib 1.6 writes 0.1 as 0.10000000000000001, 1e308 as 1e+308.0 and infinity as inf.0; the
 * last two are not valid JSON. */

static gboolean append_node (GString *out, JsonNode *node, guint depth, GError **error);

static gboolean
append_double (GString  *out,
               double    number,
               GError  **error)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (number))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("JSON cannot represent infinity or NaN"));
      return FALSE;
    }

  /* Use the smallest number of digits that is read back as the same number. */
  for (guint digits = 15; digits <= 17; digits++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%ug", digits);
      g_ascii_formatd (text, sizeof text, format, number);
      if (g_ascii_strtod (text, NULL) == number)
        break;
    }

  g_string_append (out, text);
  if (strpbrk (text, ".e") == NULL)
    g_string_append (out, ".0");
  return TRUE;
}

static gboolean
append_string (GString     *out,
               const char  *string,
               GError     **error)
{
  if (!g_utf8_validate (string, -1, NULL))
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The payload cannot be sent: %s"), _("invalid UTF-8"));
      return FALSE;
    }

  signal_json_append_string (out, string);
  return TRUE;
}

static gboolean
append_value (GString   *out,
              JsonNode  *node,
              GError   **error)
{
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_BOOLEAN:
      g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
      return TRUE;
    case G_TYPE_INT64:
      g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
      return TRUE;
    case G_TYPE_DOUBLE:
      return append_double (out, json_node_get_double (node), error);
    case G_TYPE_STRING:
      return append_string (out, json_node_get_string (node), error);
    default:
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("A JSON node holds a value of a type that JSON does not have"));
      return FALSE;
    }
}

static gboolean
append_array (GString    *out,
              JsonArray  *array,
              guint       depth,
              GError    **error)
{
  guint length = json_array_get_length (array);

  g_string_append_c (out, '[');
  for (guint i = 0; i < length; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      if (!append_node (out, json_array_get_element (array, i), depth, error))
        return FALSE;
    }
  g_string_append_c (out, ']');
  return TRUE;
}

static gboolean
append_object (GString     *out,
               JsonObject  *object,
               guint        depth,
               GError     **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  const char *separator = "";

  g_string_append_c (out, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      g_string_append (out, separator);
      if (!append_string (out, name, error))
        return FALSE;
      g_string_append_c (out, ':');
      if (!append_node (out, member, depth, error))
        return FALSE;
      separator = ",";
    }
  g_string_append_c (out, '}');
  return TRUE;
}

/* depth is the number of arrays and objects around the node. */
static gboolean
append_node (GString   *out,
             JsonNode  *node,
             guint      depth,
             GError   **error)
{
  gboolean is_container = JSON_NODE_HOLDS_OBJECT (node) || JSON_NODE_HOLDS_ARRAY (node);

  if (is_container && depth == SIGNAL_JSON_MAX_DEPTH)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The payload is nested more than %d levels deep"),
                   SIGNAL_JSON_MAX_DEPTH);
      return FALSE;
    }

  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      return append_object (out, json_node_get_object (node), depth + 1, error);
    case JSON_NODE_ARRAY:
      return append_array (out, json_node_get_array (node), depth + 1, error);
    case JSON_NODE_VALUE:
      return append_value (out, node, error);
    case JSON_NODE_NULL:
    default:
      g_string_append (out, "null");
      return TRUE;
    }
}

/* Appends the JSON text of a tree, which is valid for signal_json_check(). Fails with
 * SIGNAL_ERROR_INVALID_ARGUMENT if strict JSON cannot represent the tree; out then contains what
 * was appended before. */
gboolean
signal_json_append_node (GString   *out,
                         JsonNode  *node,
                         GError   **error)
{
  return append_node (out, node, 0, error);
}
