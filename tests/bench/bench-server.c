/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <sys/resource.h>

#include <glib-unix.h>

#include <signal-glib/signal-glib.h>

/* The embedded server with everyone let in, until stdin is closed. */

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 gpointer      user_data)
{
  return g_strdup ("bench");
}

static gboolean
on_stdin (int          fd,
          GIOCondition condition,
          gpointer     user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }

  g_object_set (server, "max-peers", G_MAXINT, NULL);
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  if (!signal_server_listen (server, NULL, 0, &error))
    g_error ("%s", error->message);

  uri = signal_server_get_uri (server);
  printf ("%s\n", uri);
  fflush (stdout);

  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_stdin, loop);
  g_main_loop_run (loop);

  return 0;
}
