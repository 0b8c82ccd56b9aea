/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* The state line: there is one, on standard error. */
void cli_status_start (SignalClient *client,
                       gboolean      in_place);

void cli_status_hide  (void);

void cli_status_show  (void);

void cli_status_end   (void);

G_END_DECLS
