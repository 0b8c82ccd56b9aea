/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

/* Accessors for the properties. The setters leave validation to set_property(). */

/**
 * signal_server_get_path:
 * @self: the server
 *
 * Gets the path at which the server accepts connections.
 *
 * Returns: (transfer none): the path
 *
 * Since: 0.1
 */
const char *
signal_server_get_path (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return self->path;
}

/**
 * signal_server_set_path:
 * @self: the server
 * @path: (nullable): the path, or %NULL for the default
 *
 * Sets the path at which the server accepts connections.
 *
 * It must begin with `/`. A change takes effect when the server starts to listen the next time.
 *
 * Since: 0.1
 */
void
signal_server_set_path (SignalServer *self,
                        const char   *path)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "path", path, NULL);
}

/**
 * signal_server_get_ecdh_info:
 * @self: the server
 *
 * Gets the info string of the key derivation with HKDF-SHA-256 (RFC 5869).
 *
 * Returns: (transfer none): the info string
 *
 * Since: 0.1
 */
const char *
signal_server_get_ecdh_info (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return self->ecdh_info;
}

/**
 * signal_server_set_ecdh_info:
 * @self: the server
 * @ecdh_info: (nullable): the info string in UTF-8, or %NULL for the default
 *
 * Sets the info string of the key derivation with HKDF-SHA-256 (RFC 5869).
 *
 * It must be the same on the clients. A change takes effect for peers that authenticate later.
 *
 * Since: 0.1
 */
void
signal_server_set_ecdh_info (SignalServer *self,
                             const char   *ecdh_info)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "ecdh-info", ecdh_info, NULL);
}

/**
 * signal_server_get_require_encryption:
 * @self: the server
 *
 * Gets whether clients that do not offer a key are rejected.
 *
 * Returns: %TRUE if encryption is required
 *
 * Since: 0.1
 */
gboolean
signal_server_get_require_encryption (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);

  return self->require_encryption;
}

/**
 * signal_server_set_require_encryption:
 * @self: the server
 * @require_encryption: %TRUE to require encryption
 *
 * Sets whether clients that do not offer a key are rejected.
 *
 * A change takes effect for peers that authenticate later.
 *
 * Since: 0.1
 */
void
signal_server_set_require_encryption (SignalServer *self,
                                      gboolean      require_encryption)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "require-encryption", require_encryption, NULL);
}

/**
 * signal_server_get_default_rooms:
 * @self: the server
 *
 * Gets the rooms that every peer joins when it has been authenticated.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the names of the rooms, or %NULL
 *
 * Since: 0.1
 */
const char * const *
signal_server_get_default_rooms (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return (const char * const *) self->default_rooms;
}

/**
 * signal_server_set_default_rooms:
 * @self: the server
 * @default_rooms: (nullable) (array zero-terminated=1): the names of the rooms, or %NULL for none
 *
 * Sets the rooms that every peer joins when it has been authenticated.
 *
 * A change takes effect for peers that authenticate later.
 *
 * Since: 0.1
 */
void
signal_server_set_default_rooms (SignalServer       *self,
                                 const char * const *default_rooms)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "default-rooms", default_rooms, NULL);
}

/**
 * signal_server_get_auth_timeout:
 * @self: the server
 *
 * Gets the time within which a peer must authenticate.
 *
 * Returns: the time, in milliseconds
 *
 * Since: 0.1
 */
guint
signal_server_get_auth_timeout (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->auth_timeout;
}

/**
 * signal_server_set_auth_timeout:
 * @self: the server
 * @auth_timeout: the time in milliseconds, which must not be 0
 *
 * Sets the time within which a peer must authenticate.
 *
 * A change takes effect for clients that connect later.
 *
 * Since: 0.1
 */
void
signal_server_set_auth_timeout (SignalServer *self,
                                guint         auth_timeout)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "auth-timeout", auth_timeout, NULL);
}

/**
 * signal_server_get_heartbeat_timeout:
 * @self: the server
 *
 * Gets the time after which a silent peer is disconnected.
 *
 * Returns: the time in milliseconds, or 0 if there is no limit
 *
 * Since: 0.1
 */
guint
signal_server_get_heartbeat_timeout (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->heartbeat_timeout;
}

/**
 * signal_server_set_heartbeat_timeout:
 * @self: the server
 * @heartbeat_timeout: the time in milliseconds, or 0 for no limit
 *
 * Sets the time after which a silent peer is disconnected.
 *
 * Since: 0.1
 */
void
signal_server_set_heartbeat_timeout (SignalServer *self,
                                     guint         heartbeat_timeout)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "heartbeat-timeout", heartbeat_timeout, NULL);
}

/**
 * signal_server_get_max_message_size:
 * @self: the server
 *
 * Gets the maximum size of a frame that a peer may send.
 *
 * Returns: the size, in bytes
 *
 * Since: 0.1
 */
guint
signal_server_get_max_message_size (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->max_message_size;
}

/**
 * signal_server_set_max_message_size:
 * @self: the server
 * @max_message_size: the size in bytes, which must not be 0
 *
 * Sets the maximum size of a frame that a peer may send.
 *
 * A change takes effect for peers that authenticate later.
 *
 * Since: 0.1
 */
void
signal_server_set_max_message_size (SignalServer *self,
                                    guint         max_message_size)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "max-message-size", max_message_size, NULL);
}

/**
 * signal_server_get_max_peers:
 * @self: the server
 *
 * Gets the maximum number of peers.
 *
 * Returns: the number of peers
 *
 * Since: 0.1
 */
guint
signal_server_get_max_peers (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->max_peers;
}

/**
 * signal_server_set_max_peers:
 * @self: the server
 * @max_peers: the number of peers, which must not be 0
 *
 * Sets the maximum number of peers.
 *
 * Lowering the limit does not disconnect authenticated peers.
 *
 * Since: 0.1
 */
void
signal_server_set_max_peers (SignalServer *self,
                             guint         max_peers)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "max-peers", max_peers, NULL);
}

/**
 * signal_server_get_max_pending:
 * @self: the server
 *
 * Gets the maximum number of connections that have not been authenticated yet.
 *
 * Returns: the number of connections
 *
 * Since: 0.1
 */
guint
signal_server_get_max_pending (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->max_pending;
}

/**
 * signal_server_set_max_pending:
 * @self: the server
 * @max_pending: the number of connections, which must not be 0
 *
 * Sets the maximum number of connections that have not been authenticated yet.
 *
 * Since: 0.1
 */
void
signal_server_set_max_pending (SignalServer *self,
                               guint         max_pending)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "max-pending", max_pending, NULL);
}

/**
 * signal_server_get_max_rooms:
 * @self: the server
 *
 * Gets the maximum number of rooms that a peer may join.
 *
 * Returns: the number of rooms
 *
 * Since: 0.1
 */
guint
signal_server_get_max_rooms (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->max_rooms;
}

/**
 * signal_server_set_max_rooms:
 * @self: the server
 * @max_rooms: the number of rooms, which must not be 0
 *
 * Sets the maximum number of rooms that a peer may join.
 *
 * Lowering the limit does not remove peers from rooms.
 *
 * Since: 0.1
 */
void
signal_server_set_max_rooms (SignalServer *self,
                             guint         max_rooms)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "max-rooms", max_rooms, NULL);
}

/**
 * signal_server_get_max_backlog:
 * @self: the server
 *
 * Gets the maximum number of bytes that may be waiting for a peer to receive them.
 *
 * Returns: the size, in bytes
 *
 * Since: 0.1
 */
guint
signal_server_get_max_backlog (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->max_backlog;
}

/**
 * signal_server_set_max_backlog:
 * @self: the server
 * @max_backlog: the size in bytes, which must not be 0
 *
 * Sets the maximum number of bytes that may be waiting for a peer to receive them.
 *
 * A change takes effect for peers that connect later.
 *
 * Since: 0.1
 */
void
signal_server_set_max_backlog (SignalServer *self,
                               guint         max_backlog)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "max-backlog", max_backlog, NULL);
}

/**
 * signal_server_get_tls_certificate:
 * @self: the server
 *
 * Gets the certificate of the server.
 *
 * Returns: (transfer none) (nullable): the certificate, or %NULL for a server without TLS
 *
 * Since: 0.1
 */
GTlsCertificate *
signal_server_get_tls_certificate (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return self->tls_certificate;
}

/**
 * signal_server_set_tls_certificate:
 * @self: the server
 * @tls_certificate: (nullable): the certificate with its private key, or %NULL for a server
 *   without TLS
 *
 * Sets the certificate of the server.
 *
 * A change takes effect when the server starts to listen the next time.
 *
 * Since: 0.1
 */
void
signal_server_set_tls_certificate (SignalServer    *self,
                                   GTlsCertificate *tls_certificate)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "tls-certificate", tls_certificate, NULL);
}

/**
 * signal_server_get_peers:
 * @self: the server
 *
 * Gets the peers that have been authenticated and are connected, as a list model of
 * [class@Signal.Peer].
 *
 * Returns: (transfer none): the list of peers
 *
 * Since: 0.1
 */
GListModel *
signal_server_get_peers (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return G_LIST_MODEL (self->peer_list);
}

/**
 * signal_server_get_bus:
 * @self: the server
 *
 * Gets the bus that connects the server with other servers.
 *
 * Returns: (transfer none) (nullable): the bus, or %NULL if there is none
 *
 * Since: 0.1
 */
SignalBus *
signal_server_get_bus (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return self->bus;
}

/**
 * signal_server_set_bus:
 * @self: the server
 * @bus: (nullable): the bus, or %NULL for none
 *
 * Sets the bus that connects the server with other servers.
 *
 * See [property@Signal.Server:bus].
 *
 * Since: 0.1
 */
void
signal_server_set_bus (SignalServer *self,
                       SignalBus    *bus)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));
  g_return_if_fail (bus == NULL || SIGNAL_IS_BUS (bus));

  g_object_set (self, "bus", bus, NULL);
}

/**
 * signal_server_get_messages_received:
 * @self: the server
 *
 * Gets the number of application messages that have been received from peers.
 *
 * Returns: the number since the server was created
 *
 * Since: 0.1
 */
guint64
signal_server_get_messages_received (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->messages_received;
}

/**
 * signal_server_get_messages_sent:
 * @self: the server
 *
 * Gets the number of messages that have been passed to the connections of peers.
 *
 * Returns: the number since the server was created
 *
 * Since: 0.1
 */
guint64
signal_server_get_messages_sent (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->messages_sent;
}

/**
 * signal_server_get_messages_dropped:
 * @self: the server
 *
 * Gets the number of messages that could not be passed to the connection of a peer.
 *
 * Returns: the number since the server was created
 *
 * Since: 0.1
 */
guint64
signal_server_get_messages_dropped (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->messages_dropped;
}

/**
 * signal_server_get_peers_accepted:
 * @self: the server
 *
 * Gets the number of peers that have been authenticated.
 *
 * Returns: the number since the server was created
 *
 * Since: 0.1
 */
guint64
signal_server_get_peers_accepted (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->peers_accepted;
}

/**
 * signal_server_get_authentications_failed:
 * @self: the server
 *
 * Gets the number of tokens that have been rejected.
 *
 * Returns: the number since the server was created
 *
 * Since: 0.1
 */
guint64
signal_server_get_authentications_failed (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), 0);

  return self->authentications_failed;
}
