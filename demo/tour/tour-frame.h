/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* No more than this is kept of the content of a frame. */
#define TOUR_FRAME_MAX_KEPT (256 * 1024)
#define TOUR_FRAME_MAX_HEAD 14

/* One WebSocket frame as it went over the wire. */
typedef struct
{
  guint link;           /* which connection, from 1 */
  gboolean from_client;
  gboolean masked;      /* clients mask what they send; shown unmasked */
  guint opcode;         /* 1: text, 8: close, 9: ping, 10: pong */
  const char *text;     /* what was kept of it; it need not be UTF-8, and may contain zero bytes */
  gsize n_kept;         /* bytes of @text */
  guint64 length;       /* bytes of all of it */
} TourFrame;

typedef void (*TourFrameFunc) (const TourFrame *frame,
                               gpointer         data);

/* Finds the frames in one direction of one connection. */
typedef struct
{
  TourFrame frame;
  guint8 head[TOUR_FRAME_MAX_HEAD];
  guint n_head;
  guint64 passed; /* bytes of the content */
  GString *kept;
} TourFrameReader;

void tour_frame_reader_init  (TourFrameReader *self,
                              guint            link,
                              gboolean         from_client);

void tour_frame_reader_clear (TourFrameReader *self);

void tour_frame_reader_feed  (TourFrameReader *self,
                              const guint8    *bytes,
                              gsize            n_bytes,
                              TourFrameFunc    func,
                              gpointer         data);

G_END_DECLS
