/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-peer.h"

G_BEGIN_DECLS

/* Maps names, which are rooms or users, to peers. */
typedef struct _SignalPeerIndex SignalPeerIndex;

SignalPeerIndex *signal_peer_index_new      (void) G_GNUC_WARN_UNUSED_RESULT;
void             signal_peer_index_free     (SignalPeerIndex *self);
void             signal_peer_index_add      (SignalPeerIndex *self,
                                             const char      *name,
                                             SignalPeer      *peer);
void             signal_peer_index_remove   (SignalPeerIndex *self,
                                             const char      *name,
                                             SignalPeer      *peer);
GPtrArray       *signal_peer_index_snapshot (SignalPeerIndex *self,
                                             const char      *name) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalPeerIndex, signal_peer_index_free)

G_END_DECLS
