/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

#include "crypto/signal-secret-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-marshal-private.h"
#include "util/signal-i18n-private.h"
#include "util/signal-property-private.h"

/**
 * SignalClient:
 *
 * Maintains an authenticated connection to a Signal server and reconnects automatically.
 *
 * A `SignalClient` opens a WebSocket to a Signal server, authenticates with a bearer token,
 * derives a session key for each connection, joins its rooms and sends heartbeats. When the
 * connection is lost, it reconnects with exponential backoff until
 * [method@Signal.Client.disconnect_async] is called, the server rejects the client permanently,
 * or all retries allowed by [property@Signal.Client:max-retries] have failed.
 *
 * Messages can be sent in every state except `DISCONNECTED`: while there is no connection, they are
 * kept in an outbox. Rooms can be joined in every state, and are joined again after each reconnect.
 *
 * ```c
 * static void
 * on_message (SignalClient  *client,
 *             SignalMessage *message,
 *             gpointer       user_data)
 * {
 *   g_print ("%s\n", signal_message_get_payload_json (message));
 * }
 *
 * static void
 * on_connected (GObject      *source,
 *               GAsyncResult *result,
 *               gpointer      user_data)
 * {
 *   SignalClient *client = SIGNAL_CLIENT (source);
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!signal_client_connect_finish (client, result, &error)
 *       || !signal_client_send_json (client, "chat", "{\"text\":\"Hello\"}", &error))
 *     g_warning ("%s", error->message);
 * }
 *
 * int
 * main (void)
 * {
 *   g_autoptr (SignalClient) client = signal_client_new ("wss://example.org/ws", NULL);
 *   g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
 *
 *   g_signal_connect (client, "message::chat", G_CALLBACK (on_message), NULL);
 *   signal_client_connect_async (client, "token", NULL, on_connected, NULL);
 *   g_main_loop_run (loop);
 *   return 0;
 * }
 * ```
 *
 * ## Connection
 *
 * - [method@Signal.Client.connect_async] and [method@Signal.Client.disconnect_async] start and
 *   stop the client; [method@Signal.Client.reconnect_now] skips the delay before a retry.
 * - [property@Signal.Client:state], [property@Signal.Client:client-id],
 *   [property@Signal.Client:user-id] and [property@Signal.Client:encrypted] describe the
 *   connection.
 * - [property@Signal.Client:server-url] and [property@Signal.Client:server-urls] are the servers;
 *   [property@Signal.Client:current-url] is the one that is in use.
 * - [signal@Signal.Client::connected], [signal@Signal.Client::reconnecting] and
 *   [signal@Signal.Client::disconnected] report its changes; [signal@Signal.Client::error] and
 *   [property@Signal.Client:last-error] say what went wrong.
 *
 * - [property@Signal.Client:status-text] is a translated text for a status line;
 *   [property@Signal.Client:is-connected], [property@Signal.Client:retry-at] and
 *   [property@Signal.Client:failures] are further details for user interfaces.
 *
 * ## Authentication
 *
 * - The token is passed to [method@Signal.Client.connect_async], or set with
 *   [method@Signal.Client.update_token].
 * - [signal@Signal.Client::authenticate] and [signal@Signal.Client::token-requested] supply a
 *   current token for each attempt; [method@Signal.Client.fail_token] says that there is none.
 * - [property@Signal.Client:authenticate-type], [property@Signal.Client:authenticate-data] and
 *   [property@Signal.Client:public-key-member] adapt the event to the server.
 *
 * ## Messages and rooms
 *
 * - [method@Signal.Client.send_message] and [method@Signal.Client.send_json] send a message;
 *   [signal@Signal.Client::message] is emitted for each message that is received.
 * - [method@Signal.Client.send_message_async], [method@Signal.Client.send_json_async] and
 *   [method@Signal.Client.flush_async] complete when it is known what has become of a message.
 * - [method@Signal.Client.request_async] and [method@Signal.Client.request_json_async] wait for an
 *   answer; [property@Signal.Client:request-timeout] and
 *   [property@Signal.Client:correlation-member] configure them.
 * - [property@Signal.Client:outbox-limit], [property@Signal.Client:outbox-ttl],
 *   [property@Signal.Client:outbox-length], [property@Signal.Client:buffered-amount] and
 *   [signal@Signal.Client::drained] control and describe the messages that have not been written
 *   yet.
 * - [method@Signal.Client.join_rooms], [method@Signal.Client.leave_rooms],
 *   [property@Signal.Client:auto-join-rooms] and [property@Signal.Client:rooms] manage the rooms.
 *
 * ## Retries and timeouts
 *
 * - [property@Signal.Client:max-retries], [property@Signal.Client:base-interval],
 *   [property@Signal.Client:backoff-multiplier], [property@Signal.Client:max-interval] and
 *   [property@Signal.Client:jitter] are the retry policy.
 * - [property@Signal.Client:connect-timeout], [property@Signal.Client:heartbeat-interval] and
 *   [property@Signal.Client:liveness-timeout] determine when an attempt or a connection has
 *   failed.
 *
 * ## Security and network
 *
 * - [property@Signal.Client:require-encryption], [property@Signal.Client:ecdh-info] and
 *   [property@Signal.Client:allow-insecure] protect messages and the token.
 * - [property@Signal.Client:tls-database], [property@Signal.Client:tls-certificate] and
 *   [signal@Signal.Client::accept-certificate] configure TLS.
 * - [property@Signal.Client:proxy-resolver], [property@Signal.Client:headers] and
 *   [property@Signal.Client:network-monitor] configure the network.
 *
 * ## Threads and lifetime
 *
 * A client belongs to the thread-default [struct@GLib.MainContext] of the thread in which it was
 * constructed; it emits its signals in the thread that runs that context. Every method may be
 * called from any signal handler, and a handler may drop the last reference.
 *
 * Dropping the last reference closes the connection. An application that should stay connected
 * while its windows are closed keeps the client in its [class@Gio.Application].
 *
 * Other threads may drop references, including the last one: the connection is then closed in the
 * client's main context, and no further signals are emitted. They may also call
 * [method@Signal.Client.update_token], [method@Signal.Client.fail_token] and
 * [method@Signal.Client.reconnect_now], which take effect in the next iteration of that context.
 * Methods that have a `GError` argument fail with %SIGNAL_ERROR_FAILED when they are called from
 * another thread; properties and getters must not be used there.
 *
 * Since: 0.1
 */

G_DEFINE_FINAL_TYPE (SignalClient, signal_client, G_TYPE_OBJECT)

enum
{
  CONNECTED,
  RECONNECTING,
  DISCONNECTED,
  MESSAGE,
  ERROR,
  ACCEPT_CERTIFICATE,
  AUTHENTICATE,
  TOKEN_REQUESTED,
  DRAINED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* Callbacks of the session */

static void
set_last_error (SignalClient *self,
                const GError *error)
{
  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self),
                            signal_client_properties[SIGNAL_CLIENT_PROP_LAST_ERROR]);
}

static void
notify_if (SignalClient *self,
           gboolean      is_changed,
           guint         prop_id)
{
  if (is_changed)
    g_object_notify_by_pspec (G_OBJECT (self), signal_client_properties[prop_id]);
}

/* Notifies of the state, and of the properties that change with it. */
static void
on_status_changed (gpointer                   owner,
                   const SignalSessionStatus *before,
                   const SignalSessionStatus *now)
{
  gboolean was_authenticated = before->state == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
  gboolean is_authenticated = now->state == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
  g_autofree char *text_before = signal_session_status_text (before);
  g_autofree char *text_now = signal_session_status_text (now);

  g_object_freeze_notify (owner);
  notify_if (owner, before->state != now->state, SIGNAL_CLIENT_PROP_STATE);
  notify_if (owner, g_strcmp0 (before->url, now->url) != 0, SIGNAL_CLIENT_PROP_CURRENT_URL);
  notify_if (owner, was_authenticated != is_authenticated, SIGNAL_CLIENT_PROP_IS_CONNECTED);
  notify_if (owner, before->retry_at != now->retry_at, SIGNAL_CLIENT_PROP_RETRY_AT);
  notify_if (owner, before->failures != now->failures, SIGNAL_CLIENT_PROP_FAILURES);
  notify_if (owner, !g_str_equal (text_before, text_now), SIGNAL_CLIENT_PROP_STATUS_TEXT);
  notify_if (owner, was_authenticated != is_authenticated, SIGNAL_CLIENT_PROP_CLIENT_ID);
  notify_if (owner, was_authenticated != is_authenticated, SIGNAL_CLIENT_PROP_USER_ID);
  notify_if (owner, was_authenticated != is_authenticated, SIGNAL_CLIENT_PROP_ENCRYPTED);
  g_object_thaw_notify (owner);
}

static void
on_outbox_changed (gpointer owner)
{
  g_object_notify_by_pspec (owner, signal_client_properties[SIGNAL_CLIENT_PROP_OUTBOX_LENGTH]);
}

static void
on_connected (gpointer owner)
{
  g_autofree char *client_id = g_strdup (signal_client_get_client_id (owner));

  g_signal_emit (owner, signals[CONNECTED], 0, client_id);
}

static void
on_reconnecting (gpointer owner,
                 guint    attempt,
                 guint    delay)
{
  g_signal_emit (owner, signals[RECONNECTING], 0, attempt, delay);
}

static void
on_disconnected (gpointer      owner,
                 const GError *error)
{
  if (error != NULL)
    set_last_error (owner, error);
  g_signal_emit (owner, signals[DISCONNECTED], 0, error);
}

/* Names from the network do not create quarks, which are never freed. If a handler is connected
 * for an event, the quark already exists. */
static void
on_message (gpointer       owner,
            SignalMessage *message)
{
  g_signal_emit (owner, signals[MESSAGE], g_quark_try_string (signal_message_get_event (message)),
                 message);
}

static void
on_error (gpointer      owner,
          const GError *error)
{
  set_last_error (owner, error);
  g_signal_emit (owner, signals[ERROR], 0, error);
}

static void
on_drained (gpointer owner)
{
  g_signal_emit (owner, signals[DRAINED], 0);
}

static gboolean
on_accept_certificate (gpointer              owner,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors)
{
  gboolean accept = FALSE;

  g_signal_emit (owner, signals[ACCEPT_CERTIFICATE], 0, certificate, errors, &accept);
  return accept;
}

static char *
on_authenticate (gpointer owner)
{
  char *token = NULL;

  g_signal_emit (owner, signals[AUTHENTICATE], 0, &token);
  return token;
}

static gboolean
on_request_token (gpointer owner)
{
  gboolean will_come = FALSE;

  g_signal_emit (owner, signals[TOKEN_REQUESTED], 0, &will_come);
  return will_come;
}

static gboolean
has_token_source (gpointer owner)
{
  return g_signal_has_handler_pending (owner, signals[AUTHENTICATE], 0, TRUE)
         || g_signal_has_handler_pending (owner, signals[TOKEN_REQUESTED], 0, TRUE);
}

static const SignalSessionHandlers session_handlers = {
  .status_changed = on_status_changed,
  .outbox_changed = on_outbox_changed,
  .connected = on_connected,
  .reconnecting = on_reconnecting,
  .disconnected = on_disconnected,
  .message = on_message,
  .error = on_error,
  .drained = on_drained,
  .accept_certificate = on_accept_certificate,
  .authenticate = on_authenticate,
  .request_token = on_request_token,
  .has_token_source = has_token_source,
};

/* Class */

static void
install_state_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::connected:
   * @self: the client
   * @client_id: the ID that the server has assigned to this connection
   *
   * Emitted when the client has been authenticated, both for the first time and after each
   * reconnect.
   *
   * By then, the requests to join the rooms of [property@Signal.Client:rooms] and messages from
   * the outbox have been passed to the connection. [property@Signal.Client:state] is notified
   * before this signal, and [method@Signal.Client.connect_async] finishes after it.
   *
   * Since: 0.1
   */
  signals[CONNECTED] =
    g_signal_new ("connected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * SignalClient::reconnecting:
   * @self: the client
   * @attempt: the number of the retry, starting from 1 after each authentication
   * @delay: the delay before the retry, in milliseconds
   *
   * Emitted when an attempt has failed or the connection has been lost, and the client waits
   * before the next attempt.
   *
   * [property@Signal.Client:state] is notified and [signal@Signal.Client::error], which has the
   * cause, is emitted before this signal.
   *
   * Since: 0.1
   */
  signals[RECONNECTING] =
    g_signal_new ("reconnecting", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_UINT);

  /**
   * SignalClient::disconnected:
   * @self: the client
   * @error: (nullable): the reason, or %NULL if the application disconnected the client
   *
   * Emitted when the client has stopped and does not reconnect automatically.
   *
   * This signal is emitted once for each [method@Signal.Client.connect_async] that has started to
   * connect, and before that call finishes if it is still pending. [property@Signal.Client:state]
   * is notified first. If a handler of that notification connects the client again, this signal
   * is emitted for the previous connection after the new attempt has begun.
   *
   * Since: 0.1
   */
  signals[DISCONNECTED] =
    g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * SignalClient::error:
   * @self: the client
   * @error: the error
   *
   * Emitted when an error has occurred that does not stop the client.
   *
   * Such errors are messages that were received and ignored, errors that the server has reported
   * (%SIGNAL_ERROR_SERVER), failed attempts, lost connections, and messages that could not be
   * sent.
   *
   * Since: 0.1
   */
  signals[ERROR] =
    g_signal_new ("error", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
install_authentication_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::accept-certificate:
   * @self: the client
   * @certificate: the certificate of the server
   * @errors: the problems with @certificate
   *
   * Emitted when the certificate of the server is not valid.
   *
   * As with [signal@Gio.TlsConnection::accept-certificate], the emission stops at the first
   * handler that returns %TRUE. If no handler does, the connection is rejected. The
   * [property@Signal.Client:connect-timeout] does not run while the handlers are called, so that
   * a handler may ask the user in a nested main loop.
   *
   * Returns: %TRUE to accept the certificate
   *
   * Since: 0.1
   */
  signals[ACCEPT_CERTIFICATE] =
    g_signal_new ("accept-certificate", type, G_SIGNAL_RUN_LAST, 0,
                  g_signal_accumulator_true_handled, NULL, NULL,
                  G_TYPE_BOOLEAN, 2, G_TYPE_TLS_CERTIFICATE, G_TYPE_TLS_CERTIFICATE_FLAGS);

  /**
   * SignalClient::authenticate:
   * @self: the client
   *
   * Emitted when an attempt begins, to get a token for it.
   *
   * The emission stops at the first handler that returns a token, which then replaces
   * [property@Signal.Client:token]. If no handler returns one, and
   * [signal@Signal.Client::token-requested] does not supply one either, the value of that
   * property is used. A token that is not valid UTF-8 stops the client with
   * %SIGNAL_ERROR_INVALID_ARGUMENT.
   *
   * Returns: (nullable) (transfer full): a token, or %NULL
   *
   * Since: 0.1
   */
  signals[AUTHENTICATE] =
    g_signal_new ("authenticate", type, G_SIGNAL_RUN_LAST, 0, signal_property_first_string, NULL, NULL,
                  G_TYPE_STRING, 0);

  /**
   * SignalClient::token-requested:
   * @self: the client
   *
   * Emitted when an attempt begins, to get a token that must be fetched asynchronously.
   *
   * A handler that returns %TRUE must later call [method@Signal.Client.update_token], or
   * [method@Signal.Client.fail_token] if it could not get a token. Until then, the attempt waits in
   * the `CONNECTING` state, for at most [property@Signal.Client:connect-timeout].
   *
   * This signal is emitted after [signal@Signal.Client::authenticate], and only if no handler of
   * that has returned a token. It is not emitted again while a token is awaited.
   *
   * Returns: %TRUE if a token will be supplied with [method@Signal.Client.update_token]
   *
   * Since: 0.1
   */
  signals[TOKEN_REQUESTED] =
    g_signal_new ("token-requested", type, G_SIGNAL_RUN_LAST, 0,
                  g_signal_accumulator_true_handled, NULL, NULL,
                  G_TYPE_BOOLEAN, 0);
}

static void
install_message_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::message:
   * @self: the client
   * @message: the message
   *
   * Emitted when an application message has been received.
   *
   * The detail is the name of the event: a handler for `message::chat` is called for `chat`
   * messages only.
   *
   * Since: 0.1
   */
  signals[MESSAGE] =
    g_signal_new ("message", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, SIGNAL_TYPE_MESSAGE);
  signal_marshal_set_for_message (signals[MESSAGE], type);

  /**
   * SignalClient::drained:
   * @self: the client
   *
   * Emitted when all data that was waiting has been written to the socket, and more can be sent.
   *
   * This signal is not emitted for messages that can be written immediately. Check
   * [property@Signal.Client:buffered-amount] before waiting for it.
   *
   * Since: 0.1
   */
  signals[DRAINED] =
    g_signal_new ("drained", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
install_signals (GObjectClass *object_class)
{
  install_state_signals (object_class);
  install_authentication_signals (object_class);
  install_message_signals (object_class);
}

static void
signal_client_dispose (GObject *object)
{
  SignalClient *self = SIGNAL_CLIENT (object);

  signal_session_abandon (self->session);

  G_OBJECT_CLASS (signal_client_parent_class)->dispose (object);
}

static void
signal_client_finalize (GObject *object)
{
  SignalClient *self = SIGNAL_CLIENT (object);

  g_clear_object (&self->session);
  g_clear_error (&self->last_error);
  g_free (self->status_text);

  G_OBJECT_CLASS (signal_client_parent_class)->finalize (object);
}

static void
signal_client_class_init (SignalClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  signal_i18n_init ();

  object_class->dispose = signal_client_dispose;
  object_class->finalize = signal_client_finalize;

  signal_client_install_properties (object_class);
  install_signals (object_class);
}

static void
signal_client_init (SignalClient *self)
{
  self->session = signal_session_new (&session_handlers, G_OBJECT (self));
}

/**
 * signal_client_new:
 * @server_url: (nullable): the URL of the server, `wss://…` or `ws://…`
 * @ecdh_info: (nullable): the HKDF info string, which must be the same on the server, or %NULL
 *   for the default
 *
 * Creates a new client.
 *
 * The client does not connect before [method@Signal.Client.connect_async] is called, which also
 * validates the URL.
 *
 * Returns: (transfer full): a new client
 *
 * Since: 0.1
 */
SignalClient *
signal_client_new (const char *server_url,
                   const char *ecdh_info)
{
  return g_object_new (SIGNAL_TYPE_CLIENT,
                       "server-url", server_url,
                       ecdh_info != NULL ? "ecdh-info" : NULL, ecdh_info,
                       NULL);
}

/* Connecting */

/**
 * signal_client_connect_async:
 * @self: a client
 * @token: (nullable): the bearer token in UTF-8, or %NULL to use [property@Signal.Client:token]
 * @cancellable: (nullable): a #GCancellable to cancel the attempts; it has no effect once the
 *   client has been authenticated
 * @callback: (nullable) (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Connects to the server, authenticates, and maintains the connection from then on.
 *
 * The operation completes when the client has been authenticated for the first time or has
 * stopped with an error. Failed attempts in between are retried according to the retry policy,
 * and are reported by [signal@Signal.Client::error] and [signal@Signal.Client::reconnecting]. Set
 * [property@Signal.Client:max-retries] to 0 to fail on the first error.
 *
 * The URL, @token, [property@Signal.Client:auto-join-rooms], [property@Signal.Client:headers] and
 * [property@Signal.Client:ecdh-info] are validated before anything is sent; the operation fails
 * with %SIGNAL_ERROR_INVALID_ARGUMENT or %SIGNAL_ERROR_INSECURE if one of them is not valid. A
 * token that a signal handler returns is validated when the attempt begins, and one that is not
 * valid UTF-8 ends the operation with %SIGNAL_ERROR_INVALID_ARGUMENT.
 *
 * If the client is already connected or connecting, its state does not change and the operation
 * fails with %SIGNAL_ERROR_FAILED.
 *
 * The client is kept alive until the operation completes. To stop a client that is still
 * connecting, cancel the operation or call [method@Signal.Client.disconnect_async].
 *
 * Since: 0.1
 */
void
signal_client_connect_async (SignalClient        *self,
                             const char          *token,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_client_connect_async);
  g_task_set_name (task, "[signal-glib] connect client");
  g_task_set_check_cancellable (task, FALSE);
  signal_session_connect (self->session, token, task);
}

/**
 * signal_client_connect_finish:
 * @self: a client
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Client.connect_async].
 *
 * Possible errors include %SIGNAL_ERROR_AUTHENTICATION_FAILED, %SIGNAL_ERROR_ENCRYPTION_REQUIRED,
 * %SIGNAL_ERROR_RETRIES_EXHAUSTED and %G_IO_ERROR_CANCELLED and, if
 * [property@Signal.Client:max-retries] is 0, those of the transport.
 *
 * Returns: %TRUE if the client has been authenticated, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_connect_finish (SignalClient  *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, signal_client_connect_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * signal_client_disconnect_async:
 * @self: a client
 * @cancellable: (nullable): a #GCancellable
 * @callback: (nullable) (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Closes the connection and stops reconnecting.
 *
 * When this method returns, the state is `DISCONNECTED` and [signal@Signal.Client::disconnected]
 * has been emitted. The operation completes when the socket has been closed, which takes a few
 * seconds at most. Messages that were sent before are written first if the client is
 * authenticated.
 *
 * A pending [method@Signal.Client.connect_async] fails with %G_IO_ERROR_CANCELLED. This method
 * may be called in every state and from any signal handler.
 *
 * Since: 0.1
 */
void
signal_client_disconnect_async (SignalClient        *self,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_client_disconnect_async);
  g_task_set_name (task, "[signal-glib] disconnect client");
  signal_session_disconnect (self->session, task);
}

/**
 * signal_client_disconnect_finish:
 * @self: a client
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Client.disconnect_async].
 *
 * Returns: %TRUE on success, or %FALSE with @error set to %G_IO_ERROR_CANCELLED if the operation
 *   was cancelled; the client is disconnected nevertheless
 *
 * Since: 0.1
 */
gboolean
signal_client_disconnect_finish (SignalClient  *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, signal_client_disconnect_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * signal_client_reconnect_now:
 * @self: a client
 *
 * Starts the next attempt to connect without waiting for the rest of the delay.
 *
 * This method does nothing unless the state is `RECONNECTING`. It may be called from any thread.
 *
 * Since: 0.1
 */
void
signal_client_reconnect_now (SignalClient *self)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  signal_session_reconnect_now (self->session);
}

/**
 * signal_client_update_token:
 * @self: a client
 * @token: (nullable): the token in UTF-8, or %NULL to unset it
 *
 * Sets the token for the next attempt to connect.
 *
 * An authenticated connection is not affected. This method may be called from any thread.
 *
 * If an attempt is waiting for a token because of [signal@Signal.Client::token-requested], it
 * continues with @token. If that attempt is already over, the next one uses @token without
 * requesting another. If the client has stopped because the server rejected the token or because
 * no token was set, and [property@Signal.Client:max-retries] is not 0, it connects again
 * immediately.
 *
 * A token that is not valid UTF-8 is stored as well, and ends the attempt that waits for it, or
 * the next one, with %SIGNAL_ERROR_INVALID_ARGUMENT. It does not start a client that has stopped:
 * [signal@Signal.Client::error] is emitted instead.
 *
 * Since: 0.1
 */
void
signal_client_update_token (SignalClient *self,
                            const char   *token)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  signal_session_update_token (self->session, token);
}

/**
 * signal_client_fail_token:
 * @self: a client
 * @error: (nullable): why there is no token, or %NULL to stop the client
 *
 * Reports that a token that was promised by a handler of [signal@Signal.Client::token-requested]
 * cannot be supplied.
 *
 * With an @error, the attempt that waits for the token fails with it, as it does when a server cannot be
 * reached: it is reported by [signal@Signal.Client::error], and the client tries again according to
 * its retry policy, for which it requests a token again. If the attempt has timed out already,
 * @error is only reported.
 *
 * If @error is %NULL, for example because the user has cancelled a dialog, the client stops. A
 * pending [method@Signal.Client.connect_async] and [signal@Signal.Client::disconnected] have the error
 * %SIGNAL_ERROR_AUTHENTICATION_FAILED. The client also stops if @error is such an error, whose text is
 * then used unless it is empty. As after a rejected token, [method@Signal.Client.update_token] connects
 * again.
 *
 * This method does nothing if no promised token is pending. It may be called from any thread, and in
 * the handler itself, which then returns %TRUE.
 *
 * Since: 0.1
 */
void
signal_client_fail_token (SignalClient *self,
                          const GError *error)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  signal_session_fail_token (self->session, error);
}

/* Messages and rooms */

/* The envelope is (transfer full). */
static gboolean
send_and_wipe (SignalClient  *self,
               char          *envelope,
               gsize          length,
               GError       **error)
{
  gboolean is_accepted = signal_session_send (self->session, &envelope, length, error);

  signal_secret_wipe_and_free (envelope, length); /* unless it was stolen */
  return is_accepted;
}

/**
 * signal_client_send_message:
 * @self: a client
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message, which is encrypted if the connection is.
 *
 * While the client is connecting or reconnecting, up to [property@Signal.Client:outbox-limit]
 * messages are kept, and they are sent in order once the client has been authenticated.
 *
 * A message is written at most once, and is not acknowledged: a return value of
 * %TRUE means that the message has been accepted, not that it has been delivered. Use
 * [method@Signal.Client.send_message_async] to learn whether it has been written, and
 * [method@Signal.Client.request_async] to wait for an answer.
 *
 * A [struct@Json.Node] stores numbers as 64-bit integers or as doubles. Use
 * [method@Signal.Client.send_json] if numbers must keep all their digits.
 *
 * This method fails with
 *
 * - %SIGNAL_ERROR_INVALID_ARGUMENT if @event is empty or reserved by the protocol, or if @payload
 *   cannot be represented in JSON (infinity and NaN);
 * - %SIGNAL_ERROR_TOO_LARGE if the frame would exceed [property@Signal.Client:max-message-size];
 * - %SIGNAL_ERROR_NOT_CONNECTED if the client is disconnected, or if it is not authenticated and
 *   [property@Signal.Client:outbox-limit] is 0;
 * - %SIGNAL_ERROR_OUTBOX_FULL if the outbox is full.
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_send_message (SignalClient  *self,
                            const char    *event,
                            JsonNode      *payload,
                            GError       **error)
{
  char *envelope;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  envelope = signal_envelope_compose_node (event, payload, NULL, &length, error);
  return envelope != NULL && send_and_wipe (self, envelope, length, error);
}

/**
 * signal_client_send_json:
 * @self: a client
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text in UTF-8, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message whose payload is JSON text.
 *
 * The text is validated according to RFC 8259 and sent unchanged. This method fails with
 * %SIGNAL_ERROR_INVALID_ARGUMENT if @json is not valid, and otherwise behaves like
 * [method@Signal.Client.send_message].
 *
 * Returns: %TRUE if the message has been accepted, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_send_json (SignalClient  *self,
                         const char    *event,
                         const char    *json,
                         GError       **error)
{
  char *envelope;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  envelope = signal_envelope_compose_json (event, json, NULL, &length, error);
  return envelope != NULL && send_and_wipe (self, envelope, length, error);
}

static void
notify_rooms (SignalClient *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), signal_client_properties[SIGNAL_CLIENT_PROP_ROOMS]);
}

/**
 * signal_client_join_rooms:
 * @self: a client
 * @rooms: (array zero-terminated=1): the names of the rooms
 * @error: return location for a #GError
 *
 * Joins rooms.
 *
 * The rooms are added to [property@Signal.Client:rooms]. The request is sent immediately if the
 * client is authenticated, and again after each authentication. The server does not reply, and
 * may refuse the request without reporting an error.
 *
 * A name must be UTF-8 text of 1 to 256 UTF-16 code units that does not begin with `ws:`. If a
 * name is not valid, this method fails with %SIGNAL_ERROR_INVALID_ARGUMENT and no room is joined.
 *
 * Returns: %TRUE on success, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_join_rooms (SignalClient        *self,
                          const char * const  *rooms,
                          GError             **error)
{
  g_auto (GStrv) copy = NULL; /* the rooms may belong to the client itself */
  gboolean is_changed;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (rooms != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  copy = g_strdupv ((char **) rooms);
  if (!signal_session_join_rooms (self->session, (const char * const *) copy, &is_changed, error))
    return FALSE;

  if (is_changed)
    notify_rooms (self);
  return TRUE;
}

/**
 * signal_client_leave_rooms:
 * @self: a client
 * @rooms: (array zero-terminated=1): the names of the rooms
 * @error: return location for a #GError
 *
 * Leaves rooms, and does not join them again after a reconnect.
 *
 * The server processes requests to join asynchronously, but not requests to leave. A room that
 * was joined immediately before may therefore remain joined until the next reconnect.
 *
 * This method fails with %SIGNAL_ERROR_INVALID_ARGUMENT, and no room is left, if a name is not
 * valid or is the [property@Signal.Client:client-id], because a client cannot leave its own room.
 *
 * Returns: %TRUE on success, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_leave_rooms (SignalClient        *self,
                           const char * const  *rooms,
                           GError             **error)
{
  g_auto (GStrv) copy = NULL; /* the rooms may belong to the client itself */
  gboolean is_changed;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (rooms != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  copy = g_strdupv ((char **) rooms);
  if (!signal_session_leave_rooms (self->session, (const char * const *) copy, &is_changed, error))
    return FALSE;

  if (is_changed)
    notify_rooms (self);
  return TRUE;
}

/* Getters */

/**
 * signal_client_get_state: (get-property state)
 * @self: a client
 *
 * Gets the state of the connection.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
SignalConnectionState
signal_client_get_state (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), SIGNAL_CONNECTION_STATE_DISCONNECTED);

  return signal_session_get_state (self->session);
}

/**
 * signal_client_get_client_id: (get-property client-id)
 * @self: a client
 *
 * Gets the ID that the server has assigned to the current connection.
 *
 * Returns: (nullable): the ID, or %NULL if the client is not authenticated
 *
 * Since: 0.1
 */
const char *
signal_client_get_client_id (SignalClient *self)
{
  SignalConnection *connection;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  connection = signal_session_get_authenticated (self->session);
  return connection != NULL ? signal_connection_get_client_id (connection) : NULL;
}

/**
 * signal_client_get_user_id: (get-property user-id)
 * @self: a client
 *
 * Gets the ID of the user that the server has associated with the token.
 *
 * Returns: (nullable): the ID, or %NULL if the client is not authenticated or the server did not
 *   send a user ID
 *
 * Since: 0.1
 */
const char *
signal_client_get_user_id (SignalClient *self)
{
  SignalConnection *connection;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  connection = signal_session_get_authenticated (self->session);
  return connection != NULL ? signal_connection_get_user_id (connection) : NULL;
}

/**
 * signal_client_get_rooms: (get-property rooms)
 * @self: a client
 *
 * Gets the rooms that the client joins after each authentication.
 *
 * These are the rooms of [property@Signal.Client:auto-join-rooms] and those that were joined with
 * [method@Signal.Client.join_rooms], without those that were left with
 * [method@Signal.Client.leave_rooms]. The server does not report which of them it has granted.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names of the rooms
 *
 * Since: 0.1
 */
const char * const *
signal_client_get_rooms (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return signal_room_set_get_wanted (signal_session_get_rooms (self->session));
}

/**
 * signal_client_get_encrypted: (get-property encrypted)
 * @self: a client
 *
 * Gets whether the messages of the current connection are encrypted.
 *
 * Returns: %TRUE if the client is authenticated and has a session key
 *
 * Since: 0.1
 */
gboolean
signal_client_get_encrypted (SignalClient *self)
{
  SignalConnection *connection;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);

  connection = signal_session_get_authenticated (self->session);
  return connection != NULL && signal_connection_is_encrypted (connection);
}

/**
 * signal_client_get_last_error: (get-property last-error)
 * @self: a client
 *
 * Gets the last error that was reported by [signal@Signal.Client::error] or
 * [signal@Signal.Client::disconnected].
 *
 * Returns: (nullable) (transfer none): the error, or %NULL if there was none
 *
 * Since: 0.1
 */
const GError *
signal_client_get_last_error (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);

  return self->last_error;
}

/**
 * signal_client_get_outbox_length: (get-property outbox-length)
 * @self: a client
 *
 * Gets the number of messages that have been accepted and are not known to be written to the
 * socket.
 *
 * Returns: the number of messages
 *
 * Since: 0.1
 */
guint
signal_client_get_outbox_length (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_outbox_length (self->session);
}

/**
 * signal_client_get_buffered_amount: (get-property buffered-amount)
 * @self: a client
 *
 * Gets the number of bytes that have been accepted and not yet been written to the socket.
 *
 * Returns: the number of bytes
 *
 * Since: 0.1
 */
guint64
signal_client_get_buffered_amount (SignalClient *self)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), 0);

  return signal_session_get_buffered_amount (self->session);
}
