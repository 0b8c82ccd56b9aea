/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "client/signal-client-private.h"
#include "signal-error.h"
#include "util/signal-source-private.h"

/* The one owner of what to do next: attempts, retries and the end. The facts are changed first and
 * told after; whoever tells anything looks at `turn` to see whether a handler has gone on to
 * something else meanwhile. */

/* The most that a server can put off the next attempt by Retry-After. */
#define RETRY_AFTER_MAX_MS (5 * 60 * 1000)

static void attempt (SignalClient *self);
static void attempt_over (SignalClient *self, const GError *error, SignalCloseAction verdict,
                          guint retry_after);

static GTask *
take_connecting (SignalClient *self)
{
  signal_source_clear (&self->cancelled);
  return g_steal_pointer (&self->connecting);
}

static void
return_connecting (GTask        *task,
                   const GError *error)
{
  if (task != NULL && error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

/* From whatever is the case to DISCONNECTED. */
static void
let_go (SignalClient *self)
{
  self->is_preparing = FALSE;
  self->is_asking = FALSE;
  self->is_promised = FALSE;
  self->has_late_token = FALSE;
  self->failures = 0;
  self->backoff = 0;
  signal_client_set_refusal (self, NULL);
  signal_source_clear (&self->timer);
  g_clear_pointer (&self->vigil, signal_system_monitor_free);
  if (self->connection == NULL)
    return;

  signal_client_count_connection (self, self->connection);
  signal_connection_close_async (self->connection, NULL, NULL, NULL);
  g_clear_object (&self->closing);
  self->closing = g_steal_pointer (&self->connection);
}

static GError *
new_ended_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                              _("The connection was ended on request"));
}

/* The end of the object itself, which may still be referenced: nothing is told, and nothing begins
 * again. */
void
signal_client_abandon (SignalClient *self)
{
  g_autoptr (GTask) connecting = take_connecting (self);
  g_autoptr (GError) error = new_ended_error ();

  self->is_disposed = TRUE;
  self->is_refused = FALSE;
  self->turn++;
  signal_outbox_clear (self->outbox);

  /* The connection goes on without its owner until the close handshake is done. */
  let_go (self);
  g_clear_object (&self->closing);
  return_connecting (connecting, error);
}

/* The end for good. error: NULL when it was asked for. A handler may connect again: what that
 * begins is no concern of this end. One that hears of a message which cannot be sent may even end
 * it first. */
void
signal_client_stop (SignalClient *self,
                    const GError *error)
{
  G_GNUC_UNUSED g_autoptr (SignalClient) keep = g_object_ref (self);
  g_autoptr (GTask) connecting = take_connecting (self);
  g_autoptr (GError) outcome = error != NULL ? g_error_copy (error) : new_ended_error ();
  g_autoptr (GError) lost = NULL;
  guint turn = self->turn;

  if (error == NULL)
    signal_client_hand_over_all (self);
  if (turn != self->turn)
    {
      return_connecting (connecting, outcome);
      return;
    }

  lost = signal_client_empty_outbox (self);
  let_go (self);
  signal_client_announce_turn (self);
  signal_client_notify_outbox (self);
  if (lost != NULL)
    signal_client_report_error (self, lost);
  if (error != NULL)
    signal_client_set_last_error (self, outcome);
  signal_client_emit_disconnected (self, error != NULL ? outcome : NULL);
  return_connecting (connecting, outcome);
}

/* The one timer: for a retry, or for a token that does not come. */
static void
set_timer (SignalClient *self,
           guint         ms,
           GSourceFunc   callback)
{
  signal_source_clear (&self->timer);
  self->timer = g_timeout_source_new (ms);
  g_source_set_callback (self->timer, callback, self, NULL);
  g_source_set_static_name (self->timer, "signal-glib client");
  g_source_attach (self->timer, self->context);
}

static gboolean
on_retry (gpointer user_data)
{
  attempt (user_data);
  return G_SOURCE_REMOVE;
}

static guint
next_delay (SignalClient      *self,
            SignalCloseAction  verdict,
            guint              retry_after)
{
  guint delay;

  if (verdict == SIGNAL_CLOSE_ACTION_RETRY_NOW && self->backoff == 1)
    return 0;

  delay = signal_backoff_get_delay (&self->policy, self->backoff, g_random_double ());
  return MAX (delay, MIN (retry_after, RETRY_AFTER_MAX_MS));
}

static void
wait_for_retry (SignalClient      *self,
                const GError      *error,
                SignalCloseAction  verdict,
                guint              retry_after)
{
  guint delay = next_delay (self, verdict, retry_after);
  gboolean announced;
  guint turn;

  set_timer (self, delay, on_retry);
  announced = signal_client_announce_turn (self);
  turn = self->turn;
  signal_client_notify_outbox (self);
  signal_client_report_error (self, error);
  if (announced && turn == self->turn)
    signal_client_emit_reconnecting (self, self->failures, delay);
}

static void
give_up (SignalClient *self,
         const GError *cause)
{
  g_autoptr (GError) error = NULL;
  guint retries = self->policy.max_retries;

  if (retries == 0)
    error = g_error_copy (cause);
  else
    error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED,
                         g_dngettext (GETTEXT_PACKAGE,
                                      "Gave up after %u retry: %s",
                                      "Gave up after %u retries: %s", retries),
                         retries, cause->message);
  signal_client_stop (self, error);
}

/* The server refused the token: somebody may have a newer one. */
static void
ask_again (SignalClient *self,
           const GError *error)
{
  guint turn;

  self->has_asked_again = TRUE;
  signal_client_set_refusal (self, error);

  self->is_preparing = TRUE;
  if (!signal_client_announce_turn (self))
    return;

  turn = self->turn;
  signal_client_report_error (self, error);
  if (turn == self->turn)
    attempt (self);
}

static void
attempt_over (SignalClient      *self,
              const GError      *error,
              SignalCloseAction  verdict,
              guint              retry_after)
{
  if (verdict == SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN && signal_client_may_ask_again (self))
    {
      ask_again (self, error);
    }
  else if (verdict == SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN || verdict == SIGNAL_CLOSE_ACTION_STOP)
    {
      self->is_refused = verdict == SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN;
      signal_client_stop (self, error);
    }
  else if (signal_backoff_allows_retry (&self->policy, self->failures + 1))
    {
      self->failures++;
      self->backoff++;
      wait_for_retry (self, error, verdict, retry_after);
    }
  else
    {
      give_up (self, error);
    }
}

static void
on_ended (SignalConnection  *connection,
          const GError      *error,
          SignalCloseAction  verdict,
          guint              retry_after,
          gpointer           user_data)
{
  g_autoptr (SignalClient) self = g_object_ref (user_data);
  gint64 settled = (gint64) self->policy.base_interval * 1000;
  gint64 age = signal_connection_get_age (connection);

  /* An attempt that was authenticated has not failed, but a server that accepts and then drops must
   * not be hammered. */
  if (age >= 0)
    self->failures = 0;
  if (age > settled)
    self->backoff = 0;

  signal_client_count_connection (self, connection);
  g_set_object (&self->closing, connection);
  g_clear_object (&self->connection);
  signal_client_recall_outbox (self, connection);
  attempt_over (self, error, verdict, retry_after);
}

static void
on_authenticated (SignalClient *self)
{
  guint turn;

  self->has_asked_again = FALSE;
  self->is_promised = FALSE;
  signal_client_set_refusal (self, NULL);
  if (self->was_connected)
    self->reconnects++;
  self->was_connected = TRUE;

  signal_client_send_rooms (self, "join", signal_room_set_get_wanted (self->rooms));
  signal_client_flush_outbox (self);
  if (signal_client_get_state (self) != SIGNAL_CONNECTION_STATE_AUTHENTICATED
      || !signal_client_announce_turn (self))
    return;

  turn = self->turn;
  signal_client_emit_connected (self);
  if (turn == self->turn)
    {
      g_autoptr (GTask) connecting = take_connecting (self);

      return_connecting (connecting, NULL);
    }
}

static void
on_phase (SignalConnection      *connection,
          SignalConnectionState  phase,
          gpointer               user_data)
{
  g_autoptr (SignalClient) self = g_object_ref (user_data);

  if (phase == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    on_authenticated (self);
  else
    signal_client_announce_turn (self);
}

static void
on_message (SignalConnection *connection,
            SignalMessage    *message,
            gpointer          user_data)
{
  signal_client_emit_message (user_data, message);
}

static void
on_fault (SignalConnection *connection,
          const GError     *error,
          gpointer          user_data)
{
  g_autoptr (SignalClient) self = g_object_ref (user_data);

  signal_client_report_error (self, error);
}

static gboolean
on_accept_certificate (SignalConnection     *connection,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  return signal_client_emit_accept_certificate (user_data, certificate, errors);
}

static const SignalConnectionHandlers connection_handlers = {
  .phase = on_phase,
  .message = on_message,
  .fault = on_fault,
  .ended = on_ended,
  .drained = signal_client_on_drained,
  .accept_certificate = on_accept_certificate,
};

/* There is a token, or there will be none. */
void
signal_client_go_on (SignalClient *self)
{
  g_autoptr (GError) error = NULL;

  signal_source_clear (&self->timer);
  self->is_asking = FALSE;
  self->is_promised = FALSE;
  self->is_preparing = FALSE;
  if (!signal_client_dial (self, &connection_handlers, &error))
    signal_client_stop (self, error);
}

static gboolean
on_no_token (gpointer user_data)
{
  g_autoptr (SignalClient) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                               _("The token that was promised did not come in time"));
  signal_source_clear (&self->timer);
  self->is_asking = FALSE;
  self->is_preparing = FALSE;
  attempt_over (self, error, SIGNAL_CLOSE_ACTION_RETRY, 0);
  return G_SOURCE_REMOVE;
}

static void
attempt (SignalClient *self)
{
  G_GNUC_UNUSED g_autoptr (SignalClient) keep = g_object_ref (self);
  gboolean has_token;
  guint turn;

  signal_source_clear (&self->timer);
  self->is_preparing = TRUE;
  if (!signal_client_announce_turn (self))
    return;

  if (self->has_late_token)
    {
      self->has_late_token = FALSE;
      signal_client_go_on (self);
      return;
    }

  /* An answer may come before the question has been put to everybody. */
  turn = self->turn;
  self->is_asking = TRUE;
  has_token = signal_client_ask_for_token (self);
  if (turn != self->turn || !self->is_asking)
    return;

  if (has_token)
    {
      signal_client_go_on (self);
      return;
    }

  self->is_promised = TRUE;
  set_timer (self, self->connect_timeout, on_no_token);
}

/* Begins from DISCONNECTED. */
void
signal_client_start (SignalClient *self)
{
  self->failures = 0;
  self->backoff = 0;
  self->is_refused = FALSE;
  self->has_asked_again = FALSE;
  signal_client_watch_world (self);
  attempt (self);
}

/* Skips the rest of a wait. */
void
signal_client_retry_now (SignalClient *self)
{
  if (signal_client_get_state (self) == SIGNAL_CONNECTION_STATE_RECONNECTING)
    attempt (self);
}
