/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

typedef enum
{
  CLI_STATUS_NONE,
  CLI_STATUS_LOG,  /* a line for each state */
  CLI_STATUS_LINE, /* a single line that is updated in place; CLI_STATUS_LOG if there is no terminal */
} CliStatusMode;

/* The state of the client, shown on standard error. */
void cli_status_start             (SignalClient  *client,
                                   CliStatusMode  mode);

void cli_status_set_disconnecting (void);

void cli_status_finish            (const char    *result);

void cli_status_hide              (void);

void cli_status_show              (void);

void cli_status_stop              (void);

void cli_status_end_line          (void);

G_END_DECLS
