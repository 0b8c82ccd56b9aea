/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The payload of the event "chat", as all the demos of this project know it. @room: NULL for none. */
JsonNode *demo_chat_compose (const char *room,
                             const char *from,
                             const char *text);

G_END_DECLS
