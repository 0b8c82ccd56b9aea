/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define DEMO_TYPE_MESSAGE (demo_message_get_type ())

/* A message that was sent to a room or received from it. */
G_DECLARE_FINAL_TYPE (DemoMessage, demo_message, DEMO, MESSAGE, GObject)

DemoMessage *demo_message_new          (const char  *event,
                                        const char  *json,
                                        gboolean     outgoing,
                                        gboolean     encrypted);

const char  *demo_message_get_room     (DemoMessage *self);

const char  *demo_message_get_author   (DemoMessage *self);

const char  *demo_message_get_text     (DemoMessage *self);

const char  *demo_message_get_time     (DemoMessage *self);

gboolean     demo_message_is_outgoing  (DemoMessage *self);

gboolean     demo_message_is_encrypted (DemoMessage *self);

G_END_DECLS
