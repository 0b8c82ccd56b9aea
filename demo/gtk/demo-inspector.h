/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_INSPECTOR (demo_inspector_get_type ())

/* The frames of the connection, with their plaintexts. */
G_DECLARE_FINAL_TYPE (DemoInspector, demo_inspector, DEMO, INSPECTOR, AdwBin)

void demo_inspector_set_session (DemoInspector *self,
                                 DemoSession   *session);

G_END_DECLS
