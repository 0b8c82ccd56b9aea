/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <glib-unix.h>

struct _CliWorker
{
  guint index;
  GSocket *socket;
  GSocket *control;
  guint control_source;
  guint report_source;
  const CliWorkerFuncs *funcs;
  gpointer data;
};

gboolean
cli_worker_is_worker (void)
{
  return g_getenv (CLI_WORKER_VARIABLE) != NULL;
}

static GSocket *
take_socket (int      fd,
             GError **error)
{
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  return g_socket_new_from_fd (fd, error);
}

/* Takes what the parent has passed, so that child processes do not have it. */
CliWorker *
cli_worker_new (GError **error)
{
  g_autoptr (CliWorker) self = g_new0 (CliWorker, 1);
  guint64 index;

  if (!g_ascii_string_to_unsigned (g_getenv (CLI_WORKER_VARIABLE), 10, 0, G_MAXINT, &index, error))
    return NULL;
  g_unsetenv (CLI_WORKER_VARIABLE);
  self->index = (guint) index;
  self->socket = take_socket (CLI_WORKER_LISTEN_FD, error);
  if (self->socket == NULL)
    return NULL;
  self->control = take_socket (CLI_WORKER_CONTROL_FD, error);
  return self->control != NULL ? g_steal_pointer (&self) : NULL;
}

GSocket *
cli_worker_get_socket (CliWorker *self)
{
  return self->socket;
}

guint
cli_worker_get_index (CliWorker *self)
{
  return self->index;
}

/* A report that the parent has no room for is not sent: there will be others. */
static gboolean
on_report (gpointer data)
{
  CliWorker *self = data;
  CliMetrics metrics = { 0 };

  self->funcs->read_metrics (&metrics, self->data);
  send (g_socket_get_fd (self->control), &metrics, sizeof metrics, MSG_DONTWAIT | MSG_NOSIGNAL);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_control (int          fd,
            GIOCondition condition,
            gpointer     data)
{
  CliWorker *self = data;
  guint8 number = 0;
  gssize length = recv (fd, &number, sizeof number, MSG_DONTWAIT);

  if (length < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (length <= 0)
    {
      self->control_source = 0;
      g_clear_handle_id (&self->report_source, g_source_remove);
      self->funcs->stop (0, self->data);
      return G_SOURCE_REMOVE;
    }
  self->funcs->stop (number, self->data);
  return G_SOURCE_CONTINUE;
}

/* The first report tells the parent that the worker is ready. */
void
cli_worker_start (CliWorker            *self,
                  const CliWorkerFuncs *funcs,
                  gpointer              data)
{
  self->funcs = funcs;
  self->data = data;
  self->control_source = g_unix_fd_add (g_socket_get_fd (self->control), G_IO_IN | G_IO_HUP, on_control,
                                        self);
  self->report_source = g_timeout_add (CLI_WORKER_REPORT_MS, on_report, self);
  on_report (self);
}

void
cli_worker_free (CliWorker *self)
{
  g_clear_handle_id (&self->control_source, g_source_remove);
  g_clear_handle_id (&self->report_source, g_source_remove);
  g_clear_object (&self->socket);
  g_clear_object (&self->control);
  g_free (self);
}
