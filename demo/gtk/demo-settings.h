/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DEMO_TYPE_SETTINGS (demo_settings_get_type ())

/* The settings of the application. They are not stored if the schema is not installed. */
G_DECLARE_FINAL_TYPE (DemoSettings, demo_settings, DEMO, SETTINGS, GObject)

DemoSettings *demo_settings_new         (void);

char         *demo_settings_dup_string  (DemoSettings *self,
                                         const char   *name);

gboolean      demo_settings_get_boolean (DemoSettings *self,
                                         const char   *name);

guint         demo_settings_get_history (DemoSettings *self);

G_END_DECLS
