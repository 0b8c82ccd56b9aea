/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The thread that may use an object: the one that runs the main context that was the
 * thread-default one when the object was constructed. Until a thread runs that context, it is the
 * thread that constructed the object. */
typedef struct
{
  GMainContext *context;
  GThread      *thread; /* the last thread that was found to be the right one */
} SignalAffinity;

void     signal_affinity_init         (SignalAffinity  *self);
void     signal_affinity_clear        (SignalAffinity  *self);
gboolean signal_affinity_is_here      (SignalAffinity  *self);
gboolean signal_affinity_check        (SignalAffinity  *self,
                                       GError         **error);
gboolean signal_affinity_check_strict (SignalAffinity  *self,
                                       GError         **error);
gboolean signal_affinity_enter        (SignalAffinity  *self);
void     signal_affinity_leave        (SignalAffinity  *self);
void     signal_affinity_invoke       (SignalAffinity  *self,
                                       GSourceFunc      callback,
                                       gpointer         user_data,
                                       GDestroyNotify   destroy);

G_END_DECLS
