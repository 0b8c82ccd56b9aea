/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

void invariants_connect    (SignalClient *client);
void invariants_check      (SignalClient *client);
void invariants_check_idle (SignalClient *client);

G_END_DECLS
