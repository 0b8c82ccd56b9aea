/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DEMO_TYPE_LOCAL_SERVER (demo_local_server_get_type ())

/* A server inside the application that echoes every message. */
G_DECLARE_FINAL_TYPE (DemoLocalServer, demo_local_server, DEMO, LOCAL_SERVER, GObject)

DemoLocalServer *demo_local_server_new              (void);

gboolean         demo_local_server_start            (DemoLocalServer  *self,
                                                     GError          **error);

char            *demo_local_server_dup_url          (DemoLocalServer  *self);

const char      *demo_local_server_get_token        (DemoLocalServer  *self);

void             demo_local_server_disconnect_peers (DemoLocalServer  *self);

void             demo_local_server_stop             (DemoLocalServer  *self);

G_END_DECLS
