/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-exit-code.h"

#include <signal-glib/signal-glib.h>

/* Returns the exit code for @error. */
CliExitCode
cli_exit_code_from_error (const GError *error)
{
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED))
    return CLI_EXIT_REFUSED;
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT))
    return CLI_EXIT_USAGE;
  return CLI_EXIT_FAILED;
}
