/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The origin of a web page, which a browser puts into each request for a WebSocket (RFC 6454). */

/* Where a request came to. */
typedef struct
{
  const char   *host;    /* what its header Host says; NULL: nothing */
  gboolean      is_tls;
  GInetAddress *address; /* the server's end of the connection; NULL: unknown */
  const char   *name;    /* the name that the server was told to listen on; NULL: none */
} SignalOriginTarget;

gboolean signal_origin_check_list (const char * const        *origins,
                                   GError                   **error);
gboolean signal_origin_is_listed  (const char                *origin,
                                   const char * const        *origins);
gboolean signal_origin_is_own     (const char               *origin,
                                   const SignalOriginTarget *target);

G_END_DECLS
