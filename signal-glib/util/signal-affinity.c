/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-affinity-private.h"

#include <glib/gi18n-lib.h>

#include "signal-error.h"

static void
set_thread (SignalAffinity *self,
            GThread        *thread)
{
  GThread *before = g_atomic_pointer_exchange (&self->thread, g_thread_ref (thread));

  g_clear_pointer (&before, g_thread_unref);
}

void
signal_affinity_init (SignalAffinity *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->thread = g_thread_ref (g_thread_self ());
}

void
signal_affinity_clear (SignalAffinity *self)
{
  g_clear_pointer (&self->thread, g_thread_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
}

/* Returns whether the calling thread may use the object. The thread that runs the main context is
 * cached, so that this is cheap in most cases. */
gboolean
signal_affinity_is_here (SignalAffinity *self)
{
  GThread *thread = g_thread_self ();

  if (g_atomic_pointer_get (&self->thread) == thread)
    return TRUE;
  if (!g_main_context_is_owner (self->context))
    return FALSE;

  set_thread (self, thread);
  return TRUE;
}

static void
set_error (GError **error)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                       _("This object belongs to another thread; call it in the thread that runs its "
                         "main context, for example with g_main_context_invoke()"));
}

gboolean
signal_affinity_check (SignalAffinity  *self,
                       GError         **error)
{
  if (signal_affinity_is_here (self))
    return TRUE;

  set_error (error);
  return FALSE;
}

/* Begins an operation that only the thread that runs the main context may perform. It ends with
 * signal_affinity_leave(); until then, no other thread can run the context, and it is the
 * thread-default one. Returns FALSE if the operation must be dispatched by the context with
 * signal_affinity_invoke(). Another thread can begin an operation only if no thread runs the
 * context, and possibly none ever will; the default main context is assumed to be run again. */
gboolean
signal_affinity_enter (SignalAffinity *self)
{
  if (!signal_affinity_is_here (self) && self->context == g_main_context_default ())
    return FALSE;

  if (!g_main_context_acquire (self->context))
    return FALSE;

  g_main_context_push_thread_default (self->context);
  return TRUE;
}

void
signal_affinity_leave (SignalAffinity *self)
{
  g_main_context_pop_thread_default (self->context);
  g_main_context_release (self->context);
}

/* Like signal_affinity_check(), but also detects that another thread has started to run the main
 * context of an object that was constructed in the calling thread. */
gboolean
signal_affinity_check_strict (SignalAffinity  *self,
                              GError         **error)
{
  if (!signal_affinity_check (self, error))
    return FALSE;

  if (g_main_context_acquire (self->context))
    {
      g_main_context_release (self->context);
      return TRUE;
    }

  set_error (error);
  return FALSE;
}

/* Calls a function once in the main context of the object, in the next iteration at the
 * earliest. */
void
signal_affinity_invoke (SignalAffinity *self,
                        GSourceFunc     callback,
                        gpointer        user_data,
                        GDestroyNotify  destroy)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, callback, user_data, destroy);
  g_source_set_static_name (source, "[signal-glib] invoke");
  g_source_attach (source, self->context);
}
