/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_APPLICATION (demo_application_get_type ())

/* Owns the session, which is independent of the windows. */
G_DECLARE_FINAL_TYPE (DemoApplication, demo_application, DEMO, APPLICATION, AdwApplication)

DemoApplication *demo_application_new         (void);

DemoSession     *demo_application_get_session (DemoApplication *self);

G_END_DECLS
