/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_FIGURES (demo_figures_get_type ())

/* What the client counts, kept fresh while it is seen. */
G_DECLARE_FINAL_TYPE (DemoFigures, demo_figures, DEMO, FIGURES, AdwPreferencesGroup)

void demo_figures_set_client (DemoFigures  *self,
                              SignalClient *client);

G_END_DECLS
