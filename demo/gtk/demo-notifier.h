/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_NOTIFIER (demo_notifier_get_type ())

/* Sends notifications for messages that are received while no window is active. */
G_DECLARE_FINAL_TYPE (DemoNotifier, demo_notifier, DEMO, NOTIFIER, GObject)

DemoNotifier *demo_notifier_new                    (GApplication *application,
                                                    DemoSession  *session);

void          demo_notifier_notify_still_connected (DemoNotifier *self);

G_END_DECLS
