/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that is linked with the static library. */
#include <signal-glib/signal-glib.h>

int
main (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (SignalBus) bus = signal_bus_new ("redis://127.0.0.1");
  g_autoptr (SignalClient) client = signal_client_new ("ws://127.0.0.1:8080/ws", NULL);
  g_autoptr (GEnumClass) states = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);

  g_print ("%s\n", g_enum_get_value (states, signal_client_get_state (client))->value_nick);
  return 0;
}
