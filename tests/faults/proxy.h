/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A TCP proxy on loopback, between a client and a server, that fails on demand. */
typedef struct
{
  GSocketService *service;
  GSocketAddress *target;
  guint16         port;
  char           *uri;
  GPtrArray      *links; /* those that are open, and those that stall */

  guint           n_accepted;
  guint           n_refused;     /* accepted, and reset at once */
  guint           delay;         /* ms that bytes take on their way, each way */
  gboolean        is_chopping;   /* moves single bytes */
  gboolean        is_refusing;   /* resets who comes */
  gboolean        is_stalling;   /* new links move nothing either */
  guint           buffer_size;   /* of the sockets, in bytes; 0: as the system has it */
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
