/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-system-objects-private.h"

#include <gio/gnativesocketaddress.h>
#include <gio/gunixsocketaddress.h>

#define NETWORK_MANAGER "org.freedesktop.NetworkManager"
#define NETWORK_MANAGER_PATH "/org/freedesktop/NetworkManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* GObject can deadlock when one thread registers a type with interfaces for the first time while
 * another initializes a class that refers to the type. So the types that both threads use are
 * registered before there are two. */
static void
ensure_types (void)
{
  g_type_ensure (G_TYPE_SOCKET_CONNECTABLE);
  g_type_ensure (G_TYPE_PROXY_RESOLVER);
  g_type_ensure (G_TYPE_NETWORK_MONITOR);
  g_type_ensure (G_TYPE_SOCKET_ADDRESS);
  g_type_ensure (G_TYPE_INET_SOCKET_ADDRESS);
  g_type_ensure (G_TYPE_UNIX_SOCKET_ADDRESS);
  g_type_ensure (G_TYPE_NATIVE_SOCKET_ADDRESS);
  g_type_ensure (G_TYPE_PROXY_ADDRESS);
  g_type_ensure (G_TYPE_NETWORK_ADDRESS);
  g_type_ensure (G_TYPE_NETWORK_SERVICE);
  g_type_ensure (G_TYPE_INET_ADDRESS_MASK);
  g_type_ensure (G_TYPE_SOCKET);
  g_type_ensure (G_TYPE_SOCKET_CLIENT);
  g_type_ensure (G_TYPE_SOCKET_CONNECTION);
  g_type_ensure (G_TYPE_TASK);
  g_type_ensure (G_TYPE_DBUS_CONNECTION);
  g_type_ensure (G_TYPE_DBUS_PROXY);
  g_type_ensure (G_TYPE_MEMORY_INPUT_STREAM);
  g_type_ensure (G_TYPE_MEMORY_OUTPUT_STREAM);
  g_type_ensure (G_TYPE_BUFFERED_INPUT_STREAM);
  g_type_ensure (G_TYPE_DATA_INPUT_STREAM);
  g_type_ensure (G_TYPE_DATA_OUTPUT_STREAM);
}

/* GIO hands out a connection that is closed, to a bus that was restarted, for as long as somebody
 * refers to it. */
static gboolean
is_bus_open (GObject *bus)
{
  return !g_dbus_connection_is_closed (G_DBUS_CONNECTION (bus));
}

static GObject *
get_system_bus (void)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);

  if (bus == NULL || !is_bus_open (G_OBJECT (bus)))
    return NULL;

  /* A bus that restarts must not end the program, which may not even know that it uses one. */
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  return G_OBJECT (g_steal_pointer (&bus));
}

SignalLazyObject signal_system_bus = {
  .prepare = ensure_types,
  .create = get_system_bus,
  .is_valid = is_bus_open,
};

/* Whether NetworkManager is not in the way. An error from the bus is an answer, too, such as that
 * there is no NetworkManager; that the bus is gone is none. */
static gboolean
wait_for_network_manager (void)
{
  g_autoptr (GDBusConnection) bus = (GDBusConnection *) get_system_bus ();
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) error = NULL;

  if (bus == NULL)
    return TRUE;

  answer = g_dbus_connection_call_sync (bus, NETWORK_MANAGER, NETWORK_MANAGER_PATH, PROPERTIES, "Get",
                                        g_variant_new ("(ss)", NETWORK_MANAGER, "State"), NULL,
                                        G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL, &error);
  return answer != NULL || g_dbus_error_is_remote_error (error);
}

/* The first call of g_network_monitor_get_default() waits for NetworkManager, up to 25 seconds for
 * each of several questions, and all the while it holds a lock that the other default objects of
 * GIO need as well. So it is not called before NetworkManager has answered something.
 *
 * The monitor belongs to the thread-default main context of its creation; without one that is the
 * default main context, while that of a thread which ends soon would leave the monitor mute for the
 * whole process. */
static GObject *
get_network_monitor (void)
{
  if (!wait_for_network_manager ())
    return NULL;

  return g_object_ref (G_OBJECT (g_network_monitor_get_default ()));
}

SignalLazyObject signal_network_monitor = {
  .prepare = ensure_types,
  .create = get_network_monitor,
};
