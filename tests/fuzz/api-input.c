/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "api-input.h"

#include <math.h>
#include <string.h>

#define MOST_STRINGS 5

static const char * const strings[] = {
  "chat", "", "tea", "ws-default", "alice", "ws:room:tea", "error", "connected", "encrypted", "a\nb",
  "é😀", "\xff", "\xed\xa0\x80", "a\"b\\", "00000000-0000-4000-8000-000000000000", "Bearer", "token",
  "clientPublicKey",
};

static const char * const texts[] = {
  "{}", "null", "[1,2,3]", "{\"text\":\"hi\"}", "", "{", "1e400", "{\"a\":1,\"a\":2}", "\"\\ud800\"",
  "\"\xff\"", "-0", "18446744073709551616", "{\"id\":\"7\"}", " {} ", "{}{}",
};

void
api_input_init (ApiInput     *self,
                const guint8 *data,
                gsize         size)
{
  *self = (ApiInput) { .data = data, .size = size };
  self->strings = g_ptr_array_new_with_free_func (g_free);
  self->arrays = g_ptr_array_new_with_free_func (g_free);
  self->nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
}

void
api_input_clear (ApiInput *self)
{
  g_ptr_array_unref (self->strings);
  g_ptr_array_unref (self->arrays);
  g_ptr_array_unref (self->nodes);
}

/* Returns a number below the limit, 0 after the end. */
guint
api_input_below (ApiInput *self,
                 guint     limit)
{
  guint byte;

  self->is_over = self->size == 0;
  if (self->is_over)
    return 0;

  byte = *self->data++;
  self->size--;
  return byte % limit;
}

/* Returns one of those above, or bytes of the case. */
const char *
api_input_string (ApiInput *self,
                  gboolean  nullable)
{
  guint choice = api_input_below (self, G_N_ELEMENTS (strings) + 3);
  gsize length;
  char *string;

  if (choice < G_N_ELEMENTS (strings))
    return strings[choice];
  if (choice == G_N_ELEMENTS (strings))
    return nullable ? NULL : "long enough to be more than a short string";

  length = api_input_below (self, 256);
  length = MIN (length, self->size);
  string = g_strndup ((const char *) self->data, length);
  self->data += length;
  self->size -= length;
  g_ptr_array_add (self->strings, string);
  return string;
}

/* Returns a URL from a list, or that of something that listens, if there is any. */
const char *
api_input_url (ApiInput           *self,
               const char         *live,
               const char * const *others)
{
  guint n_others = g_strv_length ((char **) others);
  guint choice = api_input_below (self, n_others * 2 + 1);
  char *copy;

  if (choice == n_others * 2)
    return NULL;
  if (choice < n_others)
    return others[choice];
  copy = g_strdup (live != NULL ? live : others[0]);
  g_ptr_array_add (self->strings, copy);
  return copy;
}

const char *
api_input_json (ApiInput *self)
{
  guint choice = api_input_below (self, G_N_ELEMENTS (texts) + 2);

  if (choice < G_N_ELEMENTS (texts))
    return texts[choice];
  return choice == G_N_ELEMENTS (texts) ? NULL : api_input_string (self, TRUE);
}

const char * const *
api_input_strings (ApiInput *self)
{
  guint n = api_input_below (self, MOST_STRINGS);
  const char **array = g_new0 (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    array[i] = api_input_string (self, FALSE);
  g_ptr_array_add (self->arrays, array);
  return array;
}

/* Returns a tree that may not be writable as JSON, or NULL. */
JsonNode *
api_input_node (ApiInput *self)
{
  const char *json;
  JsonNode *node;

  switch (api_input_below (self, 5))
    {
    case 0:
      return NULL;

    case 1:
      node = json_node_init_double (json_node_alloc (), api_input_below (self, 2) ? INFINITY : 0.1);
      break;

    case 2:
      node = json_node_init_string (json_node_alloc (), api_input_string (self, FALSE));
      break;

    default:
      json = api_input_json (self);
      node = json != NULL ? json_from_string (json, NULL) : NULL;
      if (node == NULL)
        node = json_node_init_null (json_node_alloc ());
    }
  g_ptr_array_add (self->nodes, node);
  return node;
}

/* Numbers that are within the range of the property, and do not make a case take long. */
static void
set_number (ApiInput   *self,
            GValue     *value,
            GParamSpec *pspec)
{
  static const guint numbers[] = { 0, 1, 2, 10, 100, 1000, 65536, G_MAXUINT };
  guint number = numbers[api_input_below (self, G_N_ELEMENTS (numbers))];

  if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (value, number);
  else if (G_IS_PARAM_SPEC_UINT64 (pspec))
    g_value_set_uint64 (value, number);
  else if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    g_value_set_double (value, number / 10.0);
  g_param_value_validate (pspec, value);
}

/* Sets a property of an object to a value of its type. Objects are unset. */
void
api_input_set_value (ApiInput   *self,
                     GObject    *object,
                     GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, pspec->value_type);
  if (pspec->value_type == G_TYPE_STRING)
    g_value_set_string (&value, api_input_string (self, TRUE));
  else if (pspec->value_type == G_TYPE_BOOLEAN)
    g_value_set_boolean (&value, api_input_below (self, 2) != 0);
  else if (pspec->value_type == G_TYPE_STRV)
    g_value_set_boxed (&value, api_input_strings (self));
  else if (pspec->value_type == JSON_TYPE_NODE)
    g_value_set_boxed (&value, api_input_node (self));
  else
    set_number (self, &value, pspec);
  g_object_set_property (object, pspec->name, &value);
}
