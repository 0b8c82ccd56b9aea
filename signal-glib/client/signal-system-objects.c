/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-system-objects-private.h"

#include <gio/gnativesocketaddress.h>
#include <gio/gunixsocketaddress.h>

#define NETWORK_MANAGER "org.freedesktop.NetworkManager"
#define NETWORK_MANAGER_PATH "/org/freedesktop/NetworkManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* GObject can deadlock when one thread registers a type with interfaces for the first time while
 * another one initializes a class that refers to the type. Therefore, the types that both threads
 * use are registered before the second thread is started. */
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

/* GIO returns a closed connection, to a bus that has been restarted, as long as there is a
 * reference to it. */
static gboolean
is_bus_open (GObject *bus)
{
  return !g_dbus_connection_is_closed (G_DBUS_CONNECTION (bus));
}

static GObject *
get_system_bus (GCancellable *cancellable)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, cancellable, NULL);

  if (bus == NULL || !is_bus_open (G_OBJECT (bus)))
    return NULL;

  /* The program, which may not even use the bus itself, must not exit when the bus is
   * restarted. */
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  return G_OBJECT (g_steal_pointer (&bus));
}

SignalLazyObject signal_system_bus = {
  .prepare = ensure_types,
  .create = get_system_bus,
  .is_valid = is_bus_open,
};

/* Returns whether NetworkManager does not block. An error that the bus returns is a response as
 * well, for instance if there is no NetworkManager; the loss of the bus is not. */
static gboolean
wait_for_network_manager (GCancellable *cancellable)
{
  g_autoptr (GDBusConnection) bus = (GDBusConnection *) get_system_bus (cancellable);
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) error = NULL;

  if (bus == NULL)
    return TRUE;

  answer = g_dbus_connection_call_sync (bus, NETWORK_MANAGER, NETWORK_MANAGER_PATH, PROPERTIES, "Get",
                                        g_variant_new ("(ss)", NETWORK_MANAGER, "State"), NULL,
                                        G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, cancellable, &error);
  return answer != NULL || g_dbus_error_is_remote_error (error);
}

/* The first call of g_network_monitor_get_default() waits for NetworkManager, for up to 25
 * seconds for each of several requests, and holds a lock that the other default objects of GIO
 * need as well. Therefore, it is not called before NetworkManager has responded to something.
 *
 * The monitor belongs to the thread-default main context of the thread that creates it. Without
 * one, that is the default main context; that of a short-lived thread would leave the whole
 * process without notifications. */
static GObject *
get_network_monitor (GCancellable *cancellable)
{
  if (!wait_for_network_manager (cancellable) || g_cancellable_is_cancelled (cancellable))
    return NULL;

  return g_object_ref (G_OBJECT (g_network_monitor_get_default ()));
}

SignalLazyObject signal_network_monitor = {
  .prepare = ensure_types,
  .create = get_network_monitor,
};
