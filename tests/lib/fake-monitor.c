/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fake-monitor.h"

struct _FakeMonitor
{
  GObject parent_instance;

  gboolean is_available;
  GNetworkConnectivity connectivity;
  GMainContext *context; /* borrowed: the thread-default context at its initialization */
};

static int n_initialized;

enum
{
  PROP_0,
  PROP_NETWORK_AVAILABLE,
  PROP_NETWORK_METERED,
  PROP_CONNECTIVITY
};

static void fake_monitor_initable_init (GInitableIface *iface);
static void fake_monitor_monitor_init  (GNetworkMonitorInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeMonitor, fake_monitor, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, fake_monitor_initable_init)
                               G_IMPLEMENT_INTERFACE (G_TYPE_NETWORK_MONITOR,
                                                      fake_monitor_monitor_init))

static gboolean
fake_monitor_initable_initialize (GInitable     *initable,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  FAKE_MONITOR (initable)->context = g_main_context_get_thread_default ();
  g_atomic_int_inc (&n_initialized);
  return TRUE;
}

static void
fake_monitor_initable_init (GInitableIface *iface)
{
  iface->init = fake_monitor_initable_initialize;
}

static void
fake_monitor_monitor_init (GNetworkMonitorInterface *iface)
{
}

static void
fake_monitor_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  FakeMonitor *self = FAKE_MONITOR (object);

  switch (prop_id)
    {
    case PROP_NETWORK_AVAILABLE:
      g_value_set_boolean (value, self->is_available);
      break;
    case PROP_NETWORK_METERED:
      g_value_set_boolean (value, FALSE);
      break;
    case PROP_CONNECTIVITY:
      g_value_set_enum (value, self->connectivity);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
fake_monitor_class_init (FakeMonitorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = fake_monitor_get_property;
  g_object_class_override_property (object_class, PROP_NETWORK_AVAILABLE, "network-available");
  g_object_class_override_property (object_class, PROP_NETWORK_METERED, "network-metered");
  g_object_class_override_property (object_class, PROP_CONNECTIVITY, "connectivity");
}

static void
fake_monitor_init (FakeMonitor *self)
{
}

FakeMonitor *
fake_monitor_new (gboolean is_available)
{
  FakeMonitor *self = g_object_new (FAKE_TYPE_MONITOR, NULL);

  self->is_available = is_available;
  self->connectivity = is_available ? G_NETWORK_CONNECTIVITY_FULL : G_NETWORK_CONNECTIVITY_LOCAL;
  return self;
}

/* Emits a change, even if nothing has changed. */
void
fake_monitor_set (FakeMonitor          *self,
                  gboolean              is_available,
                  GNetworkConnectivity  connectivity)
{
  self->is_available = is_available;
  self->connectivity = connectivity;
  g_signal_emit_by_name (self, "network-changed", is_available);
}

void
fake_monitor_make_default (void)
{
  g_io_extension_point_register (G_NETWORK_MONITOR_EXTENSION_POINT_NAME);
  g_io_extension_point_implement (G_NETWORK_MONITOR_EXTENSION_POINT_NAME, FAKE_TYPE_MONITOR, "fake", 100);
  g_setenv ("GIO_USE_NETWORK_MONITOR", "fake", TRUE);
}

/* The number of monitors that GIO has created, in any thread. */
guint
fake_monitor_get_n_initialized (void)
{
  return (guint) g_atomic_int_get (&n_initialized);
}

/* Returns NULL for the default main context. */
GMainContext *
fake_monitor_get_context (FakeMonitor *self)
{
  return self->context;
}
