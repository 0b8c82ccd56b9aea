/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What has happened in the world. */
typedef enum
{
  SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE, /* another network, or none before: worth an attempt now */
  SIGNAL_SYSTEM_EVENT_NETWORK_CHANGED,  /* something about the network, maybe nothing: worth a ping */
  SIGNAL_SYSTEM_EVENT_RESUMED,    /* the machine slept */
} SignalSystemEvent;

typedef void   (*SignalSystemMonitorFunc)      (SignalSystemEvent  news,
                                        gint64           slept,
                                        gpointer         user_data);

/* µs that the machine has slept since some time in the past. */
typedef gint64 (*SignalSystemMonitorClockFunc) (gpointer         user_data);

typedef struct _SignalSystemMonitor SignalSystemMonitor;

SignalSystemMonitor *signal_system_monitor_new       (GNetworkMonitor         *monitor,
                                                      guint                    tick,
                                                      SignalSystemMonitorFunc  callback,
                                                      gpointer                 user_data) G_GNUC_WARN_UNUSED_RESULT;
void                 signal_system_monitor_free      (SignalSystemMonitor          *self);
void                 signal_system_monitor_set_clock (SignalSystemMonitor          *self,
                                                      SignalSystemMonitorClockFunc  clock,
                                                      gpointer                      user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalSystemMonitor, signal_system_monitor_free)

G_END_DECLS
