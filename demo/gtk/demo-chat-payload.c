/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-chat-payload.h"

JsonNode *
demo_chat_payload_new (const char *room,
                       const char *from,
                       const char *text)
{
  g_autoptr (JsonObject) object = json_object_new ();

  if (room != NULL)
    json_object_set_string_member (object, "room", room);
  json_object_set_string_member (object, "from", from);
  json_object_set_string_member (object, "text", text);
  return json_node_init_object (json_node_alloc (), object);
}
