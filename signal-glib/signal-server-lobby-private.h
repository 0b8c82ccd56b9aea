/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The connections of a server; above all those that have not authenticated yet, who are let wait for a
 * while and in a bounded number. A connection is found by its remote address, the object that it
 * entered with: that is all that is known of it on its way through SoupServer. */
typedef struct _SignalLobby SignalLobby;

SignalLobby *signal_lobby_new               (void) G_GNUC_WARN_UNUSED_RESULT;
void         signal_lobby_unref             (SignalLobby       *self);
void         signal_lobby_enter             (SignalLobby       *self,
                                             GSocketConnection *connection,
                                             GSocketAddress    *remote_address,
                                             guint              timeout);
guint        signal_lobby_count_connections (SignalLobby       *self);
guint        signal_lobby_count_waiting     (SignalLobby       *self);
guint        signal_lobby_count_peers       (SignalLobby       *self);
gboolean     signal_lobby_evict             (SignalLobby       *self,
                                             gboolean           peers_only);
void         signal_lobby_hang_up           (SignalLobby       *self);

void         signal_lobby_promise           (GSocketAddress    *remote_address);
void         signal_lobby_clear_deadline    (GSocketAddress    *remote_address);
void         signal_lobby_leave             (GSocketAddress    *remote_address);
void         signal_lobby_linger            (GSocketAddress    *remote_address,
                                             GIOStream         *stream);

G_END_DECLS
