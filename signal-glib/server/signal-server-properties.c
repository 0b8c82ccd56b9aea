/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

#include "protocol/signal-handshake-private.h"
#include "util/signal-property-private.h"

#define DEFAULT_PATH "/ws"
#define DEFAULT_AUTH_TIMEOUT 5000
#define DEFAULT_HEARTBEAT_TIMEOUT 90000
#define DEFAULT_MAX_MESSAGE_SIZE 131072

/* Each peer needs a file descriptor, and a process usually has 1024 of them. */
#define DEFAULT_MAX_PEERS 512

/* Each connection needs a file descriptor, too, but usually only for some milliseconds. */
#define DEFAULT_MAX_PENDING 128

#define DEFAULT_MAX_ROOMS 1024

/* The public server has a limit of 1 MiB, which a single burst of messages to a peer can exceed
 * before the peer has a chance to read. */
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
  PROP_PEERS,
  PROP_BUS,
  PROP_MESSAGES_RECEIVED,
  PROP_MESSAGES_SENT,
  PROP_MESSAGES_DROPPED,
  PROP_PEERS_ACCEPTED,
  PROP_AUTHENTICATIONS_FAILED,
  N_PROPS,
};

#define READ_ONLY (G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)
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

static guint64
get_statistic (SignalServer *self,
               guint         prop_id)
{
  switch (prop_id)
    {
    case PROP_MESSAGES_RECEIVED:
      return self->messages_received;

    case PROP_MESSAGES_SENT:
      return self->messages_sent;

    case PROP_MESSAGES_DROPPED:
      return self->messages_dropped;

    case PROP_PEERS_ACCEPTED:
      return self->peers_accepted;

    case PROP_AUTHENTICATIONS_FAILED:
      return self->authentications_failed;

    default:
      g_return_val_if_reached (0);
    }
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

    case PROP_PEERS:
      g_value_set_object (value, self->peer_list);
      break;

    case PROP_BUS:
      g_value_set_object (value, self->bus);
      break;

    case PROP_MESSAGES_RECEIVED:
    case PROP_MESSAGES_SENT:
    case PROP_MESSAGES_DROPPED:
    case PROP_PEERS_ACCEPTED:
    case PROP_AUTHENTICATIONS_FAILED:
      g_value_set_uint64 (value, get_statistic (self, prop_id));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* NULL restores the default. */
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

  signal_server_restart_heartbeat_check (self);
  return TRUE;
}

static gboolean
set_bus (SignalServer *self,
         SignalBus    *bus)
{
  g_return_val_if_fail (bus == NULL || signal_bus_belongs_to (bus, self->affinity.context), FALSE);

  if (self->bus == bus)
    return FALSE;

  signal_server_bus_set (self, bus);
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
      changed = signal_property_set_strv (&self->default_rooms, value);
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

    case PROP_BUS:
      changed = set_bus (self, g_value_get_object (value));
      break;

    case PROP_ALLOWED_ORIGINS:
      changed = signal_property_set_strv (&self->allowed_origins, value);
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
   * The origins of the web pages that may connect, in addition to the server's own.
   *
   * Any web page that is opened on this host can request a WebSocket connection to a server on
   * it. Web browsers send the origin of the page in the `Origin` header; a request with such a
   * header is rejected with the HTTP status 403 unless its origin is in this list or is the
   * server's own. Other programs usually do not send the header, and are accepted.
   *
   * An entry is an origin in the form in which web browsers send it, such as
   * `https://example.org` or `http://localhost:3000`: a scheme, a host and, if it is not the
   * default port of the scheme, a port, without a path. Case is ignored, and so is an explicit
   * default port. `null` matches pages without an origin, such as local files, and `*` matches
   * all origins. [method@Signal.Server.listen] fails if an entry is not valid; an entry that is
   * set later and is not valid matches nothing.
   *
   * The server's own origin consists of the scheme `http`, or `https` if there is a
   * [property@Signal.Server:tls-certificate], and the `Host` header of the request. To prevent
   * DNS rebinding attacks, the `Host` header must contain an IP address, a name of the loopback
   * interface (`localhost`), the name of this host (optionally with `.local`), or the name that
   * the server listens on. For a connection over the loopback interface, it must contain one of
   * these names or a loopback address. With TLS, and not over the loopback interface, it may
   * contain any name, because the web browser has verified the certificate for it. Behind a
   * reverse proxy, add the origin that web browsers see.
   *
   * A request with more than one `Origin` or `Host` header, or with an `Origin` that is longer
   * than 512 bytes or not ASCII, is rejected with the HTTP status 400.
   *
   * A change takes effect for new requests.
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
   * The path at which the server accepts connections.
   *
   * It must begin with `/`. Requests for other paths are answered with the HTTP status 404.
   * Setting this property to %NULL restores the default. A change takes effect when the server
   * starts to listen the next time.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] =
    g_param_spec_string ("path", NULL, NULL, DEFAULT_PATH, READ_WRITE);

  /**
   * SignalServer:ecdh-info: (getter get_ecdh_info) (setter set_ecdh_info)
   *
   * The info string, in UTF-8, of the key derivation with HKDF-SHA-256 (RFC 5869).
   *
   * It must be the same on the clients. Setting this property to %NULL restores the default. A
   * change takes effect for peers that authenticate later.
   *
   * Since: 0.1
   */
  properties[PROP_ECDH_INFO] =
    g_param_spec_string ("ecdh-info", NULL, NULL, SIGNAL_HANDSHAKE_DEFAULT_INFO, READ_WRITE);

  /**
   * SignalServer:require-encryption: (getter get_require_encryption) (setter set_require_encryption)
   *
   * Whether clients that do not offer a key are rejected with the close code 4004.
   *
   * If this is %FALSE, messages of such a client are not encrypted. Messages of a client that
   * offers a key are always encrypted.
   *
   * Since: 0.1
   */
  properties[PROP_REQUIRE_ENCRYPTION] =
    g_param_spec_boolean ("require-encryption", NULL, NULL, TRUE, READ_WRITE);

  /**
   * SignalServer:default-rooms: (getter get_default_rooms) (setter set_default_rooms)
   *
   * The rooms that every peer joins when it has been authenticated.
   *
   * Every peer also joins the room that is its own ID, `ws-default` and `ws-notification`.
   * [signal@Signal.Server::join] is not emitted for these rooms. Names that are not valid, and
   * IDs of other peers, are ignored. A change takes effect for peers that authenticate later.
   *
   * Since: 0.1
   */
  properties[PROP_DEFAULT_ROOMS] =
    g_param_spec_boxed ("default-rooms", NULL, NULL, G_TYPE_STRV, READ_WRITE);

  /**
   * SignalServer:tls-certificate: (getter get_tls_certificate) (setter set_tls_certificate)
   *
   * The certificate of the server and its private key, or %NULL to serve `ws://` instead of
   * `wss://`.
   *
   * A change takes effect when the server starts to listen the next time; that fails if the
   * private key is missing or does not match the certificate.
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
   * The time within which a peer must authenticate, in milliseconds.
   *
   * The connection of a peer that does not is closed with the code 4001. If authentication is
   * deferred with [method@Signal.Peer.defer_authentication], the peer is given three times this
   * time from then on. A connection that has
   * not completed the WebSocket handshake within this time, from when it was accepted, is closed
   * without a response.
   *
   * Since: 0.1
   */
  properties[PROP_AUTH_TIMEOUT] =
    g_param_spec_uint ("auth-timeout", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_AUTH_TIMEOUT, READ_WRITE);

  /**
   * SignalServer:heartbeat-timeout: (getter get_heartbeat_timeout) (setter set_heartbeat_timeout)
   *
   * The time after which a silent peer is disconnected, in milliseconds, or 0 for no limit.
   *
   * The connection is closed with the code 4002. The check is periodic, so that this can be later
   * by up to a quarter of the time.
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
   * The maximum size of a frame that a peer may send, in bytes.
   *
   * The connection of a peer that sends a larger frame is closed with the code 1009. Before it
   * has been authenticated, a peer may send frames of up to 16 KiB, and 32 KiB in total. A change
   * takes effect for peers that authenticate later.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_uint ("max-message-size", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_MESSAGE_SIZE, READ_WRITE);

  /**
   * SignalServer:max-peers: (getter get_max_peers) (setter set_max_peers)
   *
   * The maximum number of peers, including those that have not been authenticated yet.
   *
   * If the limit is reached, a peer that has not authenticated within 250 milliseconds is
   * disconnected in favor of a new client. If there is none, the new client receives the HTTP
   * status 503. Lowering the limit does not disconnect authenticated peers.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PEERS] =
    g_param_spec_uint ("max-peers", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_PEERS, READ_WRITE);

  /**
   * SignalServer:max-pending: (getter get_max_pending) (setter set_max_pending)
   *
   * The maximum number of connections that have not been authenticated yet.
   *
   * If the limit is exceeded, one of the connections that have not been authenticated within 250
   * milliseconds is closed: the oldest from the address (for IPv6, from the network) with most of
   * these connections. A client that holds many connections open thus cannot exclude others. If
   * there is no such connection, new connections wait.
   *
   * Each pending connection needs a file descriptor, in addition to those of the peers. If the
   * process has no file descriptors left, connections are closed in the same order.
   *
   * [method@Signal.Server.listen] lets the system queue as many connections, but at least 128, as
   * far as the system permits. Increase this value before if many clients can arrive at once, such
   * as those of another server that has ended.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PENDING] =
    g_param_spec_uint ("max-pending", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_PENDING, READ_WRITE);

  /**
   * SignalServer:max-rooms: (getter get_max_rooms) (setter set_max_rooms)
   *
   * The maximum number of rooms that a peer may join, including those that it joins
   * automatically.
   *
   * Requests to join further rooms are refused; the peer receives no response. The rooms that a
   * peer joins automatically are not refused, and lowering the limit does not remove peers from
   * rooms.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ROOMS] =
    g_param_spec_uint ("max-rooms", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_ROOMS, READ_WRITE);

  /**
   * SignalServer:max-backlog: (getter get_max_backlog) (setter set_max_backlog)
   *
   * The maximum number of bytes that may be waiting for a peer to receive them.
   *
   * The last message may exceed the limit. While it is exceeded,
   * [method@Signal.Server.send_to_peer] fails with %SIGNAL_ERROR_OUTBOX_FULL, and the other
   * methods that send messages skip the peer. A change takes effect for peers that connect later.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BACKLOG] =
    g_param_spec_uint ("max-backlog", NULL, NULL, 1, G_MAXINT,
                       DEFAULT_MAX_BACKLOG, READ_WRITE);
}

static void
install_peers (void)
{
  /**
   * SignalServer:peers: (getter get_peers)
   *
   * The peers that have been authenticated and are connected, in the order of their
   * authentication.
   *
   * A peer is added before [signal@Signal.Server::peer-connected] is emitted, and removed before
   * [signal@Signal.Server::peer-disconnected] is emitted. The list does not change while it emits
   * `items-changed`: if a handler closes peers, stops the server or runs a main loop, peers are
   * added and removed as soon as the emission has ended. It is the same list as long as the server
   * exists, and is empty afterwards.
   *
   * Since: 0.1
   */
  properties[PROP_PEERS] =
    g_param_spec_object ("peers", NULL, NULL, G_TYPE_LIST_MODEL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * SignalServer:bus: (getter get_bus) (setter set_bus)
   *
   * The bus that connects the server with other servers, or %NULL for none.
   *
   * What is sent to rooms, users and all peers is delivered to the peers of this server and published,
   * and what the other servers publish is delivered to the peers of this server, encrypted for each of
   * them. The server subscribes only to the channels that it has peers for, and waits for up to a second
   * until Redis has confirmed that before it admits a peer. While the bus is not connected, the server
   * serves its own peers only; see [class@Signal.Bus].
   *
   * The server does not connect or close the bus. Both must belong to the same main context. The bus
   * can be changed at any time.
   *
   * Since: 0.1
   */
  properties[PROP_BUS] = g_param_spec_object ("bus", NULL, NULL, SIGNAL_TYPE_BUS, READ_WRITE);
}

static void
install_statistics (void)
{
  /**
   * SignalServer:messages-received: (getter get_messages_received)
   *
   * The number of application messages that have been received from peers since the server was created.
   *
   * Control events of the protocol and messages that the server rejects are not counted.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGES_RECEIVED] =
    g_param_spec_uint64 ("messages-received", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalServer:messages-sent: (getter get_messages_sent)
   *
   * The number of messages that have been passed to the connections of peers since the server was created.
   *
   * A message to several peers is counted once for each of them, and answers to requests are
   * counted, too. A message that was lost together with the connection is counted as well.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGES_SENT] =
    g_param_spec_uint64 ("messages-sent", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalServer:messages-dropped: (getter get_messages_dropped)
   *
   * The number of messages that could not be passed to the connection of a peer since the server was created.
   *
   * This is usually because the peer does not read fast enough, so that
   * [property@Signal.Server:max-backlog] was exceeded. A message to several peers is counted once
   * for each of those.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  properties[PROP_MESSAGES_DROPPED] =
    g_param_spec_uint64 ("messages-dropped", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalServer:peers-accepted: (getter get_peers_accepted)
   *
   * The number of peers that have been authenticated since the server was created.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  properties[PROP_PEERS_ACCEPTED] =
    g_param_spec_uint64 ("peers-accepted", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);

  /**
   * SignalServer:authentications-failed: (getter get_authentications_failed)
   *
   * The number of tokens that have been rejected since the server was created.
   *
   * Peers that did not send a token in time are not counted.
   *
   * [signal@GObject.Object::notify] is not emitted for this property.
   *
   * Since: 0.1
   */
  properties[PROP_AUTHENTICATIONS_FAILED] =
    g_param_spec_uint64 ("authentications-failed", NULL, NULL, 0, G_MAXUINT64, 0, READ_ONLY);
}

void
signal_server_install_properties (GObjectClass *object_class)
{
  object_class->get_property = signal_server_get_property;
  object_class->set_property = signal_server_set_property;

  install_protocol_properties ();
  install_time_properties ();
  install_limit_properties ();
  install_peers ();
  install_statistics ();

  g_object_class_install_properties (object_class, N_PROPS, properties);
}
