/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-operations-private.h"

#include <glib/gi18n-lib.h>

#include "client/signal-request-table-private.h"
#include "protocol/signal-correlation-private.h"
#include "signal-error.h"

struct _SignalOperations
{
  GMainContext *context;
  SignalSender *sender;
  const SignalOperationsHandlers *handlers;
  gpointer user_data;

  GHashTable *pending; /* a set */
  guint n_pending;     /* their number; read by other threads */
  SignalRequestTable *requests;
};

/* Ends an operation. The callback of the application is called later, so that this function may
 * be called in any state. */
void
signal_operations_end (SignalOperations *self,
                       SignalOperation  *operation,
                       SignalMessage    *answer,
                       const GError     *error)
{
  g_autoptr (SignalOperation) keep G_GNUC_UNUSED = signal_operation_ref (operation);

  if (!g_hash_table_remove (self->pending, operation))
    return;

  signal_request_table_remove (self->requests, operation);
  signal_sender_forget (operation);
  signal_operation_return (operation, answer, error);

  /* Only from here on, another thread need not keep the source object alive. */
  g_atomic_int_add (&self->n_pending, -1);
}

/* Ends a request whose answer is no longer waited for. Returns whether its message was taken out of
 * the queue. */
static gboolean
end_request (SignalOperations *self,
             SignalOperation  *request,
             const GError     *error)
{
  SignalConnection *connection = self->handlers->get_connection (self->user_data);
  gboolean is_taken_back = signal_sender_cancel (self->sender, connection, request);

  if (!is_taken_back)
    signal_request_table_expect_late (self->requests, request);
  signal_operations_end (self, request, NULL, error);
  if (is_taken_back)
    signal_sender_report_flushes (self->sender);
  return is_taken_back;
}

/* The last messages are taken out of the queue first, so that the others need not be moved. */
static void
on_requests_timed_out (GPtrArray *requests,
                       gpointer   user_data)
{
  SignalOperations *self = user_data;
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                                  _("The server did not answer the request in time"));
  gboolean is_any_taken_back = FALSE;

  for (guint i = requests->len; i > 0; i--)
    is_any_taken_back |= end_request (self, requests->pdata[i - 1], error);

  if (is_any_taken_back)
    self->handlers->taken_back (self->user_data);
}

static gboolean
cancel (SignalOperations *self,
        SignalOperation  *operation)
{
  SignalConnection *connection = self->handlers->get_connection (self->user_data);
  g_autoptr (GError) error = NULL;

  g_cancellable_set_error_if_cancelled (operation->cancellable, &error);
  if (operation->type == SIGNAL_OPERATION_REQUEST)
    return end_request (self, operation, error);

  if (operation->type == SIGNAL_OPERATION_FLUSH)
    signal_sender_unwatch (self->sender, operation);
  else if (!signal_sender_cancel (self->sender, connection, operation))
    return FALSE;

  signal_operations_end (self, operation, NULL, error);
  if (operation->type != SIGNAL_OPERATION_SEND)
    return FALSE;

  signal_sender_report_flushes (self->sender);
  return TRUE;
}

/* A message of which a part has been written cannot be taken back: the operation then ends with
 * what becomes of it. */
static void
on_cancelled (SignalOperation *operation,
              gpointer         user_data)
{
  SignalOperations *self = user_data;

  if (cancel (self, operation))
    self->handlers->taken_back (self->user_data);
}

/* The owner keeps the sender valid while operations are added or end. handlers must be static. */
SignalOperations *
signal_operations_new (GMainContext                   *context,
                       SignalSender                   *sender,
                       const SignalOperationsHandlers *handlers,
                       gpointer                        user_data)
{
  SignalOperations *self = g_new0 (SignalOperations, 1);

  self->context = g_main_context_ref (context);
  self->sender = sender;
  self->handlers = handlers;
  self->user_data = user_data;
  self->pending = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) signal_operation_unref, NULL);
  self->requests = signal_request_table_new (context, on_requests_timed_out, self);
  return self;
}

/* No operation may be pending. */
void
signal_operations_free (SignalOperations *self)
{
  signal_request_table_free (self->requests);
  g_hash_table_unref (self->pending);
  g_main_context_unref (self->context);
  g_free (self);
}

void
signal_operations_add (SignalOperations *self,
                       SignalOperation  *operation)
{
  g_hash_table_add (self->pending, signal_operation_ref (operation));
  g_atomic_int_inc (&self->n_pending);
  signal_operation_watch (operation, self->context, on_cancelled, self);
}

/* timeout is in ms. */
void
signal_operations_add_request (SignalOperations *self,
                               SignalOperation  *request,
                               guint             timeout)
{
  signal_operations_add (self, request);
  signal_request_table_add (self->requests, request, timeout);
}

/* The message of an operation has been written, or never will be. For a flush, this is called once
 * for each of its markers. */
void
signal_operations_finish (SignalOperations *self,
                          SignalOperation  *operation,
                          const GError     *error)
{
  if (operation->type == SIGNAL_OPERATION_FLUSH && --operation->n_markers > 0)
    return;

  if (operation->type != SIGNAL_OPERATION_REQUEST || error != NULL)
    signal_operations_end (self, operation, NULL, error);
}

/* The connection has ended, or is being closed: requests that may have been written will not be
 * answered. */
void
signal_operations_lose_requests (SignalOperations *self)
{
  g_autoptr (GPtrArray) requests = signal_request_table_list (self->requests);
  g_autoptr (GError) error = NULL;

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST,
                               _("The connection was lost before the request was answered"));
  for (guint i = 0; i < requests->len; i++)
    if (!signal_sender_is_waiting (requests->pdata[i]))
      signal_operations_end (self, requests->pdata[i], NULL, error);
  signal_request_table_forget_late (self->requests);
}

/* Returns the open request that has the id, or NULL. is_late is set to TRUE if it is that of a request
 * whose answer nobody waits for any more. */
static SignalOperation *
find (SignalOperations *self,
      const char       *id,
      gboolean         *is_late)
{
  SignalOperation *request;

  if (id == NULL)
    return NULL;

  request = signal_request_table_find (self->requests, id);
  if (request == NULL && signal_request_table_is_late (self->requests, id))
    *is_late = TRUE;
  return request;
}

/* Returns whether the message is an answer to a request, open or not. error is that which the server
 * has reported in the message, or NULL. */
gboolean
signal_operations_take_answer (SignalOperations *self,
                               SignalMessage    *message,
                               const char       *correlation_member,
                               const GError     *error)
{
  g_autoptr (SignalOperation) request = NULL;
  g_autofree char *correlation = NULL;
  SignalOperation *found;
  gboolean is_late = FALSE;

  if (signal_request_table_is_unused (self->requests))
    return FALSE;

  found = find (self, signal_message_get_id (message), &is_late);
  if (found == NULL && correlation_member != NULL)
    {
      correlation = signal_correlation_find (message, correlation_member);
      found = find (self, correlation, &is_late);
    }

  if (found == NULL)
    return is_late;

  request = signal_operation_ref (found);
  signal_operations_end (self, request, error == NULL ? message : NULL, error);
  return TRUE;
}

/* May be called in any thread. */
gboolean
signal_operations_is_any_pending (SignalOperations *self)
{
  return g_atomic_int_get (&self->n_pending) > 0;
}
