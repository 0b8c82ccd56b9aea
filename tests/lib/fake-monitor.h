/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FAKE_TYPE_MONITOR (fake_monitor_get_type ())

G_DECLARE_FINAL_TYPE (FakeMonitor, fake_monitor, FAKE, MONITOR, GObject)

/* A network monitor that tells what a test wants. */
FakeMonitor *fake_monitor_new (gboolean             is_available);
void         fake_monitor_set (FakeMonitor         *self,
                               gboolean             is_available,
                               GNetworkConnectivity connectivity);

/* As the process's default one, from when GIO makes that. */
void          fake_monitor_make_default      (void);
guint         fake_monitor_get_n_initialized (void);
GMainContext *fake_monitor_get_context       (FakeMonitor *self);

G_END_DECLS
