/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

/* Accessors for the properties. The setters leave validation to set_property(). */

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
 * @server_url: (nullable): the URL, or %NULL to unset it
 *
 * Sets the URL of the server.
 *
 * The URL can only be changed while the client is disconnected. It is validated when the client
 * connects.
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
 * signal_client_get_server_urls:
 * @self: the client
 *
 * Gets the URLs of further servers, which are tried in turn after
 * [property@Signal.Client:server-url].
 *
 * Returns: (transfer none) (array zero-terminated=1): the URLs
 *
 * Since: 0.1
 */
const char * const *
signal_client_get_server_urls (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return (const char * const *) signal_session_get_settings (self->session)->server_urls;
}

/**
 * signal_client_set_server_urls:
 * @self: the client
 * @server_urls: (nullable) (array zero-terminated=1): the URLs, or %NULL for none
 *
 * Sets the URLs of further servers, which are tried in turn after
 * [property@Signal.Client:server-url].
 *
 * The list can only be changed while the client is disconnected. The URLs are validated when the
 * client connects.
 *
 * Since: 0.1
 */
void
signal_client_set_server_urls (SignalClient       *self,
                               const char * const *server_urls)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "server-urls", server_urls, NULL);
}

/**
 * signal_client_get_current_url:
 * @self: the client
 *
 * Gets the URL of the server that the client is connected or connecting to.
 *
 * Returns: (transfer none) (nullable): the URL, or %NULL while the client is disconnected or waits
 *   for the next attempt
 *
 * Since: 0.1
 */
const char *
signal_client_get_current_url (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_url (self->session);
}

/**
 * signal_client_get_is_connected:
 * @self: the client
 *
 * Gets whether the client is authenticated.
 *
 * Returns: %TRUE if the state is `AUTHENTICATED`
 *
 * Since: 0.1
 */
gboolean
signal_client_get_is_connected (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);

  return signal_session_get_authenticated (self->session) != NULL;
}

/**
 * signal_client_get_retry_at:
 * @self: the client
 *
 * Gets the time of the next attempt to connect.
 *
 * Returns: the time in microseconds, as returned by [func@GLib.get_monotonic_time], or 0 if the
 *   client does not wait for an attempt
 *
 * Since: 0.1
 */
gint64
signal_client_get_retry_at (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_retry_at (self->session);
}

/**
 * signal_client_get_failures:
 * @self: the client
 *
 * Gets the number of consecutive attempts to connect that have failed.
 *
 * Returns: the number of attempts
 *
 * Since: 0.1
 */
guint
signal_client_get_failures (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_failures (self->session);
}

/**
 * signal_client_get_status_text:
 * @self: the client
 *
 * Gets a text for a status line that describes the state of the connection.
 *
 * The text does not contain the remaining time before the next attempt, which
 * [property@Signal.Client:retry-at] determines.
 *
 * Returns: (transfer none): the text, in the language of the user. It is valid until the state
 *   changes
 *
 * Since: 0.1
 */
const char *
signal_client_get_status_text (SignalClient *self)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  text = signal_session_get_status_text (self->session);
  if (g_strcmp0 (self->status_text, text) != 0)
    {
      g_free (self->status_text);
      self->status_text = g_steal_pointer (&text);
    }

  return self->status_text;
}

/**
 * signal_client_get_ecdh_info:
 * @self: the client
 *
 * Gets the info string of the key derivation with HKDF-SHA-256 (RFC 5869).
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
 * @ecdh_info: (nullable): the info string in UTF-8, or %NULL for the default
 *
 * Sets the info string of the key derivation with HKDF-SHA-256 (RFC 5869).
 *
 * It must be the same on the server. A change takes effect with the next attempt to connect.
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
 * @token: (nullable): the bearer token in UTF-8, or %NULL to unset it
 *
 * Sets the bearer token to authenticate with.
 *
 * This is equivalent to [method@Signal.Client.update_token].
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
 * signal_client_get_authenticate_type:
 * @self: the client
 *
 * Gets the type of the token in the `authenticate` event.
 *
 * Returns: (transfer none): the type
 *
 * Since: 0.1
 */
const char *
signal_client_get_authenticate_type (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->authenticate.type;
}

/**
 * signal_client_set_authenticate_type:
 * @self: the client
 * @authenticate_type: (nullable): the type in UTF-8, or %NULL for the default
 *
 * Sets the type of the token in the `authenticate` event.
 *
 * A change takes effect with the next attempt to connect.
 *
 * Since: 0.1
 */
void
signal_client_set_authenticate_type (SignalClient *self,
                                     const char   *authenticate_type)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "authenticate-type", authenticate_type, NULL);
}

/**
 * signal_client_get_authenticate_data:
 * @self: the client
 *
 * Gets the further members of the `authenticate` event.
 *
 * Returns: (transfer none) (nullable): the JSON object, or %NULL if there is none
 *
 * Since: 0.1
 */
JsonNode *
signal_client_get_authenticate_data (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->authenticate.data;
}

/**
 * signal_client_set_authenticate_data:
 * @self: the client
 * @authenticate_data: (nullable): a JSON object, or %NULL for none
 *
 * Sets the further members of the `authenticate` event.
 *
 * The object is shared with the client and read at each attempt to connect; see
 * [property@Signal.Client:authenticate-data].
 *
 * Since: 0.1
 */
void
signal_client_set_authenticate_data (SignalClient *self,
                                     JsonNode     *authenticate_data)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "authenticate-data", authenticate_data, NULL);
}

/**
 * signal_client_get_public_key_member:
 * @self: the client
 *
 * Gets the name of the member that has the public key of the client.
 *
 * Returns: (transfer none): the name
 *
 * Since: 0.1
 */
const char *
signal_client_get_public_key_member (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->authenticate.public_key_member;
}

/**
 * signal_client_set_public_key_member:
 * @self: the client
 * @public_key_member: (nullable): the name in UTF-8, or %NULL for the default
 *
 * Sets the name of the member that has the public key of the client.
 *
 * A change takes effect with the next attempt to connect.
 *
 * Since: 0.1
 */
void
signal_client_set_public_key_member (SignalClient *self,
                                     const char   *public_key_member)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "public-key-member", public_key_member, NULL);
}

/**
 * signal_client_get_auto_join_rooms:
 * @self: the client
 *
 * Gets the rooms that are joined after each authentication.
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
 * @auto_join_rooms: (nullable) (array zero-terminated=1): the names of the rooms, or %NULL for
 *   none
 *
 * Sets the rooms that are joined after each authentication.
 *
 * If the client is authenticated, added rooms are joined and removed rooms are left.
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
 * Gets the maximum number of consecutive retries before the client stops.
 *
 * Returns: the number of retries, or %G_MAXUINT if it is not limited
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
 * @max_retries: the number of retries; 0 to never retry, %G_MAXUINT for no limit
 *
 * Sets the maximum number of consecutive retries before the client stops.
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
 * Gets the factor by which each delay is longer than the previous one.
 *
 * Returns: the factor, which is at least 1
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
 * @backoff_multiplier: the factor, which must be at least 1
 *
 * Sets the factor by which each delay is longer than the previous one.
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
 * Gets the maximum delay before a retry.
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
 * Sets the maximum delay before a retry.
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
 * Gets the fraction of each delay that is randomized.
 *
 * Returns: the fraction, from 0 to 1
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
 * @jitter: the fraction, from 0 to 1
 *
 * Sets the fraction of each delay that is randomized.
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
 * Gets the interval between heartbeats.
 *
 * Returns: the interval in milliseconds, or 0 if no heartbeats are sent
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
 * @heartbeat_interval: the interval in milliseconds, or 0 to send no heartbeats
 *
 * Sets the interval between heartbeats.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets the time within which the server must respond to a ping.
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
 * @liveness_timeout: the time in milliseconds, which must not be 0
 *
 * Sets the time within which the server must respond to a ping.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets the maximum duration of an attempt to connect.
 *
 * Returns: the duration, in milliseconds
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
 * @connect_timeout: the duration in milliseconds, which must not be 0
 *
 * Sets the maximum duration of an attempt to connect.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets the maximum number of messages that are kept until they can be sent.
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
 * @outbox_limit: the number of messages, or 0 to keep none
 *
 * Sets the maximum number of messages that are kept until they can be sent.
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
 * Gets the maximum time that a message is kept in the outbox.
 *
 * Returns: the time in milliseconds, or 0 if there is no limit
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
 * @outbox_ttl: the time in milliseconds, or 0 for no limit
 *
 * Sets the maximum time that a message is kept in the outbox.
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
 * signal_client_get_request_timeout:
 * @self: the client
 *
 * Gets how long a request without a timeout waits for an answer.
 *
 * Returns: the time in milliseconds
 *
 * Since: 0.1
 */
guint
signal_client_get_request_timeout (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_settings (self->session)->request_timeout;
}

/**
 * signal_client_set_request_timeout:
 * @self: the client
 * @request_timeout: the time in milliseconds, at least 1
 *
 * Sets how long a request without a timeout waits for an answer.
 *
 * Since: 0.1
 */
void
signal_client_set_request_timeout (SignalClient *self,
                                   guint         request_timeout)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "request-timeout", request_timeout, NULL);
}

/**
 * signal_client_get_correlation_member:
 * @self: the client
 *
 * Gets the name of the member of a payload that has the ID of a request.
 *
 * Returns: (nullable): the name, or %NULL if there is none
 *
 * Since: 0.1
 */
const char *
signal_client_get_correlation_member (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_session_get_settings (self->session)->correlation_member;
}

/**
 * signal_client_set_correlation_member:
 * @self: the client
 * @correlation_member: (nullable): the name, or %NULL for none
 *
 * Sets the name of the member of a payload that has the ID of a request.
 *
 * Since: 0.1
 */
void
signal_client_set_correlation_member (SignalClient *self,
                                      const char   *correlation_member)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  g_object_set (self, "correlation-member", correlation_member, NULL);
}

/**
 * signal_client_get_max_message_size:
 * @self: the client
 *
 * Gets the maximum size of a frame that is sent.
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
 * @max_message_size: the size in bytes, which must not be 0
 *
 * Sets the maximum size of a frame that is sent.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets the maximum size of a message that is received.
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
 * @max_incoming_size: the size in bytes, which must not be 0; values above 1 GiB have the effect
 *   of 1 GiB
 *
 * Sets the maximum size of a message that is received.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets whether a server that does not offer encryption is rejected.
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
 * Sets whether a server that does not offer encryption is rejected.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets whether `ws://` URLs may be used for other hosts.
 *
 * Returns: %TRUE if connections without TLS are allowed
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
 * @allow_insecure: %TRUE to allow connections without TLS
 *
 * Sets whether `ws://` URLs may be used for other hosts.
 *
 * The token and all messages that are not encrypted can then be read by others on the network.
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
 * Gets the database to verify the certificate of the server with.
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
 * Sets the database to verify the certificate of the server with.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets the client certificate.
 *
 * Returns: (transfer none) (nullable): the certificate, or %NULL if none is set
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
 * @tls_certificate: (nullable): the certificate, or %NULL for none
 *
 * Sets the client certificate to present to servers that request one.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets the resolver that determines which proxy to use.
 *
 * Returns: (transfer none) (nullable): the resolver, or %NULL for the default resolver
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
 * @proxy_resolver: (nullable): the resolver, or %NULL for the default resolver
 *
 * Sets the resolver that determines which proxy to use.
 *
 * A change takes effect with the next attempt to connect.
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
 * Gets the additional headers of the upgrade request.
 *
 * Returns: (transfer none) (nullable): the headers, or %NULL if there are none
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
 * @headers: (nullable): the headers, or %NULL for none
 *
 * Sets the additional headers of the upgrade request.
 *
 * A change takes effect with the next attempt to connect.
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
 * Returns: (transfer none) (nullable): the monitor, or %NULL for the default monitor
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
 * @network_monitor: (nullable): the monitor, or %NULL for the default monitor
 *
 * Sets the monitor that reports changes of the network.
 *
 * A change takes effect when the client is connected the next time.
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
 * Gets the number of attempts to connect since the client was created.
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
 * Gets the number of times that the client has been authenticated after the first time.
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
 * Gets the number of messages that have been passed to a connection.
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
 * Gets the number of application messages that have been received.
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
 * Gets the number of bytes that have been written to the sockets of all connections.
 *
 * This includes WebSocket frame headers and heartbeats, but not the overhead of TLS and HTTP.
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
 * Gets the number of bytes that have been received on all connections.
 *
 * This includes WebSocket frame headers, but not the overhead of TLS and HTTP.
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
 * Gets the round-trip time of the last ping that was answered on the current connection.
 *
 * Returns: the time in microseconds, or -1 if no ping has been answered
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
