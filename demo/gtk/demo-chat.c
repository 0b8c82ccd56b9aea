/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-chat.h"

JsonNode *
demo_chat_compose (const char *room,
                   const char *from,
                   const char *text)
{
  g_autoptr (JsonObject) said = json_object_new ();

  if (room != NULL)
    json_object_set_string_member (said, "room", room);
  json_object_set_string_member (said, "from", from);
  json_object_set_string_member (said, "text", text);
  return json_node_init_object (json_node_alloc (), said);
}
