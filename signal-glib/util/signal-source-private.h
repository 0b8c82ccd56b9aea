/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The priority for timeouts of the peer: data that has been received is processed first, even if
 * the main loop was blocked until now. */
#define SIGNAL_SOURCE_AFTER_READING (G_PRIORITY_DEFAULT + 1)

/* The priority at which reading that has taken long is resumed: just below GTK's redraw
 * (G_PRIORITY_HIGH_IDLE + 20). */
#define SIGNAL_SOURCE_AFTER_REDRAW (G_PRIORITY_HIGH_IDLE + 25)

GSource *signal_source_new_timed (GSourceFunc  callback,
                                  gpointer     user_data,
                                  const char  *name) G_GNUC_WARN_UNUSED_RESULT;

/* Destroys a source and releases the reference to it. NULL-safe. */
static inline void
signal_source_clear (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

G_END_DECLS
