/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-serve-options.h"

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

int cli_workers_run (const CliServeOptions *options,
                     SignalServer          *server,
                     char                  *token,
                     char                 **args);

G_END_DECLS
