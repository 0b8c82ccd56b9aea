/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-client-private.h"

#include "signal-crypto-private.h"
#include "signal-error.h"

#include <glib/gi18n-lib.h>

/* The one owner of what to do next: attempts, retries and the end. The facts are changed first and
 * told after; whoever tells anything looks at `turn` to see whether a handler has gone on to
 * something else meanwhile. */

/* The most that a server can put off the next attempt by Retry-After. */
#define RETRY_AFTER_MAX_MS (5 * 60 * 1000)

static void attempt (SignalClient *self);

/* Notifies of the state, and of what comes and goes with it. */
static void
announce (SignalClient *self)
{
  GObject *object = G_OBJECT (self);
  SignalConnectionState state = signal_client_get_state (self);
  gboolean was_authenticated = self->announced == SIGNAL_CONNECTION_STATE_AUTHENTICATED;

  if (state == self->announced)
    return;

  self->announced = state;
  g_object_freeze_notify (object);
  g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_STATE]);
  if (was_authenticated || state == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    {
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_CLIENT_ID]);
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_USER_ID]);
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_ENCRYPTED]);
    }
  g_object_thaw_notify (object);
}

/* Announces a transition. FALSE: a handler has caused another one. */
static gboolean
announce_turn (SignalClient *self)
{
  guint turn = ++self->turn;

  announce (self);
  return turn == self->turn;
}

static void
set_last_error (SignalClient *self,
                const GError *error)
{
  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self),
                            signal_client_properties[SIGNAL_CLIENT_PROP_LAST_ERROR]);
}

void
signal_client_report_error (SignalClient *self,
                            const GError *error)
{
  set_last_error (self, error);
  signal_client_emit_error (self, error);
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
return_connecting (SignalClient *self,
                   const GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->connecting);

  clear_source (&self->cancelled);
  if (task != NULL && error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
report_lost_messages (SignalClient *self)
{
  guint count = signal_outbox_get_length (self->outbox);
  g_autoptr (GError) error = NULL;

  if (count == 0)
    return;

  signal_outbox_clear (self->outbox);
  error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                       g_dngettext (GETTEXT_PACKAGE,
                                    "%u message was waiting for a connection and is lost",
                                    "%u messages were waiting for a connection and are lost",
                                    count),
                       count);
  signal_client_report_error (self, error);
}

/* The end for good. error: NULL when it was asked for. */
void
signal_client_stop (SignalClient *self,
                    const GError *error)
{
  g_autoptr (SignalClient) keep = g_object_ref (self);
  g_autoptr (GError) outcome = NULL;

  outcome = error != NULL ? g_error_copy (error)
                          : g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                 _("The connection was ended on request"));
  self->is_preparing = FALSE;
  self->failures = 0;
  clear_source (&self->retry);
  if (self->connection != NULL)
    {
      signal_connection_close_async (self->connection, NULL, NULL, NULL);
      g_clear_object (&self->closing);
      self->closing = g_steal_pointer (&self->connection);
    }

  announce_turn (self);
  if (error != NULL)
    set_last_error (self, outcome);
  report_lost_messages (self);
  signal_client_emit_disconnected (self, error != NULL ? outcome : NULL);
  return_connecting (self, outcome);
}

static gboolean
on_retry (gpointer user_data)
{
  attempt (user_data);
  return G_SOURCE_REMOVE;
}

static guint
next_delay (SignalClient  *self,
            SignalVerdict  verdict,
            guint          retry_after)
{
  guint delay;

  if (verdict == SIGNAL_VERDICT_NOW && self->failures == 1)
    return 0;

  delay = signal_retry_delay (&self->policy, self->failures, g_random_double ());
  return MAX (delay, MIN (retry_after, RETRY_AFTER_MAX_MS));
}

static void
wait_for_retry (SignalClient  *self,
                const GError  *error,
                SignalVerdict  verdict,
                guint          retry_after)
{
  guint delay = next_delay (self, verdict, retry_after);
  guint turn;

  self->retry = g_timeout_source_new (delay);
  g_source_set_callback (self->retry, on_retry, self, NULL);
  g_source_set_static_name (self->retry, "signal-glib retry");
  g_source_attach (self->retry, self->context);

  if (!announce_turn (self))
    return;

  turn = self->turn;
  signal_client_report_error (self, error);
  if (turn == self->turn)
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

static void
on_ended (SignalConnection *connection,
          const GError     *error,
          SignalVerdict     verdict,
          guint             retry_after,
          gpointer          user_data)
{
  g_autoptr (SignalClient) self = g_object_ref (user_data);
  gint64 settled = (gint64) self->policy.base_interval * 1000;

  /* A server that accepts and then drops must not be hammered. */
  if (signal_connection_get_age (connection) > settled)
    self->failures = 0;

  g_clear_object (&self->connection);

  if (verdict == SIGNAL_VERDICT_REFUSED || verdict == SIGNAL_VERDICT_STOP)
    {
      self->is_refused = verdict == SIGNAL_VERDICT_REFUSED;
      signal_client_stop (self, error);
    }
  else if (signal_retry_is_allowed (&self->policy, self->failures + 1))
    {
      self->failures++;
      wait_for_retry (self, error, verdict, retry_after);
    }
  else
    {
      give_up (self, error);
    }
}

void
signal_client_send_rooms (SignalClient       *self,
                          const char         *event,
                          const char * const *rooms)
{
  g_autoptr (GPtrArray) frames = signal_rooms_compose (event, rooms, self->max_message_size);

  /* What cannot be sent is made up for after the next authentication. */
  for (guint i = 0; i < frames->len; i++)
    signal_connection_send_plain (self->connection, g_ptr_array_index (frames, i), NULL);
}

static void
flush_outbox (SignalClient *self)
{
  const char *text;
  gsize length;

  while ((text = signal_outbox_peek (self->outbox, &length)) != NULL)
    {
      g_autoptr (GError) error = NULL;

      if (!signal_connection_send (self->connection, text, length, &error)
          && !g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE))
        return;

      signal_outbox_pop (self->outbox);
      if (error != NULL)
        signal_client_report_error (self, error);
      if (signal_client_get_state (self) != SIGNAL_CONNECTION_STATE_AUTHENTICATED)
        return;
    }
}

static void
on_authenticated (SignalClient *self)
{
  guint turn;

  signal_client_send_rooms (self, "join", signal_rooms_get_wanted (self->rooms));
  flush_outbox (self);
  if (signal_client_get_state (self) != SIGNAL_CONNECTION_STATE_AUTHENTICATED
      || !announce_turn (self))
    return;

  turn = self->turn;
  signal_client_emit_connected (self);
  if (turn == self->turn)
    return_connecting (self, NULL);
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
    announce_turn (self);
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
  .accept_certificate = on_accept_certificate,
};

GUri *
signal_client_check_url (SignalClient  *self,
                         GError       **error)
{
  return signal_transport_parse_url (self->server_url, self->allow_insecure, error);
}

static gboolean
open_connection (SignalClient  *self,
                 GError       **error)
{
  g_autoptr (GUri) uri = signal_client_check_url (self, error);
  SignalConnectionOptions options = {
    .uri = uri,
    .tls_database = self->tls_database,
    .tls_certificate = self->tls_certificate,
    .proxy_resolver = self->proxy_resolver,
    .headers = self->headers,
    .token = self->token,
    .ecdh_info = self->ecdh_info,
    .require_encryption = self->require_encryption,
    .connect_timeout = self->connect_timeout,
    .heartbeat_interval = self->heartbeat_interval,
    .liveness_timeout = self->liveness_timeout,
    .max_message_size = self->max_message_size,
    .max_incoming_size = self->max_incoming_size,
  };
  gboolean started;

  if (uri == NULL)
    return FALSE;

  if (self->token == NULL)
    {
      self->is_refused = TRUE;
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                           _("There is no token to authenticate with"));
      return FALSE;
    }

  self->connection = signal_connection_new (&connection_handlers, self);
  g_main_context_push_thread_default (self->context);
  started = signal_connection_start (self->connection, &options, error);
  g_main_context_pop_thread_default (self->context);

  if (!started)
    g_clear_object (&self->connection);
  return started;
}

static void
attempt (SignalClient *self)
{
  g_autoptr (SignalClient) keep = g_object_ref (self);
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;
  guint turn;

  clear_source (&self->retry);
  self->is_preparing = TRUE;
  if (!announce_turn (self))
    return;

  turn = self->turn;
  token = signal_client_emit_authenticate (self);
  if (token != NULL)
    {
      signal_client_set_token (self, token);
      signal_crypto_wipe (token, strlen (token));
    }
  if (turn != self->turn)
    return;

  self->is_preparing = FALSE;
  if (!open_connection (self, &error))
    signal_client_stop (self, error);
}

/* Begins from DISCONNECTED. */
void
signal_client_start (SignalClient *self)
{
  self->failures = 0;
  self->is_refused = FALSE;
  attempt (self);
}

/* Skips the rest of a wait. */
void
signal_client_retry_now (SignalClient *self)
{
  if (self->retry != NULL)
    attempt (self);
}
