/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint64   signal_suspend_clock_get_time   (void);
GSource *signal_suspend_clock_source_new (guint interval) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
