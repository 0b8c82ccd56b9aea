/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-certificate-private.h"
#include "protocol/signal-close-code-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-handshake-private.h"
#include "protocol/signal-marshal-private.h"
#include "server/signal-origin-private.h"
#include "signal-error.h"
#include "util/signal-i18n-private.h"
#include "util/signal-property-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-url-private.h"

/**
 * SignalServer:
 *
 * Implements a small Signal server that runs inside an application.
 *
 * A `SignalServer` is meant for demos, for tests of applications, and for tools in a local
 * network. It uses the same close codes, limits and room names as the public server. In addition,
 * it rejects unencrypted application messages from peers that have a session key, and does not
 * let a peer join the room that is another peer's ID.
 *
 * ```c
 * static char *
 * on_authenticate (SignalServer *server,
 *                  SignalPeer   *peer,
 *                  const char   *type,
 *                  const char   *token,
 *                  gpointer      user_data)
 * {
 *   return g_strcmp0 (token, "secret") == 0 ? g_strdup ("alice") : NULL;
 * }
 *
 * static void
 * on_message (SignalServer  *server,
 *             SignalPeer    *peer,
 *             SignalMessage *message,
 *             gpointer       user_data)
 * {
 *   signal_server_send_to_room (server, "ws-default", "chat", signal_message_get_payload (message),
 *                               peer, NULL);
 * }
 *
 * int
 * main (void)
 * {
 *   g_autoptr (SignalServer) server = signal_server_new ();
 *   g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
 *   g_autoptr (GError) error = NULL;
 *   g_autofree char *uri = NULL;
 *
 *   g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
 *   g_signal_connect (server, "message::chat", G_CALLBACK (on_message), NULL);
 *   if (!signal_server_listen (server, NULL, 0, &error))
 *     g_error ("%s", error->message);
 *
 *   uri = signal_server_get_uri (server);
 *   g_print ("Listening on %s\n", uri);
 *   g_main_loop_run (loop);
 *   return 0;
 * }
 * ```
 *
 * ## Listening
 *
 * - [method@Signal.Server.listen], [method@Signal.Server.get_uri] and
 *   [method@Signal.Server.stop_async] start and stop the server.
 *   [method@Signal.Server.listen_socket] starts it on a socket that is open already, and
 *   [method@Signal.Server.drain_async] closes the connections gradually.
 * - [property@Signal.Server:path], [property@Signal.Server:tls-certificate] and
 *   [property@Signal.Server:allowed-origins] determine which requests are accepted.
 *
 * ## Peers and rooms
 *
 * - [signal@Signal.Server::authenticate] determines the user of a peer, and
 *   [signal@Signal.Server::join] whether a peer may join a room.
 * - [signal@Signal.Server::peer-connected] and [signal@Signal.Server::peer-disconnected] report
 *   when peers connect and disconnect. [property@Signal.Server:peers] is a list model of them.
 * - [property@Signal.Server:default-rooms] are joined by every peer.
 *
 * ## Messages
 *
 * - [signal@Signal.Server::message] is emitted for each application message that is received.
 * - [method@Signal.Server.send_to_peer], [method@Signal.Server.send_to_user],
 *   [method@Signal.Server.send_to_room] and [method@Signal.Server.broadcast] send messages.
 * - [property@Signal.Server:require-encryption] and [property@Signal.Server:ecdh-info] configure
 *   encryption.
 *
 * ## Timeouts and limits
 *
 * - [property@Signal.Server:auth-timeout] and [property@Signal.Server:heartbeat-timeout] limit
 *   how long a peer may be idle.
 * - [property@Signal.Server:max-peers], [property@Signal.Server:max-pending],
 *   [property@Signal.Server:max-rooms], [property@Signal.Server:max-message-size] and
 *   [property@Signal.Server:max-backlog] limit the resources that peers can use.
 *
 * ## Monitoring
 *
 * - [property@Signal.Server:messages-received], [property@Signal.Server:messages-sent],
 *   [property@Signal.Server:messages-dropped], [property@Signal.Server:peers-accepted] and
 *   [property@Signal.Server:authentications-failed] count what has happened since the server was
 *   created.
 *
 * ## Threads and lifetime
 *
 * A server belongs to the thread-default [struct@GLib.MainContext] of the thread in which it was
 * constructed; it emits its signals in the thread that runs that context.
 *
 * Dropping the last reference closes the listening socket and all connections immediately,
 * without emitting further signals. [method@Signal.Server.stop_async] performs an orderly
 * shutdown. Both may be done in any signal handler.
 *
 * Other threads may drop references, including the last one: the sockets are then closed in the
 * server's main context. Methods that have a `GError` argument fail with %SIGNAL_ERROR_FAILED
 * when they are called from another thread; properties and getters must not be used there.
 *
 * Since: 0.1
 */

/* The number of checks for silent peers in the time that they may be silent. */
#define HEARTBEAT_CHECKS_PER_TIMEOUT 4
#define MIN_HEARTBEAT_CHECK_INTERVAL 10

G_DEFINE_FINAL_TYPE (SignalServer, signal_server, G_TYPE_OBJECT)

/* Signals */

enum
{
  AUTHENTICATE,
  JOIN,
  PEER_CONNECTED,
  PEER_DISCONNECTED,
  MESSAGE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static gboolean
stop_at_false (GSignalInvocationHint *hint,
               GValue                *result,
               const GValue          *answer,
               gpointer               user_data)
{
  g_value_copy (answer, result);
  return g_value_get_boolean (answer);
}

static gboolean
allow_join (SignalServer *self,
            SignalPeer   *peer,
            const char   *room)
{
  return TRUE;
}

/* Arguments of this type are not copied for each emission. */
#define STATIC_SCOPE(type) ((type) | G_SIGNAL_TYPE_STATIC_SCOPE)

static void
install_decision_signals (void)
{
  /**
   * SignalServer::authenticate:
   * @self: the server
   * @peer: the peer, whose [property@Signal.Peer:user-id] is still %NULL
   * @type: the type of the token, usually `Bearer`
   * @token: the token
   *
   * Emitted when a peer has sent a token, to determine its user.
   *
   * The emission stops at the first handler that returns a user ID. If no handler does, or if the
   * user ID is not valid UTF-8, the peer is sent the `error` event `Authentication failed` and
   * its connection is closed with the code 4003. A peer that does not send the type and the token
   * as text is rejected without emitting this signal.
   *
   * A handler that cannot check the token at once calls
   * [method@Signal.Peer.defer_authentication], and
   * [method@Signal.Peer.finish_authentication] when the result is known.
   *
   * Handlers should compare secrets in constant time, for example with `gnutls_memcmp()` or with
   * Python's `hmac.compare_digest()`, or look up a hash of the token. A comparison that stops at
   * the first difference reveals how much of a guess is correct.
   *
   * Returns: (nullable) (transfer full): the user ID, or %NULL to reject the token
   *
   * Since: 0.1
   */
  signals[AUTHENTICATE] =
    g_signal_new ("authenticate",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST,
                  0,
                  signal_property_first_string, NULL,
                  NULL,
                  G_TYPE_STRING, 3,
                  SIGNAL_TYPE_PEER,
                  STATIC_SCOPE (G_TYPE_STRING),
                  STATIC_SCOPE (G_TYPE_STRING));

  /**
   * SignalServer::join:
   * @self: the server
   * @peer: the peer, which has been authenticated
   * @room: the name of the room
   *
   * Emitted when a peer requests to join a room, to determine whether it may.
   *
   * This signal is emitted for every room in a request that the peer has not joined yet. The
   * emission stops at the first handler that returns %FALSE. If there is no handler, the request
   * is granted. The peer receives no response in either case.
   *
   * Requests are refused without emitting this signal if the name is not valid, if it is the
   * [property@Signal.Peer:id] of another peer, or if the peer has joined
   * [property@Signal.Server:max-rooms] rooms. Any other name is valid, even if it looks like an
   * ID; if a peer later connects with that ID, the peers that have joined the room are removed
   * from it.
   *
   * Returns: %TRUE to let the peer join the room
   *
   * Since: 0.1
   */
  signals[JOIN] =
    g_signal_new_class_handler ("join",
                                SIGNAL_TYPE_SERVER,
                                G_SIGNAL_RUN_LAST,
                                G_CALLBACK (allow_join),
                                stop_at_false, NULL,
                                NULL,
                                G_TYPE_BOOLEAN, 2,
                                SIGNAL_TYPE_PEER,
                                STATIC_SCOPE (G_TYPE_STRING));
}

static void
install_notification_signals (void)
{
  /**
   * SignalServer::peer-connected:
   * @self: the server
   * @peer: the peer
   *
   * Emitted when a peer has been authenticated.
   *
   * The peer can be sent messages from then on.
   *
   * Since: 0.1
   */
  signals[PEER_CONNECTED] =
    g_signal_new ("peer-connected",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE, 1,
                  SIGNAL_TYPE_PEER);

  /**
   * SignalServer::peer-disconnected:
   * @self: the server
   * @peer: the peer, whose properties keep their last values
   *
   * Emitted when a peer has disconnected.
   *
   * This signal is emitted once for each [signal@Signal.Server::peer-connected], unless the
   * server is disposed of first.
   *
   * Since: 0.1
   */
  signals[PEER_DISCONNECTED] =
    g_signal_new ("peer-disconnected",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE, 1,
                  SIGNAL_TYPE_PEER);

  /**
   * SignalServer::message:
   * @self: the server
   * @peer: the peer that sent the message
   * @message: the message
   *
   * Emitted when an application message has been received.
   *
   * The detail is the name of the event: a handler for `message::chat` is called for `chat`
   * messages only. Control events of the protocol, such as `join` and `heartbeat`, are not
   * emitted.
   *
   * Since: 0.1
   */
  signals[MESSAGE] =
    g_signal_new ("message",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE, 2,
                  SIGNAL_TYPE_PEER,
                  SIGNAL_TYPE_MESSAGE);
  signal_marshal_set_for_message (signals[MESSAGE], SIGNAL_TYPE_SERVER);
}

static void
install_signals (void)
{
  install_decision_signals ();
  install_notification_signals ();
}

char *
signal_server_emit_authenticate (SignalServer *self,
                                 SignalPeer   *peer,
                                 const char   *type,
                                 const char   *token)
{
  char *user_id = NULL;

  g_signal_emit (self, signals[AUTHENTICATE], 0, peer, type, token, &user_id);
  return user_id;
}

gboolean
signal_server_emit_join (SignalServer *self,
                         SignalPeer   *peer,
                         const char   *room)
{
  gboolean allowed = FALSE;

  g_signal_emit (self, signals[JOIN], 0, peer, room, &allowed);
  return allowed;
}

void
signal_server_emit_connected (SignalServer *self,
                              SignalPeer   *peer)
{
  g_signal_emit (self, signals[PEER_CONNECTED], 0, peer);
}

void
signal_server_emit_disconnected (SignalServer *self,
                                 SignalPeer   *peer)
{
  g_signal_emit (self, signals[PEER_DISCONNECTED], 0, peer);
}

/* Names from the network do not create quarks, which are never freed. If a handler is connected
 * for an event, the quark already exists. */
void
signal_server_emit_message (SignalServer  *self,
                            SignalPeer    *peer,
                            SignalMessage *message)
{
  GQuark detail = g_quark_try_string (signal_message_get_event (message));

  g_signal_emit (self, signals[MESSAGE], detail, peer, message);
}

/* Starting and stopping */

void
signal_server_stop_listening (SignalServer *self)
{
  signal_source_clear (&self->heartbeat_check);
  signal_server_close_socket (self);
  signal_server_close_http (self);
  signal_connection_limiter_drop_lingering (self->limiter);
  g_clear_object (&self->listen_certificate);
  g_clear_pointer (&self->listen_path, g_free);
  g_clear_pointer (&self->listen_name, g_free);
}

static void
close_everything (SignalServer *self)
{
  GHashTableIter iter;
  gpointer peer;

  signal_server_bus_close (self);
  signal_server_stop_listening (self);
  signal_server_end_drain (self);

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    signal_peer_detach (peer);
  g_hash_table_remove_all (self->peers);
  signal_peer_list_clear (self->peer_list);
  signal_server_finish_stop (self);
}

/* This does not rely on dispose being called again: the thread that called it may still be releasing the
 * last reference, and then finalizes the server. */
static gboolean
on_disposed_elsewhere (gpointer user_data)
{
  close_everything (user_data);
  return G_SOURCE_REMOVE;
}

static void
signal_server_dispose (GObject *object)
{
  SignalServer *self = SIGNAL_SERVER (object);

  if (signal_affinity_enter (&self->affinity))
    {
      close_everything (self);
      signal_affinity_leave (&self->affinity);
    }
  else
    {
      signal_affinity_invoke (&self->affinity, on_disposed_elsewhere, g_object_ref (self),
                              g_object_unref);
    }

  /* This disconnects the handlers in any thread, so that no further signals are emitted. */
  G_OBJECT_CLASS (signal_server_parent_class)->dispose (object);
}

static void
signal_server_finalize (GObject *object)
{
  SignalServer *self = SIGNAL_SERVER (object);

  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->ecdh_info, g_free);
  g_clear_pointer (&self->default_rooms, g_strfreev);
  g_clear_pointer (&self->allowed_origins, g_strfreev);
  g_clear_object (&self->tls_certificate);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->peers, g_hash_table_unref);
  g_clear_pointer (&self->rooms, signal_peer_index_free);
  g_clear_pointer (&self->users, signal_peer_index_free);
  g_clear_object (&self->peer_list);
  g_clear_pointer (&self->limiter, signal_connection_limiter_unref);
  signal_affinity_clear (&self->affinity);

  G_OBJECT_CLASS (signal_server_parent_class)->finalize (object);
}

static void
signal_server_class_init (SignalServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  signal_i18n_init ();

  object_class->dispose = signal_server_dispose;
  object_class->finalize = signal_server_finalize;

  signal_server_install_properties (object_class);
  install_signals ();
}

static void
signal_server_init (SignalServer *self)
{
  signal_server_init_properties (self);
  signal_affinity_init (&self->affinity);
  self->limiter = signal_connection_limiter_new ();
  self->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->rooms = signal_peer_index_new ();
  self->users = signal_peer_index_new ();
  self->peer_list = signal_peer_list_new ();
}

/**
 * signal_server_new:
 *
 * Creates a new server.
 *
 * The server does not listen until [method@Signal.Server.listen] is called.
 *
 * Returns: (transfer full): a new server
 *
 * Since: 0.1
 */
SignalServer *
signal_server_new (void)
{
  return g_object_new (SIGNAL_TYPE_SERVER, NULL);
}

/* Returns references, so that the caller may modify everything while iterating. */
GPtrArray *
signal_server_snapshot (SignalServer *self)
{
  GPtrArray *snapshot = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer peer;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    g_ptr_array_add (snapshot, g_object_ref (peer));
  return snapshot;
}

static gboolean
on_heartbeat_check (gpointer user_data)
{
  g_autoptr (SignalServer) self = g_object_ref (user_data);
  g_autoptr (GPtrArray) peers = signal_server_snapshot (self);
  gint64 oldest = g_get_monotonic_time () - (gint64) self->heartbeat_timeout * 1000;

  for (guint i = 0; i < peers->len; i++)
    if (signal_peer_is_admitted (peers->pdata[i])
        && signal_peer_get_last_received (peers->pdata[i]) < oldest)
      signal_peer_close_with_code (peers->pdata[i], SIGNAL_CLOSE_NO_HEARTBEAT, "Heartbeat timeout");

  return G_SOURCE_CONTINUE;
}

void
signal_server_restart_heartbeat_check (SignalServer *self)
{
  signal_source_clear (&self->heartbeat_check);
  if ((self->soup == NULL && self->drain_peers == NULL) || self->heartbeat_timeout == 0)
    return;

  self->heartbeat_check = g_timeout_source_new (MAX (self->heartbeat_timeout
                                                     / HEARTBEAT_CHECKS_PER_TIMEOUT,
                                                     MIN_HEARTBEAT_CHECK_INTERVAL));
  g_source_set_static_name (self->heartbeat_check, "[signal-glib] server heartbeat check");
  g_source_set_callback (self->heartbeat_check, on_heartbeat_check, self, NULL);
  g_source_set_priority (self->heartbeat_check, SIGNAL_SOURCE_AFTER_READING);
  g_source_attach (self->heartbeat_check, self->affinity.context);
}

/* Checks whether clients request exactly this path: they remove dot segments (RFC 3986 section
 * 5.2.4) and encode characters that are not allowed in a path. */
static gboolean
check_path (const char  *path,
            GError     **error)
{
  g_autofree char *escaped = g_uri_escape_string (path, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE);
  g_autofree char *url = g_strconcat ("ws://localhost", escaped, NULL);
  g_autoptr (GUri) uri = *path == '/' ? g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL) : NULL;

  if (uri != NULL && g_str_equal (g_uri_get_path (uri), path))
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
               _("The path “%s” is not valid: it must begin with “/”, have only ASCII characters that a "
                 "URL allows, and no “.” or “..” segments"), escaped);
  return FALSE;
}

static gboolean
check_address (const char  *address,
               GError     **error)
{
  if (address == NULL || signal_url_check_host (address))
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                       _("The address to listen on is neither an IP address nor a valid name"));
  return FALSE;
}

static gboolean
check_ready (SignalServer  *self,
             GError       **error)
{
  if (self->soup != NULL)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                           _("The server is already listening"));
      return FALSE;
    }

  if (self->stop_tasks != NULL)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                           _("The server is still stopping"));
      return FALSE;
    }

  if (!g_utf8_validate (self->ecdh_info, -1, NULL))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("The info string for the key derivation is not valid UTF-8"));
      return FALSE;
    }

  return check_path (self->path, error)
         && signal_origin_check_list ((const char * const *) self->allowed_origins, error)
         && (self->tls_certificate == NULL
             || signal_certificate_check_key (self->tls_certificate, error));
}

/* Determines what stays the same until the server stops. */
static void
prepare_to_listen (SignalServer *self)
{
  self->listen_path = g_strdup (self->path);
  g_set_object (&self->listen_certificate, self->tls_certificate);
}

static void
serve (SignalServer *self)
{
  signal_server_open_http (self);
  signal_server_restart_heartbeat_check (self);
}

/**
 * signal_server_listen:
 * @self: a server
 * @address: (nullable): the IP address or the host name to listen on, `0.0.0.0` or `::` to listen
 *   on all interfaces, or %NULL for the loopback address 127.0.0.1; a link-local IPv6 address
 *   needs its zone identifier after a `%`, as in `fe80::1%eth0`
 * @port: the port, or 0 to select a free one
 * @error: return location for a #GError
 *
 * Starts to listen for connections.
 *
 * A host name is resolved synchronously, unless it is `localhost` or ends in `.localhost`.
 *
 * Without a [property@Signal.Server:tls-certificate], tokens and all other data except encrypted
 * messages are transmitted as plaintext, which is only appropriate for the loopback interface.
 *
 * This method fails with
 *
 * - %G_IO_ERROR_ADDRESS_IN_USE if the port is already in use;
 * - %SIGNAL_ERROR_INVALID_ARGUMENT if @address is neither an IP address nor a valid host name, if
 *   [property@Signal.Server:path], [property@Signal.Server:ecdh-info] or
 *   [property@Signal.Server:allowed-origins] is not valid, or if the private key of
 *   [property@Signal.Server:tls-certificate] is missing or does not match the certificate;
 * - %SIGNAL_ERROR_FAILED if the server is already listening or is still stopping.
 *
 * Returns: %TRUE if the server is listening, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_listen (SignalServer  *self,
                      const char    *address,
                      guint16        port,
                      GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check_strict (&self->affinity, error) || !check_ready (self, error)
      || !check_address (address, error))
    return FALSE;

  prepare_to_listen (self);
  if (!signal_server_open_socket (self, address, port, error))
    {
      signal_server_stop_listening (self);
      return FALSE;
    }

  serve (self);
  return TRUE;
}

/**
 * signal_server_listen_socket:
 * @self: a server
 * @socket: a TCP socket for IPv4 or IPv6 that is bound to an address and listening
 * @error: return location for a #GError
 *
 * Starts to listen for connections on an existing socket.
 *
 * This is for sockets that another program has opened, as with the socket activation of systemd, and
 * for sockets with options that must be set before they are bound, such as `SO_REUSEPORT`, with which
 * several processes listen on the same port; such a socket must be bound with `bind()`, because
 * [method@Gio.Socket.bind] resets this option. [method@Signal.Server.listen] is simpler otherwise.
 *
 * The server keeps a reference to @socket, makes it non-blocking, and closes it when the server stops
 * or is disposed of. If another process has the same socket, it remains open there, and connections
 * wait for that process to accept them.
 *
 * This method fails with
 *
 * - %SIGNAL_ERROR_INVALID_ARGUMENT if @socket is closed, is not a TCP socket, such as a Unix domain
 *   socket or a datagram socket, or is not listening;
 * - %SIGNAL_ERROR_INVALID_ARGUMENT and %SIGNAL_ERROR_FAILED in the other cases of
 *   [method@Signal.Server.listen].
 *
 * @socket is left as it is if the method fails.
 *
 * Returns: %TRUE if the server is listening, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_listen_socket (SignalServer  *self,
                             GSocket       *socket,
                             GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (G_IS_SOCKET (socket), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check_strict (&self->affinity, error) || !check_ready (self, error)
      || !signal_server_check_socket (socket, error))
    return FALSE;

  prepare_to_listen (self);
  if (!signal_server_use_socket (self, socket, error))
    {
      signal_server_stop_listening (self);
      return FALSE;
    }

  serve (self);
  return TRUE;
}

/**
 * signal_server_get_uri:
 * @self: a server
 *
 * Gets the URL for clients on the same host.
 *
 * It begins with `wss://` if the server has a certificate, and with `ws://` otherwise. If the
 * server listens on all interfaces, the URL contains the loopback address. A link-local IPv6
 * address has its zone identifier in the syntax of RFC 6874, as in
 * `ws://[fe80::1%25eth0]:8080/ws`.
 *
 * Returns: (transfer full) (nullable): the URL, or %NULL if the server is not listening
 *
 * Since: 0.1
 */
char *
signal_server_get_uri (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return g_strdup (self->uri);
}

/**
 * signal_server_get_allowed_origins: (get-property allowed-origins)
 * @self: a server
 *
 * Gets the origins of the web pages that may connect.
 *
 * Returns: (transfer none) (array zero-terminated=1): the origins, which are valid until they are
 *   changed
 *
 * Since: 0.1
 */
const char * const *
signal_server_get_allowed_origins (SignalServer *self)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), NULL);

  return (const char * const *) self->allowed_origins;
}

/**
 * signal_server_set_allowed_origins: (set-property allowed-origins)
 * @self: a server
 * @origins: (nullable) (array zero-terminated=1): the origins, or %NULL for none
 *
 * Sets the origins of the web pages that may connect, in addition to the server's own.
 *
 * See [property@Signal.Server:allowed-origins] for the syntax.
 *
 * Since: 0.1
 */
void
signal_server_set_allowed_origins (SignalServer       *self,
                                   const char * const *origins)
{
  g_return_if_fail (SIGNAL_IS_SERVER (self));

  g_object_set (self, "allowed-origins", origins, NULL);
}

/* Takes ownership of the task. */
void
signal_server_add_stop_task (SignalServer *self,
                             GTask        *task)
{
  if (self->stop_tasks == NULL)
    self->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->stop_tasks, task);
}

void
signal_server_close_peer (SignalPeer *peer)
{
  signal_peer_close_with_code (peer, SIGNAL_CLOSE_GOING_AWAY, "Server shutting down");
}

/* The server has stopped when the last peer has disconnected, for which each peer has a
 * deadline. */
void
signal_server_finish_stop (SignalServer *self)
{
  g_autoptr (GPtrArray) tasks = NULL;

  if (self->stop_tasks == NULL || g_hash_table_size (self->peers) > 0)
    return;

  signal_server_end_drain (self);
  tasks = g_steal_pointer (&self->stop_tasks);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_boolean (tasks->pdata[i], TRUE);
}

/**
 * signal_server_stop_async:
 * @self: a server
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Stops listening and closes the connections to all peers with the code 1001.
 *
 * The port is released immediately. The operation completes when all connections have been
 * closed; [signal@Signal.Server::peer-disconnected] has been emitted for every peer by then.
 * Connections to peers that do not respond are closed after 3 seconds. Afterwards, the server can
 * listen again.
 *
 * [method@Signal.Server.drain_async] closes the connections one after the other instead.
 *
 * Cancelling the operation does not prevent the server from stopping. The operation fails with
 * %SIGNAL_ERROR_FAILED in another thread.
 *
 * Since: 0.1
 */
void
signal_server_stop_async (SignalServer        *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr (GPtrArray) peers = NULL;
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (SIGNAL_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_server_stop_async);
  if (!signal_affinity_check (&self->affinity, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  signal_server_add_stop_task (self, g_steal_pointer (&task));
  signal_server_stop_listening (self);
  signal_server_end_drain (self);
  peers = signal_server_snapshot (self);
  for (guint i = 0; i < peers->len; i++)
    signal_server_close_peer (peers->pdata[i]);
  signal_server_finish_stop (self);
}

/**
 * signal_server_stop_finish:
 * @self: a server
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Server.stop_async].
 *
 * This method fails with %G_IO_ERROR_CANCELLED if the operation was cancelled.
 *
 * Returns: %TRUE if the server has stopped, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_stop_finish (SignalServer  *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, signal_server_stop_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Sending */

/* The envelope is the same for all recipients, which only differ in their keys. */
static char *
compose (const char  *event,
         JsonNode    *payload,
         const char  *id,
         gsize       *length,
         GError     **error)
{
  g_autofree char *envelope = signal_envelope_compose_node (event, payload, id, length, error);

  if (envelope == NULL
      || !signal_channel_check_size (signal_envelope_get_encrypted_size (*length),
                                     SIGNAL_CHANNEL_MAX_FRAME_SIZE, error))
    return NULL;

  return g_steal_pointer (&envelope);
}

/* Sends an envelope to a peer, and counts it. */
gboolean
signal_server_deliver (SignalServer  *self,
                       SignalPeer    *peer,
                       const char    *envelope,
                       gsize          length,
                       GError       **error)
{
  if (signal_peer_send (peer, envelope, length, error))
    {
      self->messages_sent++;
      return TRUE;
    }

  self->messages_dropped++;
  return FALSE;
}

/* Takes ownership of the snapshot of the peers of this server. It is needed because writing can detect
 * that a peer has disconnected, and because handlers may modify everything. */
static gboolean
send_to_all (SignalServer    *self,
             SignalBusScope   scope,
             const char      *target,
             GPtrArray       *snapshot,
             SignalPeer      *except,
             const char      *event,
             JsonNode        *payload,
             GError         **error)
{
  G_GNUC_UNUSED g_autoptr (SignalServer) keep = g_object_ref (self);
  g_autoptr (GPtrArray) peers = snapshot;
  g_autofree char *envelope = NULL;
  gsize length;

  envelope = compose (event, payload, NULL, &length, error);
  if (envelope == NULL)
    return FALSE;

  for (guint i = 0; i < peers->len; i++)
    if (peers->pdata[i] != except && signal_peer_is_admitted (peers->pdata[i]))
      signal_server_deliver (self, peers->pdata[i], envelope, length, NULL);

  signal_server_bus_publish (self, scope, target, except, envelope, length);
  return TRUE;
}

static gboolean
send_to_one (SignalServer  *self,
             SignalPeer    *peer,
             const char    *envelope,
             gsize          length,
             GError       **error)
{
  G_GNUC_UNUSED g_autoptr (SignalServer) keep_server = NULL;
  g_autoptr (SignalPeer) keep = NULL;

  if (g_hash_table_lookup (self->peers, signal_peer_get_id (peer)) != peer
      || !signal_peer_is_admitted (peer))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The peer is not connected to this server"));
      return FALSE;
    }

  keep_server = g_object_ref (self);
  keep = g_object_ref (peer);
  return signal_server_deliver (self, peer, envelope, length, error);
}

/**
 * signal_server_send_to_peer:
 * @self: a server
 * @peer: the peer to send the message to
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to a peer, which is encrypted if the peer has a session key.
 *
 * This method fails with
 *
 * - %SIGNAL_ERROR_INVALID_ARGUMENT if @event is empty or reserved by the protocol, or if @payload
 *   cannot be represented in JSON;
 * - %SIGNAL_ERROR_TOO_LARGE if the frame would exceed 16 MiB;
 * - %SIGNAL_ERROR_NOT_CONNECTED if the peer has disconnected or has not been authenticated;
 * - %SIGNAL_ERROR_OUTBOX_FULL if more than [property@Signal.Server:max-backlog] bytes are waiting
 *   for the peer.
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_send_to_peer (SignalServer  *self,
                            SignalPeer    *peer,
                            const char    *event,
                            JsonNode      *payload,
                            GError       **error)
{
  g_autofree char *envelope = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (SIGNAL_IS_PEER (peer), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check (&self->affinity, error))
    return FALSE;

  envelope = compose (event, payload, NULL, &length, error);
  return envelope != NULL && send_to_one (self, peer, envelope, length, error);
}

static gboolean
check_has_id (SignalMessage  *request,
              GError        **error)
{
  if (signal_message_get_id (request) != NULL)
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                       _("The message cannot be answered, because it has no ID"));
  return FALSE;
}

/**
 * signal_server_reply:
 * @self: a server
 * @peer: the peer that has sent the request
 * @request: the request, a message that has an ID
 * @payload: (nullable): the payload of the answer, or %NULL for none
 * @error: return location for a #GError
 *
 * Answers a request, as sent with [method@Signal.Client.request_async].
 *
 * The answer has the event name and the ID of the request. It may be sent from a handler of
 * [signal@Signal.Server::message], or later. This method fails with %SIGNAL_ERROR_INVALID_ARGUMENT
 * if @request has no ID, and otherwise like [method@Signal.Server.send_to_peer].
 *
 * Returns: %TRUE if the answer has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_reply (SignalServer   *self,
                     SignalPeer     *peer,
                     SignalMessage  *request,
                     JsonNode       *payload,
                     GError        **error)
{
  g_autofree char *envelope = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (SIGNAL_IS_PEER (peer), FALSE);
  g_return_val_if_fail (request != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check (&self->affinity, error) || !check_has_id (request, error))
    return FALSE;

  envelope = compose (signal_message_get_event (request), payload, signal_message_get_id (request),
                      &length, error);
  return envelope != NULL && send_to_one (self, peer, envelope, length, error);
}

/**
 * signal_server_reply_error:
 * @self: a server
 * @peer: the peer that has sent the request
 * @request: the request, a message that has an ID
 * @message: a description of the error in UTF-8, for people
 * @error: return location for a #GError
 *
 * Answers a request with an `error` event that has the ID of the request.
 *
 * [method@Signal.Client.request_finish] then fails with %SIGNAL_ERROR_SERVER and @message. This
 * method fails with %SIGNAL_ERROR_INVALID_ARGUMENT if @request has no ID or @message is not valid
 * UTF-8, and otherwise like [method@Signal.Server.send_to_peer].
 *
 * Returns: %TRUE if the answer has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_reply_error (SignalServer   *self,
                           SignalPeer     *peer,
                           SignalMessage  *request,
                           const char     *message,
                           GError        **error)
{
  g_autofree char *envelope = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (SIGNAL_IS_PEER (peer), FALSE);
  g_return_val_if_fail (request != NULL, FALSE);
  g_return_val_if_fail (message != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check (&self->affinity, error) || !check_has_id (request, error))
    return FALSE;

  if (!g_utf8_validate (message, -1, NULL))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("The text of the error is not valid UTF-8"));
      return FALSE;
    }

  envelope = signal_handshake_compose_error (message, signal_message_get_id (request), &length);
  return send_to_one (self, peer, envelope, length, error);
}

/**
 * signal_server_send_to_user:
 * @self: a server
 * @user_id: the user ID, as returned by a handler of [signal@Signal.Server::authenticate]
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all peers of a user.
 *
 * With a [property@Signal.Server:bus], this includes the peers of the other servers.
 *
 * It is not an error if the user has no peers. Peers whose backlog exceeds
 * [property@Signal.Server:max-backlog] are skipped. This method fails with
 * %SIGNAL_ERROR_INVALID_ARGUMENT and %SIGNAL_ERROR_TOO_LARGE in the same cases as
 * [method@Signal.Server.send_to_peer].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_send_to_user (SignalServer  *self,
                            const char    *user_id,
                            const char    *event,
                            JsonNode      *payload,
                            GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (user_id != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return signal_affinity_check (&self->affinity, error)
         && send_to_all (self, SIGNAL_BUS_USER, user_id,
                         signal_peer_index_snapshot (self->users, user_id), NULL, event, payload, error);
}

/**
 * signal_server_send_to_room:
 * @self: a server
 * @room: the name of the room
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @except: (nullable): a peer to exclude, such as the sender of the message, or %NULL
 * @error: return location for a #GError
 *
 * Sends a message to all peers in a room.
 *
 * With a [property@Signal.Server:bus], this includes the peers of the other servers.
 *
 * It is not an error if the room is empty. Peers whose backlog exceeds
 * [property@Signal.Server:max-backlog] are skipped. This method fails with
 * %SIGNAL_ERROR_INVALID_ARGUMENT and %SIGNAL_ERROR_TOO_LARGE in the same cases as
 * [method@Signal.Server.send_to_peer].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_send_to_room (SignalServer  *self,
                            const char    *room,
                            const char    *event,
                            JsonNode      *payload,
                            SignalPeer    *except,
                            GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (room != NULL, FALSE);
  g_return_val_if_fail (except == NULL || SIGNAL_IS_PEER (except), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return signal_affinity_check (&self->affinity, error)
         && send_to_all (self, SIGNAL_BUS_ROOM, room,
                         signal_peer_index_snapshot (self->rooms, room), except, event, payload, error);
}

/**
 * signal_server_broadcast:
 * @self: a server
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message to all authenticated peers.
 *
 * With a [property@Signal.Server:bus], this includes the peers of the other servers.
 *
 * It is not an error if there are no peers. Peers whose backlog exceeds
 * [property@Signal.Server:max-backlog] are skipped. This method fails with
 * %SIGNAL_ERROR_INVALID_ARGUMENT and %SIGNAL_ERROR_TOO_LARGE in the same cases as
 * [method@Signal.Server.send_to_peer].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_server_broadcast (SignalServer  *self,
                         const char    *event,
                         JsonNode      *payload,
                         GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return signal_affinity_check (&self->affinity, error)
         && send_to_all (self, SIGNAL_BUS_BROADCAST, NULL, signal_server_snapshot (self), NULL, event,
                         payload, error);
}
