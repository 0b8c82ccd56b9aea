/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_CONVERSATION (demo_conversation_get_type ())

/* The messages of a room, and an entry to send more. */
G_DECLARE_FINAL_TYPE (DemoConversation, demo_conversation, DEMO, CONVERSATION, GtkBox)

void demo_conversation_set_session (DemoConversation *self,
                                    DemoSession      *session);

void demo_conversation_set_room    (DemoConversation *self,
                                    DemoRoom         *room);

G_END_DECLS
