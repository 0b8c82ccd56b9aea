/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* Every transition of a client on standard error, and at the end what it has counted. */
void cli_trace_start (SignalClient *client);

void cli_trace_leave (void);

void cli_trace_end   (void);

G_END_DECLS
