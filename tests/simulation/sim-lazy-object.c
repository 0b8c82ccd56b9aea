/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-lazy-object-private.h"

/* Takes the place of the file of the library: nothing is constructed in another thread, whose speed would
 * not be that of the simulation. There is no system bus, and no default network monitor. */

void
signal_lazy_object_get_async (SignalLazyObject    *self,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, signal_lazy_object_get_async);
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Not simulated");
}

gpointer
signal_lazy_object_get_finish (SignalLazyObject  *self,
                               GAsyncResult      *result,
                               GError           **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
