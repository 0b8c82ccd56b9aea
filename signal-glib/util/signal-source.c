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
