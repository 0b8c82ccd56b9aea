/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "demo-message.h"

G_BEGIN_DECLS

#define DEMO_TYPE_ROOM (demo_room_get_type ())

/* A room and its latest messages. The room without a name has the messages of no other room. */
G_DECLARE_FINAL_TYPE (DemoRoom, demo_room, DEMO, ROOM, GObject)

DemoRoom   *demo_room_new          (const char  *name);

const char *demo_room_get_name     (DemoRoom    *self);

const char *demo_room_get_title    (DemoRoom    *self);

GListModel *demo_room_get_messages (DemoRoom    *self);

guint       demo_room_get_unread   (DemoRoom    *self);

void        demo_room_add          (DemoRoom    *self,
                                    DemoMessage *message,
                                    guint        limit);

void        demo_room_mark_read    (DemoRoom    *self);

G_END_DECLS
