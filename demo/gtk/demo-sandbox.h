/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DEMO_TYPE_SANDBOX (demo_sandbox_get_type ())

/* A server inside the program, with somebody on it who answers. */
G_DECLARE_FINAL_TYPE (DemoSandbox, demo_sandbox, DEMO, SANDBOX, GObject)

DemoSandbox *demo_sandbox_new       (void);

gboolean     demo_sandbox_start     (DemoSandbox  *self,
                                     GError      **error);

char        *demo_sandbox_dup_url   (DemoSandbox  *self);

const char  *demo_sandbox_get_token (DemoSandbox  *self);

void         demo_sandbox_cut       (DemoSandbox  *self);

void         demo_sandbox_stop      (DemoSandbox  *self);

G_END_DECLS
