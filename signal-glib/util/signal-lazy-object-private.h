/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An object of the whole process whose construction may block, for a long time or for ever. It is
 * made once, in a thread of its own without a thread-default main context, when it is first asked
 * for. If that fails, it is tried again when it is asked for again. To be defined statically with
 * the function that makes it, which returns (transfer full) NULL on failure. */
typedef struct
{
  void      (*prepare)  (void);            /* in the thread that asks for it; NULL: nothing */
  GObject  *(*create)   (void);
  gboolean  (*is_valid) (GObject *object); /* NULL: always */

  GMutex    mutex;
  GObject  *object;     /* freed when it is not valid any more */
  gboolean  is_running; /* the thread */
  GQueue    waiting;    /* of GTask */
} SignalLazyObject;

void     signal_lazy_object_get_async  (SignalLazyObject     *self,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
gpointer signal_lazy_object_get_finish (SignalLazyObject     *self,
                                        GAsyncResult         *result,
                                        GError              **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
