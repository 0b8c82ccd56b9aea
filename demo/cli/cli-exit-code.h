/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CLI_EXIT_OK = 0,
  CLI_EXIT_FAILED = 1,
  CLI_EXIT_USAGE = 2,
  CLI_EXIT_REFUSED = 3,
  CLI_EXIT_SERVER_ERROR = 4,
  CLI_EXIT_TIMED_OUT = 5,
  CLI_EXIT_SIGNAL = 128, /* plus the number of the signal that terminates the program */
} CliExitCode;

CliExitCode cli_exit_code_from_error     (const GError *error);

CliExitCode cli_exit_code_from_operation (const GError *error);

G_END_DECLS
