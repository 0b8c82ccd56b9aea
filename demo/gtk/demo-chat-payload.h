/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Returns the payload of a "chat" event, which all the demos of this project use. @room can be
 * %NULL. */
JsonNode *demo_chat_payload_new (const char *room,
                                 const char *from,
                                 const char *text);

G_END_DECLS
