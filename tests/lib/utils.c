/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "utils.h"

#include <sys/socket.h>

static void
on_tick (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

void
run_for (guint milliseconds)
{
  gboolean over = FALSE;

  g_timeout_add_once (milliseconds, on_tick, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

void
run_for_a_moment (void)
{
  run_for (1);
}

JsonNode *
parse_json (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (node);
  return node;
}

/* Dispatches what is ready, without waiting. */
void
run_pending (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* A handler of GObject::notify. */
void
count_notify (GObject    *object,
              GParamSpec *pspec,
              guint      *count)
{
  ++*count;
}

/* A GSourceFunc that counts how often it is called in the guint that is user_data. */
gboolean
count_dispatch (gpointer user_data)
{
  guint *count = user_data;

  ++*count;
  return G_SOURCE_CONTINUE;
}

static GIOStream *
wrap_fd (int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

/* Creates the two ends of a connection without a network. */
void
socket_pair (GIOStream *ends[2])
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  ends[0] = wrap_fd (fds[0]);
  ends[1] = wrap_fd (fds[1]);
}

/* The number of open file descriptors of the process. */
guint
count_open_fds (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, &error);
  guint count = 0;

  g_assert_no_error (error);
  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}
