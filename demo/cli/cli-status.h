/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

typedef enum
{
  CLI_STATUS_NONE,
  CLI_STATUS_LOG,  /* a line for each state */
  CLI_STATUS_LINE, /* one line, drawn again where it stands; off a terminal as CLI_STATUS_LOG */
} CliStatusMode;

/* The state of the client, on standard error. */
void cli_status_start   (SignalClient  *client,
                         CliStatusMode  mode);

void cli_status_leave   (void);

void cli_status_hide    (void);

void cli_status_show    (void);

void cli_status_end     (void);

void cli_status_abandon (void);

G_END_DECLS
