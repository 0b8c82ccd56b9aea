/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "invariants.h"

#include "signal-glib/client/signal-client-private.h"

/* What must hold of a client at any moment, seen from inside. */

static void
check (SignalClient *client,
       gboolean      is_idle)
{
  SignalConnectionState state = signal_client_get_state (client);

  g_assert_true (signal_session_is_consistent (client->session, is_idle));
  g_assert_true ((signal_client_get_client_id (client) != NULL)
                 == (state == SIGNAL_CONNECTION_STATE_AUTHENTICATED));
}

/* One thing at a time: an attempt that has no connection yet, a connection, or a wait; the state
 * says which; and the one timer is the only source that the session has. */
void
invariants_check (SignalClient *client)
{
  check (client, FALSE);
}

/* Between two turns of the main loop everything has been notified. */
void
invariants_check_idle (SignalClient *client)
{
  check (client, TRUE);
}

/* From now on at every signal and every notify that the client emits, but not at those that ask for
 * a token: a handler there would count as somebody who has one. */
void
invariants_connect (SignalClient *client)
{
  static const char * const signals[] = {
    "notify", "connected", "reconnecting", "disconnected", "message", "error", "drained",
  };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect (client, signals[i], G_CALLBACK (invariants_check), NULL);
}
