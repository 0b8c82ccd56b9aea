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
 * @SIGNAL_CONNECTION_STATE_DISCONNECTED: not connected, and not trying to be
 * @SIGNAL_CONNECTION_STATE_CONNECTING: the socket is being opened
 * @SIGNAL_CONNECTION_STATE_CONNECTED: the socket is open; nothing has been said yet
 * @SIGNAL_CONNECTION_STATE_AUTHENTICATING: the token has been sent; the answer is awaited
 * @SIGNAL_CONNECTION_STATE_AUTHENTICATED: the session key is derived; messages flow
 * @SIGNAL_CONNECTION_STATE_RECONNECTING: waiting for the next attempt
 *
 * Where a [class@Signal.Client] is on its way to the server.
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
