/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-connection-state-private.h"

#include "signal-error.h"
#include "protocol/signal-handshake-private.h"
#include "crypto/signal-secret-private.h"
#include "util/signal-source-private.h"

#include <glib/gi18n-lib.h>

G_DEFINE_FINAL_TYPE (SignalConnection, signal_connection, G_TYPE_OBJECT)

/* The largest message before AUTHENTICATED. A `connected` event takes a few hundred bytes, and a
 * server that has not been asked for a token yet should not be able to cost more. */
#define UNAUTHENTICATED_MAX (64 * 1024)

/* Whatever the connection needs while it lives. Secrets go first. */
static void
release (SignalConnection *self)
{
  signal_source_clear (&self->deadline);
  g_clear_pointer (&self->pulse, signal_keepalive_free);
  g_clear_pointer (&self->key_pair, signal_key_pair_free);
  g_clear_pointer (&self->token, signal_secret_free);

  if (self->dialing != NULL)
    g_cancellable_cancel (self->dialing);
  g_clear_object (&self->dialing);
}

void
signal_connection_report_fault (SignalConnection *self,
                                const GError     *error)
{
  if (self->handlers != NULL)
    self->handlers->fault (self, error, self->user_data);
}

static void
enter_phase (SignalConnection      *self,
             SignalConnectionState  phase)
{
  self->phase = phase;
  if (self->handlers != NULL)
    self->handlers->phase (self, phase, self->user_data);
}

/* The end, told once. The socket is closed in its own time. */
void
signal_connection_end (SignalConnection  *self,
                       const GError      *error,
                       SignalCloseAction  verdict,
                       guint              retry_after)
{
  const SignalConnectionHandlers *handlers = g_steal_pointer (&self->handlers);
  gpointer user_data = g_steal_pointer (&self->user_data);

  self->phase = SIGNAL_CONNECTION_STATE_DISCONNECTED;
  signal_connection_close_async (self, NULL, NULL, NULL);
  if (handlers != NULL)
    handlers->ended (self, error, verdict, retry_after, user_data);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;

  if (self->channel != NULL && signal_channel_saw_unreadable (self->channel))
    {
      error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                                   _("The server encrypted its “connected” event, which holds the "
                                     "key to read it; its configuration is at fault"));
      signal_connection_end (self, error, SIGNAL_CLOSE_ACTION_STOP, 0);
    }
  else
    {
      error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                   self->dialing != NULL
                                   ? _("The server could not be reached in time")
                                   : _("The server did not finish the authentication in time"));
      signal_connection_end (self, error, SIGNAL_CLOSE_ACTION_RETRY, 0);
    }

  return G_SOURCE_REMOVE;
}

/* How long the attempt may still take; never longer than was said before. */
void
signal_connection_set_deadline (SignalConnection *self,
                                guint             ms)
{
  gint64 time = g_get_monotonic_time () + (gint64) ms * 1000;

  if (self->deadline != NULL && self->deadline_time <= time)
    return;

  signal_source_clear (&self->deadline);
  self->deadline_time = time;
  self->deadline = g_timeout_source_new (ms);
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_set_static_name (self->deadline, "signal-glib connection deadline");
  g_source_set_priority (self->deadline, SIGNAL_SOURCE_AFTER_READING);
  g_source_attach (self->deadline, self->context);
}

/* The end without a close handshake: a peer that says nothing will not answer that either. */
static void
give_up (SignalConnection  *self,
         const GError      *error,
         SignalCloseAction  verdict)
{
  if (self->channel != NULL)
    signal_channel_drop (self->channel);
  signal_connection_end (self, error, verdict, 0);
}

static void
on_dead (gpointer user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                                  _("The server is silent; the connection is given "
                                                    "up as dead"));

  give_up (self, error, SIGNAL_CLOSE_ACTION_RETRY);
}

/* AUTHENTICATED: from now on the pulse watches instead of the deadline. */
void
signal_connection_settle (SignalConnection *self)
{
  self->authenticated = g_get_monotonic_time ();
  signal_source_clear (&self->deadline);
  signal_channel_set_max_incoming_size (self->channel, self->max_incoming_size);
  self->pulse = signal_keepalive_new (self->channel, self->context, self->heartbeat_interval,
                                  self->liveness_timeout, on_dead, self);
  enter_phase (self, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
}

static void
on_channel_closed (SignalChannel *channel,
                   guint16        code,
                   const char    *reason,
                   const GError  *transport_error,
                   gpointer       user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;
  SignalCloseAction verdict;
  GTask *task;

  error = signal_close_code_explain (code, reason, self->server_error, transport_error, &verdict);
  if (self->handlers != NULL)
    signal_connection_end (self, error, verdict, 0);

  while ((task = g_queue_pop_head (&self->closing)) != NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

static void
on_channel_drained (SignalChannel *channel,
                    gpointer       user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);

  if (self->handlers != NULL)
    self->handlers->drained (self, self->user_data);
}

static const SignalChannelHandlers channel_handlers = {
  .message = signal_connection_on_message,
  .fault = signal_connection_on_fault,
  .closed = on_channel_closed,
  .drained = on_channel_drained,
};

static void
authenticate (SignalConnection *self)
{
  g_autofree char *text = signal_handshake_compose_authenticate (self->token, self->key_pair);
  g_autoptr (GError) error = NULL;
  gboolean sent = signal_channel_send_plain (self->channel, text, strlen (text), &error);

  signal_crypto_wipe (text, strlen (text));
  g_clear_pointer (&self->token, signal_secret_free);

  /* A token that does not fit into a frame will not do so the next time. */
  if (sent)
    enter_phase (self, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  else if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE))
    signal_connection_end (self, error, SIGNAL_CLOSE_ACTION_STOP, 0);
  else
    signal_connection_end (self, error, SIGNAL_CLOSE_ACTION_RETRY, 0);
}

static void
on_transport_connected (GObject      *source,
                        GAsyncResult *result,
                        gpointer      user_data)
{
  g_autoptr (SignalConnection) self = user_data;
  g_autoptr (SoupWebsocketConnection) socket = NULL;
  g_autoptr (GError) error = NULL;
  guint retry_after;

  socket = signal_transport_connect_finish (result, &retry_after, &error);
  if (self->handlers == NULL)
    return;

  if (socket == NULL)
    {
      signal_connection_end (self, error, SIGNAL_CLOSE_ACTION_RETRY, retry_after);
      return;
    }

  g_clear_object (&self->dialing);
  self->channel = signal_channel_new (socket, &channel_handlers, self);
  signal_channel_set_max_message_size (self->channel, self->max_message_size);
  signal_channel_set_max_incoming_size (self->channel,
                                        MIN (self->max_incoming_size, UNAUTHENTICATED_MAX));
  if (self->heartbeat_interval > 0)
    signal_channel_set_user_timeout (self->channel,
                                     self->heartbeat_interval + self->liveness_timeout);

  enter_phase (self, SIGNAL_CONNECTION_STATE_CONNECTED);
  if (self->handlers != NULL)
    authenticate (self);
}

static gboolean
on_accept_certificate (GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  SignalConnection *self = user_data;

  return self->handlers != NULL
         && self->handlers->accept_certificate (self, certificate, errors, self->user_data);
}

static void
signal_connection_dispose (GObject *object)
{
  SignalConnection *self = SIGNAL_CONNECTION (object);

  release (self);
  if (self->channel != NULL)
    signal_channel_drop (self->channel);
  g_clear_object (&self->channel);

  G_OBJECT_CLASS (signal_connection_parent_class)->dispose (object);
}

static void
signal_connection_finalize (GObject *object)
{
  SignalConnection *self = SIGNAL_CONNECTION (object);

  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->ecdh_info);
  g_free (self->client_id);
  g_free (self->user_id);
  g_free (self->server_error);

  G_OBJECT_CLASS (signal_connection_parent_class)->finalize (object);
}

static void
signal_connection_class_init (SignalConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_connection_dispose;
  object_class->finalize = signal_connection_finalize;
}

static void
signal_connection_init (SignalConnection *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->phase = SIGNAL_CONNECTION_STATE_DISCONNECTED;
  g_queue_init (&self->closing);
}

/* One attempt and, if it succeeds, one connection. handlers: static. */
SignalConnection *
signal_connection_new (const SignalConnectionHandlers *handlers,
                       gpointer                        user_data)
{
  SignalConnection *self = g_object_new (SIGNAL_TYPE_CONNECTION, NULL);

  self->handlers = handlers;
  self->user_data = user_data;
  return self;
}

/* Begins the attempt, once. Nothing is told before this has returned; on an error nothing is at
 * all. */
gboolean
signal_connection_start (SignalConnection               *self,
                         const SignalConnectionOptions  *options,
                         GError                        **error)
{
  SignalTransportOptions transport = {
    .uri = options->uri,
    .tls_database = options->tls_database,
    .tls_certificate = options->tls_certificate,
    .proxy_resolver = options->proxy_resolver,
    .headers = options->headers,
    .accept_certificate = on_accept_certificate,
    .user_data = self,
  };

  self->key_pair = signal_key_pair_generate (error);
  if (self->key_pair == NULL)
    return FALSE;

  self->token = signal_secret_strdup (options->token);
  self->ecdh_info = g_strdup (options->ecdh_info);
  self->require_encryption = options->require_encryption;
  self->heartbeat_interval = options->heartbeat_interval;
  self->liveness_timeout = options->liveness_timeout;
  self->max_message_size = options->max_message_size;
  self->max_incoming_size = options->max_incoming_size;

  self->phase = SIGNAL_CONNECTION_STATE_CONNECTING;
  self->dialing = g_cancellable_new ();
  signal_connection_set_deadline (self, options->connect_timeout);
  signal_transport_connect_async (&transport, self->dialing, on_transport_connected,
                                  g_object_ref (self));
  return TRUE;
}

/* Ends the connection in whatever phase it is. Its owner hears nothing more but the end of this
 * call, when the socket is closed; that is within a few seconds, whatever the peer does. */
void
signal_connection_close_async (SignalConnection    *self,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, signal_connection_close_async);
  self->handlers = NULL;
  self->user_data = NULL;
  self->phase = SIGNAL_CONNECTION_STATE_DISCONNECTED;
  release (self);

  if (self->channel == NULL || !signal_channel_is_connected (self->channel))
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }

  g_queue_push_tail (&self->closing, task);
  signal_channel_close (self->channel, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
}

gboolean
signal_connection_close_finish (SignalConnection  *self,
                                GAsyncResult      *result,
                                GError           **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Asks an AUTHENTICATED peer for a sign of life; `ended` follows if there is none. */
void
signal_connection_probe (SignalConnection *self)
{
  if (self->pulse != NULL)
    signal_keepalive_probe (self->pulse);
}

/* Ends a connection, or an attempt, that cannot be trusted any more: the next one is due at
 * once. */
void
signal_connection_renew (SignalConnection *self,
                         const GError     *error)
{
  G_GNUC_UNUSED g_autoptr (SignalConnection) keep = g_object_ref (self);

  give_up (self, error, SIGNAL_CLOSE_ACTION_RETRY_NOW);
}

/* Makes way for a connection with a new key when this one has served long enough. */
void
signal_connection_check_key (SignalConnection *self)
{
  g_autoptr (GError) error = NULL;

  if (self->handlers == NULL || self->channel == NULL || !signal_channel_is_worn (self->channel))
    return;

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                               _("The session key has served for as many messages as it may; the "
                                 "connection is made anew"));
  signal_connection_renew (self, error);
}
