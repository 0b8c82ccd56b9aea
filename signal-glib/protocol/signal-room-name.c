/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-room-name-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "json/signal-json-escape-private.h"
#include "signal-error.h"

#define RESERVED_PREFIX "ws:"

static gboolean
refuse_name (GError     **error,
             const char  *text)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT, text);

  return FALSE;
}

static gsize
count_utf16_units (const char *name)
{
  gsize units = 0;

  for (; *name != '\0'; name = g_utf8_next_char (name))
    units += g_utf8_get_char (name) > 0xffff ? 2 : 1;

  return units;
}

gboolean
signal_room_name_check (const char  *name,
                        GError     **error)
{
  if (name == NULL || *name == '\0')
    return refuse_name (error, _("A room name cannot be empty"));

  if (!g_utf8_validate (name, -1, NULL))
    return refuse_name (error, _("A room name must be valid UTF-8"));

  if (g_str_has_prefix (name, RESERVED_PREFIX))
    return refuse_name (error, _("A room name cannot begin with “ws:”, which is reserved"));

  if (count_utf16_units (name) > SIGNAL_ROOM_NAME_MAX_LENGTH)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("A room name cannot be longer than %d characters"), SIGNAL_ROOM_NAME_MAX_LENGTH);
      return FALSE;
    }

  return TRUE;
}

gboolean
signal_room_name_check_all (const char * const  *names,
                            GError             **error)
{
  for (; names != NULL && *names != NULL; names++)
    if (!signal_room_name_check (*names, error))
      return FALSE;

  return TRUE;
}

/* The data of a `join` or `leave` event, which has one member. */
#define MEMBER_ROOMS "rooms"

static void
begin_frame (GString    *frame,
             const char *event)
{
  g_string_assign (frame, "{\"event\":");
  signal_json_append_string (frame, event);
  g_string_append (frame, ",\"data\":{\"" MEMBER_ROOMS "\":[");
}

static void
end_frame (GString   *frame,
           GPtrArray *frames)
{
  g_string_append (frame, "]}}");
  g_ptr_array_add (frames, g_strndup (frame->str, frame->len));
}

/* Creates as many frames as necessary for none to be longer than max_size bytes, except that a
 * name that is too long by itself still gets a frame. The names must be valid. */
GPtrArray *
signal_room_name_compose_frames (const char         *event,
                                 const char * const *names,
                                 gsize               max_size)
{
  GPtrArray *frames = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) frame = g_string_new (NULL);
  g_autoptr (GString) item = g_string_new (NULL);

  for (gboolean empty = TRUE; names != NULL && *names != NULL; names++, empty = FALSE)
    {
      g_string_truncate (item, 0);
      signal_json_append_string (item, *names);
      if (empty || frame->len + strlen (",") + item->len + strlen ("]}}") > max_size)
        {
          if (!empty)
            end_frame (frame, frames);
          begin_frame (frame, event);
        }
      else
        {
          g_string_append_c (frame, ',');
        }
      g_string_append_len (frame, item->str, (gssize) item->len);
    }

  if (frame->len > 0)
    end_frame (frame, frames);

  return frames;
}

/* Returns the valid names among the first max_names in the frame. */
GPtrArray *
signal_room_name_parse_frame (SignalMessage *message,
                              guint          max_names)
{
  GPtrArray *rooms = g_ptr_array_new_with_free_func (g_free);
  JsonNode *data = signal_message_get_payload (message);
  JsonNode *node = NULL;
  JsonArray *names;
  guint n_names;

  if (data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    node = json_object_get_member (json_node_get_object (data), MEMBER_ROOMS);
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return rooms;

  names = json_node_get_array (node);
  n_names = MIN (json_array_get_length (names), max_names);
  for (guint i = 0; i < n_names; i++)
    {
      JsonNode *name = json_array_get_element (names, i);

      if (JSON_NODE_HOLDS_VALUE (name) && json_node_get_value_type (name) == G_TYPE_STRING
          && signal_room_name_check (json_node_get_string (name), NULL))
        g_ptr_array_add (rooms, json_node_dup_string (name));
    }

  return rooms;
}
