/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One WebSocket frame as it went over the wire. */
typedef struct
{
  guint link;           /* which connection, from 1 */
  gboolean from_client;
  gboolean masked;      /* clients mask what they send; shown unmasked */
  guint opcode;         /* 1: text, 8: close, 9: ping, 10: pong */
  const char *text;
  gsize length;
} TourFrame;

typedef void (*TourFrameFunc) (const TourFrame *frame,
                               gpointer         data);

/* A relay between the clients and the server, which reads what passes. */
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
