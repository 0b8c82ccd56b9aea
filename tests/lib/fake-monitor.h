/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FAKE_TYPE_MONITOR (fake_monitor_get_type ())

G_DECLARE_FINAL_TYPE (FakeMonitor, fake_monitor, FAKE, MONITOR, GObject)

/* A network monitor that reports what a test sets. */
FakeMonitor *fake_monitor_new (gboolean             is_available);
void         fake_monitor_set (FakeMonitor         *self,
                               gboolean             is_available,
                               GNetworkConnectivity connectivity);

/* Makes GIO create one as the default network monitor of the process. */
void          fake_monitor_make_default      (void);
guint         fake_monitor_get_n_initialized (void);
GMainContext *fake_monitor_get_context       (FakeMonitor *self);

G_END_DECLS
