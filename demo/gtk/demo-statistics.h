/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_STATISTICS (demo_statistics_get_type ())

/* The counters of the client, updated while the widget is mapped. */
G_DECLARE_FINAL_TYPE (DemoStatistics, demo_statistics, DEMO, STATISTICS, AdwPreferencesGroup)

void demo_statistics_set_client (DemoStatistics *self,
                                 SignalClient   *client);

G_END_DECLS
