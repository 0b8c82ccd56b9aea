/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIGNAL_WEBSOCKET_FRAME_HEADER_MAX 14
#define SIGNAL_WEBSOCKET_FRAME_MASK_SIZE 4
#define SIGNAL_WEBSOCKET_FRAME_CONTROL_MAX 125 /* bytes of payload */

#define SIGNAL_WEBSOCKET_FRAME_CONTINUATION 0x0
#define SIGNAL_WEBSOCKET_FRAME_TEXT 0x1
#define SIGNAL_WEBSOCKET_FRAME_BINARY 0x2
#define SIGNAL_WEBSOCKET_FRAME_CLOSE 0x8
#define SIGNAL_WEBSOCKET_FRAME_PING 0x9
#define SIGNAL_WEBSOCKET_FRAME_PONG 0xa

/* The header of a WebSocket frame (RFC 6455 section 5.2). */
typedef struct
{
  guint64  size;        /* of the payload */
  guint    header_size; /* including the mask */
  guint8   opcode;
  gboolean is_final;
  gboolean is_masked;
  gboolean is_reserved; /* has a bit set for which no extension is in use */
  gboolean is_minimal;  /* the length has the shortest possible encoding */
} SignalWebsocketFrame;

gboolean    signal_websocket_frame_parse            (SignalWebsocketFrame       *self,
                                                     const guint8               *data,
                                                     gsize                       length);
gboolean    signal_websocket_frame_is_control       (const SignalWebsocketFrame *self);
const char *signal_websocket_frame_find_fault       (const SignalWebsocketFrame *self,
                                                     gboolean                    must_mask,
                                                     gboolean                    is_in_message);
gboolean    signal_websocket_frame_is_utf8          (const char                 *text,
                                                     gsize                       length);
const char *signal_websocket_frame_find_close_fault (const guint8               *payload,
                                                     gsize                       length);
guint       signal_websocket_frame_compose_header   (guint8                      header[SIGNAL_WEBSOCKET_FRAME_HEADER_MAX],
                                                     guint8                      opcode,
                                                     gsize                       length,
                                                     const guint8               *mask);
guint       signal_websocket_frame_get_header_size  (gsize                       length,
                                                     gboolean                    is_masked);
void        signal_websocket_frame_mask             (guint8                     *payload,
                                                     gsize                       length,
                                                     const guint8                mask[SIGNAL_WEBSOCKET_FRAME_MASK_SIZE]);

G_END_DECLS
