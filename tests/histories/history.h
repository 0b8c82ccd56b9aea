/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* What the clients, servers and buses of this process do, as lines of JSON in a file, which the program
 * "check" judges; docs/internals/testing.md describes the format. Nothing is written unless the environment
 * variable SIGNAL_TEST_HISTORY names a folder. */

#define HISTORY_VARIABLE "SIGNAL_TEST_HISTORY"

void        history_open       (void);
const char *history_begin      (void);
int         history_run        (void);
void        history_add_joined (SignalClient *client,
                                const char   *room);
void        history_add_left   (SignalClient *client,
                                const char   *room);

G_END_DECLS
