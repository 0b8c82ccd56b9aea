/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

/* A function for each property. Those that set one leave the checks to set_property(). */

/**
 * signal_server_get_path:
 * @self: the server
 *
 * Gets the path that clients connect to.
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
 * Sets the path that clients connect to.
 *
 * It must begin with “/”. A change takes effect when the server listens the next time.
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
 * Gets the info string of the key derivation (HKDF, RFC 5869).
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
 * @ecdh_info: (nullable): the info string, in UTF-8, or %NULL for the default
 *
 * Sets the info string of the key derivation (HKDF, RFC 5869).
 *
 * It must be the same in the clients. A change is for the peers that authenticate after it.
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
 * Gets whether a client that offers no key is refused.
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
 * Sets whether a client that offers no key is refused.
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
 * Gets the rooms that every peer is in once it has authenticated.
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
 * @default_rooms: (nullable) (array zero-terminated=1): the names of the rooms, or %NULL
 *
 * Sets the rooms that every peer is in once it has authenticated.
 *
 * A change is for the peers that authenticate after it.
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
 * Gets how long a peer may take to authenticate.
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
 * @auth_timeout: the time, in milliseconds
 *
 * Sets how long a peer may take to authenticate.
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
 * Gets how long a peer may be silent.
 *
 * Returns: the time, in milliseconds; 0 if there is no limit
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
 * @heartbeat_timeout: the time, in milliseconds; 0 for no limit
 *
 * Sets how long a peer may be silent.
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
 * Gets the size of the largest message that is received.
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
 * @max_message_size: the size, in bytes
 *
 * Sets the size of the largest message that is received.
 *
 * A change is for the peers that authenticate after it.
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
 * Gets how many peers there may be.
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
 * @max_peers: the number of peers
 *
 * Sets how many peers there may be.
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
 * Gets how many connections there may be that have not authenticated yet.
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
 * @max_pending: the number of connections
 *
 * Sets how many connections there may be that have not authenticated yet.
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
 * Gets how many rooms a peer may be in.
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
 * @max_rooms: the number of rooms
 *
 * Sets how many rooms a peer may be in.
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
 * Gets how many bytes may wait for a peer that does not read.
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
 * @max_backlog: the size, in bytes
 *
 * Sets how many bytes may wait for a peer that does not read.
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
 * Gets the certificate that the server listens with.
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
 * Sets the certificate that the server listens with.
 *
 * A change takes effect when the server listens the next time.
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
