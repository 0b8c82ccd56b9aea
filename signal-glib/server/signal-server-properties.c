/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-properties-private.h"

#include "protocol/signal-handshake-private.h"

#define SETTING (G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS)

static GParamSpec *properties[SIGNAL_SERVER_N_PROPS];

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
  properties[SIGNAL_SERVER_PROP_ALLOWED_ORIGINS] =
    g_param_spec_boxed ("allowed-origins", NULL, NULL, G_TYPE_STRV, SETTING);
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
  properties[SIGNAL_SERVER_PROP_PATH] =
    g_param_spec_string ("path", NULL, NULL, SIGNAL_SERVER_DEFAULT_PATH, SETTING);

  /**
   * SignalServer:ecdh-info: (getter get_ecdh_info) (setter set_ecdh_info)
   *
   * What the keys are bound to: the HKDF info, the same as in the clients.
   *
   * A change is for the peers that authenticate after it.
   *
   * Since: 0.1
   */
  properties[SIGNAL_SERVER_PROP_ECDH_INFO] =
    g_param_spec_string ("ecdh-info", NULL, NULL, SIGNAL_HANDSHAKE_DEFAULT_INFO, SETTING);

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
  properties[SIGNAL_SERVER_PROP_REQUIRE_ENCRYPTION] =
    g_param_spec_boolean ("require-encryption", NULL, NULL, TRUE, SETTING);

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
  properties[SIGNAL_SERVER_PROP_DEFAULT_ROOMS] =
    g_param_spec_boxed ("default-rooms", NULL, NULL, G_TYPE_STRV, SETTING);

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
  properties[SIGNAL_SERVER_PROP_TLS_CERTIFICATE] =
    g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, SETTING);

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
  properties[SIGNAL_SERVER_PROP_AUTH_TIMEOUT] =
    g_param_spec_uint ("auth-timeout", NULL, NULL, 1, G_MAXINT,
                       SIGNAL_SERVER_DEFAULT_AUTH_TIMEOUT, SETTING);

  /**
   * SignalServer:heartbeat-timeout: (getter get_heartbeat_timeout) (setter set_heartbeat_timeout)
   *
   * How long a peer may be silent, in milliseconds; 0: for ever.
   *
   * One that is silent for longer, by up to a quarter, is closed with the code 4002.
   *
   * Since: 0.1
   */
  properties[SIGNAL_SERVER_PROP_HEARTBEAT_TIMEOUT] =
    g_param_spec_uint ("heartbeat-timeout", NULL, NULL, 0, G_MAXINT,
                       SIGNAL_SERVER_DEFAULT_HEARTBEAT_TIMEOUT, SETTING);
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
  properties[SIGNAL_SERVER_PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_uint ("max-message-size", NULL, NULL, 1, G_MAXINT,
                       SIGNAL_SERVER_DEFAULT_MAX_MESSAGE_SIZE, SETTING);

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
  properties[SIGNAL_SERVER_PROP_MAX_PEERS] =
    g_param_spec_uint ("max-peers", NULL, NULL, 1, G_MAXINT,
                       SIGNAL_SERVER_DEFAULT_MAX_PEERS, SETTING);

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
  properties[SIGNAL_SERVER_PROP_MAX_PENDING] =
    g_param_spec_uint ("max-pending", NULL, NULL, 1, G_MAXINT,
                       SIGNAL_SERVER_DEFAULT_MAX_PENDING, SETTING);

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
  properties[SIGNAL_SERVER_PROP_MAX_ROOMS] =
    g_param_spec_uint ("max-rooms", NULL, NULL, 1, G_MAXINT,
                       SIGNAL_SERVER_DEFAULT_MAX_ROOMS, SETTING);

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
  properties[SIGNAL_SERVER_PROP_MAX_BACKLOG] =
    g_param_spec_uint ("max-backlog", NULL, NULL, 1, G_MAXINT,
                       SIGNAL_SERVER_DEFAULT_MAX_BACKLOG, SETTING);
}

void
signal_server_install_properties (GObjectClass *object_class)
{
  object_class->get_property = signal_server_get_property;
  object_class->set_property = signal_server_set_property;

  install_protocol_properties ();
  install_time_properties ();
  install_limit_properties ();

  g_object_class_install_properties (object_class, SIGNAL_SERVER_N_PROPS, properties);
}
