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

static const int numbers[] = { SIGINT, SIGTERM };

static struct
{
  CliSignalFunc func;
  gpointer data;
  guint source;
  int pipe[2];
} watch;

static volatile sig_atomic_t caught;

/* The second one does not wait for the main loop, which may wait for somebody else. */
static void
on_signal (int number)
{
  int before = errno;
  guint8 byte = (guint8) number;

  if (caught)
    {
      cli_status_abandon ();
      signal (number, SIG_DFL);
      raise (number);
    }
  else if (write (watch.pipe[1], &byte, sizeof byte) == sizeof byte)
    caught = TRUE;
  errno = before;
}

static gboolean
on_pipe (int          fd,
         GIOCondition condition,
         gpointer     data)
{
  guint8 number;

  if (read (fd, &number, sizeof number) == sizeof number)
    watch.func (number, watch.data);
  return G_SOURCE_CONTINUE;
}

/* Calls @func from the main loop when SIGINT or SIGTERM comes, once. Another one ends the program.
 * Unlike g_unix_signal_add() this does so too while the program waits for a reader of its output:
 * the system call is not started again. */
void
cli_signal_watch (CliSignalFunc func,
                  gpointer      data)
{
  struct sigaction action = { .sa_handler = on_signal };

  if (!g_unix_open_pipe (watch.pipe, FD_CLOEXEC, NULL))
    return;
  watch.func = func;
  watch.data = data;
  watch.source = g_unix_fd_add (watch.pipe[0], G_IO_IN, on_pipe, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    sigaction (numbers[i], &action, NULL);
}

void
cli_signal_unwatch (void)
{
  if (watch.source == 0)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    signal (numbers[i], SIG_DFL);
  g_clear_handle_id (&watch.source, g_source_remove);
  close (watch.pipe[0]);
  close (watch.pipe[1]);
}

/* Ends the program by @number, for whoever waits for it: a shell leaves its loop, and systemd takes
 * SIGINT and SIGTERM for a clean end, neither of which an exit code can bring about. */
void
cli_signal_die (int number)
{
  sigset_t set;

  signal (number, SIG_DFL);
  sigemptyset (&set);
  sigaddset (&set, number);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  raise (number);
  /* The first process of a container is spared by signals without a handler. */
  _exit (CLI_EXIT_SIGNAL + number);
}
