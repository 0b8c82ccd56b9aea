/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-system-monitor-private.h"

#include "client/signal-system-objects-private.h"
#include "util/signal-source-private.h"
#include "util/signal-suspend-clock-private.h"

/* Network monitors emit the signal separately for each address and route. */
#define DEBOUNCE_US G_USEC_PER_SEC

/* Without a suspend, the clocks drift by less than this. */
#define SUSPEND_MIN_US (2 * G_USEC_PER_SEC)

#define LOGIND_NAME "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define LOGIND_MANAGER "org.freedesktop.login1.Manager"

struct _SignalSystemMonitor
{
  SignalSystemMonitorFunc callback;
  gpointer user_data;

  GNetworkMonitor *monitor;
  gulong monitor_changed;
  gboolean was_available;
  GNetworkConnectivity connectivity;
  GSource *debounce;

  SignalSystemMonitorClockFunc clock;
  gpointer clock_data;
  gint64 suspended;
  GSource *tick;

  GCancellable *freed; /* cancels the pending operations */
  GDBusConnection *bus;
  guint subscription;
};

static gint64
get_suspended_time (gpointer user_data)
{
  return signal_suspend_clock_get_time ();
}

static void
check_clock (SignalSystemMonitor *self)
{
  gint64 now = self->clock (self->clock_data);
  gint64 suspended = now - self->suspended;

  self->suspended = now;
  if (suspended >= SUSPEND_MIN_US)
    self->callback (SIGNAL_SYSTEM_EVENT_RESUMED, suspended, self->user_data);
}

static gboolean
on_tick (gpointer user_data)
{
  check_clock (user_data);
  return G_SOURCE_CONTINUE;
}

static void
start_tick (SignalSystemMonitor *self,
            guint                interval)
{
  self->tick = signal_suspend_clock_source_new (interval);
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_set_static_name (self->tick, "[signal-glib] clock");
  g_source_attach (self->tick, g_main_context_get_thread_default ());
}

static gboolean
on_debounced (gpointer user_data)
{
  SignalSystemMonitor *self = user_data;
  GNetworkConnectivity connectivity;
  gboolean is_available, is_changed;

  /* This is done first, so that changes from here on are detected. */
  g_source_set_ready_time (self->debounce, -1);
  is_available = g_network_monitor_get_network_available (self->monitor);
  connectivity = g_network_monitor_get_connectivity (self->monitor);
  is_changed = is_available != self->was_available || connectivity != self->connectivity;
  self->was_available = is_available;
  self->connectivity = connectivity;
  self->callback (is_changed && is_available ? SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE
                                             : SIGNAL_SYSTEM_EVENT_NETWORK_CHANGED,
                  0, self->user_data);
  return G_SOURCE_CONTINUE;
}

/* Called in the thread of the monitor, in which only the source may be accessed. */
static void
on_network_changed (GNetworkMonitor *monitor,
                    gboolean         is_available,
                    gpointer         user_data)
{
  GSource *debounce = user_data;

  if (g_source_get_ready_time (debounce) < 0)
    g_source_set_ready_time (debounce, g_get_monotonic_time () + DEBOUNCE_US);
}

static void
unref_source (gpointer  source,
              GClosure *closure)
{
  g_source_unref (source);
}

static void
watch_network (SignalSystemMonitor *self,
               GNetworkMonitor     *monitor)
{
  self->debounce = signal_source_new_timed (on_debounced, self, "[signal-glib] network debounce");
  g_source_attach (self->debounce, g_main_context_get_thread_default ());

  self->monitor = g_object_ref (monitor);
  self->monitor_changed = g_signal_connect_data (self->monitor, "network-changed",
                                                 G_CALLBACK (on_network_changed),
                                                 g_source_ref (self->debounce), unref_source, 0);
  self->was_available = g_network_monitor_get_network_available (self->monitor);
  self->connectivity = g_network_monitor_get_connectivity (self->monitor);
}

static void
on_default_monitor (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autoptr (GNetworkMonitor) monitor = signal_lazy_object_get_finish (&signal_network_monitor,
                                                                     result, NULL);

  if (monitor != NULL)
    watch_network (user_data, monitor);
}

/* FALSE means that the system has resumed. */
static void
on_prepare_for_sleep (GDBusConnection *bus,
                      const char      *sender,
                      const char      *path,
                      const char      *interface,
                      const char      *name,
                      GVariant        *parameters,
                      gpointer         user_data)
{
  SignalSystemMonitor *self = user_data;
  gboolean is_beginning = TRUE;
  gint64 before = self->suspended;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;

  g_variant_get (parameters, "(b)", &is_beginning);
  if (is_beginning)
    return;

  self->suspended = self->clock (self->clock_data);
  self->callback (SIGNAL_SYSTEM_EVENT_RESUMED, self->suspended - before, self->user_data);
}

static void
watch_suspend (SignalSystemMonitor *self,
               GDBusConnection     *bus)
{
  self->bus = g_object_ref (bus);
  self->subscription =
    g_dbus_connection_signal_subscribe (self->bus, LOGIND_NAME, LOGIND_MANAGER, "PrepareForSleep",
                                        LOGIND_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                        on_prepare_for_sleep, self, NULL);
}

/* It is not an error if there is no bus. */
static void
on_bus (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr (GDBusConnection) bus = signal_lazy_object_get_finish (&signal_system_bus, result, NULL);

  if (bus != NULL)
    watch_suspend (user_data, bus);
}

/* Monitors the system from the thread-default main context until it is freed. monitor is NULL for
 * the default monitor, which is used once it can be obtained without blocking. tick is the
 * interval in ms at which to check the clock. callback may free the monitor. */
SignalSystemMonitor *
signal_system_monitor_new (GNetworkMonitor         *monitor,
                           guint                    tick,
                           SignalSystemMonitorFunc  callback,
                           gpointer                 user_data)
{
  SignalSystemMonitor *self = g_new0 (SignalSystemMonitor, 1);

  self->callback = callback;
  self->user_data = user_data;

  self->freed = g_cancellable_new ();
  if (monitor != NULL)
    watch_network (self, monitor);
  else
    signal_lazy_object_get_async (&signal_network_monitor, self->freed, on_default_monitor, self);
  signal_lazy_object_get_async (&signal_system_bus, self->freed, on_bus, self);

  signal_system_monitor_set_clock (self, get_suspended_time, NULL);
  start_tick (self, tick);

  return self;
}

void
signal_system_monitor_free (SignalSystemMonitor *self)
{
  g_cancellable_cancel (self->freed);
  g_clear_object (&self->freed);
  if (self->bus != NULL)
    g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
  g_clear_object (&self->bus);

  g_clear_signal_handler (&self->monitor_changed, self->monitor);
  g_clear_object (&self->monitor);
  signal_source_clear (&self->debounce);

  signal_source_clear (&self->tick);
  g_free (self);
}

/* For tests: replaces the function that returns how long the system has been suspended. */
void
signal_system_monitor_set_clock (SignalSystemMonitor          *self,
                                 SignalSystemMonitorClockFunc  clock,
                                 gpointer                      user_data)
{
  self->clock = clock;
  self->clock_data = user_data;
  self->suspended = clock (user_data);
}
