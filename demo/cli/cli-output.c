/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-color.h"
#include "cli-exit-code.h"
#include "cli-signal.h"
#include "cli-status.h"
#include "cli-text.h"

static gboolean is_incomplete; /* whether something could not be written */

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

/* Not with stdio, which forgets what it could not write: the call can be interrupted, and standard output can
 * be non-blocking, as another program that shares it may have decided so. Returns an error number, or 0. */
static int
write_all (const char *text)
{
  struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
  gsize left = strlen (text);

  while (left > 0)
    {
      gssize written = write (STDOUT_FILENO, text, left);

      if (written < 0 && errno == EAGAIN)
        poll (&output, 1, -1);
      else if (written < 0 && errno != EINTR)
        return errno;
      if (written > 0)
        {
          text += written;
          left -= (gsize) written;
        }
      /* A signal has interrupted the call, perhaps after a part. */
      if (left > 0 && cli_signal_is_received ())
        return EINTR;
    }
  return 0;
}

/* Writes to standard output without disturbing the status line. Prints an error and returns %FALSE if that
 * fails; if the reader has gone, as that of a pipe to “head”, or a signal is to end the program, no error is
 * printed. */
gboolean
cli_print (const char *text)
{
  int number;

  cli_status_hide ();
  number = write_all (text);
  cli_status_show ();
  if (number != 0 && number != EPIPE && number != EINTR && !is_incomplete)
    cli_error (_("Cannot write to standard output: %s"), g_strerror (number));
  is_incomplete |= number != 0;
  return number == 0;
}

static void
on_print (const char *text)
{
  cli_print (text);
}

static void
exit_if_incomplete (void)
{
  if (is_incomplete)
    _exit (CLI_EXIT_FAILED);
}

/* The next file that is opened would get the number of a standard stream that the caller has closed, and the
 * output would be written to a socket. What is opened here instead fails to be read or written. */
static void
reserve_standard_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
      return;
}

/* The program cannot be successful without its output. This includes the help, after which GLib calls
 * exit(). */
void
cli_output_init (void)
{
  reserve_standard_streams ();
  g_set_print_handler (on_print);
  atexit (exit_if_incomplete);
}
