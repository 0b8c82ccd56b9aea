/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_ROOM_LIST (demo_room_list_get_type ())

/* The rooms, and an entry to join one more. Emits “room-chosen” with a DemoRoom. */
G_DECLARE_FINAL_TYPE (DemoRoomList, demo_room_list, DEMO, ROOM_LIST, GtkBox)

void      demo_room_list_set_session  (DemoRoomList *self,
                                       DemoSession  *session);

DemoRoom *demo_room_list_get_selected (DemoRoomList *self);

void      demo_room_list_select       (DemoRoomList *self,
                                       const char   *name);

G_END_DECLS
