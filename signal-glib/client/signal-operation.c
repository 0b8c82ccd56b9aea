/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-operation-private.h"

/* Creates an operation that returns in the thread-default main context. tag identifies the
 * function that has started it. */
SignalOperation *
signal_operation_new (SignalOperationType  type,
                      gpointer             source,
                      gpointer             tag,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  SignalOperation *self = g_new0 (SignalOperation, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = type;
  self->source = source;
  self->tag = tag;
  self->context = g_main_context_ref_thread_default ();
  self->callback = callback;
  self->user_data = user_data;
  g_set_object (&self->cancellable, cancellable);
  return self;
}

SignalOperation *
signal_operation_ref (SignalOperation *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
signal_operation_unref (SignalOperation *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_object (&self->cancellable);
  g_main_context_unref (self->context);
  g_clear_pointer (&self->cancelled_context, g_main_context_unref);
  g_free (self->id);
  g_free (self);
}

static gboolean
on_cancelled_in_context (gpointer user_data)
{
  SignalOperation *self = user_data;

  if (self->cancelled != NULL)
    self->cancelled (self, self->cancelled_data);
  return G_SOURCE_REMOVE;
}

/* Called in any thread. */
static void
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  SignalOperation *self = user_data;
  g_autoptr (GSource) source = g_idle_source_new ();

  /* Before frames that wait for the end of the iteration are written. */
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, on_cancelled_in_context, signal_operation_ref (self),
                         (GDestroyNotify) signal_operation_unref);
  g_source_set_static_name (source, "[signal-glib] cancelled");
  g_source_attach (source, self->cancelled_context);
}

static void
unref_closure_data (gpointer  data,
                    GClosure *closure)
{
  signal_operation_unref (data);
}

/* Calls a function in a main context if the operation is cancelled before it returns. A source for
 * the cancellable would cost each iteration of the main loop something for each operation. */
void
signal_operation_watch (SignalOperation              *self,
                        GMainContext                 *context,
                        SignalOperationCancelledFunc  cancelled,
                        gpointer                      user_data)
{
  self->cancelled_context = g_main_context_ref (context);
  self->cancelled = cancelled;
  self->cancelled_data = user_data;
  if (self->cancellable == NULL)
    return;

  self->cancelled_id = g_signal_connect_data (self->cancellable, "cancelled", G_CALLBACK (on_cancelled),
                                              signal_operation_ref (self), unref_closure_data, 0);

  /* It may have been cancelled in another thread in the meantime. */
  if (g_cancellable_is_cancelled (self->cancellable))
    on_cancelled (self->cancellable, self);
}

/* What an operation returns, on its way to its main context. */
typedef struct
{
  SignalOperation *operation;
  GObject *source;
  SignalMessage *answer;
  GError *error;
} Result;

static void
result_free (Result *result)
{
  signal_operation_unref (result->operation);
  g_object_unref (result->source);
  g_clear_pointer (&result->answer, signal_message_unref);
  g_clear_error (&result->error);
  g_free (result);
}

/* Returns through a GTask of the thread-default main context, which calls the callback later. */
static void
return_task (Result *result)
{
  SignalOperation *self = result->operation;
  g_autoptr (GTask) task = g_task_new (result->source, self->cancellable, self->callback, self->user_data);

  /* What became of the message is returned even if the operation has been cancelled since. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_source_tag (task, self->tag);
  if (result->error != NULL)
    g_task_return_error (task, g_steal_pointer (&result->error));
  else if (result->answer != NULL)
    g_task_return_pointer (task, g_steal_pointer (&result->answer), (GDestroyNotify) signal_message_unref);
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
on_result (gpointer user_data)
{
  Result *result = user_data;
  GMainContext *context = result->operation->context;

  g_main_context_push_thread_default (context);
  return_task (result);
  g_main_context_pop_thread_default (context);
  return G_SOURCE_REMOVE;
}

/* Ends the operation, once; later calls have no effect. The callback is called in an iteration of
 * the main context of the operation, never before this function returns. answer is for a request
 * that has succeeded, and error is NULL for success. */
void
signal_operation_return (SignalOperation *self,
                         SignalMessage   *answer,
                         const GError    *error)
{
  g_autoptr (GSource) source = NULL;
  Result *result;

  if (self->is_returned)
    return;

  self->is_returned = TRUE;
  self->cancelled = NULL;
  g_clear_signal_handler (&self->cancelled_id, self->cancellable);

  result = g_new0 (Result, 1);
  result->operation = signal_operation_ref (self);
  result->source = g_object_ref (self->source);
  result->answer = answer != NULL ? signal_message_ref (answer) : NULL;
  result->error = error != NULL ? g_error_copy (error) : NULL;

  if (g_main_context_acquire (self->context))
    {
      on_result (result);
      g_main_context_release (self->context);
      result_free (result);
      return;
    }

  /* Another thread runs the context. */
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_result, result, (GDestroyNotify) result_free);
  g_source_set_static_name (source, "[signal-glib] result");
  g_source_attach (source, self->context);
  /* cppcheck-suppress memleak ; the source owns the result. */
}
