/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/signal-channel-private.h"

G_BEGIN_DECLS

/* Sends the heartbeats of a connection, and detects a peer that does not respond. */
typedef struct _SignalKeepalive SignalKeepalive;

typedef void (*SignalKeepaliveTimeoutFunc) (gpointer user_data);

SignalKeepalive *signal_keepalive_new   (SignalChannel              *channel,
                                         GMainContext               *context,
                                         guint                       heartbeat_interval,
                                         guint                       liveness_timeout,
                                         SignalKeepaliveTimeoutFunc  timed_out,
                                         gpointer                    user_data) G_GNUC_WARN_UNUSED_RESULT;
void             signal_keepalive_free  (SignalKeepalive            *self);
void             signal_keepalive_probe (SignalKeepalive            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalKeepalive, signal_keepalive_free)

G_END_DECLS
