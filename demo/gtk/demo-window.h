/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_WINDOW (demo_window_get_type ())

/* A view of the session, which continues without a window. */
G_DECLARE_FINAL_TYPE (DemoWindow, demo_window, DEMO, WINDOW, AdwApplicationWindow)

DemoWindow *demo_window_new       (GtkApplication *application,
                                   DemoSession    *session);

void        demo_window_show_room (DemoWindow     *self,
                                   const char     *name);

G_END_DECLS
