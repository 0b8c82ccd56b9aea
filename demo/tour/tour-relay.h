/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "tour-frame.h"

G_BEGIN_DECLS

/* A relay between clients and a server on this machine, which decodes the WebSocket frames that pass
 * through it. Web pages cannot use it: a request whose Origin or Host header is not that of the
 * relay is rejected. */
typedef struct _TourRelay TourRelay;

TourRelay *tour_relay_new          (TourFrameFunc   func,
                                    gpointer        data,
                                    guint16        *port,
                                    GError        **error);

void       tour_relay_set_upstream (TourRelay      *self,
                                    guint16         port);

void       tour_relay_free         (TourRelay      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TourRelay, tour_relay_free)

G_END_DECLS
