/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

/* What can be asked; all of it derived from what is the case. */

static SignalConnection *
get_authenticated (SignalClient *self)
{
  if (signal_client_get_state (self) != SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    return NULL;

  return self->connection;
}

/**
 * signal_client_get_state: (get-property state)
 * @self: a client
 *
 * Gets where the client is on its way to the server.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
SignalConnectionState
signal_client_get_state (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), SIGNAL_CONNECTION_STATE_DISCONNECTED);

  if (self->connection != NULL)
    return signal_connection_get_phase (self->connection);
  if (self->is_preparing)
    return SIGNAL_CONNECTION_STATE_CONNECTING;
  if (self->timer != NULL)
    return SIGNAL_CONNECTION_STATE_RECONNECTING;
  return SIGNAL_CONNECTION_STATE_DISCONNECTED;
}

/**
 * signal_client_get_client_id: (get-property client-id)
 * @self: a client
 *
 * Gets the id that the server gave to this connection.
 *
 * Returns: (nullable): the id, or %NULL while the client is not authenticated
 *
 * Since: 0.1
 */
const char *
signal_client_get_client_id (SignalClient *self)
{
  SignalConnection *connection;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  connection = get_authenticated (self);
  return connection != NULL ? signal_connection_get_client_id (connection) : NULL;
}

/**
 * signal_client_get_user_id: (get-property user-id)
 * @self: a client
 *
 * Gets the id of the user that the server knows the token of.
 *
 * Returns: (nullable): the id, or %NULL while the client is not authenticated or if the server names
 *   no user
 *
 * Since: 0.1
 */
const char *
signal_client_get_user_id (SignalClient *self)
{
  SignalConnection *connection;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  connection = get_authenticated (self);
  return connection != NULL ? signal_connection_get_user_id (connection) : NULL;
}

/**
 * signal_client_get_rooms: (get-property rooms)
 * @self: a client
 *
 * Gets the rooms that the client wants to be in: those of
 * [property@Signal.Client:auto-join-rooms] and those joined, less those left.
 *
 * The server does not say which it granted.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names of the rooms
 *
 * Since: 0.1
 */
const char * const *
signal_client_get_rooms (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_room_set_get_wanted (self->rooms);
}

/**
 * signal_client_get_encrypted: (get-property encrypted)
 * @self: a client
 *
 * Gets whether the client is authenticated and has a session key.
 *
 * Returns: whether messages are encrypted
 *
 * Since: 0.1
 */
gboolean
signal_client_get_encrypted (SignalClient *self)
{
  SignalConnection *connection;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);

  connection = get_authenticated (self);
  return connection != NULL && signal_connection_is_encrypted (connection);
}

/**
 * signal_client_get_last_error: (get-property last-error)
 * @self: a client
 *
 * Gets the last error that [signal@Signal.Client::error] or [signal@Signal.Client::disconnected] told
 * of.
 *
 * Returns: (nullable) (transfer none): the error, or %NULL
 *
 * Since: 0.1
 */
const GError *
signal_client_get_last_error (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return self->last_error;
}
