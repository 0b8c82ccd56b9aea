/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* Prints every transition of a client, and finally its statistics, to standard error. */
void cli_trace_start  (SignalClient *client);

void cli_trace_sample (void);

void cli_trace_stop   (void);

G_END_DECLS
