/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-exit-code.h"

G_BEGIN_DECLS

/* The commands. Each takes its arguments, starting with its name, and returns an exit code. */

int cli_serve   (char **args);

int cli_listen  (char **args);

int cli_send    (char **args);

int cli_request (char **args);

int cli_chat    (char **args);

int cli_emit    (char **args);

G_END_DECLS
