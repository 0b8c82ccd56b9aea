/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What waits for a socket, until it is removed. Only the poller uses the members. */
typedef struct
{
  GSource *poller;      /* NULL if it has not been added */
  GSourceFunc has_more; /* whether to call ready even if not readable; must not use the poller */
  GSourceFunc ready;    /* may add and remove sockets, and run the main loop; its result is ignored */
  gpointer user_data;
  int fd;
  guint32 generation;
  gboolean is_shared;
  GList busy;
} SignalSocketPollerEntry;

gboolean signal_socket_poller_add      (SignalSocketPollerEntry *entry,
                                        GMainContext            *context);
void     signal_socket_poller_remove   (SignalSocketPollerEntry *entry);
void     signal_socket_poller_set_busy (SignalSocketPollerEntry *entry,
                                        gboolean                 is_busy);

G_END_DECLS
