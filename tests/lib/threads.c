/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "threads.h"

#include "raw-client.h"

#include <string.h>

/* Drops a reference in another thread, for use with run_thread(). */
gpointer
unref_in_thread (gpointer object)
{
  g_object_unref (object);
  return NULL;
}

/* Drops the reference of a Drop, and says when that is done. */
gpointer
drop_in_thread (gpointer data)
{
  Drop *drop = data;

  g_clear_object (&drop->object);
  g_atomic_int_set (&drop->is_done, TRUE);
  return NULL;
}

/* Runs a function in another thread, and waits until it returns. */
void
run_thread (GThreadFunc function,
            gpointer    data)
{
  g_autoptr (GThread) thread = g_thread_new ("other", function, data);

  g_thread_join (g_steal_pointer (&thread));
}

static gpointer
drop_weakly_referenced (gpointer data)
{
  Toggle *toggle = data;
  GWeakRef weak;
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);

  g_weak_ref_init (&weak, object);
  g_object_unref (object);
  g_weak_ref_clear (&weak);
  g_atomic_int_set (&toggle->is_done, TRUE);
  return NULL;
}

static void
on_toggled (gpointer  data,
            GObject  *object,
            gboolean  is_last_ref)
{
  Toggle *toggle = data;
  g_autoptr (GThread) thread = NULL;

  if (toggle->is_ignored || toggle->n_notified++ > 0)
    return;

  g_assert_false (is_last_ref);
  thread = g_thread_new ("drop", drop_weakly_referenced, toggle);
  for (guint i = 0; i < 500 && !g_atomic_int_get (&toggle->is_done); i++)
    g_usleep (10 * 1000);
  g_assert_true (toggle->is_done);
  g_thread_join (g_steal_pointer (&thread));
}

/* Takes over the only reference to an object. */
void
toggle_hold (Toggle   *toggle,
             gpointer  object)
{
  *toggle = (Toggle) { .object = object, .is_ignored = TRUE };
  g_object_add_toggle_ref (object, on_toggled, toggle);
  g_object_unref (object);
  toggle->is_ignored = FALSE;
}

/* Drops the reference, and fails if there has never been another one. */
void
toggle_release (Toggle *toggle)
{
  g_assert_cmpuint (toggle->n_notified, >=, 1);
  toggle->is_ignored = TRUE;
  g_object_remove_toggle_ref (toggle->object, on_toggled, toggle);
}

static gpointer
run_loop (gpointer data)
{
  Loop *loop = data;

  g_main_context_push_thread_default (loop->context);
  g_main_loop_run (loop->loop);
  g_main_context_pop_thread_default (loop->context);
  return NULL;
}

Loop *
loop_new (void)
{
  Loop *loop = g_new0 (Loop, 1);

  loop->context = g_main_context_new ();
  loop->loop = g_main_loop_new (loop->context, FALSE);
  return loop;
}

void
loop_start (Loop *loop)
{
  loop->thread = g_thread_new ("loop", run_loop, loop);
}

typedef struct
{
  GSourceFunc function;
  gpointer data;
  gint is_done;
} Call;

static gboolean
on_call (gpointer data)
{
  Call *call = data;

  call->function (call->data);
  g_atomic_int_set (&call->is_done, TRUE);
  return G_SOURCE_REMOVE;
}

/* Calls a function in the thread of the loop, and waits until it returns. */
void
loop_call (Loop        *loop,
           GSourceFunc  function,
           gpointer     data)
{
  Call call = { function, data };
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, on_call, &call, NULL);
  g_source_attach (source, loop->context);
  WAIT_UNTIL (g_atomic_int_get (&call.is_done));
}

static gboolean
on_quit (gpointer data)
{
  Loop *loop = data;

  g_main_loop_quit (loop->loop);
  return G_SOURCE_REMOVE;
}

void
loop_quit (Loop *loop)
{
  if (loop->thread == NULL)
    return;

  loop_call (loop, on_quit, loop);
  g_thread_join (g_steal_pointer (&loop->thread));
}

void
loop_free (Loop *loop)
{
  loop_quit (loop);

  /* What closes the connections of objects that were dropped after the loop needs the context. */
  for (guint i = 0; i < 20; i++)
    {
      while (g_main_context_iteration (loop->context, FALSE))
        ;
      g_usleep (5 * 1000);
    }

  g_main_loop_unref (loop->loop);
  g_main_context_unref (loop->context);
  g_free (loop);
}

/* Checks that a call from a wrong thread has failed, with a message that says why. */
void
assert_refused (gboolean  accepted,
                GError  **error)
{
  g_assert_false (accepted);
  g_assert_error (*error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  g_assert_nonnull (strstr ((*error)->message, "thread"));
  g_clear_error (error);
}
