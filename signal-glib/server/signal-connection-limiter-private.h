/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Keeps track of the connections of a server, and limits the number and the duration of those
 * that have not been authenticated. A connection is identified by its remote address object,
 * which is the only information that is preserved on its way through SoupServer. */
typedef struct _SignalConnectionLimiter SignalConnectionLimiter;

SignalConnectionLimiter *signal_connection_limiter_new               (void) G_GNUC_WARN_UNUSED_RESULT;
void                     signal_connection_limiter_unref             (SignalConnectionLimiter *self);
void                     signal_connection_limiter_enter             (SignalConnectionLimiter *self,
                                                                      GSocketConnection       *connection,
                                                                      GSocketAddress          *remote_address,
                                                                      guint                    timeout);
guint                    signal_connection_limiter_count_connections (SignalConnectionLimiter *self);
guint                    signal_connection_limiter_count_waiting     (SignalConnectionLimiter *self);
guint                    signal_connection_limiter_count_peers       (SignalConnectionLimiter *self);
gboolean                 signal_connection_limiter_evict             (SignalConnectionLimiter *self,
                                                                      gboolean                 peers_only);
void                     signal_connection_limiter_drop_lingering    (SignalConnectionLimiter *self);

void signal_connection_limiter_count_as_peer  (GSocketAddress *remote_address);
void signal_connection_limiter_clear_deadline (GSocketAddress *remote_address);
void signal_connection_limiter_leave          (GSocketAddress *remote_address);
void signal_connection_limiter_linger         (GSocketAddress *remote_address,
                                               GIOStream      *stream);

G_END_DECLS
