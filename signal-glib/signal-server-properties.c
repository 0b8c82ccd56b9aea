/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-server-private.h"

#include "signal-value-private.h"

#define DEFAULT_PATH "/ws"
#define DEFAULT_ECDH_INFO "ignis-ecdh-p256-aes-256-gcm-v1"
#define DEFAULT_AUTH_TIMEOUT 5000
#define DEFAULT_HEARTBEAT_TIMEOUT 90000
#define DEFAULT_MAX_MESSAGE_SIZE 131072

/* Each takes a file descriptor, and a process usually has 1024 of them. */
#define DEFAULT_MAX_PEERS 512

enum
{
  PROP_0,
  PROP_PATH,
  PROP_ECDH_INFO,
  PROP_REQUIRE_ENCRYPTION,
  PROP_DEFAULT_ROOMS,
  PROP_AUTH_TIMEOUT,
  PROP_HEARTBEAT_TIMEOUT,
  PROP_MAX_MESSAGE_SIZE,
  PROP_MAX_PEERS,
  PROP_TLS_CERTIFICATE,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

void
signal_server_init_properties (SignalServer *self)
{
  self->path = g_strdup (DEFAULT_PATH);
  self->ecdh_info = g_strdup (DEFAULT_ECDH_INFO);
  self->require_encryption = TRUE;
  self->default_rooms = g_new0 (char *, 1);
  self->auth_timeout = DEFAULT_AUTH_TIMEOUT;
  self->heartbeat_timeout = DEFAULT_HEARTBEAT_TIMEOUT;
  self->max_message_size = DEFAULT_MAX_MESSAGE_SIZE;
  self->max_peers = DEFAULT_MAX_PEERS;
}

static void
signal_server_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  SignalServer *self = SIGNAL_SERVER (object);

  switch (prop_id)
    {
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;

    case PROP_ECDH_INFO:
      g_value_set_string (value, self->ecdh_info);
      break;

    case PROP_REQUIRE_ENCRYPTION:
      g_value_set_boolean (value, self->require_encryption);
      break;

    case PROP_DEFAULT_ROOMS:
      g_value_set_boxed (value, self->default_rooms);
      break;

    case PROP_AUTH_TIMEOUT:
      g_value_set_uint (value, self->auth_timeout);
      break;

    case PROP_HEARTBEAT_TIMEOUT:
      g_value_set_uint (value, self->heartbeat_timeout);
      break;

    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_uint (value, self->max_message_size);
      break;

    case PROP_MAX_PEERS:
      g_value_set_uint (value, self->max_peers);
      break;

    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls_certificate);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* NULL is the default again. */
static gboolean
set_string (char         **field,
            const GValue  *value,
            const char    *fallback)
{
  const char *text = g_value_get_string (value);

  if (text == NULL)
    text = fallback;
  if (g_strcmp0 (*field, text) == 0)
    return FALSE;

  g_free (*field);
  *field = g_strdup (text);
  return TRUE;
}

static gboolean
set_rooms (GStrv        *field,
           const GValue *value)
{
  static const char * const none[] = { NULL };
  const char * const *rooms = g_value_get_boxed (value);

  if (rooms == NULL)
    rooms = none;
  if (g_strv_equal ((const char * const *) *field, rooms))
    return FALSE;

  g_strfreev (*field);
  *field = g_strdupv ((GStrv) rooms);
  return TRUE;
}

static gboolean
set_require_encryption (SignalServer *self,
                        gboolean      require)
{
  if (self->require_encryption == require)
    return FALSE;

  self->require_encryption = require;
  return TRUE;
}

static gboolean
set_heartbeat_timeout (SignalServer *self,
                       const GValue *value)
{
  if (!signal_value_set_uint (&self->heartbeat_timeout, value))
    return FALSE;

  signal_server_restart_sweep (self);
  return TRUE;
}

static void
signal_server_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  SignalServer *self = SIGNAL_SERVER (object);
  gboolean changed = FALSE;

  switch (prop_id)
    {
    case PROP_PATH:
      changed = set_string (&self->path, value, DEFAULT_PATH);
      break;

    case PROP_ECDH_INFO:
      changed = set_string (&self->ecdh_info, value, DEFAULT_ECDH_INFO);
      break;

    case PROP_REQUIRE_ENCRYPTION:
      changed = set_require_encryption (self, g_value_get_boolean (value));
      break;

    case PROP_DEFAULT_ROOMS:
      changed = set_rooms (&self->default_rooms, value);
      break;

    case PROP_AUTH_TIMEOUT:
      changed = signal_value_set_uint (&self->auth_timeout, value);
      break;

    case PROP_HEARTBEAT_TIMEOUT:
      changed = set_heartbeat_timeout (self, value);
      break;

    case PROP_MAX_MESSAGE_SIZE:
      changed = signal_value_set_uint (&self->max_message_size, value);
      break;

    case PROP_MAX_PEERS:
      changed = signal_value_set_uint (&self->max_peers, value);
      break;

    case PROP_TLS_CERTIFICATE:
      changed = g_set_object (&self->tls_certificate, g_value_get_object (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

void
signal_server_install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = signal_server_get_property;
  object_class->set_property = signal_server_set_property;

  /**
   * SignalServer:path:
   *
   * The path of the URL that the server answers at; all others are answered with 404.
   *
   * It begins with a slash. A change takes effect when the server next begins to listen.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, DEFAULT_PATH, flags);

  /**
   * SignalServer:ecdh-info:
   *
   * What the keys are bound to: the HKDF info, the same as in the clients.
   *
   * A change is for the peers that authenticate after it.
   *
   * Since: 0.1
   */
  properties[PROP_ECDH_INFO] =
    g_param_spec_string ("ecdh-info", NULL, NULL, DEFAULT_ECDH_INFO, flags);

  /**
   * SignalServer:require-encryption:
   *
   * Whether a client that offers no key is refused, with the close code 4004.
   *
   * If %FALSE, such a client is served in plaintext. One that offers a key is always served
   * encrypted.
   *
   * Since: 0.1
   */
  properties[PROP_REQUIRE_ENCRYPTION] =
    g_param_spec_boolean ("require-encryption", NULL, NULL, TRUE, flags);

  /**
   * SignalServer:default-rooms:
   *
   * The rooms that every peer is in once it has authenticated.
   *
   * They come on top of the room that is the peer's own id, `ws-default` and `ws-notification`.
   * [signal@Signal.Server::join] is not asked about them. Names that no room may have are passed
   * over.
   *
   * Since: 0.1
   */
  properties[PROP_DEFAULT_ROOMS] =
    g_param_spec_boxed ("default-rooms", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * SignalServer:auth-timeout:
   *
   * How long a peer may take to authenticate, in milliseconds.
   *
   * One that takes longer is closed with the code 4001.
   *
   * Since: 0.1
   */
  properties[PROP_AUTH_TIMEOUT] =
    g_param_spec_uint ("auth-timeout", NULL, NULL, 1, G_MAXINT, DEFAULT_AUTH_TIMEOUT, flags);

  /**
   * SignalServer:heartbeat-timeout:
   *
   * How long a peer may be silent, in milliseconds; 0: for ever.
   *
   * One that is silent for longer, by up to a quarter, is closed with the code 4002.
   *
   * Since: 0.1
   */
  properties[PROP_HEARTBEAT_TIMEOUT] =
    g_param_spec_uint ("heartbeat-timeout", NULL, NULL, 0, G_MAXINT, DEFAULT_HEARTBEAT_TIMEOUT,
                       flags);

  /**
   * SignalServer:max-message-size:
   *
   * The largest frame that a peer may send, in bytes.
   *
   * A peer that sends a larger one is closed with the code 1009. Before it has authenticated, a
   * peer may send 16 KiB at once and 32 KiB in all. A change is for the peers that authenticate
   * after it.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_uint ("max-message-size", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_MESSAGE_SIZE,
                       flags);

  /**
   * SignalServer:max-peers:
   *
   * How many peers there may be, those included that have yet to authenticate.
   *
   * Further clients are answered with the HTTP status 503.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PEERS] =
    g_param_spec_uint ("max-peers", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_PEERS, flags);

  /**
   * SignalServer:tls-certificate:
   *
   * The certificate of the server and its private key, to serve `wss://`.
   *
   * %NULL to serve `ws://`. A change takes effect when the server next begins to listen.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] =
    g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}
