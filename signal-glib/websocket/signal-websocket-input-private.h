/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_WEBSOCKET_INPUT (signal_websocket_input_get_type ())

G_DECLARE_FINAL_TYPE (SignalWebsocketInput, signal_websocket_input, SIGNAL, WEBSOCKET_INPUT, GInputStream)

/* The input stream of libsoup's WebSocket, which returns the control frames that were received,
 * and then the end of the stream or an error. */
SignalWebsocketInput *signal_websocket_input_new         (void) G_GNUC_WARN_UNUSED_RESULT;
void                  signal_websocket_input_push        (SignalWebsocketInput *self,
                                                          const guint8         *data,
                                                          gsize                 length);
void                  signal_websocket_input_end         (SignalWebsocketInput *self,
                                                          const GError         *error);
gsize                 signal_websocket_input_get_pending (SignalWebsocketInput *self);

G_END_DECLS
