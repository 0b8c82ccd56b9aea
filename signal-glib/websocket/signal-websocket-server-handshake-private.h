/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "websocket/signal-websocket-private.h"

G_BEGIN_DECLS

/* The opening handshake of RFC 6455 section 4.2, as SoupServer receives it. */

const char      *signal_websocket_server_handshake_get_header   (SoupServerMessage *request,
                                                                 const char        *name,
                                                                 guint             *count);
guint            signal_websocket_server_handshake_check        (SoupServerMessage *request);
gboolean         signal_websocket_server_handshake_accept       (SoupServerMessage *request);
SignalWebsocket *signal_websocket_server_handshake_finish       (SoupServerMessage *request) G_GNUC_WARN_UNUSED_RESULT;
gboolean         signal_websocket_server_handshake_has_body     (SoupServerMessage *request);
void             signal_websocket_server_handshake_reject       (SoupServerMessage *request,
                                                                 guint              status);
GIOStream       *signal_websocket_server_handshake_reject_early (SoupServerMessage *request,
                                                                 guint              status) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
