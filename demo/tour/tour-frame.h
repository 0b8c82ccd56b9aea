/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The beginning of a larger payload is stored; the rest is only counted. */
#define TOUR_FRAME_MAX_STORED (256 * 1024)

/* A WebSocket frame as it was transferred. */
typedef struct
{
  guint connection_id; /* starts at 1 */
  gboolean from_client;
  gboolean masked;     /* clients mask what they send; @payload is unmasked */
  guint opcode;        /* 1: text, 8: close, 9: ping, 10: pong */
  const char *payload; /* not necessarily UTF-8; can contain zero bytes */
  gsize n_payload;     /* bytes stored in @payload, at most TOUR_FRAME_MAX_STORED */
  guint64 length;      /* bytes of the complete payload */
} TourFrame;

typedef void (*TourFrameFunc) (const TourFrame *frame,
                               gpointer         data);

G_END_DECLS
