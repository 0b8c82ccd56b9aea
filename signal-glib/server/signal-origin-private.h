/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The origin of a web page, which a web browser adds to each request for a WebSocket (RFC
 * 6454). */

/* The target of a request. */
typedef struct
{
  const char   *host;    /* the value of the Host header; NULL if there is none */
  gboolean      is_tls;
  GInetAddress *address; /* the local address of the connection; NULL if unknown */
  const char   *name;    /* the name that the server listens on; NULL if there is none */
} SignalOriginTarget;

gboolean signal_origin_check_list (const char * const        *origins,
                                   GError                   **error);
gboolean signal_origin_is_listed  (const char                *origin,
                                   const char * const        *origins);
gboolean signal_origin_is_own     (const char               *origin,
                                   const SignalOriginTarget *target);

G_END_DECLS
