/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-channel-private.h"

G_BEGIN_DECLS

/* The heartbeat of one connection, and the watch over the peer's. */
typedef struct _SignalPulse SignalPulse;

typedef void (*SignalPulseDeadFunc) (gpointer user_data);

SignalPulse *signal_pulse_new   (SignalChannel       *channel,
                                 GMainContext        *context,
                                 guint                heartbeat_interval,
                                 guint                liveness_timeout,
                                 SignalPulseDeadFunc  dead,
                                 gpointer             user_data) G_GNUC_WARN_UNUSED_RESULT;
void         signal_pulse_free  (SignalPulse         *self);
void         signal_pulse_probe (SignalPulse         *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalPulse, signal_pulse_free)

G_END_DECLS
