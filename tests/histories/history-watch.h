/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* Records to which bus a server belongs, and whether that is connected, and each change. */
void history_watch_bus    (SignalBus    *bus);
void history_watch_server (SignalServer *server);

G_END_DECLS
