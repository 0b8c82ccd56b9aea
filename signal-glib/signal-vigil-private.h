/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What has happened in the world. */
typedef enum
{
  SIGNAL_VIGIL_NETWORK, /* another network, or none before: worth an attempt now */
  SIGNAL_VIGIL_RIPPLE,  /* something about the network, maybe nothing: worth a ping */
  SIGNAL_VIGIL_WOKE,    /* the machine slept */
} SignalVigilNews;

typedef void   (*SignalVigilFunc)      (SignalVigilNews  news,
                                        gint64           slept,
                                        gpointer         user_data);

/* µs that the machine has slept since some time in the past. */
typedef gint64 (*SignalVigilClockFunc) (gpointer         user_data);

typedef struct _SignalVigil SignalVigil;

SignalVigil *signal_vigil_new       (GNetworkMonitor      *monitor,
                                     guint                 tick,
                                     SignalVigilFunc       tell,
                                     gpointer              user_data) G_GNUC_WARN_UNUSED_RESULT;
void         signal_vigil_free      (SignalVigil          *self);
void         signal_vigil_set_clock (SignalVigil          *self,
                                     SignalVigilClockFunc  clock,
                                     gpointer              user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalVigil, signal_vigil_free)

G_END_DECLS
