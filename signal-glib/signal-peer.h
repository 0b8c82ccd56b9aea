/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_PEER (signal_peer_get_type ())

SIGNAL_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (SignalPeer, signal_peer, SIGNAL, PEER, GObject)

SIGNAL_AVAILABLE_IN_ALL
const char *signal_peer_get_id (SignalPeer *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_peer_get_user_id (SignalPeer *self);

SIGNAL_AVAILABLE_IN_ALL
const char * const *signal_peer_get_rooms (SignalPeer *self);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_peer_get_encrypted (SignalPeer *self);

SIGNAL_AVAILABLE_IN_ALL
GSocketAddress *signal_peer_get_remote_address (SignalPeer *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_peer_get_origin (SignalPeer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_peer_defer_authentication (SignalPeer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_peer_finish_authentication (SignalPeer *self,
                                        const char *user_id);

SIGNAL_AVAILABLE_IN_ALL
void signal_peer_close (SignalPeer *self,
                        guint16     code,
                        const char *reason);

G_END_DECLS
