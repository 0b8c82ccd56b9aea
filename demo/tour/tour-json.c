/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tour-json.h"

#include <string.h>

/* A tree can take a hundred times the size of its text. */
#define MAX_BYTES (256 * 1024)

/* json-glib recurses for each nested array. */
#define MAX_DEPTH 256

/* Returns the text after the string that begins at @text, or %NULL if it is not a valid JSON string. */
static const char *
skip_string (const char *text)
{
  for (const char *p = text + 1; (guchar) *p >= ' '; p++)
    {
      if (*p == '"')
        return p + 1;
      if (*p != '\\')
        continue;
      p++;
      if (*p == '\0' || strchr ("\"\\/bfnrtu", *p) == NULL)
        return NULL;
      for (guint i = *p == 'u' ? 4 : 0; i > 0; i--)
        {
          if (!g_ascii_isxdigit (*++p))
            return NULL;
        }
    }
  return NULL;
}

/* Whether json-glib can parse @text without deep recursion. json-glib accepts more than JSON, such as
 * comments and single quotes, in which brackets could be hidden, so such text is rejected. */
static gboolean
is_shallow (const char *text)
{
  guint depth = 0;

  for (const char *p = text; *p != '\0';)
    {
      if (*p == '"')
        {
          p = skip_string (p);
          if (p == NULL)
            return FALSE;
          continue;
        }
      if (*p == '[' || *p == '{')
        depth++;
      else if (*p == ']' || *p == '}')
        depth = depth > 0 ? depth - 1 : 0;
      else if (!g_ascii_isalnum (*p) && strchr (":,+-. \t\r\n", *p) == NULL)
        return FALSE;
      if (depth > MAX_DEPTH)
        return FALSE;
      p++;
    }
  return TRUE;
}

/* Returns %NULL if @text is not JSON, or is too large or too deeply nested. */
JsonNode *
tour_json_parse (const char *text)
{
  if (strlen (text) > MAX_BYTES || !is_shallow (text) || !g_utf8_validate (text, -1, NULL))
    return NULL;
  return json_from_string (text, NULL);
}

/* Returns the object member @name of @node, or %NULL. @node can be %NULL. */
JsonNode *
tour_json_get_object (JsonNode   *node,
                      const char *name)
{
  JsonNode *member = NULL;

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    member = json_object_get_member (json_node_get_object (node), name);
  return member != NULL && JSON_NODE_HOLDS_OBJECT (member) ? member : NULL;
}

/* Returns the string member @name of @object, or %NULL. @object can be %NULL. */
char *
tour_json_dup_string (JsonNode   *object,
                      const char *name)
{
  JsonNode *member = NULL;

  if (object != NULL && JSON_NODE_HOLDS_OBJECT (object))
    member = json_object_get_member (json_node_get_object (object), name);
  if (member == NULL || json_node_get_value_type (member) != G_TYPE_STRING)
    return NULL;
  return json_node_dup_string (member);
}
