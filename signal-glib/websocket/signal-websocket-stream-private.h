/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "websocket/signal-websocket-input-private.h"
#include "websocket/signal-websocket-writer-private.h"

G_BEGIN_DECLS

#define SIGNAL_TYPE_WEBSOCKET_STREAM (signal_websocket_stream_get_type ())

G_DECLARE_FINAL_TYPE (SignalWebsocketStream, signal_websocket_stream, SIGNAL, WEBSOCKET_STREAM, GIOStream)

/* The stream that is passed to libsoup's WebSocket, which reads control frames from it, writes
 * frames to it, and closes it. */
typedef void (*SignalWebsocketStreamFunc) (gpointer user_data);

SignalWebsocketStream *signal_websocket_stream_new              (GIOStream                 *base,
                                                                 SignalWebsocketStreamFunc  closing,
                                                                 SignalWebsocketStreamFunc  written,
                                                                 gpointer                   user_data) G_GNUC_WARN_UNUSED_RESULT;
void                   signal_websocket_stream_detach           (SignalWebsocketStream     *self);
void                   signal_websocket_stream_abandon          (SignalWebsocketStream     *self);
int                    signal_websocket_stream_get_fd           (SignalWebsocketStream     *self);
SignalWebsocketInput  *signal_websocket_stream_get_input        (SignalWebsocketStream     *self);
SignalWebsocketWriter *signal_websocket_stream_get_writer       (SignalWebsocketStream     *self);
void                   signal_websocket_stream_set_user_timeout (SignalWebsocketStream     *self,
                                                                 guint                      ms);

G_END_DECLS
