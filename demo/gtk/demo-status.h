/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

#define DEMO_TYPE_STATUS (demo_status_get_type ())

/* The state of a client as a description and an icon. */
G_DECLARE_FINAL_TYPE (DemoStatus, demo_status, DEMO, STATUS, GObject)

DemoStatus            *demo_status_new             (SignalClient *client);

SignalConnectionState  demo_status_get_state       (DemoStatus   *self);

const char            *demo_status_get_icon_name   (DemoStatus   *self);

const char            *demo_status_get_description (DemoStatus   *self);

guint                  demo_status_get_countdown   (DemoStatus   *self);

G_END_DECLS
