/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

/* A function for each property. Those that set one leave the checks to set_property(). */

/**
 * signal_client_get_server_url:
 * @self: the client
 *
 * Gets the URL of the server.
 *
 * Returns: (transfer none) (nullable): the URL, or %NULL if none is set
 *
 * Since: 0.1
 */
const char *
signal_client_get_server_url (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->server_url;
}

/**
 * signal_client_set_server_url:
 * @self: the client
 * @server_url: (nullable): the URL, or %NULL
 *
 * Sets the URL of the server.
 *
 * It can be changed while the client is disconnected.
 *
 * Since: 0.1
 */
void
signal_client_set_server_url (SignalClient *self,
                              const char   *server_url)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "server-url", server_url, NULL);
}

/**
 * signal_client_get_ecdh_info:
 * @self: the client
 *
 * Gets the info string of the key derivation (HKDF, RFC 5869).
 *
 * Returns: (transfer none): the info string
 *
 * Since: 0.1
 */
const char *
signal_client_get_ecdh_info (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->connection->ecdh_info;
}

/**
 * signal_client_set_ecdh_info:
 * @self: the client
 * @ecdh_info: (nullable): the info string, in UTF-8, or %NULL for the default
 *
 * Sets the info string of the key derivation (HKDF, RFC 5869).
 *
 * It must be the same on the server. A change takes effect with the next connection.
 *
 * Since: 0.1
 */
void
signal_client_set_ecdh_info (SignalClient *self,
                             const char   *ecdh_info)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "ecdh-info", ecdh_info, NULL);
}

/**
 * signal_client_set_token:
 * @self: the client
 * @token: (nullable): the bearer token, in UTF-8, or %NULL
 *
 * Sets the token to authenticate with.
 *
 * This is the same as [method@Signal.Client.update_token].
 *
 * Since: 0.1
 */
void
signal_client_set_token (SignalClient *self,
                         const char   *token)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  signal_client_update_token (self, token);
}

/**
 * signal_client_get_auto_join_rooms:
 * @self: the client
 *
 * Gets the rooms that are joined after every authentication.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the names of the rooms, or %NULL
 *
 * Since: 0.1
 */
const char * const *
signal_client_get_auto_join_rooms (SignalClient *self)
{
  SignalRoomSet *rooms;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  rooms = signal_session_get_rooms (self->session);
  return (const char * const *) signal_room_set_get_auto_join (rooms);
}

/**
 * signal_client_set_auto_join_rooms:
 * @self: the client
 * @auto_join_rooms: (nullable) (array zero-terminated=1): the names of the rooms, or %NULL
 *
 * Sets the rooms that are joined after every authentication.
 *
 * While the client is authenticated, rooms that are new are joined and rooms that are missing are
 * left.
 *
 * Since: 0.1
 */
void
signal_client_set_auto_join_rooms (SignalClient       *self,
                                   const char * const *auto_join_rooms)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "auto-join-rooms", auto_join_rooms, NULL);
}

/**
 * signal_client_get_max_retries:
 * @self: the client
 *
 * Gets how many attempts in a row may fail before the client gives up.
 *
 * Returns: the number of attempts; %G_MAXUINT if the client never gives up
 *
 * Since: 0.1
 */
guint
signal_client_get_max_retries (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->backoff.max_retries;
}

/**
 * signal_client_set_max_retries:
 * @self: the client
 * @max_retries: the number of attempts; 0 to never retry, %G_MAXUINT to never give up
 *
 * Sets how many attempts in a row may fail before the client gives up.
 *
 * Since: 0.1
 */
void
signal_client_set_max_retries (SignalClient *self,
                               guint         max_retries)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "max-retries", max_retries, NULL);
}

/**
 * signal_client_get_base_interval:
 * @self: the client
 *
 * Gets the delay before the first retry.
 *
 * Returns: the delay, in milliseconds
 *
 * Since: 0.1
 */
guint
signal_client_get_base_interval (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->backoff.base_interval;
}

/**
 * signal_client_set_base_interval:
 * @self: the client
 * @base_interval: the delay, in milliseconds
 *
 * Sets the delay before the first retry.
 *
 * Since: 0.1
 */
void
signal_client_set_base_interval (SignalClient *self,
                                 guint         base_interval)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "base-interval", base_interval, NULL);
}

/**
 * signal_client_get_backoff_multiplier:
 * @self: the client
 *
 * Gets the factor by which each delay is longer than the one before.
 *
 * Returns: the factor, at least 1
 *
 * Since: 0.1
 */
double
signal_client_get_backoff_multiplier (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->backoff.multiplier;
}

/**
 * signal_client_set_backoff_multiplier:
 * @self: the client
 * @backoff_multiplier: the factor, at least 1
 *
 * Sets the factor by which each delay is longer than the one before.
 *
 * Since: 0.1
 */
void
signal_client_set_backoff_multiplier (SignalClient *self,
                                      double        backoff_multiplier)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "backoff-multiplier", backoff_multiplier, NULL);
}

/**
 * signal_client_get_max_interval:
 * @self: the client
 *
 * Gets the longest delay before a retry.
 *
 * Returns: the delay, in milliseconds
 *
 * Since: 0.1
 */
guint
signal_client_get_max_interval (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->backoff.max_interval;
}

/**
 * signal_client_set_max_interval:
 * @self: the client
 * @max_interval: the delay, in milliseconds
 *
 * Sets the longest delay before a retry.
 *
 * Since: 0.1
 */
void
signal_client_set_max_interval (SignalClient *self,
                                guint         max_interval)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "max-interval", max_interval, NULL);
}

/**
 * signal_client_get_jitter:
 * @self: the client
 *
 * Gets the share of each delay that is random.
 *
 * Returns: the share, from 0 to 1
 *
 * Since: 0.1
 */
double
signal_client_get_jitter (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->backoff.jitter;
}

/**
 * signal_client_set_jitter:
 * @self: the client
 * @jitter: the share, from 0 to 1
 *
 * Sets the share of each delay that is random.
 *
 * Since: 0.1
 */
void
signal_client_set_jitter (SignalClient *self,
                          double        jitter)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "jitter", jitter, NULL);
}

/**
 * signal_client_get_heartbeat_interval:
 * @self: the client
 *
 * Gets the time between heartbeats.
 *
 * Returns: the time, in milliseconds; 0 if there are none
 *
 * Since: 0.1
 */
guint
signal_client_get_heartbeat_interval (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->connection->heartbeat_interval;
}

/**
 * signal_client_set_heartbeat_interval:
 * @self: the client
 * @heartbeat_interval: the time, in milliseconds; 0 for none
 *
 * Sets the time between heartbeats.
 *
 * A change takes effect with the next connection.
 *
 * Since: 0.1
 */
void
signal_client_set_heartbeat_interval (SignalClient *self,
                                      guint         heartbeat_interval)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "heartbeat-interval", heartbeat_interval, NULL);
}

/**
 * signal_client_get_liveness_timeout:
 * @self: the client
 *
 * Gets how long the server may take to answer a ping.
 *
 * Returns: the time, in milliseconds
 *
 * Since: 0.1
 */
guint
signal_client_get_liveness_timeout (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->connection->liveness_timeout;
}

/**
 * signal_client_set_liveness_timeout:
 * @self: the client
 * @liveness_timeout: the time, in milliseconds
 *
 * Sets how long the server may take to answer a ping.
 *
 * A change takes effect with the next connection.
 *
 * Since: 0.1
 */
void
signal_client_set_liveness_timeout (SignalClient *self,
                                    guint         liveness_timeout)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "liveness-timeout", liveness_timeout, NULL);
}

/**
 * signal_client_get_connect_timeout:
 * @self: the client
 *
 * Gets how long one attempt to connect may take.
 *
 * Returns: the time, in milliseconds
 *
 * Since: 0.1
 */
guint
signal_client_get_connect_timeout (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->connection->connect_timeout;
}

/**
 * signal_client_set_connect_timeout:
 * @self: the client
 * @connect_timeout: the time, in milliseconds
 *
 * Sets how long one attempt to connect may take.
 *
 * A change takes effect with the next attempt.
 *
 * Since: 0.1
 */
void
signal_client_set_connect_timeout (SignalClient *self,
                                   guint         connect_timeout)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "connect-timeout", connect_timeout, NULL);
}

/**
 * signal_client_get_outbox_limit:
 * @self: the client
 *
 * Gets how many messages are kept until they can be sent.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint
signal_client_get_outbox_limit (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->outbox_limit;
}

/**
 * signal_client_set_outbox_limit:
 * @self: the client
 * @outbox_limit: the number of messages; 0 to keep none
 *
 * Sets how many messages are kept until they can be sent.
 *
 * Since: 0.1
 */
void
signal_client_set_outbox_limit (SignalClient *self,
                                guint         outbox_limit)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "outbox-limit", outbox_limit, NULL);
}

/**
 * signal_client_get_outbox_ttl:
 * @self: the client
 *
 * Gets how long a message may wait in the outbox.
 *
 * Returns: the time, in milliseconds; 0 if there is no limit
 *
 * Since: 0.1
 */
guint
signal_client_get_outbox_ttl (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->outbox_ttl;
}

/**
 * signal_client_set_outbox_ttl:
 * @self: the client
 * @outbox_ttl: the time, in milliseconds; 0 for no limit
 *
 * Sets how long a message may wait in the outbox.
 *
 * Since: 0.1
 */
void
signal_client_set_outbox_ttl (SignalClient *self,
                              guint         outbox_ttl)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "outbox-ttl", outbox_ttl, NULL);
}

/**
 * signal_client_get_max_message_size:
 * @self: the client
 *
 * Gets the size of the largest frame that is sent.
 *
 * Returns: the size, in bytes
 *
 * Since: 0.1
 */
guint
signal_client_get_max_message_size (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->connection->max_message_size;
}

/**
 * signal_client_set_max_message_size:
 * @self: the client
 * @max_message_size: the size, in bytes
 *
 * Sets the size of the largest frame that is sent.
 *
 * A change takes effect with the next connection.
 *
 * Since: 0.1
 */
void
signal_client_set_max_message_size (SignalClient *self,
                                    guint         max_message_size)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "max-message-size", max_message_size, NULL);
}

/**
 * signal_client_get_max_incoming_size:
 * @self: the client
 *
 * Gets the size of the largest message that is received.
 *
 * Returns: the size, in bytes
 *
 * Since: 0.1
 */
guint64
signal_client_get_max_incoming_size (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->connection->max_incoming_size;
}

/**
 * signal_client_set_max_incoming_size:
 * @self: the client
 * @max_incoming_size: the size, in bytes
 *
 * Sets the size of the largest message that is received.
 *
 * A change takes effect with the next connection.
 *
 * Since: 0.1
 */
void
signal_client_set_max_incoming_size (SignalClient *self,
                                     guint64       max_incoming_size)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "max-incoming-size", max_incoming_size, NULL);
}

/**
 * signal_client_get_require_encryption:
 * @self: the client
 *
 * Gets whether a server without encryption is refused.
 *
 * Returns: %TRUE if encryption is required
 *
 * Since: 0.1
 */
gboolean
signal_client_get_require_encryption (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);

  return signal_session_get_settings (self->session)->connection->require_encryption;
}

/**
 * signal_client_set_require_encryption:
 * @self: the client
 * @require_encryption: %TRUE to require encryption
 *
 * Sets whether a server without encryption is refused.
 *
 * A change takes effect with the next connection.
 *
 * Since: 0.1
 */
void
signal_client_set_require_encryption (SignalClient *self,
                                      gboolean      require_encryption)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "require-encryption", require_encryption, NULL);
}

/**
 * signal_client_get_allow_insecure:
 * @self: the client
 *
 * Gets whether `ws://` may be used to another machine.
 *
 * Returns: %TRUE if unprotected connections are allowed
 *
 * Since: 0.1
 */
gboolean
signal_client_get_allow_insecure (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);

  return signal_session_get_settings (self->session)->connection->allow_insecure;
}

/**
 * signal_client_set_allow_insecure:
 * @self: the client
 * @allow_insecure: %TRUE to allow unprotected connections
 *
 * Sets whether `ws://` may be used to another machine.
 *
 * Everybody on the way can then read the token.
 *
 * Since: 0.1
 */
void
signal_client_set_allow_insecure (SignalClient *self,
                                  gboolean      allow_insecure)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "allow-insecure", allow_insecure, NULL);
}

/**
 * signal_client_get_tls_database:
 * @self: the client
 *
 * Gets the certificates that the server is verified with.
 *
 * Returns: (transfer none) (nullable): the database, or %NULL for that of the system
 *
 * Since: 0.1
 */
GTlsDatabase *
signal_client_get_tls_database (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->connection->tls_database;
}

/**
 * signal_client_set_tls_database:
 * @self: the client
 * @tls_database: (nullable): the database, or %NULL for that of the system
 *
 * Sets the certificates that the server is verified with.
 *
 * A change takes effect with the next attempt.
 *
 * Since: 0.1
 */
void
signal_client_set_tls_database (SignalClient *self,
                                GTlsDatabase *tls_database)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "tls-database", tls_database, NULL);
}

/**
 * signal_client_get_tls_certificate:
 * @self: the client
 *
 * Gets the client's own certificate.
 *
 * Returns: (transfer none) (nullable): the certificate, or %NULL
 *
 * Since: 0.1
 */
GTlsCertificate *
signal_client_get_tls_certificate (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->connection->tls_certificate;
}

/**
 * signal_client_set_tls_certificate:
 * @self: the client
 * @tls_certificate: (nullable): the certificate, or %NULL
 *
 * Sets the client's own certificate, for servers that ask for one.
 *
 * A change takes effect with the next attempt.
 *
 * Since: 0.1
 */
void
signal_client_set_tls_certificate (SignalClient    *self,
                                   GTlsCertificate *tls_certificate)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "tls-certificate", tls_certificate, NULL);
}

/**
 * signal_client_get_proxy_resolver:
 * @self: the client
 *
 * Gets the resolver that finds the proxy to use.
 *
 * Returns: (transfer none) (nullable): the resolver, or %NULL for the default one
 *
 * Since: 0.1
 */
GProxyResolver *
signal_client_get_proxy_resolver (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->connection->proxy_resolver;
}

/**
 * signal_client_set_proxy_resolver:
 * @self: the client
 * @proxy_resolver: (nullable): the resolver, or %NULL for the default one
 *
 * Sets the resolver that finds the proxy to use.
 *
 * A change takes effect with the next attempt.
 *
 * Since: 0.1
 */
void
signal_client_set_proxy_resolver (SignalClient   *self,
                                  GProxyResolver *proxy_resolver)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "proxy-resolver", proxy_resolver, NULL);
}

/**
 * signal_client_get_headers:
 * @self: the client
 *
 * Gets the custom headers of the upgrade request.
 *
 * Returns: (transfer none) (nullable): the headers, or %NULL
 *
 * Since: 0.1
 */
SoupMessageHeaders *
signal_client_get_headers (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->connection->headers;
}

/**
 * signal_client_set_headers:
 * @self: the client
 * @headers: (nullable): the headers, or %NULL
 *
 * Sets the custom headers of the upgrade request.
 *
 * A change takes effect with the next attempt.
 *
 * Since: 0.1
 */
void
signal_client_set_headers (SignalClient       *self,
                           SoupMessageHeaders *headers)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "headers", headers, NULL);
}

/**
 * signal_client_get_network_monitor:
 * @self: the client
 *
 * Gets the monitor that reports changes of the network.
 *
 * Returns: (transfer none) (nullable): the monitor, or %NULL for the default one
 *
 * Since: 0.1
 */
GNetworkMonitor *
signal_client_get_network_monitor (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->network_monitor;
}

/**
 * signal_client_set_network_monitor:
 * @self: the client
 * @network_monitor: (nullable): the monitor, or %NULL for the default one
 *
 * Sets the monitor that reports changes of the network.
 *
 * Since: 0.1
 */
void
signal_client_set_network_monitor (SignalClient    *self,
                                   GNetworkMonitor *network_monitor)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "network-monitor", network_monitor, NULL);
}

/**
 * signal_client_get_attempts:
 * @self: the client
 *
 * Gets how many attempts to connect were made.
 *
 * Returns: the number of attempts
 *
 * Since: 0.1
 */
guint64
signal_client_get_attempts (SignalClient *self)
{
  SignalSessionStatistics statistics;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  signal_session_get_statistics (self->session, &statistics);
  return statistics.attempts;
}

/**
 * signal_client_get_reconnects:
 * @self: the client
 *
 * Gets how many times the client was authenticated again.
 *
 * Returns: the number of reconnects
 *
 * Since: 0.1
 */
guint64
signal_client_get_reconnects (SignalClient *self)
{
  SignalSessionStatistics statistics;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  signal_session_get_statistics (self->session, &statistics);
  return statistics.reconnects;
}

/**
 * signal_client_get_messages_sent:
 * @self: the client
 *
 * Gets how many messages were handed to a connection.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint64
signal_client_get_messages_sent (SignalClient *self)
{
  SignalSessionStatistics statistics;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  signal_session_get_statistics (self->session, &statistics);
  return statistics.messages_sent;
}

/**
 * signal_client_get_messages_received:
 * @self: the client
 *
 * Gets how many messages were received.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint64
signal_client_get_messages_received (SignalClient *self)
{
  SignalSessionStatistics statistics;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  signal_session_get_statistics (self->session, &statistics);
  return statistics.messages_received;
}

/**
 * signal_client_get_bytes_sent:
 * @self: the client
 *
 * Gets how many bytes were written, frames and heartbeats included, TLS and HTTP not.
 *
 * Returns: the number of bytes
 *
 * Since: 0.1
 */
guint64
signal_client_get_bytes_sent (SignalClient *self)
{
  SignalSessionStatistics statistics;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  signal_session_get_statistics (self->session, &statistics);
  return statistics.bytes_sent;
}

/**
 * signal_client_get_bytes_received:
 * @self: the client
 *
 * Gets how many bytes were received, counted as those that are sent.
 *
 * Returns: the number of bytes
 *
 * Since: 0.1
 */
guint64
signal_client_get_bytes_received (SignalClient *self)
{
  SignalSessionStatistics statistics;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  signal_session_get_statistics (self->session, &statistics);
  return statistics.bytes_received;
}

/**
 * signal_client_get_round_trip_time:
 * @self: the client
 *
 * Gets how long the last answered ping of this connection took.
 *
 * Returns: the time in microseconds, or -1 if no ping was answered
 *
 * Since: 0.1
 */
gint64
signal_client_get_round_trip_time (SignalClient *self)
{
  SignalConnection *connection;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), -1);

  connection = signal_session_get_connection (self->session);
  return connection != NULL ? signal_connection_get_round_trip (connection) : -1;
}
