/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <glib-unix.h>

#include "cli-exit-code.h"
#include "cli-status.h"

static const int handled_signals[] = { SIGINT, SIGTERM };

static struct
{
  CliSignalFunc func;
  gpointer data;
  guint source;
  int pipe[2];
} handler;

static volatile sig_atomic_t received;

/* A second signal terminates the program at once, as the main loop may be blocked. */
static void
on_signal (int number)
{
  int saved_errno = errno;
  guint8 byte = (guint8) number;

  if (received)
    {
      cli_status_end_line ();
      signal (number, SIG_DFL);
      raise (number);
    }
  else if (write (handler.pipe[1], &byte, sizeof byte) == sizeof byte)
    received = TRUE;
  errno = saved_errno;
}

static gboolean
on_pipe (int          fd,
         GIOCondition condition,
         gpointer     data)
{
  guint8 number;

  if (read (fd, &number, sizeof number) == sizeof number)
    handler.func (number, handler.data);
  return G_SOURCE_CONTINUE;
}

/* Calls @func in the main loop at the first SIGINT or SIGTERM. A second one terminates the program.
 * Unlike g_unix_signal_add(), this also works while a write to a full pipe blocks, because the system
 * call is not restarted. */
void
cli_signal_install_handler (CliSignalFunc func,
                            gpointer      data)
{
  struct sigaction action = { .sa_handler = on_signal };

  if (!g_unix_open_pipe (handler.pipe, FD_CLOEXEC, NULL))
    return;
  handler.func = func;
  handler.data = data;
  handler.source = g_unix_fd_add (handler.pipe[0], G_IO_IN, on_pipe, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (handled_signals); i++)
    sigaction (handled_signals[i], &action, NULL);
}

void
cli_signal_remove_handler (void)
{
  if (handler.source == 0)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (handled_signals); i++)
    signal (handled_signals[i], SIG_DFL);
  g_clear_handle_id (&handler.source, g_source_remove);
  close (handler.pipe[0]);
  close (handler.pipe[1]);
}

/* Returns whether SIGINT or SIGTERM is to end the program. */
gboolean
cli_signal_is_received (void)
{
  return received;
}

/* Terminates the program by the signal @number. This tells the parent process more than an exit code:
 * a shell leaves its loop, and systemd considers SIGINT and SIGTERM a clean exit. */
void
cli_signal_terminate (int number)
{
  sigset_t set;

  signal (number, SIG_DFL);
  sigemptyset (&set);
  sigaddset (&set, number);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  raise (number);
  /* The init process of a container ignores signals without a handler. */
  _exit (CLI_EXIT_SIGNAL + number);
}
