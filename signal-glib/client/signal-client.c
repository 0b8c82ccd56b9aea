/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

#include <glib/gi18n-lib.h>

#include "protocol/signal-room-name-private.h"
#include "signal-error.h"
#include "util/signal-i18n-private.h"
#include "util/signal-source-private.h"

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
 * Everything happens on the thread-default main context of the thread that created the client; use
 * it from that thread only. Every method may be called from inside every signal handler, and a
 * handler may drop the last reference, which closes the connection.
 *
 * Dropping the client closes the connection. An application that wants to stay connected while its
 * windows come and go keeps the client in its [class@Gio.Application].
 *
 * Since: 0.1
 */

G_DEFINE_FINAL_TYPE (SignalClient, signal_client, G_TYPE_OBJECT)

static void
signal_client_dispose (GObject *object)
{
  signal_client_abandon (SIGNAL_CLIENT (object));

  G_OBJECT_CLASS (signal_client_parent_class)->dispose (object);
}

static void
signal_client_finalize (GObject *object)
{
  SignalClient *self = SIGNAL_CLIENT (object);

  signal_client_set_token (self, NULL);
  signal_client_set_refusal (self, NULL);
  g_free (self->server_url);
  g_free (self->ecdh_info);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->tls_certificate);
  g_clear_object (&self->proxy_resolver);
  g_clear_object (&self->network_monitor);
  g_clear_pointer (&self->headers, soup_message_headers_unref);
  g_clear_pointer (&self->rooms, signal_room_set_free);
  g_clear_pointer (&self->outbox, signal_outbox_free);
  g_clear_pointer (&self->context, g_main_context_unref);
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
  signal_client_install_signals (object_class);
}

static void
signal_client_init (SignalClient *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->rooms = signal_room_set_new ();
  self->outbox = signal_outbox_new ();
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

static gboolean
on_connect_cancelled (GCancellable *cancellable,
                      gpointer      user_data)
{
  signal_client_stop (user_data, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
check_can_connect (SignalClient  *self,
                   const char    *token,
                   GError       **error)
{
  g_autoptr (GUri) uri = NULL;

  if (self->is_disposed)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                           _("The client has been disposed of and cannot connect any more"));
      return FALSE;
    }

  if (signal_client_get_state (self) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                           _("The client is connected or connecting already"));
      return FALSE;
    }

  if (token != NULL && !signal_client_validate_token (token, error))
    return FALSE;

  uri = signal_client_check_settings (self, error);
  return uri != NULL && signal_room_name_check_all (signal_room_set_get_auto_join (self->rooms), error);
}

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
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_client_connect_async);
  g_task_set_name (task, "[signal-glib] connect client");
  g_task_set_check_cancellable (task, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, &error)
      || !check_can_connect (self, token, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  if (token != NULL)
    signal_client_set_token (self, token);

  if (cancellable != NULL)
    {
      self->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancelled, G_SOURCE_FUNC (on_connect_cancelled), self, NULL);
      g_source_attach (self->cancelled, self->context);
    }

  self->connecting = g_object_ref (task);
  signal_client_start (self);
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

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  SignalClient *self = g_task_get_source_object (task);
  SignalConnection *connection = SIGNAL_CONNECTION (source);

  signal_connection_close_finish (connection, result, NULL);
  if (self->closing == connection)
    g_clear_object (&self->closing);
  g_task_return_boolean (task, TRUE);
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
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, signal_client_disconnect_async);
  g_task_set_name (task, "[signal-glib] disconnect client");

  self->is_refused = FALSE;
  if (signal_client_get_state (self) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    signal_client_stop (self, NULL);

  if (self->closing != NULL)
    signal_connection_close_async (self->closing, NULL, on_closed, g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
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
 * Does nothing unless the state is `RECONNECTING`.
 *
 * Since: 0.1
 */
void
signal_client_reconnect_now (SignalClient *self)
{
  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  signal_client_retry_now (self);
}
