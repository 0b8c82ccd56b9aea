/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-systemd.h"

#include <fcntl.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>

#include "cli-output.h"

/* The protocols of sd_listen_fds(3), sd_notify(3) and sd_watchdog_enabled(3), which do nothing if the
 * program was not started by systemd. */

#define FIRST_FD 3
#define MAX_FDS 1024

/* How often the status is sent if there is no watchdog. */
#define STATUS_INTERVAL_MS 5000

static struct
{
  GSocket *socket;
  GSocketAddress *address;
  gint64 watchdog; /* µs, or 0 for none */
  CliSystemdStatusFunc func;
  gpointer data;
  guint source;
  char *last_status;
  gboolean is_ready_sent;
  gboolean is_stopping;
  gboolean has_failed;
} notify;

static guint64
take_number (const char *name)
{
  guint64 number = 0;
  const char *text = g_getenv (name);

  if (text != NULL)
    g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL);
  g_unsetenv (name);
  return number;
}

static GSocketAddress *
parse_address (const char *text)
{
  if (*text == '@')
    return g_unix_socket_address_new_with_type (text + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  return *text == '/' ? g_unix_socket_address_new (text) : NULL;
}

/* Reads the environment, and removes what is not for child processes. */
void
cli_systemd_init (void)
{
  const char *text = g_getenv ("NOTIFY_SOCKET");
  guint64 watchdog_pid, watchdog;

  if (text != NULL)
    notify.address = parse_address (text);
  if (notify.address != NULL)
    notify.socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                                  G_SOCKET_PROTOCOL_DEFAULT, NULL);
  if (notify.socket != NULL)
    g_socket_set_blocking (notify.socket, FALSE);
  g_unsetenv ("NOTIFY_SOCKET");

  watchdog_pid = take_number ("WATCHDOG_PID");
  watchdog = take_number ("WATCHDOG_USEC");
  if (notify.socket != NULL && (watchdog_pid == 0 || watchdog_pid == (guint64) getpid ()))
    notify.watchdog = (gint64) watchdog;
}

/* Returns the sockets that systemd listens on for the program, or %NULL with or without an error. */
GPtrArray *
cli_systemd_take_sockets (GError **error)
{
  g_autoptr (GPtrArray) sockets = NULL;
  guint64 pid = take_number ("LISTEN_PID");
  guint64 n_fds = take_number ("LISTEN_FDS");

  g_unsetenv ("LISTEN_FDNAMES");
  if (n_fds == 0 || n_fds > MAX_FDS || pid != (guint64) getpid ())
    return NULL;

  sockets = g_ptr_array_new_with_free_func (g_object_unref);
  for (int fd = FIRST_FD; fd < FIRST_FD + (int) n_fds; fd++)
    {
      GSocket *socket;

      fcntl (fd, F_SETFD, FD_CLOEXEC);
      socket = g_socket_new_from_fd (fd, error);
      if (socket == NULL)
        return NULL;
      g_ptr_array_add (sockets, socket);
    }
  return g_steal_pointer (&sockets);
}

/* Returns the time after which systemd considers the program to hang, in µs, or 0. */
gint64
cli_systemd_get_watchdog (void)
{
  return notify.watchdog;
}

/* Does not wait: a service manager that does not read must not stop the server. */
static gboolean
send_state (const char *state)
{
  g_autoptr (GError) error = NULL;

  if (g_socket_send_to (notify.socket, notify.address, state, strlen (state), NULL, &error) >= 0)
    return TRUE;
  if (!notify.has_failed && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      notify.has_failed = TRUE;
      cli_error (_("Cannot notify the service manager: %s"), error->message);
    }
  return FALSE;
}

static void
send_changes (void)
{
  g_autofree char *status = notify.func (notify.data);
  g_autoptr (GString) state = g_string_new (NULL);

  if (!notify.is_ready_sent)
    g_string_append (state, "READY=1\n");
  if (notify.is_stopping)
    g_string_append (state, "STOPPING=1\n");
  if (notify.watchdog > 0)
    g_string_append (state, "WATCHDOG=1\n");
  if (g_strcmp0 (status, notify.last_status) != 0)
    g_string_append_printf (state, "STATUS=%s\n", status);
  if (state->len == 0 || !send_state (state->str))
    return;

  notify.is_ready_sent = TRUE;
  g_free (notify.last_status);
  notify.last_status = g_steal_pointer (&status);
}

static gboolean
on_timer (gpointer data)
{
  send_changes ();
  return G_SOURCE_CONTINUE;
}

/* The program is ready. From now on, the service manager is sent the status of @func, and is told that
 * the main loop runs. */
void
cli_systemd_start (CliSystemdStatusFunc func,
                   gpointer             data)
{
  guint interval = notify.watchdog > 0 ? (guint) MIN (notify.watchdog / 2 / 1000, G_MAXINT)
                                       : STATUS_INTERVAL_MS;

  if (notify.socket == NULL)
    return;
  notify.func = func;
  notify.data = data;
  notify.source = g_timeout_add (MAX (interval, 1), on_timer, NULL);
  send_changes ();
}

/* The service manager is still told that the main loop runs. */
void
cli_systemd_notify_stopping (void)
{
  notify.is_stopping = TRUE;
  if (notify.source != 0)
    send_changes ();
}

void
cli_systemd_stop (void)
{
  g_clear_handle_id (&notify.source, g_source_remove);
  g_clear_object (&notify.socket);
  g_clear_object (&notify.address);
  g_clear_pointer (&notify.last_status, g_free);
}
