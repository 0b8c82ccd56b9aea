/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "tour-frame.h"

G_BEGIN_DECLS

/* A relay between the clients and the server, both on this machine, which reads what passes. No web
 * page may use it: a request that names another origin or another host than the relay's is
 * refused. */
typedef struct _TourWire TourWire;

TourWire *tour_wire_new          (TourFrameFunc   func,
                                  gpointer        data,
                                  guint16        *port,
                                  GError        **error);

void      tour_wire_set_upstream (TourWire       *self,
                                  guint16         port);

void      tour_wire_free         (TourWire       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TourWire, tour_wire_free)

G_END_DECLS
