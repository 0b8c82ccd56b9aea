/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Follows the frame headers of a WebSocket byte stream (RFC 6455 section 5.2) as it goes by, to say
 * where a message grows past the limit. libsoup before 3.8 limits a frame only, so that fragments of
 * one message add up without end. */
typedef struct
{
  guint64 limit; /* bytes of payload of one message, all its fragments together */
  guint64 message;
  guint64 skip;
  guint8  header[10];
  guint8  have;
} SignalFrameMeter;

gsize signal_frame_meter_pass (SignalFrameMeter *self,
                               const guint8     *data,
                               gsize             length);

G_END_DECLS
