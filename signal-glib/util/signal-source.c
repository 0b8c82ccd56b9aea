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

/* Creates a source that is dispatched at its ready time only, which is initially not set. */
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
dispatch_pollable (GSource     *source,
                   GSourceFunc  callback,
                   gpointer     user_data)
{
  return ((GPollableSourceFunc) G_CALLBACK (callback)) (NULL, user_data);
}

static GSourceFuncs pollable_funcs = { .dispatch = dispatch_pollable };

/* Creates a source for a pollable stream that is dispatched at its ready time, which is initially
 * not set. Unlike that of g_pollable_source_new(), it does not hold a reference to the stream,
 * and passes NULL to its callback. */
GSource *
signal_source_new_pollable (void)
{
  return g_source_new (&pollable_funcs, sizeof (GSource));
}
