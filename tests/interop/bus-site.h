/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "interop.h"

G_BEGIN_DECLS

/* A bus of the test process, with an embedded server that has the application, or without one. */
typedef struct
{
  SignalServer *server; /* NULL for none */
  SignalBus    *bus;
  char         *url;    /* of the server */
  GPtrArray    *errors; /* GError, that the bus has emitted */
  guint         n_changes; /* of `connected` */

  gboolean      is_done; /* connect_async() */
  GError       *error;
} BusSite;

char    *bus_site_get_uri       (const char *port) G_GNUC_WARN_UNUSED_RESULT;
BusSite *bus_site_new           (SignalBus  *bus,
                                 const char *name) G_GNUC_WARN_UNUSED_RESULT;
BusSite *bus_site_new_connected (const char *uri,
                                 const char *name) G_GNUC_WARN_UNUSED_RESULT;
void     bus_site_free          (BusSite    *self);
void     bus_site_connect       (BusSite    *self);
void     bus_site_connect_fails (BusSite    *self,
                                 GQuark      domain,
                                 int         code);
void     bus_site_wait_lost     (BusSite    *self);
void     bus_site_wait_back     (BusSite    *self);
void     bus_site_wait_error    (BusSite    *self,
                                 GQuark      domain,
                                 int         code);
void     bus_site_send          (BusSite    *self,
                                 const char *room,
                                 const char *event,
                                 const char *json);
SignalPeer *
         bus_site_find_peer     (BusSite    *self,
                                 Recorder   *recorder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BusSite, bus_site_free)

G_END_DECLS
