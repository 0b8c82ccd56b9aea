/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-glib/signal-glib.h"

G_BEGIN_DECLS

/* A thread that runs a main context. */
typedef struct
{
  GMainContext *context;
  GMainLoop    *loop;
  GThread      *thread; /* NULL if it is not running */
} Loop;

/* An object whose reference a thread drops. */
typedef struct
{
  gpointer object;
  gint     is_done; /* read atomically */
} Drop;

/* A reference like that of a language binding, which waits for the thread that runs the interpreter
 * whenever it is notified that there is another one. */
typedef struct
{
  GObject *object;
  gboolean is_ignored; /* do not wait */
  guint    n_notified;
  gint     is_done;    /* of the last wait, read atomically */
} Toggle;

Loop    *loop_new        (void);
void     loop_start      (Loop        *loop);
void     loop_call       (Loop        *loop,
                          GSourceFunc  function,
                          gpointer     data);
void     loop_quit       (Loop        *loop);
void     loop_free       (Loop        *loop);

gpointer unref_in_thread (gpointer     object);
gpointer drop_in_thread  (gpointer     drop);
void     toggle_hold     (Toggle      *toggle,
                          gpointer     object);
void     toggle_release  (Toggle      *toggle);
void     run_thread      (GThreadFunc  function,
                          gpointer     data);
void     assert_refused  (gboolean     accepted,
                          GError     **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Loop, loop_free)

G_END_DECLS
