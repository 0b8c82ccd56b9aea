/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-settings.h"

G_BEGIN_DECLS

#define DEMO_TYPE_PREFERENCES (demo_preferences_get_type ())

G_DECLARE_FINAL_TYPE (DemoPreferences, demo_preferences, DEMO, PREFERENCES, AdwPreferencesWindow)

GtkWidget *demo_preferences_new (DemoSettings *settings);

G_END_DECLS
