/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

#include "mock-server.h"

G_BEGIN_DECLS

/* A client, and all that it has told. */
typedef struct
{
  SignalClient *client;
  GString      *states;  /* the nick of each state notified, with a space after it */
  GString      *story;   /* the name of each other signal, likewise */
  GPtrArray    *messages;
  GPtrArray    *errors;  /* GError */
  GArray       *delays;  /* guint: of each `reconnecting` */
  GArray       *attempts;
  guint         n_connected;
  guint         n_disconnected;
  GError       *disconnected;

  gboolean      is_done; /* connect_async() */
  GError       *error;
  guint         n_closed; /* disconnect_async() */
} Watch;

Watch *watch_new              (const char    *uri);
void   watch_free             (Watch         *watch);
void   watch_start            (Watch         *watch);
void   watch_connect          (Watch         *watch);
void   watch_fail             (Watch         *watch,
                               GQuark         domain,
                               int            code);
void   watch_disconnect       (Watch         *watch);
void   watch_forget           (Watch         *watch);
void   watch_wait_state       (Watch         *watch,
                               SignalConnectionState state);
GError *watch_get_error       (Watch         *watch,
                               guint          index);
void   watch_on_connected     (GObject       *source,
                               GAsyncResult  *result,
                               gpointer       user_data);
void   watch_on_closed        (GObject       *source,
                               GAsyncResult  *result,
                               gpointer       user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watch, watch_free)

G_END_DECLS
