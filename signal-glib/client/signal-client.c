/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

#include "crypto/signal-secret-private.h"
#include "protocol/signal-envelope-private.h"
#include "util/signal-i18n-private.h"
#include "util/signal-property-private.h"

/**
 * SignalClient:
 *
 * A connection to a Signal server that keeps itself up.
 *
 * Create a client, connect to its signals, and call [method@Signal.Client.connect_async]. From then
 * on it keeps one WebSocket to the server: it authenticates, derives a session key of its own for
 * each connection, joins its rooms, sends heartbeats, and comes back with exponential back-off when
 * the connection is lost, until [method@Signal.Client.disconnect_async] is called, the server refuses
 * for good, or [property@Signal.Client:max-retries] attempts in a row have failed.
 *
 * A client belongs to the [struct@GLib.MainContext] that was the thread-default one when it was
 * constructed: it works, and emits its signals, in the thread that runs that context. Every method may
 * be called from inside every signal handler, and a handler may drop the last reference, which closes
 * the connection.
 *
 * Other threads may drop their references, the last one too: the connection is then closed by the
 * client's own main context, and no signal is emitted any more. They may call
 * [method@Signal.Client.update_token] and [method@Signal.Client.reconnect_now], which take effect in
 * the next iteration of that context. Methods that can fail do so with %SIGNAL_ERROR_FAILED in another
 * thread; properties and getters must not be used there.
 *
 * Dropping the client closes the connection. An application that wants to stay connected while its
 * windows come and go keeps the client in its [class@Gio.Application].
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

/* What the session calls */

static void
set_last_error (SignalClient *self,
                const GError *error)
{
  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self),
                            signal_client_properties[SIGNAL_CLIENT_PROP_LAST_ERROR]);
}

/* Notifies of the state, and of what comes and goes with it. */
static void
on_state_changed (gpointer              owner,
                  SignalConnectionState before,
                  SignalConnectionState now)
{
  GObject *object = owner;

  g_object_freeze_notify (object);
  g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_STATE]);
  if (before == SIGNAL_CONNECTION_STATE_AUTHENTICATED || now == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    {
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_CLIENT_ID]);
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_USER_ID]);
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_ENCRYPTED]);
    }
  g_object_thaw_notify (object);
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

/* A name from the network never becomes a new quark: those are never freed. One that a handler was
 * connected with exists already. */
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
  .state_changed = on_state_changed,
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

/* The class */

static void
install_life_cycle_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::connected:
   * @self: the client
   * @client_id: the id that the server gave to this connection
   *
   * The client is authenticated: after the first connect, and after each reconnect.
   *
   * The rooms have been asked for and the outbox has been sent by then.
   * [property@Signal.Client:state] is notified before this signal.
   *
   * Since: 0.1
   */
  signals[CONNECTED] =
    g_signal_new ("connected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * SignalClient::reconnecting:
   * @self: the client
   * @attempt: the number of the retry, from 1 after each authentication
   * @delay: the wait before it, in milliseconds
   *
   * An attempt failed or the connection was lost, and the wait before the next attempt begins.
   *
   * Emitted after [signal@Signal.Client::error], which says why.
   *
   * Since: 0.1
   */
  signals[RECONNECTING] =
    g_signal_new ("reconnecting", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_UINT);

  /**
   * SignalClient::disconnected:
   * @self: the client
   * @error: (nullable): why, or %NULL when it was asked for
   *
   * The client has stopped for good: it does not try again by itself.
   *
   * Emitted once for each [method@Signal.Client.connect_async] that began, and before that call
   * finishes if it is still pending. [property@Signal.Client:state] is notified first: a handler of
   * that which connects again hears of the end of the old life after the new one has begun.
   *
   * Since: 0.1
   */
  signals[DISCONNECTED] =
    g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * SignalClient::error:
   * @self: the client
   * @error: what went wrong
   *
   * Something went wrong and the client goes on: a frame that was dropped, an error that the server
   * reported (%SIGNAL_ERROR_SERVER), an attempt that failed, a connection that was lost, messages
   * that could not be sent.
   *
   * Since: 0.1
   */
  signals[ERROR] =
    g_signal_new ("error", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
install_other_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::message:
   * @self: the client
   * @message: the message
   *
   * An application event has come.
   *
   * The detail is the event's name: connect to `message::chat` to hear of `chat` only.
   *
   * Since: 0.1
   */
  signals[MESSAGE] =
    g_signal_new ("message", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, SIGNAL_TYPE_MESSAGE);

  /**
   * SignalClient::accept-certificate:
   * @self: the client
   * @certificate: the server's certificate
   * @errors: what is wrong with it
   *
   * The server's certificate is not valid for this server; accept it all the same?
   *
   * As [signal@Gio.TlsConnection::accept-certificate]: the first handler that returns %TRUE accepts
   * it. Without a handler it is refused.
   *
   * Returns: whether to accept the certificate
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
   * An attempt begins and wants a token.
   *
   * The first handler that returns one wins, and the token is kept as
   * [property@Signal.Client:token] is; if none does, that property's is used. One that is not valid
   * UTF-8 stops the client with %SIGNAL_ERROR_INVALID_ARGUMENT.
   *
   * Returns: (nullable) (transfer full): a new token, or %NULL
   *
   * Since: 0.1
   */
  signals[AUTHENTICATE] =
    g_signal_new ("authenticate", type, G_SIGNAL_RUN_LAST, 0, signal_property_first_string, NULL, NULL,
                  G_TYPE_STRING, 0);
}

static void
install_asking_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::token-requested:
   * @self: the client
   *
   * As [signal@Signal.Client::authenticate], for a token that must be fetched first.
   *
   * A handler that returns %TRUE promises to call [method@Signal.Client.update_token] later; the
   * attempt waits for it in the state `CONNECTING`, up to [property@Signal.Client:connect-timeout].
   * Not emitted when a handler of `authenticate` has returned a token, and not again while one is
   * awaited.
   *
   * Returns: whether a token will come
   *
   * Since: 0.1
   */
  signals[TOKEN_REQUESTED] =
    g_signal_new ("token-requested", type, G_SIGNAL_RUN_LAST, 0,
                  g_signal_accumulator_true_handled, NULL, NULL,
                  G_TYPE_BOOLEAN, 0);

  /**
   * SignalClient::drained:
   * @self: the client
   *
   * All that had to wait for the socket has been written: a good time to send more.
   *
   * Messages that are written at once do not cause it: look at
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
  install_life_cycle_signals (object_class);
  install_other_signals (object_class);
  install_asking_signals (object_class);
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
 * @ecdh_info: (nullable): the HKDF info string, the same as on the server, or %NULL for the default
 *
 * Creates a client. Nothing is sent before [method@Signal.Client.connect_async].
 *
 * The URL is checked when the client connects.
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
 * @token: (nullable): the bearer token in UTF-8, or %NULL for [property@Signal.Client:token]
 * @cancellable: (nullable): a cancellable; it ends the attempts, and has no effect on a connection
 *   that is up
 * @callback: (nullable) (scope async): called when done
 * @user_data: data for @callback
 *
 * Connects and authenticates, and from then on stays connected.
 *
 * This finishes when the client is authenticated for the first time, or has failed for good; the
 * attempts in between follow the retry policy and are told of by [signal@Signal.Client::error] and
 * [signal@Signal.Client::reconnecting]. Set [property@Signal.Client:max-retries] to 0 to be told of
 * the first failure here.
 *
 * The URL, @token, [property@Signal.Client:auto-join-rooms], [property@Signal.Client:headers] and
 * [property@Signal.Client:ecdh-info] are checked first: %SIGNAL_ERROR_INVALID_ARGUMENT or
 * %SIGNAL_ERROR_INSECURE end the call before anything is sent. A token that comes from elsewhere is
 * checked when the attempt begins; one that is not valid UTF-8 ends the call with
 * %SIGNAL_ERROR_INVALID_ARGUMENT, too. The client is kept alive until the call finishes: cancel it,
 * or call [method@Signal.Client.disconnect_async], to be rid of a client that is still trying. A
 * client that is connected or connecting already is left as it is, and this call fails with
 * %SIGNAL_ERROR_FAILED.
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
 * @result: the result that the callback got
 * @error: return location for a #GError
 *
 * Finishes [method@Signal.Client.connect_async].
 *
 * Among the errors are %SIGNAL_ERROR_AUTHENTICATION_FAILED, %SIGNAL_ERROR_ENCRYPTION_REQUIRED,
 * %SIGNAL_ERROR_RETRIES_EXHAUSTED, %G_IO_ERROR_CANCELLED, and those of the transport where no retry
 * was allowed.
 *
 * Returns: %TRUE when the client is authenticated; %FALSE with @error set otherwise
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
 * @cancellable: (nullable): a cancellable
 * @callback: (nullable) (scope async): called when done
 * @user_data: data for @callback
 *
 * Disconnects, and does not reconnect.
 *
 * The state is `DISCONNECTED` and [signal@Signal.Client::disconnected] has been emitted when this
 * returns; the call finishes when the socket is closed, which takes a few seconds at the most. What
 * was sent before is written first. A pending [method@Signal.Client.connect_async] ends with
 * %G_IO_ERROR_CANCELLED. Works in every state, also from inside a signal handler.
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
 * @result: the result that the callback got
 * @error: return location for a #GError
 *
 * Finishes [method@Signal.Client.disconnect_async].
 *
 * Returns: %TRUE; %FALSE with %G_IO_ERROR_CANCELLED when the call was cancelled, which does not undo
 *   the disconnect
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
 * Skips the rest of the wait before the next attempt.
 *
 * Does nothing unless the state is `RECONNECTING`. Can be called from any thread.
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
 * @token: (nullable): the new token
 *
 * Sets the token for the next attempt; the connection that is up is left alone. Can be called from
 * any thread.
 *
 * This answers [signal@Signal.Client::token-requested]; where the attempt that asked is over by then, the
 * next one uses the token and does not ask again. Where the client has stopped because the
 * server refused the token, or for want of one, and [property@Signal.Client:max-retries] is not 0, it
 * starts again at once.
 *
 * A token that is not valid UTF-8 is kept as any other, and ends the next attempt, or the one that
 * waits for it, with %SIGNAL_ERROR_INVALID_ARGUMENT. It does not start a client that has stopped:
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

/* Messages and rooms */

/* The outbox keeps a copy of its own. */
static gboolean
send_and_wipe (SignalClient  *self,
               char          *envelope,
               gsize          length,
               GError       **error)
{
  gboolean is_accepted = signal_session_send (self->session, envelope, length, error);

  signal_secret_wipe (envelope, length);
  return is_accepted;
}

/**
 * signal_client_send_message:
 * @self: a client
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @error: return location for a #GError
 *
 * Sends a message, encrypted.
 *
 * While the client is on its way to the server the message is kept, up to
 * [property@Signal.Client:outbox-limit] of them, and sent in order once it is there.
 *
 * A message is written at most once, and the protocol has no acknowledgement: %TRUE means that it was
 * accepted, not that it has arrived.
 *
 * A JsonNode holds numbers as 64-bit integers or doubles; use [method@Signal.Client.send_json] where the
 * digits of a text must stay as they are.
 *
 * Fails with %SIGNAL_ERROR_INVALID_ARGUMENT for a name that is empty or the protocol's own and for a
 * payload that JSON cannot express (infinity, NaN), %SIGNAL_ERROR_TOO_LARGE beyond
 * [property@Signal.Client:max-message-size], %SIGNAL_ERROR_NOT_CONNECTED while `DISCONNECTED`, and
 * %SIGNAL_ERROR_OUTBOX_FULL.
 *
 * Returns: %TRUE when the message was accepted; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_send_message (SignalClient  *self,
                            const char    *event,
                            JsonNode      *payload,
                            GError       **error)
{
  g_autofree char *envelope = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  envelope = signal_envelope_compose_node (event, payload, &length, error);
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
 * The text is checked against RFC 8259 and sent as it is, digit for digit. Otherwise as
 * [method@Signal.Client.send_message].
 *
 * Returns: %TRUE when the message was accepted; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_send_json (SignalClient  *self,
                         const char    *event,
                         const char    *json,
                         GError       **error)
{
  g_autofree char *envelope = NULL;
  gsize length;

  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  envelope = signal_envelope_compose_json (event, json, &length, error);
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
 * @rooms: (array zero-terminated=1): names of rooms
 * @error: return location for a #GError
 *
 * Joins rooms.
 *
 * They are remembered, asked for now or when the client is authenticated next, and again after each
 * reconnect. The server does not answer, and may refuse silently.
 *
 * A name is UTF-8 text of 1 to 256 characters (as UTF-16 counts them) that does not begin with `ws:`.
 * One that is not fails the whole call with %SIGNAL_ERROR_INVALID_ARGUMENT, and nothing is sent.
 *
 * Returns: %TRUE on success; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_join_rooms (SignalClient        *self,
                          const char * const  *rooms,
                          GError             **error)
{
  g_auto (GStrv) copy = NULL; /* they may be those of the client itself */
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
 * @rooms: (array zero-terminated=1): names of rooms
 * @error: return location for a #GError
 *
 * Leaves rooms, and does not join them again after a reconnect.
 *
 * Joining is asynchronous on the server and leaving is not, so that a room which was joined a moment
 * before can stay joined until the next reconnect. The room that is the client's own id is never left:
 * that, as a bad name, fails the whole call with %SIGNAL_ERROR_INVALID_ARGUMENT, and nothing is sent.
 *
 * Returns: %TRUE on success; %FALSE with @error set otherwise
 *
 * Since: 0.1
 */
gboolean
signal_client_leave_rooms (SignalClient        *self,
                           const char * const  *rooms,
                           GError             **error)
{
  g_auto (GStrv) copy = NULL; /* they may be those of the client itself */
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
 * Gets where the client is on its way to the server.
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
 * Gets the id that the server gave to this connection.
 *
 * Returns: (nullable): the id, or %NULL while the client is not authenticated
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
 * Gets the id of the user that the server knows the token of.
 *
 * Returns: (nullable): the id, or %NULL while the client is not authenticated or if the server names
 *   no user
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
 * Gets the rooms that the client wants to be in: those of
 * [property@Signal.Client:auto-join-rooms] and those joined, less those left.
 *
 * The server does not say which it granted.
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
 * Gets whether the client is authenticated and has a session key.
 *
 * Returns: whether messages are encrypted
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
 * Gets the last error that [signal@Signal.Client::error] or [signal@Signal.Client::disconnected] told
 * of.
 *
 * Returns: (nullable) (transfer none): the error, or %NULL
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
 * Gets how many messages were accepted and are not known to be written to the socket.
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
 * Gets how many bytes were accepted and have not been taken by the socket.
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
