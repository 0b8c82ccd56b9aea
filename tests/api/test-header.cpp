/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal-glib/signal-glib.h>

/* That the header serves C++ too: it compiles, and what it names can be linked. */
int
main ()
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (SignalClient) client = signal_client_new ("ws://127.0.0.1:1/ws", "info");

  return signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_DISCONNECTED
         && SIGNAL_IS_SERVER (server) ? 0 : 1;
}
