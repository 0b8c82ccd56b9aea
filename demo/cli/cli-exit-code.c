/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-exit-code.h"

#include <signal-glib/signal-glib.h>

/* Returns the exit code for an error of the connection. */
CliExitCode
cli_exit_code_from_error (const GError *error)
{
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED))
    return CLI_EXIT_REFUSED;
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT))
    return CLI_EXIT_USAGE;
  return CLI_EXIT_FAILED;
}

/* Returns the exit code for an error of a single message or request. */
CliExitCode
cli_exit_code_from_operation (const GError *error)
{
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER))
    return CLI_EXIT_SERVER_ERROR;
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT))
    return CLI_EXIT_TIMED_OUT;
  return cli_exit_code_from_error (error);
}
