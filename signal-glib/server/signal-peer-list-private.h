/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "signal-peer.h"

G_BEGIN_DECLS

#define SIGNAL_TYPE_PEER_LIST (signal_peer_list_get_type ())

/* The list model of the authenticated peers of a server, in the order of their authentication. It
 * does not change while it emits items-changed, so that every handler finds it as the arguments
 * describe it: what a handler causes is applied after the emission. */
G_DECLARE_FINAL_TYPE (SignalPeerList, signal_peer_list, SIGNAL, PEER_LIST, GObject)

SignalPeerList *signal_peer_list_new    (void) G_GNUC_WARN_UNUSED_RESULT;
void            signal_peer_list_add    (SignalPeerList *self,
                                         SignalPeer     *peer);
void            signal_peer_list_remove (SignalPeerList *self,
                                         SignalPeer     *peer);
void            signal_peer_list_clear  (SignalPeerList *self);

G_END_DECLS
