/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "outcome.h"

void
outcome_clear (Outcome *outcome)
{
  g_clear_pointer (&outcome->answer, signal_message_unref);
  g_clear_error (&outcome->error);
}

/* Checks that the operation completes once. */
static void
complete (Outcome  *outcome,
          gboolean  is_success)
{
  g_assert_cmpuint (outcome->n_done++, ==, 0);
  g_assert_true (is_success == (outcome->error == NULL));
  outcome->thread = g_thread_self ();
}

void
outcome_on_answered (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  Outcome *outcome = user_data;

  outcome->answer = signal_client_request_finish (SIGNAL_CLIENT (source), result, &outcome->error);
  complete (outcome, outcome->answer != NULL);
}

void
outcome_on_sent (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  Outcome *outcome = user_data;

  complete (outcome, signal_client_send_json_finish (SIGNAL_CLIENT (source), result, &outcome->error));
}

void
outcome_on_flushed (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  Outcome *outcome = user_data;

  complete (outcome, signal_client_flush_finish (SIGNAL_CLIENT (source), result, &outcome->error));
}
