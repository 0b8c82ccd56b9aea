/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <glib-object.h>

#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

/**
 * SignalConnectionState:
 * @SIGNAL_CONNECTION_STATE_DISCONNECTED: The client is not connected and does not try to connect.
 * @SIGNAL_CONNECTION_STATE_CONNECTING: The client is waiting for a token or opening the
 *   WebSocket.
 * @SIGNAL_CONNECTION_STATE_CONNECTED: The WebSocket is open, and authentication has not started
 *   yet.
 * @SIGNAL_CONNECTION_STATE_AUTHENTICATING: The token has been sent, and the client is waiting for
 *   the response.
 * @SIGNAL_CONNECTION_STATE_AUTHENTICATED: The client is authenticated, and messages are sent and
 *   received.
 * @SIGNAL_CONNECTION_STATE_RECONNECTING: The client is waiting before the next attempt.
 *
 * The states of the connection of a [class@Signal.Client].
 *
 * Since: 0.1
 */
typedef enum
{
  SIGNAL_CONNECTION_STATE_DISCONNECTED,
  SIGNAL_CONNECTION_STATE_CONNECTING,
  SIGNAL_CONNECTION_STATE_CONNECTED,
  SIGNAL_CONNECTION_STATE_AUTHENTICATING,
  SIGNAL_CONNECTION_STATE_AUTHENTICATED,
  SIGNAL_CONNECTION_STATE_RECONNECTING,
} SignalConnectionState;

G_END_DECLS
