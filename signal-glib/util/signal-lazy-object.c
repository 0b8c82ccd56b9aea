/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-lazy-object-private.h"

/* Many clients are often created at once, and without a system bus each of them would start a thread only
 * to find that out. */
#define RETRY_INTERVAL G_USEC_PER_SEC

static void
return_object (GTask   *task,
               GObject *object)
{
  if (object != NULL)
    g_task_return_pointer (task, g_object_ref (object), g_object_unref);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "The object cannot be created");
}

static gpointer
run (gpointer user_data)
{
  SignalLazyObject *self = user_data;
  g_autoptr (GObject) object = self->create ();
  GQueue waiting;
  GTask *task;

  g_mutex_lock (&self->mutex);
  g_set_object (&self->object, object);
  self->next_time = object != NULL ? 0 : g_get_monotonic_time () + RETRY_INTERVAL;
  self->is_running = FALSE;
  waiting = self->waiting;
  g_queue_init (&self->waiting);
  g_mutex_unlock (&self->mutex);

  while ((task = g_queue_pop_head (&waiting)) != NULL)
    {
      return_object (task, object);
      g_object_unref (task);
    }
  return NULL;
}

/* The callback is called in the thread-default main context of the caller. If the construction
 * blocks forever, it is never called. A cancelled call fails with G_IO_ERROR_CANCELLED when the
 * construction has finished. */
void
signal_lazy_object_get_async (SignalLazyObject    *self,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GObject) object = NULL;
  gboolean is_known;

  g_task_set_source_tag (task, signal_lazy_object_get_async);
  g_task_set_name (task, "[signal-glib] get lazy object");

  if (self->prepare != NULL)
    self->prepare ();

  g_mutex_lock (&self->mutex);
  if (self->object != NULL && self->is_valid != NULL && !self->is_valid (self->object))
    g_clear_object (&self->object);

  object = self->object != NULL ? g_object_ref (self->object) : NULL;
  is_known = object != NULL || (!self->is_running && g_get_monotonic_time () < self->next_time);
  if (!is_known)
    {
      g_queue_push_tail (&self->waiting, g_object_ref (task));
      if (!self->is_running)
        g_thread_unref (g_thread_new ("signal-glib", run, self));
      self->is_running = TRUE;
    }
  g_mutex_unlock (&self->mutex);

  if (is_known)
    return_object (task, object);
}

gpointer
signal_lazy_object_get_finish (SignalLazyObject  *self,
                               GAsyncResult      *result,
                               GError           **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
