/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util/signal-lazy-object-private.h"

G_BEGIN_DECLS

/* The singletons of GIO, which are obtained without blocking. */
extern SignalLazyObject signal_system_bus;
extern SignalLazyObject signal_network_monitor;

G_END_DECLS
