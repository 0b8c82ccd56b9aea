/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* The same application as server.mjs, on an embedded server. */
void application_attach (SignalServer *server,
                         const char   *name);

G_END_DECLS
