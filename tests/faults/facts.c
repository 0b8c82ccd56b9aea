/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "facts.h"

#include "signal-glib/client/signal-client-private.h"

/* What must hold of a client at any moment, seen from inside. */

/* One thing at a time: an attempt that has no connection yet, a connection, or a wait; the state
 * says which; and the one timer is the only source that the client has. */
void
facts_check (SignalClient *client)
{
  SignalConnectionState state = signal_client_get_state (client);
  GSource *source = g_main_context_find_source_by_user_data (client->context, client);

  g_assert_false (client->is_preparing && client->connection != NULL);
  g_assert_false (client->timer != NULL && client->connection != NULL);
  g_assert_true (client->is_preparing || !client->is_asking);
  g_assert_true (source == client->timer);

  if (client->connection != NULL)
    g_assert_cmpint (state, !=, SIGNAL_CONNECTION_STATE_RECONNECTING);
  else if (client->is_preparing)
    g_assert_cmpint (state, ==, SIGNAL_CONNECTION_STATE_CONNECTING);
  else if (client->timer != NULL)
    g_assert_cmpint (state, ==, SIGNAL_CONNECTION_STATE_RECONNECTING);
  else
    g_assert_cmpint (state, ==, SIGNAL_CONNECTION_STATE_DISCONNECTED);

  g_assert_true ((signal_client_get_client_id (client) != NULL)
                 == (state == SIGNAL_CONNECTION_STATE_AUTHENTICATED));
  g_assert_true ((client->vigil != NULL) == (state != SIGNAL_CONNECTION_STATE_DISCONNECTED));
  if (state == SIGNAL_CONNECTION_STATE_DISCONNECTED)
    g_assert_cmpuint (signal_outbox_get_waiting (client->outbox), ==, 0);
}

/* Between two turns of the main loop everything that is the case has been told. */
void
facts_settled (SignalClient *client)
{
  facts_check (client);
  g_assert_cmpint (client->announced, ==, signal_client_get_state (client));
  g_assert_false (client->is_preparing && client->timer == NULL);
}

/* From now on at every signal and every notify that the client emits, but not at those that ask for
 * a token: a handler there would count as somebody who has one. */
void
facts_watch (SignalClient *client)
{
  static const char * const signals[] = {
    "notify", "connected", "reconnecting", "disconnected", "message", "error", "drained",
  };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect (client, signals[i], G_CALLBACK (facts_check), NULL);
}

/* How many file descriptors the process has open. */
guint
facts_count_fds (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, &error);
  guint count = 0;

  g_assert_no_error (error);
  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}
