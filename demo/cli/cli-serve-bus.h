/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-bus.h"

G_BEGIN_DECLS

gboolean cli_serve_bus_attach  (SignalServer        *server,
                                const CliBusOptions *options);

void     cli_serve_bus_connect (SignalBus           *bus,
                                GMainLoop           *loop,
                                gboolean             quiet);

G_END_DECLS
