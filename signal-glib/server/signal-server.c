/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-certificate-private.h"
#include "protocol/signal-close-code-private.h"
#include "protocol/signal-envelope-private.h"
#include "server/signal-origin-private.h"
#include "signal-error.h"
#include "util/signal-i18n-private.h"
#include "util/signal-property-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-url-private.h"

/**
 * SignalServer:
 *
 * A small server that speaks the Signal protocol, inside a program.
 *
 * It is made for demos, for the tests of an application and for tools in a local network. It keeps
 * the same rules as the public server: the deadline for authentication, the close codes, the
 * largest frame and the names of rooms.
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
 * server = signal_server_new ();
 * g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
 * if (!signal_server_listen (server, NULL, 0, &error))
 *   g_error ("%s", error->message);
 * uri = signal_server_get_uri (server);
 * ```
 *
 * Where the public server leaves a decision to the application, this one is strict: it does not
 * hand out an application event that comes in plaintext from a peer that has a key, nor does it let
 * a peer join the room that is another peer's own id.
 *
 * Dropping the last reference closes the port and all connections at once, without a further
 * signal; [method@Signal.Server.stop_async] does it in good order. Any handler may do either.
 *
 * A server belongs to the [struct@GLib.MainContext] that was the thread-default one when it was
 * constructed: it works, and emits its signals, in the thread that runs that context. Other threads may
 * drop their references, the last one too: the port and the connections are then closed by the
 * server's own main context. Methods that can fail do so with %SIGNAL_ERROR_FAILED in another thread;
 * properties and getters must not be used there.
 *
 * Since: 0.1
 */

/* Silence is noticed this often in the time that it may last. */
#define SWEEPS_PER_TIMEOUT 4
#define MIN_SWEEP_INTERVAL 10

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

/* They are not copied for each emission. */
#define STATIC_SCOPE(type) ((type) | G_SIGNAL_TYPE_STATIC_SCOPE)

static void
install_questions (void)
{
  /**
   * SignalServer::authenticate:
   * @self: the server
   * @peer: who asks; it has no user id yet
   * @type: the type of the token, usually `Bearer`
   * @token: what the client shows
   *
   * Asks who the peer is.
   *
   * The first handler that returns a user id wins. If none does, or there is no handler, the peer
   * is refused: it is sent the `error` event `Authentication failed` and is closed with the code
   * 4003. So is one whose id is not valid UTF-8. A peer that sends no type or no token as text is
   * refused without asking.
   *
   * A program that is more than an example compares secrets in constant time, as
   * `gnutls_memcmp()` and Python's `hmac.compare_digest()` do, or looks up a hash of the token: a
   * comparison that ends at the first difference tells how much of a guess is right.
   *
   * Returns: (nullable) (transfer full): the user's id, or %NULL to refuse
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
   * @peer: who asks; it has authenticated
   * @room: the name of the room
   *
   * Asks whether the peer may join the room.
   *
   * Emitted for every room that a client names, unless it is in it already. The first handler that
   * returns %FALSE refuses; if there is no handler, everyone may. The client is not told.
   *
   * Not asked, and refused: names that no room may have, the ids of other peers, and more rooms for
   * a peer than [property@Signal.Server:max-rooms]. A name that looks like an id but is no peer's is
   * one like any other; who is in a room when a peer comes that has its name as
   * [property@Signal.Peer:id] leaves it.
   *
   * Returns: %TRUE to let it in
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
install_news (void)
{
  /**
   * SignalServer::peer-connected:
   * @self: the server
   * @peer: the peer
   *
   * A peer has authenticated: messages flow.
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
   * @peer: the peer; its properties keep their last values
   *
   * A peer is gone.
   *
   * Emitted once for each [signal@Signal.Server::peer-connected], unless the server itself is
   * dropped before.
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
   * @peer: who sent it
   * @message: the message
   *
   * A peer has sent a message.
   *
   * The detail is the name of the event: `message::chat`. What the protocol keeps for itself, such
   * as `join` and `heartbeat`, is not emitted.
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
}

static void
install_signals (void)
{
  install_questions ();
  install_news ();
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

/* A handler that asks for an event has made its quark; a name from the network never makes one. */
void
signal_server_emit_message (SignalServer  *self,
                            SignalPeer    *peer,
                            SignalMessage *message)
{
  GQuark detail = g_quark_try_string (signal_message_get_event (message));

  g_signal_emit (self, signals[MESSAGE], detail, peer, message);
}

/* Begin and end */

static void
stop_listening (SignalServer *self)
{
  signal_source_clear (&self->sweep);
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

  stop_listening (self);

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    signal_peer_detach (peer);
  g_hash_table_remove_all (self->peers);
}

/* The reference that is dropped then disposes of the server again. */
static gboolean
on_disposed_elsewhere (gpointer user_data)
{
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

  /* Disconnects the handlers, in whatever thread: no signal is emitted any more. */
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
  g_clear_pointer (&self->peers, g_hash_table_unref);
  g_clear_pointer (&self->rooms, signal_peer_index_free);
  g_clear_pointer (&self->users, signal_peer_index_free);
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
}

/**
 * signal_server_new:
 *
 * Creates a server that does not listen yet.
 *
 * Returns: (transfer full): the server
 *
 * Since: 0.1
 */
SignalServer *
signal_server_new (void)
{
  return g_object_new (SIGNAL_TYPE_SERVER, NULL);
}

/* Own references, so that whoever walks through them may change everything. */
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
on_sweep (gpointer user_data)
{
  g_autoptr (SignalServer) self = g_object_ref (user_data);
  g_autoptr (GPtrArray) peers = signal_server_snapshot (self);
  gint64 oldest = g_get_monotonic_time () - (gint64) self->heartbeat_timeout * 1000;

  for (guint i = 0; i < peers->len; i++)
    if (signal_peer_is_admitted (peers->pdata[i])
        && signal_peer_get_last_received (peers->pdata[i]) < oldest)
      signal_peer_shut (peers->pdata[i], SIGNAL_CLOSE_NO_HEARTBEAT, "Heartbeat timeout");

  return G_SOURCE_CONTINUE;
}

void
signal_server_restart_sweep (SignalServer *self)
{
  signal_source_clear (&self->sweep);
  if (self->soup == NULL || self->heartbeat_timeout == 0)
    return;

  self->sweep = g_timeout_source_new (MAX (self->heartbeat_timeout / SWEEPS_PER_TIMEOUT,
                                           MIN_SWEEP_INTERVAL));
  g_source_set_static_name (self->sweep, "[signal-glib] server sweep");
  g_source_set_callback (self->sweep, on_sweep, self, NULL);
  g_source_set_priority (self->sweep, SIGNAL_SOURCE_AFTER_READING);
  g_source_attach (self->sweep, self->affinity.context);
}

/* Whether clients ask for exactly this path: they leave out dot segments (RFC 3986 section 5.2.4), and
 * encode what a path cannot have in it. */
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
check_ready (SignalServer  *self,
             const char    *address,
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

  if (address != NULL && !signal_url_check_host (address))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("The address to listen on is neither an IP address nor a valid name"));
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

/**
 * signal_server_listen:
 * @self: a server
 * @address: (nullable): the address or the name of the interface to listen on, `0.0.0.0` and `::`
 *   for all of them; a link-local one of IPv6 has its zone after a `%`, as in `fe80::1%eth0`; %NULL
 *   for the loopback address 127.0.0.1
 * @port: the port; 0 for any that is free
 * @error: where to put an error
 *
 * Begins to listen.
 *
 * A name is looked up, which can block, unless it is `localhost` or ends in `.localhost`. Without
 * [property@Signal.Server:tls-certificate] everything is sent in cleartext except the messages of
 * encrypted peers: the tokens, too. That is meant for the loopback address.
 *
 * Fails with %G_IO_ERROR_ADDRESS_IN_USE if someone else listens on the port, with
 * %SIGNAL_ERROR_INVALID_ARGUMENT if @address can be neither an address nor a name, if
 * [property@Signal.Server:path] is not a path, [property@Signal.Server:ecdh-info] not valid UTF-8 or an
 * entry of [property@Signal.Server:allowed-origins] not an origin, or if
 * [property@Signal.Server:tls-certificate] has no private key or another one's, and with
 * %SIGNAL_ERROR_FAILED if the server is listening already or has not stopped yet.
 *
 * Returns: %TRUE if the server is listening
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

  if (!signal_affinity_check_strict (&self->affinity, error) || !check_ready (self, address, error))
    return FALSE;

  self->listen_path = g_strdup (self->path);
  g_set_object (&self->listen_certificate, self->tls_certificate);
  if (!signal_server_open_socket (self, address, port, error))
    {
      stop_listening (self);
      return FALSE;
    }

  signal_server_open_http (self);
  signal_server_restart_sweep (self);
  return TRUE;
}

/**
 * signal_server_get_uri:
 * @self: a server
 *
 * Gets the URL to give to a client on this machine.
 *
 * It begins with `ws://`, or with `wss://` if there is a certificate. If the server listens on all
 * interfaces, the URL has the loopback address. A link-local address of IPv6 has its zone in it, as
 * RFC 6874 writes it: `ws://[fe80::1%25eth0]:8080/ws`. Such a URL is of use on this machine only.
 *
 * Returns: (transfer full) (nullable): the URL, or %NULL if the server does not listen
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
 * Gets the web pages whose scripts may connect.
 *
 * Returns: (transfer none) (array zero-terminated=1): their origins, valid until they are changed
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
 * @origins: (nullable) (array zero-terminated=1): their origins; %NULL for none
 *
 * Sets the web pages whose scripts may connect, beside those from the server's own address.
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

/* Stopping is over once the last peer is gone; each of them has a deadline for it. */
void
signal_server_finish_stop (SignalServer *self)
{
  g_autoptr (GPtrArray) tasks = NULL;

  if (self->stop_tasks == NULL || g_hash_table_size (self->peers) > 0)
    return;

  tasks = g_steal_pointer (&self->stop_tasks);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_boolean (tasks->pdata[i], TRUE);
}

/**
 * signal_server_stop_async:
 * @self: a server
 * @cancellable: (nullable): a way to stop waiting
 * @callback: (scope async): called when all is closed
 * @user_data: what to give to @callback
 *
 * Stops listening and closes all peers, with the code 1001.
 *
 * The port is free at once. [signal@Signal.Server::peer-disconnected] is emitted for every peer
 * before @callback is called; peers that do not answer are dropped after 3 seconds. Then the server
 * can listen again.
 *
 * Cancelling does not undo anything: the server stops all the same.
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

  if (self->stop_tasks == NULL)
    self->stop_tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->stop_tasks, g_steal_pointer (&task));

  stop_listening (self);
  peers = signal_server_snapshot (self);
  for (guint i = 0; i < peers->len; i++)
    signal_peer_shut (peers->pdata[i], SIGNAL_CLOSE_GOING_AWAY, "Server shutting down");
  signal_server_finish_stop (self);
}

/**
 * signal_server_stop_finish:
 * @self: a server
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Finishes what [method@Signal.Server.stop_async] began.
 *
 * Fails with %G_IO_ERROR_CANCELLED if it was cancelled.
 *
 * Returns: %TRUE if the server has stopped
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

/* The envelope is the same for all who get it: what differs between them is the key. */
static char *
compose (const char  *event,
         JsonNode    *payload,
         gsize       *length,
         GError     **error)
{
  g_autofree char *envelope = signal_envelope_compose_node (event, payload, length, error);

  if (envelope == NULL
      || !signal_channel_check_size (signal_envelope_get_encrypted_size (*length),
                                     SIGNAL_PEER_MAX_OUTGOING_SIZE, error))
    return NULL;

  return g_steal_pointer (&envelope);
}

/* Takes a snapshot, since writing can find that a peer is gone, and handlers may do anything. */
static gboolean
send_to_all (GPtrArray   *snapshot,
             SignalPeer  *except,
             const char  *event,
             JsonNode    *payload,
             GError     **error)
{
  g_autoptr (GPtrArray) peers = snapshot;
  g_autofree char *envelope = NULL;
  gsize length;

  envelope = compose (event, payload, &length, error);
  if (envelope == NULL)
    return FALSE;

  for (guint i = 0; i < peers->len; i++)
    if (peers->pdata[i] != except && signal_peer_is_admitted (peers->pdata[i]))
      signal_peer_send (peers->pdata[i], envelope, length, NULL);
  return TRUE;
}

/**
 * signal_server_send_to_peer:
 * @self: a server
 * @peer: the peer
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @error: where to put an error
 *
 * Sends a message to one peer, encrypted if the peer has a key.
 *
 * Fails with %SIGNAL_ERROR_INVALID_ARGUMENT if @event is empty or one of the protocol's own, or if
 * @payload is nothing that JSON can express; with %SIGNAL_ERROR_TOO_LARGE if the message takes more
 * than 16 MiB; with %SIGNAL_ERROR_NOT_CONNECTED if the peer is gone or has not authenticated; with
 * %SIGNAL_ERROR_OUTBOX_FULL if it does not read what it has been sent.
 *
 * Returns: %TRUE if the message is on its way
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
  g_autoptr (SignalPeer) keep = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_SERVER (self), FALSE);
  g_return_val_if_fail (SIGNAL_IS_PEER (peer), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!signal_affinity_check (&self->affinity, error))
    return FALSE;

  envelope = compose (event, payload, &length, error);
  if (envelope == NULL)
    return FALSE;

  if (g_hash_table_lookup (self->peers, signal_peer_get_id (peer)) != peer
      || !signal_peer_is_admitted (peer))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The peer is not connected to this server"));
      return FALSE;
    }

  keep = g_object_ref (peer);
  return signal_peer_send (peer, envelope, length, error);
}

/**
 * signal_server_send_to_user:
 * @self: a server
 * @user_id: what a handler of [signal@Signal.Server::authenticate] returned
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @error: where to put an error
 *
 * Sends a message to all peers of a user.
 *
 * It is no error if there is none. Fails with %SIGNAL_ERROR_INVALID_ARGUMENT and
 * %SIGNAL_ERROR_TOO_LARGE as [method@Signal.Server.send_to_peer] does.
 *
 * Returns: %TRUE if the message could be sent to whoever is there
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
         && send_to_all (signal_peer_index_snapshot (self->users, user_id), NULL, event, payload, error);
}

/**
 * signal_server_send_to_room:
 * @self: a server
 * @room: the name of a room
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @except: (nullable): a peer that is left out, such as the one who said it
 * @error: where to put an error
 *
 * Sends a message to all peers in a room.
 *
 * It is no error if there is none. Fails with %SIGNAL_ERROR_INVALID_ARGUMENT and
 * %SIGNAL_ERROR_TOO_LARGE as [method@Signal.Server.send_to_peer] does.
 *
 * Returns: %TRUE if the message could be sent to whoever is there
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
         && send_to_all (signal_peer_index_snapshot (self->rooms, room), except, event, payload, error);
}

/**
 * signal_server_broadcast:
 * @self: a server
 * @event: the name of the event
 * @payload: (nullable): any JSON value; %NULL for a message without payload
 * @error: where to put an error
 *
 * Sends a message to all peers that have authenticated.
 *
 * It is no error if there is none. Fails with %SIGNAL_ERROR_INVALID_ARGUMENT and
 * %SIGNAL_ERROR_TOO_LARGE as [method@Signal.Server.send_to_peer] does.
 *
 * Returns: %TRUE if the message could be sent to whoever is there
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
         && send_to_all (signal_server_snapshot (self), NULL, event, payload, error);
}
