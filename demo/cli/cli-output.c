/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-output.h"

#include <stdio.h>
#include <unistd.h>

#include "cli-color.h"
#include "cli-status.h"
#include "cli-text.h"

/* Prints an error to standard error. */
void
cli_error (const char *format,
           ...)
{
  va_list args;
  g_autofree char *text = NULL;
  g_autofree char *printable = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  /* Errors can contain text from a server, a file or the command line. */
  printable = cli_text_escape (text);

  cli_status_hide ();
  /* Not g_printerr(), which replaces characters that the locale does not have. */
  fprintf (stderr, "%ssignal-glib:%s %s\n", cli_color (STDERR_FILENO, CLI_COLOR_BAD),
           cli_color (STDERR_FILENO, CLI_COLOR_OFF), printable);
  cli_status_show ();
}

/* Writes to standard output without disturbing the status line. Returns %FALSE if the output was
 * closed. */
gboolean
cli_print (const char *text)
{
  gboolean written;

  cli_status_hide ();
  written = fputs (text, stdout) != EOF && fflush (stdout) == 0;
  cli_status_show ();
  return written;
}
