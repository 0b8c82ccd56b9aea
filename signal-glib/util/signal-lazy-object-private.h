/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An object that is shared by the whole process and whose construction may block for a long time
 * or forever. It is constructed once, when it is first requested, in a separate thread without a
 * thread-default main context. If that fails, it is tried again at the first request a
 * second later. To be defined statically, with a function that constructs the object and returns it
 * (transfer full), or NULL on failure. The cancellable is cancelled when the process exits. */
typedef struct
{
  void      (*prepare)  (void);                      /* called in the requesting thread; or NULL */
  GObject  *(*create)   (GCancellable *cancellable);
  gboolean  (*is_valid) (GObject *object);           /* NULL if it always is */

  GMutex    mutex;
  GObject  *object;     /* unset when it is no longer valid */
  gboolean  is_running; /* whether the thread is running */
  GQueue    waiting;    /* of GTask */
  gint64    next_time;  /* before this, the construction is not tried again; 0 unless it has failed */
} SignalLazyObject;

void     signal_lazy_object_get_async  (SignalLazyObject     *self,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
gpointer signal_lazy_object_get_finish (SignalLazyObject     *self,
                                        GAsyncResult         *result,
                                        GError              **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
