/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"
#include "protocol/signal-handshake-private.h"
#include "signal-enums.h"
#include "util/signal-property-private.h"

#define READ_ONLY (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define WRITE_ONLY (G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define READ_WRITE (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY)
#define CONSTRUCTED (READ_WRITE | G_PARAM_CONSTRUCT) /* the default is set during construction */

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
set_server_urls (SignalClient   *self,
                 char         ***field,
                 const GValue   *value)
{
  g_return_val_if_fail (signal_client_get_state (self) == SIGNAL_CONNECTION_STATE_DISCONNECTED, FALSE);

  return signal_property_set_strv (field, value);
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
set_nonempty_string (char         **field,
                     const GValue  *value,
                     GParamSpec    *pspec)
{
  const char *text = g_value_get_string (value);
  const GValue *fallback = g_param_spec_get_default_value (pspec);

  return signal_property_set_string (field, text != NULL && text[0] != '\0' ? value : fallback);
}

/* Two nodes are not compared, because the application may have modified the object that they share. */
static gboolean
set_authenticate_data (JsonNode     **field,
                       const GValue  *value)
{
  g_autoptr (JsonNode) before = g_steal_pointer (field);

  *field = g_value_dup_boxed (value);
  return before != NULL || *field != NULL;
}

static gboolean
set_correlation_member (char         **field,
                        const GValue  *value)
{
  const GValue none = { .g_type = G_TYPE_STRING };
  const char *member = g_value_get_string (value);

  return signal_property_set_string (field, member != NULL && member[0] != '\0' ? value : &none);
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

/* Sets a property of the session. Returns whether that has changed it. */
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
    case SIGNAL_CLIENT_PROP_SERVER_URLS:
      return set_server_urls (self, &settings->server_urls, value);
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
    case SIGNAL_CLIENT_PROP_REQUEST_TIMEOUT:
      return signal_property_set_uint (&settings->request_timeout, value);
    case SIGNAL_CLIENT_PROP_CORRELATION_MEMBER:
      return set_correlation_member (&settings->correlation_member, value);
    case SIGNAL_CLIENT_PROP_NETWORK_MONITOR:
      return g_set_object (&settings->network_monitor, g_value_get_object (value));
    default:
      g_return_val_if_reached (FALSE);
    }
}

static gboolean
set_authenticate_property (SignalClient *self,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  SignalAuthenticateOptions *options = &signal_session_get_settings (self->session)->authenticate;

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_AUTHENTICATE_TYPE:
      return set_nonempty_string (&options->type, value, pspec);
    case SIGNAL_CLIENT_PROP_AUTHENTICATE_DATA:
      return set_authenticate_data (&options->data, value);
    case SIGNAL_CLIENT_PROP_PUBLIC_KEY_MEMBER:
      return set_nonempty_string (&options->public_key_member, value, pspec);
    default:
      return set_session_property (self, prop_id, value);
    }
}

/* Sets a property of the connections. Returns whether that has changed it. */
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
      return set_authenticate_property (self, prop_id, value, pspec);
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
    case SIGNAL_CLIENT_PROP_CURRENT_URL:
      g_value_set_string (value, signal_client_get_current_url (self));
      break;
    case SIGNAL_CLIENT_PROP_IS_CONNECTED:
      g_value_set_boolean (value, signal_client_get_is_connected (self));
      break;
    case SIGNAL_CLIENT_PROP_RETRY_AT:
      g_value_set_int64 (value, signal_client_get_retry_at (self));
      break;
    case SIGNAL_CLIENT_PROP_FAILURES:
      g_value_set_uint (value, signal_client_get_failures (self));
      break;
    case SIGNAL_CLIENT_PROP_STATUS_TEXT:
      g_value_set_string (value, signal_client_get_status_text (self));
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
    case SIGNAL_CLIENT_PROP_SERVER_URLS:
      g_value_set_boxed (value, settings->server_urls);
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
    case SIGNAL_CLIENT_PROP_REQUEST_TIMEOUT:
      g_value_set_uint (value, settings->request_timeout);
      break;
    case SIGNAL_CLIENT_PROP_CORRELATION_MEMBER:
      g_value_set_string (value, settings->correlation_member);
      break;
    case SIGNAL_CLIENT_PROP_NETWORK_MONITOR:
      g_value_set_object (value, settings->network_monitor);
      break;
    default:
      get_read_only_property (self, prop_id, value);
    }
}

static void
get_authenticate_property (SignalClient *self,
                           guint         prop_id,
                           GValue       *value)
{
  const SignalAuthenticateOptions *options = &signal_session_get_settings (self->session)->authenticate;

  switch (prop_id)
    {
    case SIGNAL_CLIENT_PROP_AUTHENTICATE_TYPE:
      g_value_set_string (value, options->type);
      break;
    case SIGNAL_CLIENT_PROP_AUTHENTICATE_DATA:
      g_value_set_boxed (value, options->data);
      break;
    case SIGNAL_CLIENT_PROP_PUBLIC_KEY_MEMBER:
      g_value_set_string (value, options->public_key_member);
      break;
    default:
      get_session_property (self, prop_id, value);
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
      get_authenticate_property (self, prop_id, value);
    }
}

static void
install_authenticate_properties (void)
{
  /**
   * SignalClient:authenticate-type: (getter get_authenticate_type) (setter set_authenticate_type)
   *
   * The `type` of the token in the `authenticate` event.
   *
   * It is passed to the application on the server, which decides what it means. Setting it to %NULL
   * or the empty string restores the default. A change takes effect with the next attempt to
   * connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_AUTHENTICATE_TYPE] =
    g_param_spec_string ("authenticate-type", NULL, NULL, SIGNAL_HANDSHAKE_DEFAULT_TYPE, CONSTRUCTED);

  /**
   * SignalClient:authenticate-data: (getter get_authenticate_data) (setter set_authenticate_data)
   *
   * A JSON object with further members for the `data` of the `authenticate` event, or %NULL for
   * none.
   *
   * This is for what a server needs to know before it sends anything, such as a device, a version,
   * or a position to resume from. The event is sent without encryption of its own: only TLS protects
   * it.
   *
   * The object is shared with the client and read at each attempt to connect, so its members can be
   * updated in place. The members `type`, `token` and
   * [property@Signal.Client:public-key-member] are those of the client, and skipped if the object has
   * them. If the node is not an object, or cannot be represented in strict JSON,
   * [method@Signal.Client.connect_async] fails with %SIGNAL_ERROR_INVALID_ARGUMENT; if that is found
   * in a later attempt, the client stops with this error.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_AUTHENTICATE_DATA] =
    g_param_spec_boxed ("authenticate-data", NULL, NULL, JSON_TYPE_NODE, READ_WRITE);

  /**
   * SignalClient:public-key-member: (getter get_public_key_member) (setter set_public_key_member)
   *
   * The name of the member of the `authenticate` event that has the public key of the client.
   *
   * The application on the server decides which name it reads. Servers that are written after the
   * guide of IGNIS read `publicKey`, and close a connection with the code 4004 and the error
   * “Encryption handshake failed” if it is missing. A [class@Signal.Server] accepts both names.
   *
   * Setting it to %NULL or the empty string restores the default. The names `type` and `token` are
   * taken: [method@Signal.Client.connect_async] then fails with %SIGNAL_ERROR_INVALID_ARGUMENT. A
   * change takes effect with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_PUBLIC_KEY_MEMBER] =
    g_param_spec_string ("public-key-member", NULL, NULL, SIGNAL_HANDSHAKE_DEFAULT_PUBLIC_KEY_MEMBER,
                         CONSTRUCTED);
}

static void
install_server_properties (void)
{
  /**
   * SignalClient:server-url: (getter get_server_url) (setter set_server_url)
   *
   * The URL of the server: `wss://…`, or `ws://…` for a server on the same host.
   *
   * The host can be a name or an IP address. A link-local IPv6 address needs its zone identifier,
   * as in `wss://[fe80::1%25eth0]/ws`.
   *
   * The URL is validated when the client connects. It can only be changed while
   * [property@Signal.Client:state] is `DISCONNECTED`.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_SERVER_URL] =
    g_param_spec_string ("server-url", NULL, NULL, NULL, READ_WRITE);

  /**
   * SignalClient:server-urls: (getter get_server_urls) (setter set_server_urls)
   *
   * The URLs of further servers, which are tried in turn after [property@Signal.Client:server-url].
   *
   * [method@Signal.Client.connect_async] begins with [property@Signal.Client:server-url], or with the
   * first URL of this list if that is %NULL. After an attempt that has failed, the next attempt is
   * for the next server, and after the last one for the first again. When a connection is lost, the
   * same server is tried first. A server that rejects the client permanently does so for all.
   *
   * The delays grow after each round through all servers; within a round, the delay is a tenth of
   * [property@Signal.Client:base-interval]. [property@Signal.Client:max-retries] counts attempts,
   * not rounds.
   *
   * All settings apply to each of the servers, including the token,
   * [property@Signal.Client:allow-insecure] and the settings for TLS. The URLs are validated when the
   * client connects: if one of them is not valid, nothing is sent to any server. The list can only be
   * changed while [property@Signal.Client:state] is `DISCONNECTED`.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_SERVER_URLS] =
    g_param_spec_boxed ("server-urls", NULL, NULL, G_TYPE_STRV, READ_WRITE);

  /**
   * SignalClient:ecdh-info: (getter get_ecdh_info) (setter set_ecdh_info)
   *
   * The info string, in UTF-8, of the key derivation with HKDF-SHA-256 (RFC 5869).
   *
   * It must be the same on the server. Setting it to %NULL restores the default. A change takes
   * effect with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ECDH_INFO] =
    g_param_spec_string ("ecdh-info", NULL, NULL, SIGNAL_HANDSHAKE_DEFAULT_INFO, CONSTRUCTED);

  /**
   * SignalClient:token: (setter set_token)
   *
   * The bearer token to authenticate with.
   *
   * Setting this property is equivalent to calling [method@Signal.Client.update_token].
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_TOKEN] =
    g_param_spec_string ("token", NULL, NULL, NULL, WRITE_ONLY);

  install_authenticate_properties ();

  /**
   * SignalClient:auto-join-rooms: (getter get_auto_join_rooms) (setter set_auto_join_rooms)
   *
   * The rooms that are joined after each authentication.
   *
   * If this property is set while the client is authenticated, added rooms are joined and removed
   * rooms are left. [method@Signal.Client.connect_async] fails with
   * %SIGNAL_ERROR_INVALID_ARGUMENT if a name is not valid.
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
   * The maximum number of consecutive retries before the client stops with
   * %SIGNAL_ERROR_RETRIES_EXHAUSTED.
   *
   * If this is 0, the client does not retry and stops with the first error. If it is `G_MAXUINT`,
   * the number is not limited. The count restarts when the client has been authenticated, even if
   * the connection is lost soon after.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_RETRIES] =
    g_param_spec_uint ("max-retries", NULL, NULL, 0, G_MAXUINT, 20, CONSTRUCTED);

  /**
   * SignalClient:base-interval: (getter get_base_interval) (setter set_base_interval)
   *
   * The delay before the first retry, in milliseconds.
   *
   * The delays start from this value again after a connection that was authenticated for longer
   * than this interval.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BASE_INTERVAL] =
    g_param_spec_uint ("base-interval", NULL, NULL, 0, G_MAXINT, 2000, CONSTRUCTED);

  /**
   * SignalClient:backoff-multiplier: (getter get_backoff_multiplier) (setter set_backoff_multiplier)
   *
   * The factor by which each delay is longer than the previous one.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BACKOFF_MULTIPLIER] =
    g_param_spec_double ("backoff-multiplier", NULL, NULL, 1, G_MAXDOUBLE, 1.5, CONSTRUCTED);

  /**
   * SignalClient:max-interval: (getter get_max_interval) (setter set_max_interval)
   *
   * The maximum delay before a retry, in milliseconds.
   *
   * The delay can be longer if the server asks for it with the `Retry-After` header, up to 5
   * minutes.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_INTERVAL] =
    g_param_spec_uint ("max-interval", NULL, NULL, 0, G_MAXINT, 30000, CONSTRUCTED);

  /**
   * SignalClient:jitter: (getter get_jitter) (setter set_jitter)
   *
   * The fraction of each delay that is randomized, so that many clients do not reconnect at the
   * same time.
   *
   * A delay of d is replaced by a random value between (1 − jitter) × d and d.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_JITTER] =
    g_param_spec_double ("jitter", NULL, NULL, 0, 1, 0.2, CONSTRUCTED);

  /**
   * SignalClient:heartbeat-interval: (getter get_heartbeat_interval) (setter set_heartbeat_interval)
   *
   * The interval between heartbeats, in milliseconds, or 0 to send none.
   *
   * This is also how long the server may be silent before it is sent a ping; see
   * [property@Signal.Client:liveness-timeout]. If it is 0, pings are sent only when the network
   * changes or the system resumes from suspend. A change takes effect with the next attempt to
   * connect.
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
   * The time within which the server must respond to a ping, in milliseconds.
   *
   * If nothing is received within this time, the connection is considered lost. A change takes
   * effect with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_LIVENESS_TIMEOUT] =
    g_param_spec_uint ("liveness-timeout", NULL, NULL, 1, G_MAXINT, 10000, CONSTRUCTED);

  /**
   * SignalClient:connect-timeout: (getter get_connect_timeout) (setter set_connect_timeout)
   *
   * The maximum duration of an attempt to connect, from its start to `AUTHENTICATED`, in
   * milliseconds.
   *
   * The time that handlers of [signal@Signal.Client::accept-certificate] take is not included. A
   * change takes effect with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_CONNECT_TIMEOUT] =
    g_param_spec_uint ("connect-timeout", NULL, NULL, 1, G_MAXINT, 15000, CONSTRUCTED);

  /**
   * SignalClient:outbox-limit: (getter get_outbox_limit) (setter set_outbox_limit)
   *
   * The maximum number of messages that are kept until the client has been authenticated.
   *
   * If this is 0, messages that are sent before that fail with %SIGNAL_ERROR_NOT_CONNECTED.
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
   * The maximum time that a message is kept in the outbox, in milliseconds, or 0 for no limit.
   *
   * Messages that have been kept longer are discarded, and [signal@Signal.Client::error] is emitted
   * with %SIGNAL_ERROR_TIMED_OUT. A change takes effect with the next message that is kept.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_TTL] =
    g_param_spec_uint ("outbox-ttl", NULL, NULL, 0, G_MAXINT, 0, CONSTRUCTED);

  /**
   * SignalClient:request-timeout: (getter get_request_timeout) (setter set_request_timeout)
   *
   * How long [method@Signal.Client.request_async] waits for an answer if it is called without a
   * timeout, in milliseconds.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_REQUEST_TIMEOUT] =
    g_param_spec_uint ("request-timeout", NULL, NULL, 1, G_MAXINT, 10000, CONSTRUCTED);

  /**
   * SignalClient:correlation-member: (getter get_correlation_member) (setter set_correlation_member)
   *
   * The name of the member of a payload that has the ID of a request, or %NULL for none.
   *
   * This is for servers that cannot send the ID of a message back in the message itself. The ID is
   * then also added to the payload of a request, which must be an object, or %NULL for an object
   * that has no other member. A message is the answer if its ID, or this member of its payload, is
   * the ID of a request.
   *
   * The empty string is the same as %NULL.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_CORRELATION_MEMBER] =
    g_param_spec_string ("correlation-member", NULL, NULL, NULL, CONSTRUCTED);

  /**
   * SignalClient:max-message-size: (getter get_max_message_size) (setter set_max_message_size)
   *
   * The maximum size of a frame that is sent, in bytes.
   *
   * Encryption turns a message of n bytes into a frame of about 4/3 × n + 100 bytes. The public
   * server accepts frames of up to 131072 bytes. A change takes effect with the next attempt to
   * connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_uint ("max-message-size", NULL, NULL, 1, G_MAXUINT, 131072, CONSTRUCTED);

  /**
   * SignalClient:max-incoming-size: (getter get_max_incoming_size) (setter set_max_incoming_size)
   *
   * The maximum size of a message that is received, in bytes.
   *
   * The size includes all frames of a fragmented message. A message that exceeds it ends the
   * connection. Values above 1 GiB have the effect of 1 GiB. A change takes effect with the next
   * attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MAX_INCOMING_SIZE] =
    g_param_spec_uint64 ("max-incoming-size", NULL, NULL, 1, G_MAXINT64, SIGNAL_CHANNEL_MAX_FRAME_SIZE,
                         CONSTRUCTED);

  /**
   * SignalClient:require-encryption: (getter get_require_encryption) (setter set_require_encryption)
   *
   * Whether a server that does not offer encryption is rejected.
   *
   * The client then stops with %SIGNAL_ERROR_ENCRYPTION_REQUIRED. A change takes effect with the
   * next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_REQUIRE_ENCRYPTION] =
    g_param_spec_boolean ("require-encryption", NULL, NULL, TRUE, CONSTRUCTED);

  /**
   * SignalClient:allow-insecure: (getter get_allow_insecure) (setter set_allow_insecure)
   *
   * Whether `ws://` URLs may be used for other hosts.
   *
   * The token and all messages that are not encrypted can then be read by others on the network.
   *
   * Hosts that are always allowed are loopback addresses, `localhost`, and names that end in
   * `.localhost`. If such a name resolves to an address that is not a loopback address, the
   * client stops with %SIGNAL_ERROR_INSECURE.
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
   * The database to verify the certificate of the server with, or %NULL for that of the system.
   *
   * A change takes effect with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_TLS_DATABASE] =
    g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, READ_WRITE);

  /**
   * SignalClient:tls-certificate: (getter get_tls_certificate) (setter set_tls_certificate)
   *
   * The client certificate to present to servers that request one.
   *
   * A change takes effect with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_TLS_CERTIFICATE] =
    g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, READ_WRITE);

  /**
   * SignalClient:proxy-resolver: (getter get_proxy_resolver) (setter set_proxy_resolver)
   *
   * The resolver that determines which proxy to use, or %NULL for the default resolver.
   *
   * The default resolver is not used for servers on the same host. A resolver that is set here is
   * used for `wss://` URLs; for `ws://` URLs, it is used only if
   * [property@Signal.Client:allow-insecure] is %TRUE, because the proxy can read all data. A
   * change takes effect with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_PROXY_RESOLVER] =
    g_param_spec_object ("proxy-resolver", NULL, NULL, G_TYPE_PROXY_RESOLVER, READ_WRITE);

  /**
   * SignalClient:headers: (getter get_headers) (setter set_headers)
   *
   * Additional headers of the upgrade request, such as `Origin` or an API key.
   *
   * `Host` and the headers of the WebSocket handshake are ignored. If a name or a value is not
   * valid in HTTP, the attempt fails with %SIGNAL_ERROR_INVALID_ARGUMENT. A change takes effect
   * with the next attempt to connect.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_HEADERS] =
    g_param_spec_boxed ("headers", NULL, NULL, SOUP_TYPE_MESSAGE_HEADERS, READ_WRITE);

  /**
   * SignalClient:network-monitor: (getter get_network_monitor) (setter set_network_monitor)
   *
   * The monitor that reports changes of the network, or %NULL for the default monitor.
   *
   * When the network becomes available, the client connects again without waiting for the rest of
   * the delay; while it is authenticated, it sends a ping to check the connection. A change takes
   * effect when the client is connected the next time.
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
   * The state of the connection.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, SIGNAL_TYPE_CONNECTION_STATE,
                       SIGNAL_CONNECTION_STATE_DISCONNECTED, READ_ONLY);

  /**
   * SignalClient:current-url: (getter get_current_url)
   *
   * The URL of the server that the client is connected or connecting to.
   *
   * It is one of [property@Signal.Client:server-url] and [property@Signal.Client:server-urls], and
   * %NULL while [property@Signal.Client:state] is `DISCONNECTED` or `RECONNECTING`.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_CURRENT_URL] =
    g_param_spec_string ("current-url", NULL, NULL, NULL, READ_ONLY);

  /**
   * SignalClient:client-id: (getter get_client_id)
   *
   * The ID that the server has assigned to the current connection.
   *
   * It is %NULL unless the client is authenticated.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_CLIENT_ID] =
    g_param_spec_string ("client-id", NULL, NULL, NULL, READ_ONLY);

  /**
   * SignalClient:user-id: (getter get_user_id)
   *
   * The ID of the user that the server has associated with the token.
   *
   * It is %NULL if the client is not authenticated or the server did not send a user ID.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_USER_ID] =
    g_param_spec_string ("user-id", NULL, NULL, NULL, READ_ONLY);

  /**
   * SignalClient:rooms: (getter get_rooms)
   *
   * The rooms that the client joins after each authentication.
   *
   * These are the rooms of [property@Signal.Client:auto-join-rooms] and those that were joined,
   * without those that were left.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ROOMS] =
    g_param_spec_boxed ("rooms", NULL, NULL, G_TYPE_STRV, READ_ONLY);

  /**
   * SignalClient:encrypted: (getter get_encrypted)
   *
   * Whether the client is authenticated and has a session key, so that messages are encrypted.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ENCRYPTED] =
    g_param_spec_boolean ("encrypted", NULL, NULL, FALSE, READ_ONLY);

  /**
   * SignalClient:last-error: (getter get_last_error)
   *
   * The last error that was reported by [signal@Signal.Client::error] or
   * [signal@Signal.Client::disconnected].
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_LAST_ERROR] =
    g_param_spec_boxed ("last-error", NULL, NULL, G_TYPE_ERROR, READ_ONLY);
}

static void
install_status_properties (void)
{
  /**
   * SignalClient:is-connected: (getter get_is_connected)
   *
   * Whether [property@Signal.Client:state] is `AUTHENTICATED`.
   *
   * This property can be bound to the sensitivity of a widget.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_IS_CONNECTED] =
    g_param_spec_boolean ("is-connected", NULL, NULL, FALSE, READ_ONLY);

  /**
   * SignalClient:retry-at: (getter get_retry_at)
   *
   * The time of the next attempt, in microseconds as returned by [func@GLib.get_monotonic_time], or
   * 0 if the client does not wait for one.
   *
   * It is set while [property@Signal.Client:state] is `RECONNECTING`. A user interface that shows
   * the remaining seconds updates them with a timer of its own.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_RETRY_AT] =
    g_param_spec_int64 ("retry-at", NULL, NULL, 0, G_MAXINT64, 0, READ_ONLY);

  /**
   * SignalClient:failures: (getter get_failures)
   *
   * The number of consecutive attempts to connect that have failed.
   *
   * The loss of a connection is not a failed attempt. The number is reset when the client has been
   * authenticated, when it begins to connect, and when the application disconnects it.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_FAILURES] =
    g_param_spec_uint ("failures", NULL, NULL, 0, G_MAXUINT, 0, READ_ONLY);

  /**
   * SignalClient:status-text: (getter get_status_text)
   *
   * A text for a status line that describes the state of the connection, in the language of the
   * user.
   *
   * The text only changes together with the state: while the client waits for the next attempt, it
   * contains the number of the attempt, but not the remaining time. A user interface can append
   * that, as in “Reconnecting (attempt 2) in 3 seconds”, if [property@Signal.Client:retry-at] is
   * not 0.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_STATUS_TEXT] =
    g_param_spec_string ("status-text", NULL, NULL, NULL, READ_ONLY);
}

static void
install_statistics_properties (void)
{
  /**
   * SignalClient:outbox-length: (getter get_outbox_length)
   *
   * The number of messages that have been accepted and are not known to be written to the socket.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_LENGTH] =
    g_param_spec_uint ("outbox-length", NULL, NULL, 0, G_MAXUINT, 0, READ_ONLY);

  /**
   * SignalClient:buffered-amount: (getter get_buffered_amount)
   *
   * The number of bytes that have been accepted and not yet been written to the socket.
   *
   * [signal@GObject.Object::notify] is not emitted for this property; see
   * [signal@Signal.Client::drained].
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BUFFERED_AMOUNT] =
    g_param_spec_uint64 ("buffered-amount", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:attempts: (getter get_attempts)
   *
   * The number of attempts to connect since the client was created.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_ATTEMPTS] =
    g_param_spec_uint64 ("attempts", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:reconnects: (getter get_reconnects)
   *
   * The number of times that the client has been authenticated after the first time.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_RECONNECTS] =
    g_param_spec_uint64 ("reconnects", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:messages-sent: (getter get_messages_sent)
   *
   * The number of messages that have been passed to a connection.
   *
   * A message is counted again if a connection was lost before it could be written.
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MESSAGES_SENT] =
    g_param_spec_uint64 ("messages-sent", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:messages-received: (getter get_messages_received)
   *
   * The number of application messages that have been received.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_MESSAGES_RECEIVED] =
    g_param_spec_uint64 ("messages-received", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:bytes-sent: (getter get_bytes_sent)
   *
   * The number of bytes that have been written to the sockets of all connections.
   *
   * This includes WebSocket frame headers and heartbeats, but not the overhead of TLS and HTTP.
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BYTES_SENT] =
    g_param_spec_uint64 ("bytes-sent", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:bytes-received: (getter get_bytes_received)
   *
   * The number of bytes that have been received on all connections.
   *
   * This includes WebSocket frame headers, but not the overhead of TLS and HTTP.
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  signal_client_properties[SIGNAL_CLIENT_PROP_BYTES_RECEIVED] =
    g_param_spec_uint64 ("bytes-received", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalClient:round-trip-time: (getter get_round_trip_time)
   *
   * The round-trip time of the last ping that was answered on the current connection, in
   * microseconds, or -1 if there is none.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
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
  install_status_properties ();
  install_statistics_properties ();

  g_object_class_install_properties (object_class, SIGNAL_CLIENT_N_PROPS, signal_client_properties);
}
