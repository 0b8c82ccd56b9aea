/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

#include "protocol/signal-handshake-private.h"
#include "util/signal-property-private.h"

#define DEFAULT_PATH "/ws"
#define DEFAULT_AUTH_TIMEOUT 5000
#define DEFAULT_HEARTBEAT_TIMEOUT 90000
#define DEFAULT_MAX_MESSAGE_SIZE 131072

/* Each takes a file descriptor, and a process usually has 1024 of them. */
#define DEFAULT_MAX_PEERS 512

/* Each takes a file descriptor, too, and some milliseconds at most if it is honest and near. */
#define DEFAULT_MAX_PENDING 128

#define DEFAULT_MAX_ROOMS 1024

/* The public server has 1 MiB, and drops what a program sends in one go to a peer that is merely
 * waiting for its turn. */
#define DEFAULT_MAX_BACKLOG (8 * 1024 * 1024)

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
  PROP_MAX_PENDING,
  PROP_MAX_ROOMS,
  PROP_MAX_BACKLOG,
  PROP_TLS_CERTIFICATE,
  PROP_ALLOWED_ORIGINS,
  N_PROPS,
};

#define READ_WRITE (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)

static GParamSpec *properties[N_PROPS];

void
signal_server_init_properties (SignalServer *self)
{
  self->path = g_strdup (DEFAULT_PATH);
  self->ecdh_info = g_strdup (SIGNAL_HANDSHAKE_DEFAULT_INFO);
  self->require_encryption = TRUE;
  self->default_rooms = g_new0 (char *, 1);
  self->allowed_origins = g_new0 (char *, 1);
  self->auth_timeout = DEFAULT_AUTH_TIMEOUT;
  self->heartbeat_timeout = DEFAULT_HEARTBEAT_TIMEOUT;
  self->max_message_size = DEFAULT_MAX_MESSAGE_SIZE;
  self->max_peers = DEFAULT_MAX_PEERS;
  self->max_pending = DEFAULT_MAX_PENDING;
  self->max_rooms = DEFAULT_MAX_ROOMS;
  self->max_backlog = DEFAULT_MAX_BACKLOG;
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

    case PROP_MAX_PENDING:
      g_value_set_uint (value, self->max_pending);
      break;

    case PROP_MAX_ROOMS:
      g_value_set_uint (value, self->max_rooms);
      break;

    case PROP_MAX_BACKLOG:
      g_value_set_uint (value, self->max_backlog);
      break;

    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls_certificate);
      break;

    case PROP_ALLOWED_ORIGINS:
      g_value_set_boxed (value, self->allowed_origins);
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
set_strv (GStrv        *field,
          const GValue *value)
{
  static const char * const none[] = { NULL };
  const char * const *names = g_value_get_boxed (value);

  if (names == NULL)
    names = none;
  if (g_strv_equal ((const char * const *) *field, names))
    return FALSE;

  g_strfreev (*field);
  *field = g_strdupv ((GStrv) names);
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
  if (!signal_property_set_uint (&self->heartbeat_timeout, value))
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
      changed = set_string (&self->ecdh_info, value, SIGNAL_HANDSHAKE_DEFAULT_INFO);
      break;

    case PROP_REQUIRE_ENCRYPTION:
      changed = set_require_encryption (self, g_value_get_boolean (value));
      break;

    case PROP_DEFAULT_ROOMS:
      changed = set_strv (&self->default_rooms, value);
      break;

    case PROP_AUTH_TIMEOUT:
      changed = signal_property_set_uint (&self->auth_timeout, value);
      break;

    case PROP_HEARTBEAT_TIMEOUT:
      changed = set_heartbeat_timeout (self, value);
      break;

    case PROP_MAX_MESSAGE_SIZE:
      changed = signal_property_set_uint (&self->max_message_size, value);
      break;

    case PROP_MAX_PEERS:
      changed = signal_property_set_uint (&self->max_peers, value);
      break;

    case PROP_MAX_PENDING:
      changed = signal_property_set_uint (&self->max_pending, value);
      break;

    case PROP_MAX_ROOMS:
      changed = signal_property_set_uint (&self->max_rooms, value);
      break;

    case PROP_MAX_BACKLOG:
      changed = signal_property_set_uint (&self->max_backlog, value);
      break;

    case PROP_TLS_CERTIFICATE:
      changed = g_set_object (&self->tls_certificate, g_value_get_object (value));
      break;

    case PROP_ALLOWED_ORIGINS:
      changed = set_strv (&self->allowed_origins, value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }

  if (changed)
    g_object_notify_by_pspec (object, pspec);
}

static void
install_allowed_origins (void)
{
  /**
   * SignalServer:allowed-origins: (getter get_allowed_origins) (setter set_allowed_origins)
   *
   * The web pages whose scripts may connect, beside those from the server's own address.
   *
   * Any page that somebody on this machine visits can ask for a WebSocket to a server here. Its
   * browser says in the header `Origin` which page it is, and a request that has one is answered
   * with the HTTP status 403 unless the origin is in this list or is the server's own. Programs
   * other than browsers usually send none, and are let in.
   *
   * An entry is an origin as browsers write it, such as `https://example.org` or
   * `http://localhost:3000`: a scheme, a host and, where it is not the scheme's, a port; no path. The
   * case of letters and the scheme's own port make no difference. `null` stands for pages without an
   * origin of their own, such as those from a file, and `*` for everything. An entry that is none of
   * these makes [method@Signal.Server.listen] fail; one that is set later allows nothing.
   *
   * The server's own origin is `http` (with a [property@Signal.Server:tls-certificate], `https`) and
   * the request's `Host`. So that a foreign name which is made to point here (DNS rebinding) is not
   * taken for that, `Host` must be an address, a name of the loopback interface (`localhost`), the
   * name of this machine (also with `.local`) or the name that the server listens on; on a connection
   * over the loopback interface it must be one of those names or a loopback address. With TLS, and not
   * over the loopback interface, it may be any name: the browser has checked the certificate for it.
   * Behind a proxy, list the origin that browsers see.
   *
   * A request that has several `Origin` or `Host` headers, or an `Origin` that is longer than 512
   * bytes or not plain ASCII, is answered with 400.
   *
   * A change is for the requests that come after it.
   *
   * Since: 0.1
   */
  properties[PROP_ALLOWED_ORIGINS] =
    g_param_spec_boxed ("allowed-origins", NULL, NULL, G_TYPE_STRV, READ_WRITE);
}

static void
install_protocol_properties (void)
{
  /**
   * SignalServer:path: (getter get_path) (setter set_path)
   *
   * The path of the URL that the server answers at; all others are answered with 404.
   *
   * It begins with a slash. A change takes effect when the server next begins to listen.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] =
    g_param_spec_string ("path", NULL, NULL, DEFAULT_PATH, READ_WRITE);

  /**
   * SignalServer:ecdh-info: (getter get_ecdh_info) (setter set_ecdh_info)
   *
   * What the keys are bound to: the HKDF info, the same as in the clients.
   *
   * A change is for the peers that authenticate after it.
   *
   * Since: 0.1
   */
  properties[PROP_ECDH_INFO] =
    g_param_spec_string ("ecdh-info", NULL, NULL, SIGNAL_HANDSHAKE_DEFAULT_INFO, READ_WRITE);

  /**
   * SignalServer:require-encryption: (getter get_require_encryption) (setter set_require_encryption)
   *
   * Whether a client that offers no key is refused, with the close code 4004.
   *
   * If %FALSE, such a client is served in plaintext. One that offers a key is always served
   * encrypted.
   *
   * Since: 0.1
   */
  properties[PROP_REQUIRE_ENCRYPTION] =
    g_param_spec_boolean ("require-encryption", NULL, NULL, TRUE, READ_WRITE);

  /**
   * SignalServer:default-rooms: (getter get_default_rooms) (setter set_default_rooms)
   *
   * The rooms that every peer is in once it has authenticated.
   *
   * They come on top of the room that is the peer's own id, `ws-default` and `ws-notification`.
   * [signal@Signal.Server::join] is not asked about them. Names that no room may have, and the ids of
   * other peers, are passed over.
   *
   * Since: 0.1
   */
  properties[PROP_DEFAULT_ROOMS] =
    g_param_spec_boxed ("default-rooms", NULL, NULL, G_TYPE_STRV, READ_WRITE);

  /**
   * SignalServer:tls-certificate: (getter get_tls_certificate) (setter set_tls_certificate)
   *
   * The certificate of the server and its private key, to serve `wss://`.
   *
   * %NULL to serve `ws://`. A change takes effect when the server next begins to listen, which fails
   * if the private key is missing or does not belong to the certificate.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] =
    g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, READ_WRITE);

  install_allowed_origins ();
}

static void
install_time_properties (void)
{
  /**
   * SignalServer:auth-timeout: (getter get_auth_timeout) (setter set_auth_timeout)
   *
   * How long a peer may take to authenticate, in milliseconds.
   *
   * One that takes longer is closed with the code 4001. A connection that has not become a
   * WebSocket after this time, counted from the moment it was accepted, is dropped without a word.
   *
   * Since: 0.1
   */
  properties[PROP_AUTH_TIMEOUT] =
    g_param_spec_uint ("auth-timeout", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_AUTH_TIMEOUT, READ_WRITE);

  /**
   * SignalServer:heartbeat-timeout: (getter get_heartbeat_timeout) (setter set_heartbeat_timeout)
   *
   * How long a peer may be silent, in milliseconds; 0: for ever.
   *
   * One that is silent for longer, by up to a quarter, is closed with the code 4002.
   *
   * Since: 0.1
   */
  properties[PROP_HEARTBEAT_TIMEOUT] =
    g_param_spec_uint ("heartbeat-timeout", NULL, NULL, 0, G_MAXINT,
                       DEFAULT_HEARTBEAT_TIMEOUT, READ_WRITE);
}

static void
install_limit_properties (void)
{
  /**
   * SignalServer:max-message-size: (getter get_max_message_size) (setter set_max_message_size)
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
    g_param_spec_uint ("max-message-size", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_MESSAGE_SIZE, READ_WRITE);

  /**
   * SignalServer:max-peers: (getter get_max_peers) (setter set_max_peers)
   *
   * How many peers there may be, those included that have yet to authenticate.
   *
   * Further clients are answered with the HTTP status 503, unless a peer has had a quarter of a
   * second and has not authenticated: it makes room, and is dropped. Lowering it drops nobody who has
   * authenticated.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PEERS] =
    g_param_spec_uint ("max-peers", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_PEERS, READ_WRITE);

  /**
   * SignalServer:max-pending: (getter get_max_pending) (setter set_max_pending)
   *
   * How many connections there may be that have not authenticated yet.
   *
   * When there is one more, one of those that have had a quarter of a second is dropped: the oldest
   * from the address (for IPv6, the network) that most of them come from. So somebody who holds
   * connections open without using them keeps nobody else out. As long as none has had that time,
   * new connections wait.
   *
   * Each takes a file descriptor, beside those of the [property@Signal.Server:max-peers]. If the
   * process runs out of them, connections are dropped in the same order.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PENDING] =
    g_param_spec_uint ("max-pending", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_PENDING, READ_WRITE);

  /**
   * SignalServer:max-rooms: (getter get_max_rooms) (setter set_max_rooms)
   *
   * How many rooms a peer may be in, those included that it is in from the start.
   *
   * Beyond that, joining is refused as [signal@Signal.Server::join] refuses: the client is not told.
   * The rooms that a peer is in from the start are not refused, and lowering it takes nobody out of a
   * room.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ROOMS] =
    g_param_spec_uint ("max-rooms", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_ROOMS, READ_WRITE);

  /**
   * SignalServer:max-backlog: (getter get_max_backlog) (setter set_max_backlog)
   *
   * How many bytes may wait for a peer that does not read what it is sent.
   *
   * The last message may reach over it. As long as more waits, [method@Signal.Server.send_to_peer]
   * fails with %SIGNAL_ERROR_OUTBOX_FULL, and the other ways to send pass the peer over. A change is
   * for the peers that connect after it.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BACKLOG] =
    g_param_spec_uint ("max-backlog", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_BACKLOG, READ_WRITE);
}

void
signal_server_install_properties (GObjectClass *object_class)
{
  object_class->get_property = signal_server_get_property;
  object_class->set_property = signal_server_set_property;

  install_protocol_properties ();
  install_time_properties ();
  install_limit_properties ();

  g_object_class_install_properties (object_class, N_PROPS, properties);
}
