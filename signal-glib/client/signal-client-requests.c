/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-secret-private.h"
#include "crypto/signal-uuid-private.h"
#include "json/signal-json-scanner-private.h"
#include "json/signal-json-writer-private.h"
#include "protocol/signal-correlation-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"

/* Sending with a result, and requests. */

/* Starts to send an envelope, which is (transfer full), and NULL if its composition has failed with
 * the error. */
static void
start_send (SignalClient    *self,
            char            *envelope,
            gsize            length,
            const GError    *error,
            SignalOperation *operation)
{
  if (envelope == NULL)
    {
      signal_operation_return (operation, NULL, error);
      return;
    }

  signal_session_start_send (self->session, &envelope, length, operation);
  signal_secret_wipe_and_free (envelope, length); /* unless it was stolen */
}

/**
 * signal_client_send_message_async:
 * @self: a client
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @cancellable: (nullable): a #GCancellable to take the message out of the queue
 * @callback: (nullable) (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Sends a message, and completes when it is known what has become of it.
 *
 * The message is queued and sent like that of [method@Signal.Client.send_message]. The operation
 * completes when the last byte of the message has been passed to the operating system, or when it
 * is certain that this will not happen. It does not tell whether the server has received the
 * message; use [method@Signal.Client.request_async] for that. A loop that waits for each message
 * before it sends the next one does not fill the outbox.
 *
 * Cancelling the operation removes the message from the queue while no byte of it has been
 * written. Later, cancelling has no effect, and the operation completes as if it had not been
 * cancelled.
 *
 * The operation does not keep the client alive. If the last reference to the client is dropped,
 * the operation fails.
 *
 * Since: 0.1
 */
void
signal_client_send_message_async (SignalClient        *self,
                                  const char          *event,
                                  JsonNode            *payload,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_autoptr (SignalOperation) operation = NULL;
  g_autoptr (GError) error = NULL;
  char *envelope;
  gsize length = 0;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = signal_operation_new (SIGNAL_OPERATION_SEND, self, signal_client_send_message_async,
                                    cancellable, callback, user_data);
  envelope = signal_envelope_compose_node (event, payload, NULL, &length, &error);
  start_send (self, envelope, length, error, operation);
}

static gboolean
finish_boolean (SignalClient  *self,
                GAsyncResult  *result,
                gpointer       tag,
                GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * signal_client_send_message_finish:
 * @self: a client
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Client.send_message_async].
 *
 * The operation fails with the errors of [method@Signal.Client.send_message], and with
 *
 * - %SIGNAL_ERROR_TIMED_OUT if the message has waited longer than
 *   [property@Signal.Client:outbox-ttl];
 * - %SIGNAL_ERROR_NOT_CONNECTED if the client has stopped, and no byte of the message has been
 *   written;
 * - %SIGNAL_ERROR_CONNECTION_LOST if the connection was lost when a part of the message had, or may
 *   have, been written; the message is not sent again;
 * - %G_IO_ERROR_CANCELLED if the operation was cancelled, and the message will not be sent.
 *
 * Returns: %TRUE if the message has been written, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_send_message_finish (SignalClient  *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  return finish_boolean (self, result, signal_client_send_message_async, error);
}

/**
 * signal_client_send_json_async:
 * @self: a client
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text in UTF-8, or %NULL for none
 * @cancellable: (nullable): a #GCancellable to take the message out of the queue
 * @callback: (nullable) (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Sends a message whose payload is JSON text, and completes when it is known what has become of it.
 *
 * The text is validated according to RFC 8259 and sent unchanged. This method otherwise behaves
 * like [method@Signal.Client.send_message_async].
 *
 * Since: 0.1
 */
void
signal_client_send_json_async (SignalClient        *self,
                               const char          *event,
                               const char          *json,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_autoptr (SignalOperation) operation = NULL;
  g_autoptr (GError) error = NULL;
  char *envelope;
  gsize length = 0;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = signal_operation_new (SIGNAL_OPERATION_SEND, self, signal_client_send_json_async,
                                    cancellable, callback, user_data);
  envelope = signal_envelope_compose_json (event, json, NULL, &length, &error);
  start_send (self, envelope, length, error, operation);
}

/**
 * signal_client_send_json_finish:
 * @self: a client
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Client.send_json_async].
 *
 * The errors are those of [method@Signal.Client.send_message_finish].
 *
 * Returns: %TRUE if the message has been written, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_send_json_finish (SignalClient  *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  return finish_boolean (self, result, signal_client_send_json_async, error);
}

/**
 * signal_client_flush_async:
 * @self: a client
 * @cancellable: (nullable): a #GCancellable
 * @callback: (nullable) (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Waits until nothing that was accepted before this call is pending.
 *
 * The operation completes when each message has been written, or has been dropped and reported. If
 * the client is reconnecting, this includes the wait for the next connection.
 *
 * The operation does not keep the client alive.
 *
 * Since: 0.1
 */
void
signal_client_flush_async (SignalClient        *self,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_autoptr (SignalOperation) operation = NULL;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = signal_operation_new (SIGNAL_OPERATION_FLUSH, self, signal_client_flush_async,
                                    cancellable, callback, user_data);
  signal_session_start_flush (self->session, operation);
}

/**
 * signal_client_flush_finish:
 * @self: a client
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Client.flush_async].
 *
 * The operation fails only with %G_IO_ERROR_CANCELLED, or with %SIGNAL_ERROR_FAILED if it was
 * started in another thread than that of the client. A message that was discarded is reported by its
 * own operation and by [signal@Signal.Client::error]; one of which a part was written when the
 * connection was lost is reported by its own operation only.
 *
 * Returns: %TRUE if nothing is pending, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
signal_client_flush_finish (SignalClient  *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  return finish_boolean (self, result, signal_client_flush_async, error);
}

/* Requests */

/* Checks the payload before the id is inserted into it. */
static char *
correlate (const char  *json,
           const char  *member,
           const char  *id,
           GError     **error)
{
  g_autoptr (GError) cause = NULL;

  if (json == NULL || signal_json_check (json, strlen (json), &cause))
    return signal_correlation_insert (json, member, id, error);

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
               _("The payload cannot be sent: %s"), cause->message);
  return NULL;
}

static char *
compose_json (SignalClient  *self,
              const char    *event,
              const char    *json,
              const char    *id,
              gsize         *length,
              GError       **error)
{
  const char *member = signal_session_get_settings (self->session)->correlation_member;
  g_autofree char *correlated = NULL;
  char *envelope;

  if (member == NULL)
    return signal_envelope_compose_json (event, json, id, length, error);

  correlated = correlate (json, member, id, error);
  if (correlated == NULL)
    return NULL;

  envelope = signal_envelope_compose_json (event, correlated, id, length, error);
  signal_secret_wipe (correlated, strlen (correlated));
  return envelope;
}

static char *
compose_node (SignalClient  *self,
              const char    *event,
              JsonNode      *payload,
              const char    *id,
              gsize         *length,
              GError       **error)
{
  g_autoptr (GString) json = NULL;
  char *envelope = NULL;

  if (signal_session_get_settings (self->session)->correlation_member == NULL || payload == NULL)
    return payload == NULL ? compose_json (self, event, NULL, id, length, error)
                           : signal_envelope_compose_node (event, payload, id, length, error);

  json = g_string_new (NULL);
  if (signal_json_append_node (json, payload, error))
    envelope = compose_json (self, event, json->str, id, length, error);
  signal_secret_wipe (json->str, json->len);
  return envelope;
}

static SignalOperation *
new_request (SignalClient        *self,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data,
             GError             **error)
{
  SignalOperation *operation = signal_operation_new (SIGNAL_OPERATION_REQUEST, self,
                                                     signal_client_request_async,
                                                     cancellable, callback, user_data);

  /* The settings are used below, which other threads must not do. */
  if (signal_session_check_usable (self->session, error))
    operation->id = signal_uuid_new (error);
  return operation;
}

static void
start_request (SignalClient    *self,
               char            *envelope,
               gsize            length,
               guint            timeout,
               const GError    *error,
               SignalOperation *operation)
{
  if (envelope == NULL)
    {
      signal_operation_return (operation, NULL, error);
      return;
    }

  signal_session_start_request (self->session, &envelope, length, timeout, operation);
  signal_secret_wipe_and_free (envelope, length); /* unless it was stolen */
}

/**
 * signal_client_request_async:
 * @self: a client
 * @event: the name of the event
 * @payload: (nullable): the payload, or %NULL for none
 * @timeout: how long to wait for the answer, in milliseconds, or 0 for
 *   [property@Signal.Client:request-timeout]
 * @cancellable: (nullable): a #GCancellable
 * @callback: (nullable) (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Sends a message with a new ID, and waits for the answer.
 *
 * The ID is a version 4 UUID (RFC 9562). The answer is the first message from the server that has
 * the same ID; [signal@Signal.Client::message] is not emitted for it, but for further messages with
 * this ID. Any number of requests may be pending at a time.
 *
 * While the client is connecting or reconnecting, the request is kept in the outbox like any other
 * message, and the time is running. A request that may have been written when the connection is
 * lost fails immediately and is not sent again.
 *
 * If nothing has been written when the time is over or the operation is cancelled, the message is
 * not sent. Otherwise, an answer that arrives later is ignored.
 *
 * Set [property@Signal.Client:correlation-member] for a server that does not send the ID back.
 *
 * The operation does not keep the client alive. If the last reference to the client is dropped, the
 * operation fails.
 *
 * Since: 0.1
 */
void
signal_client_request_async (SignalClient        *self,
                             const char          *event,
                             JsonNode            *payload,
                             guint                timeout,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_autoptr (SignalOperation) operation = NULL;
  g_autoptr (GError) error = NULL;
  char *envelope = NULL;
  gsize length = 0;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_request (self, cancellable, callback, user_data, &error);
  if (operation->id != NULL)
    envelope = compose_node (self, event, payload, operation->id, &length, &error);
  start_request (self, envelope, length, timeout, error, operation);
}

/**
 * signal_client_request_json_async:
 * @self: a client
 * @event: the name of the event
 * @json: (nullable): the payload as JSON text in UTF-8, or %NULL for none
 * @timeout: how long to wait for the answer, in milliseconds, or 0 for
 *   [property@Signal.Client:request-timeout]
 * @cancellable: (nullable): a #GCancellable
 * @callback: (nullable) (scope async): a callback to call when the operation is complete
 * @user_data: data passed to @callback
 *
 * Sends a message with a new ID whose payload is JSON text, and waits for the answer.
 *
 * The text is validated according to RFC 8259. This method otherwise behaves like
 * [method@Signal.Client.request_async], and finishes with [method@Signal.Client.request_finish],
 * too.
 *
 * Since: 0.1
 */
void
signal_client_request_json_async (SignalClient        *self,
                                  const char          *event,
                                  const char          *json,
                                  guint                timeout,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_autoptr (SignalOperation) operation = NULL;
  g_autoptr (GError) error = NULL;
  char *envelope = NULL;
  gsize length = 0;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = new_request (self, cancellable, callback, user_data, &error);
  if (operation->id != NULL)
    envelope = compose_json (self, event, json, operation->id, &length, &error);
  start_request (self, envelope, length, timeout, error, operation);
}

/**
 * signal_client_request_finish:
 * @self: a client
 * @result: a #GAsyncResult
 * @error: return location for a #GError
 *
 * Finishes an operation started with [method@Signal.Client.request_async] or
 * [method@Signal.Client.request_json_async].
 *
 * The operation fails with the errors of [method@Signal.Client.send_message], and with
 *
 * - %SIGNAL_ERROR_SERVER if the server has answered with an `error` event, with the text of the
 *   server;
 * - %SIGNAL_ERROR_TIMED_OUT if there was no answer in time, or the message has waited longer than
 *   [property@Signal.Client:outbox-ttl];
 * - %SIGNAL_ERROR_CONNECTION_LOST if the connection was lost or closed when the message had, or may
 *   have, been written;
 * - %SIGNAL_ERROR_NOT_CONNECTED if the client has stopped before the message was written;
 * - %G_IO_ERROR_CANCELLED if the operation was cancelled.
 *
 * Returns: (transfer full): the answer, or %NULL with @error set
 *
 * Since: 0.1
 */
SignalMessage *
signal_client_request_finish (SignalClient  *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  g_return_val_if_fail (SIGNAL_IS_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, signal_client_request_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
