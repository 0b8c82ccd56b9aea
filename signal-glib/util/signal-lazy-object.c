/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-lazy-object-private.h"

#ifdef G_OS_UNIX
#include <unistd.h>
#endif

/* For how long the exit of the process waits for a construction that does not end when it is cancelled. */
#define EXIT_TIMEOUT G_USEC_PER_SEC

/* Many clients are often created at once, and without a system bus each of them would start a thread only
 * to find that out. */
#define RETRY_INTERVAL G_USEC_PER_SEC

static GMutex threads_mutex;
static GCond threads_changed;
static guint n_threads;
static GCancellable *exiting; /* while there are threads; not replaced before they have ended */

#ifdef G_OS_UNIX

static int threads_pid; /* atomic; a child process does not have the threads */

/* A construction may load modules of GIO. If that happens while the process exits, the C library runs the
 * initialization of GObject again, which aborts the process. Destructors of a library are called before those
 * of the libraries that it uses. */
__attribute__ ((destructor)) static void
end_threads (void)
{
  gint64 deadline = g_get_monotonic_time () + EXIT_TIMEOUT;
  g_autoptr (GCancellable) cancellable = NULL;
  gboolean is_waiting = TRUE;

  /* A child process may have been created while a thread held the mutex. */
  if (g_atomic_int_get (&threads_pid) != getpid ())
    return;

  g_mutex_lock (&threads_mutex);
  g_set_object (&cancellable, exiting);
  g_mutex_unlock (&threads_mutex);

  /* What is called by this may start a thread. */
  g_cancellable_cancel (cancellable);

  g_mutex_lock (&threads_mutex);
  while (n_threads > 0 && is_waiting)
    is_waiting = g_cond_wait_until (&threads_changed, &threads_mutex, deadline);
  g_mutex_unlock (&threads_mutex);
}

#endif

static void
begin_thread (void)
{
  g_mutex_lock (&threads_mutex);
  if (n_threads++ == 0)
    exiting = g_cancellable_new ();
#ifdef G_OS_UNIX
  g_atomic_int_set (&threads_pid, getpid ());
#endif
  g_mutex_unlock (&threads_mutex);
}

static void
end_thread (void)
{
  g_mutex_lock (&threads_mutex);
  if (--n_threads == 0)
    g_clear_object (&exiting);
  g_cond_signal (&threads_changed);
  g_mutex_unlock (&threads_mutex);
}

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
  g_autoptr (GObject) object = self->create (exiting);
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

  end_thread ();
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
        {
          begin_thread ();
          g_thread_unref (g_thread_new ("signal-glib", run, self));
        }
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
