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
 * @SIGNAL_ERROR_FAILED: something that has no code of its own
 * @SIGNAL_ERROR_NOT_CONNECTED: there is no connection and none is being made
 * @SIGNAL_ERROR_CRYPTO: a key, a tag or a ciphertext is not valid
 * @SIGNAL_ERROR_PROTOCOL: the peer broke the Signal protocol
 * @SIGNAL_ERROR_AUTHENTICATION_FAILED: the server refused the token
 * @SIGNAL_ERROR_ENCRYPTION_REQUIRED: one side demands encryption and the other did not offer it
 * @SIGNAL_ERROR_TIMED_OUT: the peer did not answer in time
 * @SIGNAL_ERROR_RETRIES_EXHAUSTED: [property@Signal.Client:max-retries] attempts in a row failed
 * @SIGNAL_ERROR_OUTBOX_FULL: [property@Signal.Client:outbox-limit] messages are waiting already
 * @SIGNAL_ERROR_TOO_LARGE: a message is larger than the limit
 * @SIGNAL_ERROR_INVALID_ARGUMENT: an event name, a room name, JSON text or a URL is not valid
 * @SIGNAL_ERROR_INSECURE: the URL is cleartext and its host is not this machine
 * @SIGNAL_ERROR_SERVER: the server reported an error of its own
 *
 * What can go wrong in signal-glib itself.
 *
 * Errors of the transport and of TLS keep the domain that they came with.
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
} SignalError;

/**
 * SIGNAL_ERROR:
 *
 * The error domain of signal-glib.
 *
 * Since: 0.1
 */
#define SIGNAL_ERROR (signal_error_quark ())

SIGNAL_AVAILABLE_IN_ALL
GQuark signal_error_quark (void);

G_END_DECLS
