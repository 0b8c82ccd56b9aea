/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tour-frame.h"

G_BEGIN_DECLS

#define TOUR_FRAME_MAX_HEADER 14

/* Finds the frames in one direction of a connection. */
typedef struct
{
  TourFrame frame;
  guint8 header[TOUR_FRAME_MAX_HEADER];
  guint header_length;
  guint64 payload_read; /* bytes of the payload that have been read */
  GString *payload;     /* as much of it as is stored */
} TourFrameReader;

void tour_frame_reader_init  (TourFrameReader *self,
                              guint            connection_id,
                              gboolean         from_client);

void tour_frame_reader_clear (TourFrameReader *self);

void tour_frame_reader_feed  (TourFrameReader *self,
                              const guint8    *bytes,
                              gsize            n_bytes,
                              TourFrameFunc    func,
                              gpointer         data);

G_END_DECLS
