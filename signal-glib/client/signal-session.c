/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-session-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "client/signal-credentials-private.h"
#include "client/signal-emission-private.h"
#include "client/signal-operations-private.h"
#include "client/signal-sender-private.h"
#include "client/signal-transition-log-private.h"
#include "crypto/signal-secret-private.h"
#include "protocol/signal-room-name-private.h"
#include "signal-error.h"
#include "util/signal-affinity-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-error-name-private.h"

/* The state machine of a client: attempts, retries, the token, the outbox and the end.
 *
 * A function that changes the state first completes the change, with begin_transition() and
 * queue(), and then calls flush(), which emits everything in the queue. A handler may cause
 * another transition, which is detected by comparing state_serial; the function that has called
 * flush() then returns. */

/* The interval in ms at which to check for a resume of the system if there are no heartbeats. */
#define DEFAULT_TICK 30000

/* The current activity of a session. STEP_CONNECTION has substates, which are the phases of the
 * connection. */
typedef enum
{
  STEP_NONE,          /* none; the state is DISCONNECTED */
  STEP_ATTEMPT,       /* an attempt has begun and has no connection yet */
  STEP_CERTIFICATE,   /* likewise; waits for the handler of a previous attempt to return */
  STEP_TOKEN,         /* likewise; requests a token, or waits for one that was promised */
  STEP_CONNECTION,    /* there is a connection, or an attempt to open one */
  STEP_WAIT,          /* waits for the next attempt; the state is RECONNECTING */
} Step;

struct _SignalSession
{
  GObject parent_instance;

  const SignalSessionHandlers *handlers;
  GMutex owner_lock;
  GObject *owner; /* not owned; NULL once the session is abandoned */
  gboolean is_silent; /* the owner is being disposed of, and nothing is emitted any more */
  SignalAffinity affinity;
  SignalSessionSettings settings;
  gboolean is_abandoned;

  Step step;
  guint state_serial; /* counts transitions; never 0 */
  GQueue emissions;
  SignalSessionStatus notified;
  SignalTransitionLog log;
  guint notified_outbox_length;

  SignalConnection *connection; /* in STEP_CONNECTION */
  SignalConnection *closing;    /* the last one that was closed, while that takes place */
  GSource *timer;               /* in STEP_WAIT, and in STEP_TOKEN while a token is awaited */
  SignalSystemMonitor *system_monitor; /* in all steps except STEP_NONE */
  GTask *connecting;
  GSource *cancelled; /* the cancellable's source for the task */

  guint server; /* the index of the URL of the current attempt or connection, or of the next attempt */
  guint failures; /* consecutive failed attempts, which does not include the loss of a connection */
  SignalBackoff backoff;
  gboolean was_connected;
  gboolean in_accept_certificate; /* its handler is running; the attempt may have ended */

  SignalCredentials *credentials;
  gboolean is_requesting; /* request_token() is running */
  gboolean is_refused; /* stopped until there is a new token */
  SignalSender *sender;
  SignalOperations *operations;
  SignalSessionStatistics statistics; /* bytes of the connections that have ended */
};

G_DEFINE_FINAL_TYPE (SignalSession, signal_session, G_TYPE_OBJECT)

static void attempt (SignalSession *self);
static void stop (SignalSession *self, const GError *error);

/* Another thread may release the last reference to the owner at any time. GWeakRef is not used
 * because, up to GLib 2.78, g_weak_ref_get() holds a process-wide lock while it calls the toggle
 * notify of a language binding. That waits for the lock of the interpreter, which may be held by
 * another thread that is waiting for GLib's lock in g_object_unref(). */
static GObject *
ref_owner (SignalSession *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->owner_lock);

  return self->owner != NULL && !self->is_silent ? g_object_ref (self->owner) : NULL;
}

static void
forget_owner (SignalSession *self)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->owner_lock);

  self->owner = NULL;
}

/* From now on, ref_owner() returns NULL. If operations are pending, whose callbacks need the owner,
 * it is kept alive until they have returned. Returns FALSE if that has been done before. */
static gboolean
silence_owner (SignalSession  *self,
               GObject       **kept)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&self->owner_lock);

  if (self->is_silent)
    return FALSE;

  self->is_silent = TRUE;
  if (signal_operations_is_any_pending (self->operations))
    *kept = g_object_ref (self->owner);
  else
    self->owner = NULL;
  return TRUE;
}

/* Emissions */

static SignalEmission *
queue (SignalSession      *self,
       SignalEmissionType  type,
       const GError       *error)
{
  SignalEmission *emission = signal_emission_new (type, error);

  g_queue_push_tail (&self->emissions, emission);
  return emission;
}

static GTask *
take_connecting (SignalSession *self)
{
  signal_source_clear (&self->cancelled);
  return g_steal_pointer (&self->connecting);
}

/* Completes connect_async(). The result is not affected by what happens until it is emitted. */
static void
queue_failure (SignalSession *self,
               const GError  *error)
{
  g_autoptr (GTask) task = take_connecting (self);

  if (task != NULL)
    queue (self, SIGNAL_EMISSION_FAILURE, error)->task = g_steal_pointer (&task);
}

static void
emit_success (SignalSession *self)
{
  g_autoptr (GTask) task = take_connecting (self);

  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
get_status (SignalSession       *self,
            SignalSessionStatus *status)
{
  SignalConnection *connection = signal_session_get_authenticated (self);

  *status = (SignalSessionStatus) {
    .state = signal_session_get_state (self),
    .is_encrypted = connection != NULL && signal_connection_is_encrypted (connection),
    .url = g_strdup (signal_session_get_url (self)),
    .failures = self->failures,
    .retry = self->step == STEP_WAIT ? self->backoff.failures : 0,
    .retry_at = signal_session_get_retry_at (self),
  };
}

static void
emit_state (SignalSession *self,
            gpointer       owner)
{
  g_auto (SignalSessionStatus) before = self->notified;
  g_auto (SignalSessionStatus) now = { 0 };

  get_status (self, &now);
  signal_session_status_copy (&self->notified, &now);
  if (!signal_session_status_equal (&before, &now))
    self->handlers->status_changed (owner, &before, &now);
}

static void
emit_outbox (SignalSession *self,
             gpointer       owner)
{
  guint length = signal_sender_get_length (self->sender);

  if (length == self->notified_outbox_length)
    return;

  self->notified_outbox_length = length;
  self->handlers->outbox_changed (owner);
}

static void
emit_to_owner (SignalSession  *self,
               SignalEmission *emission,
               gpointer        owner)
{
  switch (emission->type)
    {
    case SIGNAL_EMISSION_STATE:
      emit_state (self, owner);
      break;
    case SIGNAL_EMISSION_OUTBOX:
      emit_outbox (self, owner);
      break;
    case SIGNAL_EMISSION_CONNECTED:
      self->handlers->connected (owner);
      break;
    case SIGNAL_EMISSION_RECONNECTING:
      self->handlers->reconnecting (owner, emission->attempt, emission->delay);
      break;
    case SIGNAL_EMISSION_ERROR:
      self->handlers->error (owner, emission->error);
      break;
    case SIGNAL_EMISSION_DISCONNECTED:
      self->handlers->disconnected (owner, emission->error);
      break;
    case SIGNAL_EMISSION_SUCCESS:
    case SIGNAL_EMISSION_FAILURE:
    default:
      g_assert_not_reached ();
    }
}

static void
emit (SignalSession  *self,
      SignalEmission *emission)
{
  g_autoptr (GObject) owner = NULL;

  if (emission->serial != 0 && emission->serial != self->state_serial)
    return;

  if (emission->type == SIGNAL_EMISSION_SUCCESS)
    {
      emit_success (self);
      return;
    }

  if (emission->type == SIGNAL_EMISSION_FAILURE)
    {
      g_task_return_error (emission->task, g_steal_pointer (&emission->error));
      return;
    }

  owner = ref_owner (self);
  if (owner != NULL)
    emit_to_owner (self, emission, owner);
}

/* Emits everything in the queue, in order. Returns FALSE if a handler has caused another
 * transition. */
static gboolean
flush (SignalSession *self)
{
  G_GNUC_UNUSED g_autoptr (SignalSession) keep = g_object_ref (self);
  guint serial = self->state_serial;

  while (!g_queue_is_empty (&self->emissions))
    {
      g_autoptr (SignalEmission) emission = g_queue_pop_head (&self->emissions);

      emit (self, emission);
    }

  return serial == self->state_serial;
}

static void
report_error (SignalSession *self,
              const GError  *error)
{
  queue (self, SIGNAL_EMISSION_ERROR, error);
  flush (self);
}

static void
notify_outbox (SignalSession *self)
{
  g_autoptr (GObject) owner = NULL;

  if (signal_sender_get_length (self->sender) == self->notified_outbox_length)
    return;

  owner = ref_owner (self);
  if (owner != NULL)
    emit_outbox (self, owner);
}

/* State */

SignalConnectionState
signal_session_get_state (SignalSession *self)
{
  switch (self->step)
    {
    case STEP_CONNECTION:
      return signal_connection_get_phase (self->connection);
    case STEP_ATTEMPT:
    case STEP_CERTIFICATE:
    case STEP_TOKEN:
      return SIGNAL_CONNECTION_STATE_CONNECTING;
    case STEP_WAIT:
      return SIGNAL_CONNECTION_STATE_RECONNECTING;
    case STEP_NONE:
    default:
      return SIGNAL_CONNECTION_STATE_DISCONNECTED;
    }
}

/* Gets the URL that is tried or connected, or NULL. */
const char *
signal_session_get_url (SignalSession *self)
{
  if (self->step == STEP_NONE || self->step == STEP_WAIT)
    return NULL;

  return signal_session_settings_get_url (&self->settings, self->server);
}

/* Gets the number of consecutive attempts that have failed. */
guint
signal_session_get_failures (SignalSession *self)
{
  return self->failures;
}

/* Gets the monotonic time of the next attempt, or 0 if the session does not wait for it. */
gint64
signal_session_get_retry_at (SignalSession *self)
{
  return self->step == STEP_WAIT ? g_source_get_ready_time (self->timer) : 0;
}

char *
signal_session_get_status_text (SignalSession *self)
{
  g_auto (SignalSessionStatus) status = { 0 };

  get_status (self, &status);
  return signal_session_status_text (&status);
}

static gboolean
is_authenticated (SignalSession *self)
{
  return signal_session_get_state (self) == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
}

/* cause is for debug output; it must not contain text of the peer. */
static void
begin_transition (SignalSession *self,
                  Step           step,
                  const char    *cause)
{
  self->step = step;
  self->state_serial = MAX (self->state_serial + 1, 1);
  signal_transition_log_add (&self->log, signal_session_get_state (self), cause);
  queue (self, SIGNAL_EMISSION_STATE, NULL);
}

/* There is only one timer, for STEP_WAIT or STEP_TOKEN. */
static void
set_timer (SignalSession *self,
           guint          ms,
           GSourceFunc    callback)
{
  signal_source_clear (&self->timer);
  self->timer = g_timeout_source_new (ms);
  g_source_set_callback (self->timer, callback, self, NULL);
  g_source_set_static_name (self->timer, "[signal-glib] client");
  g_source_attach (self->timer, self->affinity.context);
}

static void
count_connection (SignalSession *self)
{
  self->statistics.bytes_received += signal_connection_get_received (self->connection);
  self->statistics.bytes_sent += signal_connection_get_written (self->connection);
}

/* Token */

/* Requests a token from the owner. Returns FALSE if it will be supplied later with
 * signal_session_update_token(). */
static gboolean
ask_for_token (SignalSession *self)
{
  g_autoptr (GObject) owner = ref_owner (self);
  guint serial = self->state_serial;
  char *token;

  if (owner == NULL)
    return TRUE;

  token = self->handlers->authenticate (owner);
  if (token == NULL)
    {
      gboolean is_promised;

      self->is_requesting = TRUE;
      is_promised = self->handlers->request_token (owner);
      self->is_requesting = FALSE;
      return !is_promised;
    }

  if (serial == self->state_serial)
    signal_credentials_set_token (self->credentials, token);
  signal_secret_wipe_and_free (token, strlen (token));
  return TRUE;
}

/* Returns whether to request another token after a rejection, which is done once until the next
 * authentication. */
static gboolean
may_ask_again (SignalSession *self)
{
  g_autoptr (GObject) owner = ref_owner (self);

  return owner != NULL
         && signal_credentials_may_ask_again (self->credentials)
         && self->handlers->has_token_source (owner);
}

/* Messages */

static void
on_sender_error (const GError *error,
                 gpointer      user_data)
{
  queue (user_data, SIGNAL_EMISSION_ERROR, error);
}

static void
on_sender_expired (gpointer user_data)
{
  SignalSession *self = user_data;

  queue (self, SIGNAL_EMISSION_OUTBOX, NULL);
  flush (self);
}

static gboolean
send_envelope (SignalSession    *self,
               char            **envelope,
               gsize             length,
               SignalOperation  *operation,
               GError          **error)
{
  g_autoptr (SignalConnection) connection = NULL;

  g_set_object (&connection, signal_session_get_authenticated (self));
  return signal_sender_send (self->sender, connection, envelope, length, operation,
                             self->step != STEP_NONE, error);
}

/* Sends an envelope, or keeps it until the session is authenticated, see signal_sender_send(). */
gboolean
signal_session_send (SignalSession  *self,
                     char          **envelope,
                     gsize           length,
                     GError        **error)
{
  if (!signal_affinity_check (&self->affinity, error)
      || !send_envelope (self, envelope, length, NULL, error))
    return FALSE;

  notify_outbox (self);
  return TRUE;
}

/* Operations */

static void
on_sender_finished (SignalOperation *operation,
                    const GError    *error,
                    gpointer         user_data)
{
  SignalSession *self = user_data;

  signal_operations_finish (self->operations, operation, error);
}

static const SignalSenderHandlers sender_handlers = {
  .error = on_sender_error,
  .finished = on_sender_finished,
  .expired = on_sender_expired,
};

static SignalConnection *
get_connection (gpointer user_data)
{
  return signal_session_get_authenticated (user_data);
}

static void
on_taken_back (gpointer user_data)
{
  g_autoptr (SignalSession) self = g_object_ref (user_data);

  notify_outbox (self);
}

static const SignalOperationsHandlers operations_handlers = {
  .get_connection = get_connection,
  .taken_back = on_taken_back,
};

/* Checks whether an operation may begin, which keeps the owner from being finalized. */
gboolean
signal_session_check_usable (SignalSession  *self,
                             GError        **error)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (!signal_affinity_check (&self->affinity, error))
    return FALSE;

  locker = g_mutex_locker_new (&self->owner_lock);
  if (!self->is_silent)
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED, _("The client is not connected"));
  return FALSE;
}

/* Returns FALSE if the operation has ended with an error. */
static gboolean
begin_operation (SignalSession   *self,
                 SignalOperation *operation)
{
  g_autoptr (GError) error = NULL;

  if (signal_session_check_usable (self, &error)
      && !g_cancellable_set_error_if_cancelled (operation->cancellable, &error))
    return TRUE;

  signal_operation_return (operation, NULL, error);
  return FALSE;
}

/* Sends an envelope, and ends the operation with what becomes of it. */
void
signal_session_start_send (SignalSession    *self,
                           char            **envelope,
                           gsize             length,
                           SignalOperation  *operation)
{
  g_autoptr (GError) error = NULL;

  if (!begin_operation (self, operation))
    return;

  signal_operations_add (self->operations, operation);
  if (send_envelope (self, envelope, length, operation, &error))
    notify_outbox (self);
  else
    signal_operations_end (self->operations, operation, NULL, error);
}

/* Sends an envelope that has the id of the operation, and ends the operation with the answer.
 * timeout is in ms; 0 for that of the settings. */
void
signal_session_start_request (SignalSession    *self,
                              char            **envelope,
                              gsize             length,
                              guint             timeout,
                              SignalOperation  *operation)
{
  g_autoptr (GError) error = NULL;

  if (!begin_operation (self, operation))
    return;

  signal_operations_add_request (self->operations, operation,
                                 timeout > 0 ? timeout : self->settings.request_timeout);
  if (send_envelope (self, envelope, length, operation, &error))
    notify_outbox (self);
  else
    signal_operations_end (self->operations, operation, NULL, error);
}

/* Ends the operation when all messages that have been accepted are written or reported. */
void
signal_session_start_flush (SignalSession   *self,
                            SignalOperation *operation)
{
  if (!begin_operation (self, operation))
    return;

  signal_operations_add (self->operations, operation);
  signal_sender_watch (self->sender, operation);
}

/* Rooms */

/* Returns whether the rooms to join automatically have changed. */
gboolean
signal_session_set_auto_join_rooms (SignalSession      *self,
                                    const char * const *rooms)
{
  return signal_sender_set_auto_join_rooms (self->sender, signal_session_get_authenticated (self), rooms);
}

/* is_changed is set to whether the wanted rooms have changed. */
gboolean
signal_session_join_rooms (SignalSession       *self,
                           const char * const  *rooms,
                           gboolean            *is_changed,
                           GError             **error)
{
  return signal_affinity_check (&self->affinity, error)
         && signal_sender_join_rooms (self->sender, signal_session_get_authenticated (self), rooms,
                                      is_changed, error);
}

gboolean
signal_session_leave_rooms (SignalSession       *self,
                            const char * const  *rooms,
                            gboolean            *is_changed,
                            GError             **error)
{
  return signal_affinity_check (&self->affinity, error)
         && signal_sender_leave_rooms (self->sender, signal_session_get_authenticated (self), rooms,
                                       is_changed, error);
}

/* The end of an attempt */

static gboolean
on_retry (gpointer user_data)
{
  attempt (user_data);
  return G_SOURCE_REMOVE;
}

static void
wait_for_retry (SignalSession     *self,
                const GError      *error,
                SignalCloseAction  action,
                guint              retry_after)
{
  SignalEmission *reconnecting;
  char cause[64];
  guint delay;

  delay = signal_backoff_fail (&self->backoff, &self->settings.backoff,
                               action == SIGNAL_CLOSE_ACTION_RETRY_NOW, retry_after);
  set_timer (self, delay, on_retry);

  g_snprintf (cause, sizeof cause, "retry %u in %u ms", self->backoff.failures, delay);
  begin_transition (self, STEP_WAIT, cause);
  queue (self, SIGNAL_EMISSION_OUTBOX, NULL);
  queue (self, SIGNAL_EMISSION_ERROR, error);
  reconnecting = queue (self, SIGNAL_EMISSION_RECONNECTING, NULL);
  reconnecting->serial = self->state_serial;
  reconnecting->attempt = self->backoff.failures;
  reconnecting->delay = delay;
  flush (self);
}

static void
give_up (SignalSession *self,
         const GError  *cause)
{
  g_autoptr (GError) error = NULL;
  guint retries = self->settings.backoff.max_retries;

  if (retries == 0)
    error = g_error_copy (cause);
  else
    error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED,
                         g_dngettext (GETTEXT_PACKAGE,
                                      "Gave up after %u retry: %s",
                                      "Gave up after %u retries: %s", retries),
                         retries, cause->message);
  stop (self, error);
}

/* The server has rejected the token, and a handler may supply a new one. */
static void
ask_again (SignalSession *self,
           const GError  *error)
{
  signal_credentials_refuse (self->credentials, error);
  begin_transition (self, STEP_ATTEMPT, "another token is requested");
  queue (self, SIGNAL_EMISSION_ERROR, error);
  if (flush (self))
    attempt (self);
}

static void
handle_failure (SignalSession     *self,
                const GError      *error,
                SignalCloseAction  action,
                guint              retry_after)
{
  if (action == SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN && may_ask_again (self))
    {
      ask_again (self, error);
    }
  else if (action == SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN || action == SIGNAL_CLOSE_ACTION_STOP)
    {
      self->is_refused = action == SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN;
      stop (self, error);
    }
  else if (signal_backoff_allows_retry (&self->settings.backoff, self->backoff.failures + 1))
    {
      wait_for_retry (self, error, action, retry_after);
    }
  else
    {
      give_up (self, error);
    }
}

/* Events of the connection */

/* A connection that was lost is opened again to the same server, unless it has only lasted for a
 * moment, again. The failure of an attempt is that of its server, but a token that was rejected or
 * that could not be fetched is not. */
static void
choose_server (SignalSession     *self,
               gboolean           was_authenticated,
               SignalCloseAction  action)
{
  guint n_servers = signal_session_settings_count_urls (&self->settings);

  if (action != SIGNAL_CLOSE_ACTION_RETRY || (was_authenticated && self->backoff.delays == 0))
    return;

  self->server = (self->server + 1) % n_servers;
  signal_backoff_next_server (&self->backoff, n_servers);
}

static void
on_ended (SignalConnection  *connection,
          const GError      *error,
          SignalCloseAction  action,
          guint              retry_after,
          gpointer           user_data)
{
  g_autoptr (SignalSession) self = g_object_ref (user_data);
  gint64 age = signal_connection_get_age (connection);

  if (age >= 0)
    signal_backoff_connected (&self->backoff, &self->settings.backoff, age);
  else
    self->failures++;

  signal_transition_log_fail (&self->log, error, signal_connection_get_close_code (connection));
  count_connection (self);
  signal_sender_recall (self->sender, connection);
  signal_operations_lose_requests (self->operations);
  g_set_object (&self->closing, connection);
  g_clear_object (&self->connection);
  self->step = STEP_ATTEMPT; /* until the next step is determined */
  choose_server (self, age >= 0, action);
  handle_failure (self, error, action, retry_after);
}

static void
on_authenticated (SignalSession *self)
{
  g_autoptr (SignalConnection) connection = g_object_ref (self->connection);
  guint serial;

  signal_credentials_accept (self->credentials);
  if (self->was_connected)
    self->statistics.reconnects++;
  self->was_connected = TRUE;
  self->failures = 0;

  begin_transition (self, STEP_CONNECTION,
                    signal_connection_is_encrypted (connection)
                    ? "the server has accepted the token; messages are encrypted"
                    : "the server has accepted the token; messages are not encrypted");
  serial = self->state_serial;
  signal_sender_rejoin_rooms (self->sender, connection);
  signal_sender_drain (self->sender, connection);
  queue (self, SIGNAL_EMISSION_OUTBOX, NULL);
  queue (self, SIGNAL_EMISSION_CONNECTED, NULL)->serial = serial;
  queue (self, SIGNAL_EMISSION_SUCCESS, NULL)->serial = serial;
  flush (self);
}

static void
on_phase (SignalConnection      *connection,
          SignalConnectionState  phase,
          gpointer               user_data)
{
  g_autoptr (SignalSession) self = g_object_ref (user_data);

  /* Caches the thread. */
  signal_affinity_is_here (&self->affinity);

  if (phase == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    {
      on_authenticated (self);
    }
  else
    {
      begin_transition (self, STEP_CONNECTION,
                        phase == SIGNAL_CONNECTION_STATE_CONNECTED ? "the WebSocket is open"
                                                                   : "the token was sent");
      flush (self);
    }
}

/* Returns whether the message is an answer, which is not emitted. error is that which the server
 * has reported, or NULL. */
static gboolean
take_answer (SignalSession *self,
             SignalMessage *message,
             const GError  *error)
{
  return signal_operations_take_answer (self->operations, message, self->settings.correlation_member,
                                        error);
}

static void
on_message (SignalConnection *connection,
            SignalMessage    *message,
            gpointer          user_data)
{
  SignalSession *self = user_data;
  g_autoptr (GObject) owner = ref_owner (self);

  self->statistics.messages_received++;
  if (!take_answer (self, message, NULL) && owner != NULL)
    self->handlers->message (owner, message);
}

static gboolean
on_answer (SignalConnection *connection,
           SignalMessage    *message,
           const GError     *error,
           gpointer          user_data)
{
  return take_answer (user_data, message, error);
}

static void
on_fault (SignalConnection *connection,
          const GError     *error,
          gpointer          user_data)
{
  report_error (user_data, error);
}

static void
on_written (SignalConnection *connection,
            gpointer          user_data)
{
  g_autoptr (SignalSession) self = g_object_ref (user_data);
  g_autoptr (GObject) owner = NULL;

  signal_sender_drain (self->sender, connection);
  queue (self, SIGNAL_EMISSION_OUTBOX, NULL);
  flush (self);

  if (signal_session_get_buffered_amount (self) > 0)
    return;

  owner = ref_owner (self);
  if (owner != NULL)
    self->handlers->drained (owner);
}

static gboolean
on_accept_certificate (SignalConnection     *connection,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  g_autoptr (SignalSession) self = g_object_ref (user_data);
  g_autoptr (GObject) owner = ref_owner (self);
  gboolean accept;

  if (owner == NULL)
    return FALSE;

  self->in_accept_certificate = TRUE;
  accept = self->handlers->accept_certificate (owner, certificate, errors);
  self->in_accept_certificate = FALSE;

  if (self->step == STEP_CERTIFICATE)
    attempt (self);
  return accept;
}

static const SignalConnectionHandlers connection_handlers = {
  .phase = on_phase,
  .message = on_message,
  .answer = on_answer,
  .fault = on_fault,
  .ended = on_ended,
  .written = on_written,
  .accept_certificate = on_accept_certificate,
};

/* Attempts */

static gboolean
start_connection (SignalSession  *self,
                  GError        **error)
{
  g_autoptr (GUri) uri = signal_session_settings_check (&self->settings, self->server, error);
  gboolean is_started;

  if (uri == NULL)
    return FALSE;

  if (!signal_credentials_check (self->credentials, error))
    {
      self->is_refused = TRUE;
      return FALSE;
    }

  g_main_context_push_thread_default (self->affinity.context);
  self->connection = signal_connection_new (&connection_handlers, self);
  is_started = signal_connection_start (self->connection, self->settings.connection, uri,
                                        &self->settings.authenticate,
                                        signal_credentials_get_token (self->credentials), error);
  g_main_context_pop_thread_default (self->affinity.context);

  if (!is_started)
    {
      g_clear_object (&self->connection);
      return FALSE;
    }

  self->statistics.attempts++;
  self->step = STEP_CONNECTION; /* the state is still CONNECTING */
  return TRUE;
}

/* Continues an attempt when there is a token, or when none will be supplied. */
static void
open_connection (SignalSession *self)
{
  g_autoptr (GError) error = NULL;

  signal_source_clear (&self->timer);
  signal_credentials_deliver (self->credentials);
  if (!start_connection (self, &error))
    stop (self, error);
}

/* Ends an attempt that waits for a token. */
static void
fail_without_token (SignalSession *self,
                    const GError  *error)
{
  signal_source_clear (&self->timer);
  signal_transition_log_fail (&self->log, error, 0);
  self->failures++;
  handle_failure (self, error, SIGNAL_CLOSE_ACTION_RETRY, 0);
}

static gboolean
on_no_token (gpointer user_data)
{
  g_autoptr (SignalSession) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                               _("Timed out waiting for the requested token"));
  fail_without_token (self, error);
  return G_SOURCE_REMOVE;
}

/* Returns a text for debug output that names the server of an attempt, or NULL if there is no such
 * output. */
static char *
describe_attempt (SignalSession *self)
{
  const char *cause = self->step == STEP_WAIT ? "the next attempt begins, to"
                                              : "the client has begun to connect, to";
  g_autofree char *server = NULL;

  if (!signal_transition_log_is_enabled ())
    return NULL;

  server = signal_session_settings_describe_url (&self->settings, self->server);
  return g_strdup_printf ("%s %s", cause, server);
}

static void
attempt (SignalSession *self)
{
  G_GNUC_UNUSED g_autoptr (SignalSession) keep = g_object_ref (self);
  g_autofree char *cause = describe_attempt (self);
  gboolean has_token;
  guint serial;

  signal_source_clear (&self->timer);
  begin_transition (self, STEP_ATTEMPT, cause);
  if (!flush (self))
    return;

  /* Otherwise, this attempt could emit accept-certificate while the handler of the previous
   * emission is running. */
  if (self->in_accept_certificate)
    {
      self->step = STEP_CERTIFICATE;
      return;
    }

  if (signal_credentials_take_late (self->credentials))
    {
      open_connection (self);
      return;
    }

  /* The token may be supplied while the handlers are running. */
  self->step = STEP_TOKEN;
  serial = self->state_serial;
  has_token = ask_for_token (self);
  if (serial != self->state_serial || self->step != STEP_TOKEN)
    return;

  if (has_token)
    {
      open_connection (self);
      return;
    }

  signal_credentials_promise (self->credentials);
  set_timer (self, self->settings.connection->connect_timeout, on_no_token);
}

/* Events of the system */

/* Returns whether the server may have closed the connection in the meantime. */
static gboolean
is_long_suspend (SignalSession *self,
                 gint64         suspended)
{
  return suspended / 1000 > self->settings.connection->heartbeat_interval;
}

static void
on_resumed (SignalSession *self,
            gint64         suspended)
{
  g_autoptr (GError) error = NULL;

  if (is_authenticated (self) && !is_long_suspend (self, suspended))
    {
      signal_connection_probe (self->connection);
      return;
    }

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                               _("Reconnecting after system resume"));
  self->failures = 0;
  signal_backoff_reset (&self->backoff);
  signal_connection_renew (self->connection, error);
}

static void
on_system_event (SignalSystemEvent event,
                 gint64            suspended,
                 gpointer          user_data)
{
  g_autoptr (SignalSession) self = g_object_ref (user_data);

  if (self->connection != NULL && event == SIGNAL_SYSTEM_EVENT_RESUMED)
    on_resumed (self, suspended);
  else if (self->connection != NULL)
    signal_connection_probe (self->connection);
  else if (event != SIGNAL_SYSTEM_EVENT_NETWORK_CHANGED)
    signal_session_reconnect_now (self);
}

static void
watch_system (SignalSession *self)
{
  guint heartbeat = self->settings.connection->heartbeat_interval;

  g_clear_pointer (&self->system_monitor, signal_system_monitor_free);
  g_main_context_push_thread_default (self->affinity.context);
  self->system_monitor = signal_system_monitor_new (self->settings.network_monitor,
                                                    heartbeat > 0 ? heartbeat : DEFAULT_TICK,
                                                    on_system_event, self);
  g_main_context_pop_thread_default (self->affinity.context);
}

/* Starting and stopping */

static void
start (SignalSession *self)
{
  self->server = 0;
  self->failures = 0;
  signal_backoff_reset (&self->backoff);
  signal_credentials_reset (self->credentials);
  self->is_refused = FALSE;
  watch_system (self);
  attempt (self);
}

static GError *
new_ended_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                              _("The connection was closed by the application"));
}

/* Ends the current step. */
static void
reset (SignalSession *self)
{
  self->step = STEP_NONE;
  signal_credentials_reset (self->credentials);
  signal_source_clear (&self->timer);
  g_clear_pointer (&self->system_monitor, signal_system_monitor_free);
  if (self->connection == NULL)
    return;

  count_connection (self);
  signal_operations_lose_requests (self->operations);
  signal_sender_close (self->sender, self->connection);
  g_clear_object (&self->closing);
  self->closing = g_steal_pointer (&self->connection);
}

/* Stops without retrying. error is NULL if the application has requested this. A handler may
 * connect again. */
static void
stop (SignalSession *self,
      const GError  *error)
{
  G_GNUC_UNUSED g_autoptr (SignalSession) keep = g_object_ref (self);
  g_autoptr (GError) outcome = error != NULL ? g_error_copy (error) : new_ended_error ();
  g_autofree char *name = error != NULL ? signal_error_name (error) : NULL;

  if (error == NULL)
    {
      /* Waiting messages are written before the connection is closed. */
      signal_sender_flush (self->sender, signal_session_get_authenticated (self));
      self->failures = 0;
    }

  reset (self);
  begin_transition (self, STEP_NONE, name != NULL ? name : "the application has disconnected the client");
  queue (self, SIGNAL_EMISSION_OUTBOX, NULL);
  signal_sender_clear (self->sender);
  queue (self, SIGNAL_EMISSION_DISCONNECTED, error);
  queue_failure (self, outcome);
  flush (self);
}

static void
abandon (SignalSession *self)
{
  g_autoptr (GError) error = new_ended_error ();

  self->is_abandoned = TRUE;
  self->is_refused = FALSE;

  reset (self);
  signal_sender_abandon (self->sender);
  begin_transition (self, STEP_NONE, "the client was disposed of");
  g_clear_object (&self->closing);
  queue_failure (self, error);
  flush (self);
  forget_owner (self);
}

/* The end of a session in its main context, requested by another thread. */
typedef struct
{
  SignalSession *session;
  GObject *owner; /* NULL if no operation is pending */
} Abandonment;

static void
abandonment_free (Abandonment *abandonment)
{
  g_object_unref (abandonment->session);
  g_clear_object (&abandonment->owner);
  g_free (abandonment);
}

static gboolean
on_abandoned (gpointer user_data)
{
  abandon (((Abandonment *) user_data)->session);
  return G_SOURCE_REMOVE;
}

/* Ends the session when its owner is disposed of, which may be in any thread. Nothing is emitted
 * from then on. If a thread runs the main context, the closing handshake is still performed. */
void
signal_session_abandon (SignalSession *self)
{
  gboolean is_here = signal_affinity_is_here (&self->affinity);
  g_autoptr (GObject) owner = NULL;

  if (!silence_owner (self, &owner))
    return;

  if (!signal_affinity_enter (&self->affinity))
    {
      Abandonment *abandonment = g_new (Abandonment, 1);

      abandonment->session = g_object_ref (self);
      abandonment->owner = g_steal_pointer (&owner);
      signal_affinity_invoke (&self->affinity, on_abandoned, abandonment,
                              (GDestroyNotify) abandonment_free);
      return;
    }

  if (self->connection != NULL && !is_here)
    signal_connection_drop (self->connection);
  abandon (self);
  signal_affinity_leave (&self->affinity);
}

static gboolean
on_cancelled (GCancellable *cancellable,
              gpointer      user_data)
{
  stop (user_data, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
check_can_connect (SignalSession  *self,
                   const char     *token,
                   GError        **error)
{
  g_autoptr (GUri) uri = NULL;

  if (!signal_affinity_check_strict (&self->affinity, error))
    return FALSE;

  if (self->is_abandoned)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                           _("The client has been disposed of and can no longer connect"));
      return FALSE;
    }

  if (self->step != STEP_NONE)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED,
                           _("The client is already connected or connecting"));
      return FALSE;
    }

  if (token != NULL && !signal_credentials_check_token (token, error))
    return FALSE;

  uri = signal_session_settings_check (&self->settings, 0, error);
  return uri != NULL
         && signal_room_name_check_all (signal_room_set_get_auto_join (signal_session_get_rooms (self)),
                                        error);
}

/* token is NULL for the current one. task is (transfer full), and returns TRUE when the session
 * is authenticated, or the error with which it has stopped. */
void
signal_session_connect (SignalSession *self,
                        const char    *token,
                        GTask         *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, &error)
      || !check_can_connect (self, token, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  if (token != NULL)
    signal_credentials_set_token (self->credentials, token);

  if (cancellable != NULL)
    {
      self->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancelled, G_SOURCE_FUNC (on_cancelled), self, NULL);
      g_source_attach (self->cancelled, self->affinity.context);
    }

  self->connecting = task;
  start (self);
}

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  SignalSession *self = g_task_get_task_data (task);
  SignalConnection *connection = SIGNAL_CONNECTION (source);

  signal_connection_close_finish (connection, result, NULL);
  if (self->closing == connection)
    g_clear_object (&self->closing);
  g_task_return_boolean (task, TRUE);
}

/* task is (transfer full), and returns TRUE when the socket is closed. */
void
signal_session_disconnect (SignalSession *self,
                           GTask         *task)
{
  GError *error = NULL;

  if (!signal_affinity_check (&self->affinity, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  self->is_refused = FALSE;
  if (self->step != STEP_NONE)
    stop (self, NULL);

  g_task_set_task_data (task, g_object_ref (self), g_object_unref);
  if (self->closing != NULL)
    {
      signal_connection_close_async (self->closing, NULL, on_closed, task);
      return;
    }

  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static gboolean
on_reconnect_now (gpointer user_data)
{
  signal_session_reconnect_now (user_data);
  return G_SOURCE_REMOVE;
}

/* Skips the rest of the delay. May be called from any thread. */
void
signal_session_reconnect_now (SignalSession *self)
{
  if (!signal_affinity_is_here (&self->affinity))
    signal_affinity_invoke (&self->affinity, on_reconnect_now, g_object_ref (self), g_object_unref);
  else if (self->step == STEP_WAIT)
    attempt (self);
}

static void
update_token (SignalSession *self,
              const char    *token)
{
  g_autoptr (GError) error = NULL;
  gboolean was_promised;

  signal_credentials_set_token (self->credentials, token);
  if (token == NULL)
    return;

  was_promised = signal_credentials_deliver (self->credentials);
  if (self->step == STEP_TOKEN)
    {
      open_connection (self);
    }
  else if (self->is_refused && self->settings.backoff.max_retries > 0)
    {
      if (signal_credentials_check_token (token, &error))
        start (self);
      else
        report_error (self, error);
    }
  else if (was_promised)
    {
      signal_credentials_keep_late (self->credentials);
    }
}

static void
fail_token (SignalSession *self,
            const GError  *error)
{
  G_GNUC_UNUSED g_autoptr (SignalSession) keep = g_object_ref (self);
  gboolean is_awaited = self->step == STEP_TOKEN && (self->is_requesting || self->timer != NULL);
  gboolean was_promised = signal_credentials_deliver (self->credentials);
  g_autoptr (GError) end = NULL;

  if (!is_awaited && !was_promised)
    return;

  end = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                             _("The application could not provide the token that was requested"));
  self->is_refused = error == NULL || g_error_matches (error, end->domain, end->code);

  /* If the token is no longer awaited, its attempt has timed out and counted as a failure. */
  if (self->is_refused)
    stop (self, error != NULL && error->message[0] != '\0' ? error : end);
  else if (is_awaited)
    fail_without_token (self, error);
  else
    report_error (self, error);
}

/* A call of update_token() or fail_token() by another thread. */
typedef struct
{
  SignalSession *session;
  gboolean is_failure;
  char *token;   /* NULL to unset it */
  GError *error; /* NULL to stop */
} TokenCall;

static void
token_call_free (TokenCall *call)
{
  g_object_unref (call->session);
  signal_secret_free (call->token);
  g_clear_error (&call->error);
  g_free (call);
}

static gboolean
on_token_call (gpointer user_data)
{
  TokenCall *call = user_data;

  if (call->session->is_abandoned)
    return G_SOURCE_REMOVE;

  if (call->is_failure)
    fail_token (call->session, call->error);
  else
    update_token (call->session, call->token);
  return G_SOURCE_REMOVE;
}

static void
call_in_context (SignalSession *self,
                 gboolean       is_failure,
                 const char    *token,
                 const GError  *error)
{
  TokenCall *call = g_new (TokenCall, 1);

  call->session = g_object_ref (self);
  call->is_failure = is_failure;
  call->token = signal_secret_strdup (token);
  call->error = error != NULL ? g_error_copy (error) : NULL;
  signal_affinity_invoke (&self->affinity, on_token_call, call, (GDestroyNotify) token_call_free);
}

/* May be called from any thread. token is NULL to unset it. */
void
signal_session_update_token (SignalSession *self,
                             const char    *token)
{
  if (signal_affinity_is_here (&self->affinity))
    update_token (self, token);
  else
    call_in_context (self, FALSE, token, NULL);
}

/* May be called from any thread. error is NULL to stop. */
void
signal_session_fail_token (SignalSession *self,
                           const GError  *error)
{
  if (signal_affinity_is_here (&self->affinity))
    fail_token (self, error);
  else
    call_in_context (self, TRUE, NULL, error);
}

/* Getters */

SignalSessionSettings *
signal_session_get_settings (SignalSession *self)
{
  return &self->settings;
}

/* Gets the connection, or the attempt to open one, or NULL. */
SignalConnection *
signal_session_get_connection (SignalSession *self)
{
  return self->connection;
}

/* Gets the connection if it is authenticated, or NULL. */
SignalConnection *
signal_session_get_authenticated (SignalSession *self)
{
  return is_authenticated (self) ? self->connection : NULL;
}

SignalRoomSet *
signal_session_get_rooms (SignalSession *self)
{
  return signal_sender_get_rooms (self->sender);
}

guint
signal_session_get_outbox_length (SignalSession *self)
{
  return signal_sender_get_length (self->sender);
}

guint64
signal_session_get_buffered_amount (SignalSession *self)
{
  gsize unsent = self->connection != NULL ? signal_connection_get_unsent (self->connection) : 0;

  return signal_sender_get_size (self->sender) + unsent;
}

void
signal_session_get_statistics (SignalSession           *self,
                               SignalSessionStatistics *statistics)
{
  *statistics = self->statistics;
  statistics->messages_sent = signal_sender_get_sent (self->sender);
  if (self->connection == NULL)
    return;

  statistics->bytes_received += signal_connection_get_received (self->connection);
  statistics->bytes_sent += signal_connection_get_written (self->connection);
}

/* For tests: the system monitor, unless the session is DISCONNECTED. */
SignalSystemMonitor *
signal_session_get_system_monitor (SignalSession *self)
{
  return self->system_monitor;
}

/* For tests: returns whether the members of the session are consistent. is_idle is whether no
 * function of the session is running. */
gboolean
signal_session_is_consistent (SignalSession *self,
                              gboolean       is_idle)
{
  GSource *source = g_main_context_find_source_by_user_data (self->affinity.context, self);
  gboolean may_have_timer = self->step == STEP_WAIT || self->step == STEP_TOKEN;

  if ((self->step == STEP_CONNECTION) != (self->connection != NULL)
      || (self->step == STEP_WAIT && self->timer == NULL)
      || (!may_have_timer && self->timer != NULL)
      || (self->step == STEP_NONE) != (self->system_monitor == NULL)
      || (self->step == STEP_NONE && signal_sender_get_waiting (self->sender) > 0)
      || (source != self->timer && source != self->cancelled))
    return FALSE;

  return !is_idle
         || (self->step != STEP_ATTEMPT
             && (self->step != STEP_TOKEN || self->timer != NULL)
             && self->emissions.length == 0
             && self->notified.state == signal_session_get_state (self));
}

/* Object */

static void
signal_session_dispose (GObject *object)
{
  SignalSession *self = SIGNAL_SESSION (object);

  /* Nothing remains to be ended, unless the main context was freed before it could dispatch
   * on_abandoned(). */
  reset (self);
  signal_source_clear (&self->cancelled);
  g_clear_object (&self->closing);

  G_OBJECT_CLASS (signal_session_parent_class)->dispose (object);
}

static void
signal_session_finalize (GObject *object)
{
  SignalSession *self = SIGNAL_SESSION (object);

  g_queue_clear_full (&self->emissions, (GDestroyNotify) signal_emission_free);
  signal_credentials_free (self->credentials);
  signal_sender_free (self->sender);
  signal_operations_free (self->operations);
  signal_session_settings_clear (&self->settings);
  signal_session_status_clear (&self->notified);
  signal_transition_log_clear (&self->log);
  signal_affinity_clear (&self->affinity);
  g_mutex_clear (&self->owner_lock);

  G_OBJECT_CLASS (signal_session_parent_class)->finalize (object);
}

static void
signal_session_class_init (SignalSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_session_dispose;
  object_class->finalize = signal_session_finalize;
}

static void
signal_session_init (SignalSession *self)
{
  g_mutex_init (&self->owner_lock);
  g_queue_init (&self->emissions);
  signal_affinity_init (&self->affinity);
  self->state_serial = 1;
  signal_session_settings_init (&self->settings);
  signal_transition_log_init (&self->log);
  self->credentials = signal_credentials_new ();
  self->sender = signal_sender_new (&self->settings, &sender_handlers, self);
  self->operations = signal_operations_new (self->affinity.context, self->sender, &operations_handlers, self);
}

/* Creates a session for the thread-default main context. handlers must be static. owner is passed
 * to them, and is not kept alive. */
SignalSession *
signal_session_new (const SignalSessionHandlers *handlers,
                    GObject                     *owner)
{
  SignalSession *self = g_object_new (SIGNAL_TYPE_SESSION, NULL);

  self->handlers = handlers;
  self->owner = owner;
  return self;
}
