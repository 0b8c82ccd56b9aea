/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_STATUS_BAR (demo_status_bar_get_type ())

/* The state of the connection, and buttons for the actions that are available in it. */
G_DECLARE_FINAL_TYPE (DemoStatusBar, demo_status_bar, DEMO, STATUS_BAR, GtkBox)

void demo_status_bar_set_status (DemoStatusBar *self,
                                 DemoStatus    *status);

G_END_DECLS
