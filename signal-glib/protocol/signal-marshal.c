/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-marshal-private.h"

/* GLib's own marshallers copy and free the message, whose type they look up each time, or use libffi. The
 * closures of language bindings do not use this one, so that they still get copies: GJS and PyGObject may
 * keep the message, and would not copy it if the signal had G_SIGNAL_TYPE_STATIC_SCOPE. */

typedef void (*MessageHandler) (gpointer data1,
                                gpointer message,
                                gpointer data2);
typedef void (*ObjectMessageHandler) (gpointer data1,
                                      gpointer object,
                                      gpointer message,
                                      gpointer data2);

static void
marshal (GClosure *closure,
         GValue   *return_value,
         gpointer  instance,
         va_list   args,
         gpointer  marshal_data,
         int       n_params,
         GType    *param_types)
{
  gpointer callback = marshal_data != NULL ? marshal_data : ((GCClosure *) closure)->callback;
  gboolean is_swapped = G_CCLOSURE_SWAP_DATA (closure);
  gpointer data1 = is_swapped ? closure->data : instance;
  gpointer data2 = is_swapped ? instance : closure->data;
  gpointer first;
  gpointer second;
  va_list copy;

  va_copy (copy, args);
  first = va_arg (copy, gpointer);
  second = n_params > 1 ? va_arg (copy, gpointer) : NULL;
  va_end (copy);

  if (n_params == 1)
    ((MessageHandler) callback) (data1, first, data2);
  else
    ((ObjectMessageHandler) callback) (data1, first, second, data2);
}

/* Makes the emission of a signal cheaper that has a message as its last parameter and, before that, at
 * most one object, both of which are kept alive by whoever emits it. */
void
signal_marshal_set_for_message (guint signal_id,
                                GType type)
{
  g_signal_set_va_marshaller (signal_id, type, marshal);
}
