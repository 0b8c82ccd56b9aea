/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <glib.h>

#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

/**
 * SignalError:
 * @SIGNAL_ERROR_FAILED: An error for which there is no specific code.
 * @SIGNAL_ERROR_NOT_CONNECTED: There is no connection, or it has been lost.
 * @SIGNAL_ERROR_CRYPTO: A key, an authentication tag or a ciphertext is not valid, or a session
 *   key has reached its message limit.
 * @SIGNAL_ERROR_PROTOCOL: The peer has violated the Signal protocol.
 * @SIGNAL_ERROR_AUTHENTICATION_FAILED: The server has rejected the token, or no token is set.
 * @SIGNAL_ERROR_ENCRYPTION_REQUIRED: One side requires encryption, and the other did not offer
 *   it.
 * @SIGNAL_ERROR_TIMED_OUT: The peer did not respond in time, or a message could not be sent in
 *   time.
 * @SIGNAL_ERROR_RETRIES_EXHAUSTED: All retries allowed by [property@Signal.Client:max-retries]
 *   have failed.
 * @SIGNAL_ERROR_OUTBOX_FULL: Too many messages, or too many bytes, are waiting to be sent.
 * @SIGNAL_ERROR_TOO_LARGE: A message exceeds the size limit.
 * @SIGNAL_ERROR_INVALID_ARGUMENT: An argument is not valid, such as an event name, a room name,
 *   JSON text or a URL.
 * @SIGNAL_ERROR_INSECURE: The URL does not use TLS, and its host is not the local host.
 * @SIGNAL_ERROR_SERVER: The server has reported an error.
 * @SIGNAL_ERROR_CONNECTION_LOST: The connection was lost, and a message may or may not have
 *   reached the server.
 *
 * Error codes of signal-glib.
 *
 * Errors of the transport and of TLS are reported in their original domains, such as `G_IO_ERROR`
 * and `G_TLS_ERROR`.
 *
 * Since: 0.1
 */
typedef enum
{
  SIGNAL_ERROR_FAILED,
  SIGNAL_ERROR_NOT_CONNECTED,
  SIGNAL_ERROR_CRYPTO,
  SIGNAL_ERROR_PROTOCOL,
  SIGNAL_ERROR_AUTHENTICATION_FAILED,
  SIGNAL_ERROR_ENCRYPTION_REQUIRED,
  SIGNAL_ERROR_TIMED_OUT,
  SIGNAL_ERROR_RETRIES_EXHAUSTED,
  SIGNAL_ERROR_OUTBOX_FULL,
  SIGNAL_ERROR_TOO_LARGE,
  SIGNAL_ERROR_INVALID_ARGUMENT,
  SIGNAL_ERROR_INSECURE,
  SIGNAL_ERROR_SERVER,
  SIGNAL_ERROR_CONNECTION_LOST,
} SignalError;

/**
 * SIGNAL_ERROR:
 *
 * The error domain of signal-glib.
 *
 * Errors in this domain have codes of the [error@Signal.Error] enumeration.
 *
 * Since: 0.1
 */
#define SIGNAL_ERROR (signal_error_quark ())

SIGNAL_AVAILABLE_IN_ALL
GQuark signal_error_quark (void);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_error_get_advice (const GError *error);

G_END_DECLS
