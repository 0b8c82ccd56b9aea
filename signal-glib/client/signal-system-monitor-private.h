/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Events of the system that concern the connection. */
typedef enum
{
  SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE, /* the network has become available; try to connect now */
  SIGNAL_SYSTEM_EVENT_NETWORK_CHANGED,   /* the network may have changed; send a ping */
  SIGNAL_SYSTEM_EVENT_RESUMED,           /* the system has resumed from suspend */
} SignalSystemEvent;

/* suspended is how long the system was suspended in µs, or 0 for other events. */
typedef void   (*SignalSystemMonitorFunc)      (SignalSystemEvent event,
                                                gint64            suspended,
                                                gpointer          user_data);

/* Returns the time in µs that the system has been suspended, relative to an arbitrary start. */
typedef gint64 (*SignalSystemMonitorClockFunc) (gpointer user_data);

typedef struct _SignalSystemMonitor SignalSystemMonitor;

SignalSystemMonitor *signal_system_monitor_new       (GNetworkMonitor              *monitor,
                                                      guint                         tick,
                                                      SignalSystemMonitorFunc       callback,
                                                      gpointer                      user_data) G_GNUC_WARN_UNUSED_RESULT;
void                 signal_system_monitor_free      (SignalSystemMonitor          *self);
void                 signal_system_monitor_set_clock (SignalSystemMonitor          *self,
                                                      SignalSystemMonitorClockFunc  clock,
                                                      gpointer                      user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalSystemMonitor, signal_system_monitor_free)

G_END_DECLS
