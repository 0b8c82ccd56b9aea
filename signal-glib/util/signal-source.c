/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-source-private.h"

static gboolean
dispatch (GSource     *source,
          GSourceFunc  callback,
          gpointer     user_data)
{
  return callback (user_data);
}

static GSourceFuncs timed_funcs = { .dispatch = dispatch };

/* A source that fires at its ready time only, which is yet to be set. */
GSource *
signal_source_new_timed (GSourceFunc  callback,
                         gpointer     user_data,
                         const char  *name)
{
  GSource *source = g_source_new (&timed_funcs, sizeof (GSource));

  g_source_set_callback (source, callback, user_data, NULL);
  g_source_set_name (source, name);
  return source;
}

static gboolean
dispatch_readable (GSource     *source,
                   GSourceFunc  callback,
                   gpointer     user_data)
{
  return ((GPollableSourceFunc) G_CALLBACK (callback)) (NULL, user_data);
}

static GSourceFuncs readable_funcs = { .dispatch = dispatch_readable };

/* What g_pollable_source_new() makes for a socket, with a source less in it: to make and unmake one
 * wakes up the main loop by a file descriptor, each time, and so does to guard one against
 * recursion. For a callback that ends it. */
GSource *
signal_source_new_readable (int fd)
{
  GSource *source = g_source_new (&readable_funcs, sizeof (GSource));

  g_source_add_unix_fd (source, fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
  g_source_set_can_recurse (source, TRUE);
  g_source_set_static_name (source, "signal-glib read");
  return source;
}
