/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"
#include "protocol/signal-handshake-private.h"
#include "signal-enums.h"
#include "util/signal-property-private.h"

#define READ_ONLY (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define WRITE_ONLY (G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define READ_WRITE (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define CONSTRUCTED (READ_WRITE | G_PARAM_CONSTRUCT) /* the default is set by construction */

GParamSpec *signal_client_properties[SIGNAL_CLIENT_N_PROPS];

static gboolean
set_server_url (SignalClient  *self,
                char         **field,
                const GValue  *value)
{
  g_return_val_if_fail (signal_client_get_state (self) == SIGNAL_CONNECTION_STATE_DISCONNECTED, FALSE);

  return signal_property_set_string (field, value);
}

static gboolean
set_ecdh_info (char         **field,
               const GValue  *value,
               GParamSpec    *pspec)
{
  const GValue *fallback = g_param_spec_get_default_value (pspec);

  return signal_property_set_string (field, g_value_get_string (value) != NULL ? value : fallback);
}

static gboolean
set_headers (SoupMessageHeaders **field,
             const GValue        *value)
{
  SoupMessageHeaders *before = *field;
  gboolean is_changed = before != g_value_get_boxed (value);

  *field = g_value_dup_boxed (value);
  g_clear_pointer (&before, soup_message_headers_unref);
  return is_changed;
}

static gboolean
set_auto_join_rooms (SignalClient *self,
                     const GValue *value)
{
  if (!signal_session_set_auto_join_rooms (self->session, g_value_get_boxed (value)))
    return FALSE;

  g_object_notify_by_pspec (G_OBJECT (self), signal_client_properties[SIGNAL_CLIENT_PROP_ROOMS]);
  return TRUE;
}

/* Sets what the session uses. Returns whether that has changed it. */
static gboolean
set_session_property (SignalClient *self,
                      guint         prop_id,
                      const GValue *value)
{
  SignalSessionSettings *settings = signal_session_get_settings (self->session);

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_SERVER_URL:
      return set_server_url (self, &settings->server_url, value);
    case SIGNAL_CLIENT_PROP_AUTO_JOIN_ROOMS:
      return set_auto_join_rooms (self, value);
    case SIGNAL_CLIENT_PROP_MAX_RETRIES:
      return signal_property_set_uint (&settings->backoff.max_retries, value);
    case SIGNAL_CLIENT_PROP_BASE_INTERVAL:
      return signal_property_set_uint (&settings->backoff.base_interval, value);
    case SIGNAL_CLIENT_PROP_BACKOFF_MULTIPLIER:
      return signal_property_set_double (&settings->backoff.multiplier, value);
    case SIGNAL_CLIENT_PROP_MAX_INTERVAL:
      return signal_property_set_uint (&settings->backoff.max_interval, value);
    case SIGNAL_CLIENT_PROP_JITTER:
      return signal_property_set_double (&settings->backoff.jitter, value);
    case SIGNAL_CLIENT_PROP_OUTBOX_LIMIT:
      return signal_property_set_uint (&settings->outbox_limit, value);
    case SIGNAL_CLIENT_PROP_OUTBOX_TTL:
      return signal_property_set_uint (&settings->outbox_ttl, value);
    case SIGNAL_CLIENT_PROP_NETWORK_MONITOR:
      return g_set_object (&settings->network_monitor, g_value_get_object (value));
    default:
      g_return_val_if_reached (FALSE);
    }
}

/* Likewise, what each of its connections uses. */
static gboolean
set_connection_property (SignalClient *self,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  SignalSessionSettings *settings = signal_session_get_settings (self->session);
  SignalConnectionOptions *options = signal_connection_options_make_writable (&settings->connection);

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_ECDH_INFO:
      return set_ecdh_info (&options->ecdh_info, value, pspec);
    case SIGNAL_CLIENT_PROP_HEARTBEAT_INTERVAL:
      return signal_property_set_uint (&options->heartbeat_interval, value);
    case SIGNAL_CLIENT_PROP_LIVENESS_TIMEOUT:
      return signal_property_set_uint (&options->liveness_timeout, value);
    case SIGNAL_CLIENT_PROP_CONNECT_TIMEOUT:
      return signal_property_set_uint (&options->connect_timeout, value);
    case SIGNAL_CLIENT_PROP_MAX_MESSAGE_SIZE:
      return signal_property_set_uint (&options->max_message_size, value);
    case SIGNAL_CLIENT_PROP_MAX_INCOMING_SIZE:
      return signal_property_set_uint64 (&options->max_incoming_size, value);
    case SIGNAL_CLIENT_PROP_REQUIRE_ENCRYPTION:
      return signal_property_set_boolean (&options->require_encryption, value);
    case SIGNAL_CLIENT_PROP_ALLOW_INSECURE:
      return signal_property_set_boolean (&options->allow_insecure, value);
    case SIGNAL_CLIENT_PROP_TLS_DATABASE:
      return g_set_object (&options->tls_database, g_value_get_object (value));
    case SIGNAL_CLIENT_PROP_TLS_CERTIFICATE:
      return g_set_object (&options->tls_certificate, g_value_get_object (value));
    case SIGNAL_CLIENT_PROP_PROXY_RESOLVER:
      return g_set_object (&options->proxy_resolver, g_value_get_object (value));
    case SIGNAL_CLIENT_PROP_HEADERS:
      return set_headers (&options->headers, value);
    default:
      return set_session_property (self, prop_id, value);
    }
}

static void
set_property (GObject      *object,
              guint         prop_id,
              const GValue *value,
              GParamSpec   *pspec)
{
  SignalClient *self = SIGNAL_CLIENT (object);

  if (prop_id == SIGNAL_CLIENT_PROP_TOKEN)
    signal_client_update_token (self, g_value_get_string (value));
  else if ((pspec->flags & G_PARAM_WRITABLE) == 0)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  else if (set_connection_property (self, prop_id, value, pspec))
    g_object_notify_by_pspec (object, pspec);
}

static void
get_statistic (SignalClient *self,
               guint         prop_id,
               GValue       *value)
{
  SignalConnection *connection = signal_session_get_connection (self->session);
  SignalSessionStatistics statistics;

  signal_session_get_statistics (self->session, &statistics);
  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_ATTEMPTS:
      g_value_set_uint64 (value, statistics.attempts);
      break;
    case SIGNAL_CLIENT_PROP_RECONNECTS:
      g_value_set_uint64 (value, statistics.reconnects);
      break;
    case SIGNAL_CLIENT_PROP_MESSAGES_SENT:
      g_value_set_uint64 (value, statistics.messages_sent);
      break;
    case SIGNAL_CLIENT_PROP_MESSAGES_RECEIVED:
      g_value_set_uint64 (value, statistics.messages_received);
      break;
    case SIGNAL_CLIENT_PROP_BYTES_SENT:
      g_value_set_uint64 (value, statistics.bytes_sent);
      break;
    case SIGNAL_CLIENT_PROP_BYTES_RECEIVED:
      g_value_set_uint64 (value, statistics.bytes_received);
      break;
    case SIGNAL_CLIENT_PROP_ROUND_TRIP_TIME:
      g_value_set_int64 (value, connection != NULL ? signal_connection_get_round_trip (connection) : -1);
      break;
    default:
      g_return_if_reached ();
    }
}

static void
get_read_only_property (SignalClient *self,
                        guint         prop_id,
                        GValue       *value)
{
  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_STATE:
      g_value_set_enum (value, signal_client_get_state (self));
      break;
    case SIGNAL_CLIENT_PROP_CLIENT_ID:
      g_value_set_string (value, signal_client_get_client_id (self));
      break;
    case SIGNAL_CLIENT_PROP_USER_ID:
      g_value_set_string (value, signal_client_get_user_id (self));
      break;
    case SIGNAL_CLIENT_PROP_ROOMS:
      g_value_set_boxed (value, signal_client_get_rooms (self));
      break;
    case SIGNAL_CLIENT_PROP_ENCRYPTED:
      g_value_set_boolean (value, signal_client_get_encrypted (self));
      break;
    case SIGNAL_CLIENT_PROP_LAST_ERROR:
      g_value_set_boxed (value, signal_client_get_last_error (self));
      break;
    case SIGNAL_CLIENT_PROP_OUTBOX_LENGTH:
      g_value_set_uint (value, signal_client_get_outbox_length (self));
      break;
    case SIGNAL_CLIENT_PROP_BUFFERED_AMOUNT:
      g_value_set_uint64 (value, signal_client_get_buffered_amount (self));
      break;
    default:
      get_statistic (self, prop_id, value);
    }
}

static void
get_session_property (SignalClient *self,
                      guint         prop_id,
                      GValue       *value)
{
  const SignalSessionSettings *settings = signal_session_get_settings (self->session);

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_SERVER_URL:
      g_value_set_string (value, settings->server_url);
      break;
    case SIGNAL_CLIENT_PROP_AUTO_JOIN_ROOMS:
      g_value_set_boxed (value, signal_room_set_get_auto_join (signal_session_get_rooms (self->session)));
      break;
    case SIGNAL_CLIENT_PROP_MAX_RETRIES:
      g_value_set_uint (value, settings->backoff.max_retries);
      break;
    case SIGNAL_CLIENT_PROP_BASE_INTERVAL:
      g_value_set_uint (value, settings->backoff.base_interval);
      break;
    case SIGNAL_CLIENT_PROP_BACKOFF_MULTIPLIER:
      g_value_set_double (value, settings->backoff.multiplier);
      break;
    case SIGNAL_CLIENT_PROP_MAX_INTERVAL:
      g_value_set_uint (value, settings->backoff.max_interval);
      break;
    case SIGNAL_CLIENT_PROP_JITTER:
      g_value_set_double (value, settings->backoff.jitter);
      break;
    case SIGNAL_CLIENT_PROP_OUTBOX_LIMIT:
      g_value_set_uint (value, settings->outbox_limit);
      break;
    case SIGNAL_CLIENT_PROP_OUTBOX_TTL:
      g_value_set_uint (value, settings->outbox_ttl);
      break;
    case SIGNAL_CLIENT_PROP_NETWORK_MONITOR:
      g_value_set_object (value, settings->network_monitor);
      break;
    default:
      get_read_only_property (self, prop_id, value);
    }
}

static void
get_property (GObject    *object,
              guint       prop_id,
              GValue     *value,
              GParamSpec *pspec)
{
  SignalClient *self = SIGNAL_CLIENT (object);
  const SignalConnectionOptions *options = signal_session_get_settings (self->session)->connection;

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_ECDH_INFO:
      g_value_set_string (value, options->ecdh_info);
      break;
    case SIGNAL_CLIENT_PROP_HEARTBEAT_INTERVAL:
      g_value_set_uint (value, options->heartbeat_interval);
      break;
    case SIGNAL_CLIENT_PROP_LIVENESS_TIMEOUT:
      g_value_set_uint (value, options->liveness_timeout);
      break;
    case SIGNAL_CLIENT_PROP_CONNECT_TIMEOUT:
      g_value_set_uint (value, options->connect_timeout);
      break;
    case SIGNAL_CLIENT_PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint (value, options->max_message_size);
      break;
    case SIGNAL_CLIENT_PROP_MAX_INCOMING_SIZE:
      g_value_set_uint64 (value, options->max_incoming_size);
      break;
    case SIGNAL_CLIENT_PROP_REQUIRE_ENCRYPTION:
      g_value_set_boolean (value, options->require_encryption);
      break;
    case SIGNAL_CLIENT_PROP_ALLOW_INSECURE:
      g_value_set_boolean (value, options->allow_insecure);
      break;
    case SIGNAL_CLIENT_PROP_TLS_DATABASE:
      g_value_set_object (value, options->tls_database);
      break;
    case SIGNAL_CLIENT_PROP_TLS_CERTIFICATE:
      g_value_set_object (value, options->tls_certificate);
      break;
    case SIGNAL_CLIENT_PROP_PROXY_RESOLVER:
      g_value_set_object (value, options->proxy_resolver);
      break;
    case SIGNAL_CLIENT_PROP_HEADERS:
      g_value_set_boxed (value, options->headers);
      break;
    default:
      get_session_property (self, prop_id, value);
    }
}

static void
install_server_properties (void)
{
  /**
   * SignalClient:server-url: (getter get_server_url) (setter set_server_url)
   *
   * The URL of the server: `wss://…`, or `ws://…` to this machine.
   *
   * The host is an IP address or a name; that of a link-local IPv6 address has its zone, as in
   * `wss://[fe80::1%25eth0]/ws`. The URL is checked when the client connects.
   *
   * Can be changed while the state is `DISCONNECTED`.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_SERVER_URL] =
    g_param_spec_string ("server-url", NULL, NULL, NULL, READ_WRITE);

  /**
   * SignalClient:ecdh-info: (getter get_ecdh_info) (setter set_ecdh_info)
   *
   * The info string of HKDF (RFC 5869), the same as on the server, in UTF-8.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ECDH_INFO] =
    g_param_spec_string ("ecdh-info", NULL, NULL, SIGNAL_HANDSHAKE_DEFAULT_INFO, CONSTRUCTED);

  /**
   * SignalClient:token: (setter set_token)
   *
   * The bearer token. As [method@Signal.Client.update_token].
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_TOKEN] =
    g_param_spec_string ("token", NULL, NULL, NULL, WRITE_ONLY);

  /**
   * SignalClient:auto-join-rooms: (getter get_auto_join_rooms) (setter set_auto_join_rooms)
   *
   * The rooms that are joined after every authentication.
   *
   * A name that is not valid lets [method@Signal.Client.connect_async] fail. Set while authenticated,
   * the rooms that are new are joined and those that are no longer wanted are left.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_AUTO_JOIN_ROOMS] =
    g_param_spec_boxed ("auto-join-rooms", NULL, NULL, G_TYPE_STRV, READ_WRITE);
}

static void
install_policy_properties (void)
{
  /**
   * SignalClient:max-retries: (getter get_max_retries) (setter set_max_retries)
   *
   * How many attempts in a row may fail before the client gives up; 0: it never retries;
   * `G_MAXUINT`: it never gives up.
   *
   * An attempt that was authenticated has not failed, however soon its connection is lost.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_RETRIES] =
    g_param_spec_uint ("max-retries", NULL, NULL, 0, G_MAXUINT, 20, CONSTRUCTED);

  /**
   * SignalClient:base-interval: (getter get_base_interval) (setter set_base_interval)
   *
   * The wait before the first retry, in milliseconds.
   *
   * After a connection that was authenticated for longer than this the delays begin anew.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BASE_INTERVAL] =
    g_param_spec_uint ("base-interval", NULL, NULL, 0, G_MAXINT, 2000, CONSTRUCTED);

  /**
   * SignalClient:backoff-multiplier: (getter get_backoff_multiplier) (setter set_backoff_multiplier)
   *
   * How much longer each wait is than the one before.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BACKOFF_MULTIPLIER] =
    g_param_spec_double ("backoff-multiplier", NULL, NULL, 1, G_MAXDOUBLE, 1.5, CONSTRUCTED);

  /**
   * SignalClient:max-interval: (getter get_max_interval) (setter set_max_interval)
   *
   * The longest wait, in milliseconds.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_INTERVAL] =
    g_param_spec_uint ("max-interval", NULL, NULL, 0, G_MAXINT, 30000, CONSTRUCTED);

  /**
   * SignalClient:jitter: (getter get_jitter) (setter set_jitter)
   *
   * The share of each wait that is left to chance, so that many clients do not return at once: a
   * wait of d is drawn from [(1 − jitter) × d, d].
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_JITTER] =
    g_param_spec_double ("jitter", NULL, NULL, 0, 1, 0.2, CONSTRUCTED);

  /**
   * SignalClient:heartbeat-interval: (getter get_heartbeat_interval) (setter set_heartbeat_interval)
   *
   * The time between heartbeats in milliseconds, and the silence after which the server is
   * pinged; 0: neither.
   *
   * The public server closes a connection after 90 seconds without traffic.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_HEARTBEAT_INTERVAL] =
    g_param_spec_uint ("heartbeat-interval", NULL, NULL, 0, G_MAXINT, 30000, CONSTRUCTED);

  /**
   * SignalClient:liveness-timeout: (getter get_liveness_timeout) (setter set_liveness_timeout)
   *
   * How long after a ping a silent server counts as dead, in milliseconds.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_LIVENESS_TIMEOUT] =
    g_param_spec_uint ("liveness-timeout", NULL, NULL, 1, G_MAXINT, 10000, CONSTRUCTED);

  /**
   * SignalClient:connect-timeout: (getter get_connect_timeout) (setter set_connect_timeout)
   *
   * How long one attempt may take from its beginning to `AUTHENTICATED`, in milliseconds.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_CONNECT_TIMEOUT] =
    g_param_spec_uint ("connect-timeout", NULL, NULL, 1, G_MAXINT, 15000, CONSTRUCTED);

  /**
   * SignalClient:outbox-limit: (getter get_outbox_limit) (setter set_outbox_limit)
   *
   * How many messages are kept while the client is on its way to the server; 0: none, sending
   * then fails with `NOT_CONNECTED`.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_LIMIT] =
    g_param_spec_uint ("outbox-limit", NULL, NULL, 0, G_MAXUINT, 256, CONSTRUCTED);
}

static void
install_limits_properties (void)
{
  /**
   * SignalClient:outbox-ttl: (getter get_outbox_ttl) (setter set_outbox_ttl)
   *
   * How long a message may wait in the outbox, in milliseconds; 0: as long as it takes.
   *
   * One that waited longer is dropped when the connection is there, and reported by
   * [signal@Signal.Client::error] (%SIGNAL_ERROR_TIMED_OUT).
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_TTL] =
    g_param_spec_uint ("outbox-ttl", NULL, NULL, 0, G_MAXINT, 0, CONSTRUCTED);

  /**
   * SignalClient:max-message-size: (getter get_max_message_size) (setter set_max_message_size)
   *
   * The largest frame that is sent, in bytes; the public server takes no more than 131072.
   *
   * Encryption makes a message of n bytes into a frame of about 4/3 × n + 100.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_uint ("max-message-size", NULL, NULL, 1, G_MAXUINT, 131072, CONSTRUCTED);

  /**
   * SignalClient:max-incoming-size: (getter get_max_incoming_size) (setter set_max_incoming_size)
   *
   * The largest message that is taken, in bytes, all its frames together; no more than 1 GiB,
   * whatever is set. A larger one ends the connection.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_INCOMING_SIZE] =
    g_param_spec_uint64 ("max-incoming-size", NULL, NULL, 1, G_MAXINT64, 16 * 1024 * 1024,
                         CONSTRUCTED);

  /**
   * SignalClient:require-encryption: (getter get_require_encryption) (setter set_require_encryption)
   *
   * Whether to refuse a server without encryption.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_REQUIRE_ENCRYPTION] =
    g_param_spec_boolean ("require-encryption", NULL, NULL, TRUE, CONSTRUCTED);

  /**
   * SignalClient:allow-insecure: (getter get_allow_insecure) (setter set_allow_insecure)
   *
   * Whether `ws://` may be used to another machine, where everybody on the way can read the
   * token.
   *
   * This machine is a loopback address, `localhost` and each name that ends in `.localhost`. Such a name
   * that turns out to have another address ends the attempts with %SIGNAL_ERROR_INSECURE.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ALLOW_INSECURE] =
    g_param_spec_boolean ("allow-insecure", NULL, NULL, FALSE, CONSTRUCTED);
}

static void
install_network_properties (void)
{
  /**
   * SignalClient:tls-database: (getter get_tls_database) (setter set_tls_database)
   *
   * The certificates that the server's one is checked against; %NULL: the system's.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_TLS_DATABASE] =
    g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, READ_WRITE);

  /**
   * SignalClient:tls-certificate: (getter get_tls_certificate) (setter set_tls_certificate)
   *
   * The client's own certificate, for servers that ask for one.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_TLS_CERTIFICATE] =
    g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, READ_WRITE);

  /**
   * SignalClient:proxy-resolver: (getter get_proxy_resolver) (setter set_proxy_resolver)
   *
   * What finds the proxy to use; %NULL: the default one.
   *
   * The default one is not asked for this machine. The one that is set is, for `wss://`; for `ws://`
   * only if [property@Signal.Client:allow-insecure] is %TRUE, since the proxy reads what passes.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_PROXY_RESOLVER] =
    g_param_spec_object ("proxy-resolver", NULL, NULL, G_TYPE_PROXY_RESOLVER, READ_WRITE);

  /**
   * SignalClient:headers: (getter get_headers) (setter set_headers)
   *
   * Extra headers of the upgrade request, such as `Origin` or a gateway's key.
   *
   * Those of the WebSocket handshake itself and `Host` are left out. A name or a value that HTTP does
   * not allow ends the attempt with %SIGNAL_ERROR_INVALID_ARGUMENT.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_HEADERS] =
    g_param_spec_boxed ("headers", NULL, NULL, SOUP_TYPE_MESSAGE_HEADERS, READ_WRITE);

  /**
   * SignalClient:network-monitor: (getter get_network_monitor) (setter set_network_monitor)
   *
   * What tells that the network has changed; %NULL: the default one.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_NETWORK_MONITOR] =
    g_param_spec_object ("network-monitor", NULL, NULL, G_TYPE_NETWORK_MONITOR, READ_WRITE);
}

static void
install_state_properties (void)
{
  /**
   * SignalClient:state: (getter get_state)
   *
   * Where the client is on its way to the server.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, SIGNAL_TYPE_CONNECTION_STATE,
                       SIGNAL_CONNECTION_STATE_DISCONNECTED, READ_ONLY);

  /**
   * SignalClient:client-id: (getter get_client_id)
   *
   * The id that the server gave to this connection; %NULL while not authenticated.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_CLIENT_ID] =
    g_param_spec_string ("client-id", NULL, NULL, NULL, READ_ONLY);

  /**
   * SignalClient:user-id: (getter get_user_id)
   *
   * The id of the user that the server knows the token of; %NULL while not authenticated or if
   * the server names no user.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_USER_ID] =
    g_param_spec_string ("user-id", NULL, NULL, NULL, READ_ONLY);

  /**
   * SignalClient:rooms: (getter get_rooms)
   *
   * The rooms that the client wants to be in: auto-join and joined, less left.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ROOMS] =
    g_param_spec_boxed ("rooms", NULL, NULL, G_TYPE_STRV, READ_ONLY);

  /**
   * SignalClient:encrypted: (getter get_encrypted)
   *
   * Whether the client is authenticated and has a session key.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ENCRYPTED] =
    g_param_spec_boolean ("encrypted", NULL, NULL, FALSE, READ_ONLY);

  /**
   * SignalClient:last-error: (getter get_last_error)
   *
   * The last error that was told of.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_LAST_ERROR] =
    g_param_spec_boxed ("last-error", NULL, NULL, G_TYPE_ERROR, READ_ONLY);
}

static void
install_statistics_properties (void)
{
  /**
   * SignalClient:outbox-length: (getter get_outbox_length)
   *
   * How many messages were accepted and are not known to be written to the socket.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_LENGTH] =
    g_param_spec_uint ("outbox-length", NULL, NULL, 0, G_MAXUINT, 0, READ_ONLY);

  /**
   * SignalClient:buffered-amount: (getter get_buffered_amount)
   *
   * How many bytes were accepted and have not been taken by the socket. Not notified: see
   * [signal@Signal.Client::drained].
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BUFFERED_AMOUNT] =
    g_param_spec_uint64 ("buffered-amount", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:attempts: (getter get_attempts)
   *
   * How many attempts to connect were made. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ATTEMPTS] =
    g_param_spec_uint64 ("attempts", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:reconnects: (getter get_reconnects)
   *
   * How many times the client was authenticated again. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_RECONNECTS] =
    g_param_spec_uint64 ("reconnects", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:messages-sent: (getter get_messages_sent)
   *
   * How many messages were handed to a connection. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MESSAGES_SENT] =
    g_param_spec_uint64 ("messages-sent", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:messages-received: (getter get_messages_received)
   *
   * How many messages came. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MESSAGES_RECEIVED] =
    g_param_spec_uint64 ("messages-received", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:bytes-sent: (getter get_bytes_sent)
   *
   * How many bytes were written, frames and heartbeats included, TLS and HTTP not. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BYTES_SENT] =
    g_param_spec_uint64 ("bytes-sent", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:bytes-received: (getter get_bytes_received)
   *
   * How many bytes came, as in [property@Signal.Client:bytes-sent]. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BYTES_RECEIVED] =
    g_param_spec_uint64 ("bytes-received", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:round-trip-time: (getter get_round_trip_time)
   *
   * How long the last ping that was answered took, in microseconds; -1: none was on this
   * connection. Not notified.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ROUND_TRIP_TIME] =
    g_param_spec_int64 ("round-trip-time", NULL, NULL, -1, G_MAXINT64, -1, READ_ONLY);
}

void
signal_client_install_properties (GObjectClass *object_class)
{
  object_class->set_property = set_property;
  object_class->get_property = get_property;

  install_server_properties ();
  install_policy_properties ();
  install_limits_properties ();
  install_network_properties ();
  install_state_properties ();
  install_statistics_properties ();

  g_object_class_install_properties (object_class, SIGNAL_CLIENT_N_PROPS, signal_client_properties);
}
