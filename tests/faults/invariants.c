/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "invariants.h"

#include "signal-glib/client/signal-client-private.h"

/* The invariants of a client, checked from inside. */

static void
check (SignalClient *client,
       gboolean      is_idle)
{
  SignalConnectionState state = signal_client_get_state (client);

  g_assert_true (signal_session_is_consistent (client->session, is_idle));
  g_assert_true ((signal_client_get_client_id (client) != NULL)
                 == (state == SIGNAL_CONNECTION_STATE_AUTHENTICATED));
}

/* The client has at most one of an attempt without a connection, a connection, and a delay; its
 * state says which; and the timer is the only source that the session has. */
void
invariants_check (SignalClient *client)
{
  check (client, FALSE);
}

/* Between two main loop iterations, every change has been notified. */
void
invariants_check_idle (SignalClient *client)
{
  check (client, TRUE);
}

/* Checks the invariants at every signal that the client emits, except for those that ask for a
 * token, because a handler for these would have to return one. */
void
invariants_connect (SignalClient *client)
{
  static const char * const signals[] = {
    "notify", "connected", "reconnecting", "disconnected", "message", "error", "drained",
  };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect (client, signals[i], G_CALLBACK (invariants_check), NULL);
}
