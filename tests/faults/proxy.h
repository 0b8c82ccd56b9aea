/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A TCP proxy on the loopback interface, between a client and a server, that fails on demand. */
typedef struct
{
  GSocketService *service;
  GSocketAddress *target;
  guint16         port;
  char           *uri;
  GPtrArray      *links; /* those that are open or stalled */

  guint           n_accepted;
  guint           n_refused;     /* connections that were reset immediately */
  guint           delay;         /* of the data in each direction, in ms */
  gboolean        is_chopping;   /* forwards single bytes */
  gboolean        is_refusing;   /* resets new connections */
  gboolean        is_stalling;   /* new links forward nothing */
  guint           buffer_size;   /* of the sockets, in bytes; 0 for the default */
} Proxy;

Proxy *proxy_new    (const char *uri);
void   proxy_free   (Proxy      *proxy);
void   proxy_cut    (Proxy      *proxy);
void   proxy_reset  (Proxy      *proxy);
void   proxy_stall  (Proxy      *proxy);
void   proxy_shut   (Proxy      *proxy);
void   proxy_reopen (Proxy      *proxy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Proxy, proxy_free)

G_END_DECLS
