/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "demo-frame.h"

G_BEGIN_DECLS

#define DEMO_TYPE_WIRE (demo_wire_get_type ())

/* A relay on this machine that shows what passes between the client and the server. */
G_DECLARE_FINAL_TYPE (DemoWire, demo_wire, DEMO, WIRE, GObject)

DemoWire   *demo_wire_new           (void);

char       *demo_wire_redirect      (DemoWire    *self,
                                     const char  *url,
                                     GError     **error);

void        demo_wire_set_unplugged (DemoWire    *self,
                                     gboolean     unplugged);

GListModel *demo_wire_get_frames    (DemoWire    *self);

void        demo_wire_note_sent     (DemoWire    *self,
                                     const char  *event,
                                     const char  *json);

void        demo_wire_note_received (DemoWire    *self,
                                     const char  *event,
                                     const char  *json);

G_END_DECLS
