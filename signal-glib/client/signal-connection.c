/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-connection-private.h"

#include <glib/gi18n-lib.h>

#include "client/signal-keepalive-private.h"
#include "crypto/signal-secret-private.h"
#include "protocol/signal-channel-private.h"
#include "protocol/signal-close-code-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-handshake-private.h"
#include "signal-error.h"
#include "util/signal-display-text-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-websocket-connect-private.h"

/* The maximum size of a message before AUTHENTICATED. A `connected` event takes a few hundred
 * bytes, and a server that has not authenticated the client should not be able to allocate
 * more. */
#define UNAUTHENTICATED_MAX (64 * 1024)

/* How long to wait for `connected` after an encrypted message was received before it, in ms. */
#define UNREADABLE_GRACE_MS 1000

struct _SignalConnection
{
  GObject parent_instance;

  const SignalConnectionHandlers *handlers; /* NULL once closed */
  gpointer user_data;

  GMainContext *context;
  SignalConnectionState phase;
  GCancellable *dialing; /* NULL once the socket is open, or the attempt was cancelled */
  SignalChannel *channel;
  SignalEcdhKeyPair *key_pair;
  SignalKeepalive *keepalive;
  GSource *deadline;
  gint64 deadline_time;
  GSource *renewal; /* pending because the key has reached its usage limit */
  GQueue closing; /* of GTask */

  SignalConnectionOptions *options; /* NULL until started */
  SignalAuthenticateOptions authenticate;
  char *token;

  char *client_id;
  char *user_id;
  char *server_error; /* the text of the last `error` event */
  gint64 authenticated;
  guint16 close_code;
};

G_DEFINE_FINAL_TYPE (SignalConnection, signal_connection, G_TYPE_OBJECT)

static SignalWebsocket *
get_websocket (SignalConnection *self)
{
  return signal_channel_get_websocket (self->channel);
}

/* Releases the resources of an open connection. Secrets are freed first. */
static void
release (SignalConnection *self)
{
  signal_source_clear (&self->deadline);
  signal_source_clear (&self->renewal);
  g_clear_pointer (&self->keepalive, signal_keepalive_free);
  g_clear_pointer (&self->key_pair, signal_ecdh_key_pair_free);
  g_clear_pointer (&self->token, signal_secret_free);

  if (self->dialing != NULL)
    g_cancellable_cancel (self->dialing);
  g_clear_object (&self->dialing);
}

static void
report_fault (SignalConnection *self,
              const GError     *error)
{
  self->handlers->fault (self, error, self->user_data);
}

static void
enter_phase (SignalConnection      *self,
             SignalConnectionState  phase)
{
  self->phase = phase;
  self->handlers->phase (self, phase, self->user_data);
}

/* Reports the end of a connection that is not closed. The socket is closed asynchronously. */
static void
end (SignalConnection  *self,
     const GError      *error,
     SignalCloseAction  action,
     guint              retry_after)
{
  const SignalConnectionHandlers *handlers = g_steal_pointer (&self->handlers);
  gpointer user_data = g_steal_pointer (&self->user_data);

  self->phase = SIGNAL_CONNECTION_STATE_DISCONNECTED;
  signal_connection_close_async (self, NULL, NULL, NULL);
  handlers->ended (self, error, action, retry_after, user_data);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;

  if (self->channel != NULL && signal_channel_saw_unreadable (self->channel))
    {
      error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                                   _("The server encrypted its “connected” event; check the server's "
                                     "configuration"));
      end (self, error, SIGNAL_CLOSE_ACTION_STOP, 0);
    }
  else
    {
      error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                   self->dialing != NULL
                                   ? _("Connection timed out: the server could not be reached")
                                   : _("Authentication timed out: the server did not respond"));
      end (self, error, SIGNAL_CLOSE_ACTION_RETRY, 0);
    }

  return G_SOURCE_REMOVE;
}

static void
set_deadline_time (SignalConnection *self,
                   gint64            time)
{
  gint64 time_left = MAX (time - g_get_monotonic_time (), 0);

  signal_source_clear (&self->deadline);
  self->deadline_time = time;
  self->deadline = g_timeout_source_new ((guint) ((time_left + 999) / 1000));
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_set_static_name (self->deadline, "[signal-glib] connection deadline");
  g_source_set_priority (self->deadline, SIGNAL_SOURCE_AFTER_READING);
  g_source_attach (self->deadline, self->context);
}

/* Limits the rest of the attempt. This never extends a previous deadline. */
static void
set_deadline (SignalConnection *self,
              guint             ms)
{
  gint64 time = g_get_monotonic_time () + (gint64) ms * 1000;

  if (self->deadline == NULL || time < self->deadline_time)
    set_deadline_time (self, time);
}

/* Returns the remaining time in µs. */
static gint64
stop_deadline (SignalConnection *self)
{
  signal_source_clear (&self->deadline);
  return MAX (self->deadline_time - g_get_monotonic_time (), 0);
}

/* Ends the connection without a closing handshake, because a peer that does not respond would not
 * complete it. */
static void
give_up (SignalConnection  *self,
         const GError      *error,
         SignalCloseAction  action)
{
  if (self->channel != NULL)
    signal_channel_drop (self->channel);
  end (self, error, action, 0);
}

static void
on_keepalive_timeout (gpointer user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                                  _("Connection timed out: the server stopped responding"));

  give_up (self, error, SIGNAL_CLOSE_ACTION_RETRY);
}

/* From here on, the keepalive detects an unresponsive peer, instead of the deadline. */
static void
on_authenticated (SignalConnection *self)
{
  self->authenticated = g_get_monotonic_time ();
  signal_source_clear (&self->deadline);
  signal_websocket_set_max_incoming_size (get_websocket (self), self->options->max_incoming_size);
  self->keepalive = signal_keepalive_new (self->channel, self->context,
                                          self->options->heartbeat_interval,
                                          self->options->liveness_timeout, on_keepalive_timeout, self);
  enter_phase (self, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
}

static void
report_protocol_fault (SignalConnection *self,
                       const char       *text)
{
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL, text);

  report_fault (self, error);
}

/* Derives the session key of this connection. If the server has sent no keys and that is allowed,
 * there is no session key. */
static gboolean
take_keys (SignalConnection            *self,
           const SignalConnectedEvent  *event,
           SignalCloseAction           *action,
           GError                     **error)
{
  SignalAead *key;

  if (!event->has_keys && self->options->require_encryption)
    {
      *action = SIGNAL_CLOSE_ACTION_STOP;
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED,
                           _("The server does not offer encryption, which this client requires"));
      return FALSE;
    }

  if (!event->has_keys)
    return TRUE;

  key = signal_handshake_derive_key (self->key_pair, event->server_key, sizeof event->server_key,
                                     event->salt, sizeof event->salt, self->options->ecdh_info, error);
  g_clear_pointer (&self->key_pair, signal_ecdh_key_pair_free);
  if (key == NULL)
    return FALSE;

  signal_channel_take_key (self->channel, key);
  return TRUE;
}

static void
handle_connected (SignalConnection *self,
                  SignalMessage    *message)
{
  g_auto (SignalConnectedEvent) event = { 0 };
  g_autoptr (GError) error = NULL;
  SignalCloseAction action = SIGNAL_CLOSE_ACTION_RETRY;

  if (!signal_handshake_parse_connected (&event, message, &error)
      || !take_keys (self, &event, &action, &error))
    {
      end (self, error, action, 0);
      return;
    }

  self->client_id = g_steal_pointer (&event.client_id);
  self->user_id = g_steal_pointer (&event.user_id);
  g_clear_pointer (&self->key_pair, signal_ecdh_key_pair_free);
  on_authenticated (self);
}

static void
handle_server_error (SignalConnection *self,
                     SignalMessage    *message)
{
  g_autofree char *text = signal_handshake_parse_error (message);
  g_autofree char *displayed = NULL;
  g_autoptr (GError) error = NULL;

  if (text == NULL)
    text = g_strdup (_("The server reported an unspecified error"));
  displayed = signal_display_text_new (text);
  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_SERVER, displayed);

  if (self->handlers->answer (self, message, error, self->user_data))
    return;

  g_free (self->server_error);
  self->server_error = g_steal_pointer (&text);
  report_fault (self, error);
}

/* Renews the connection from the main loop, not during a call that uses the key. */
static gboolean
on_renewal (gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                               _("The session key has reached its message limit; reconnecting with a "
                                 "new key"));
  signal_connection_renew (user_data, error);
  return G_SOURCE_REMOVE;
}

/* Closes the connection in favor of one with a new key. */
static void
on_channel_key_limit_reached (SignalChannel *channel,
                              gpointer       user_data)
{
  SignalConnection *self = user_data;

  if (self->renewal != NULL)
    return;

  self->renewal = signal_source_new_timed (on_renewal, self, "[signal-glib] key renewal");
  g_source_set_ready_time (self->renewal, 0);
  g_source_attach (self->renewal, self->context);
}

/* Processes control events. Messages that are not acceptable in the current phase are ignored and
 * reported. */
static void
handle_exception (SignalConnection *connection,
                  SignalMessage    *message,
                  gboolean          is_control)
{
  g_autoptr (SignalConnection) self = g_object_ref (connection);
  const char *event = signal_message_get_event (message);
  gboolean is_connected = g_str_equal (event, SIGNAL_EVENT_CONNECTED);

  if (is_connected && self->phase == SIGNAL_CONNECTION_STATE_AUTHENTICATING)
    handle_connected (self, message);
  else if (is_connected)
    report_protocol_fault (self, _("Ignored a second “connected” event"));
  else if (signal_channel_is_encrypted (self->channel) && !signal_message_is_encrypted (message))
    report_protocol_fault (self, _("Ignored an unencrypted message on an encrypted connection"));
  else if (g_str_equal (event, SIGNAL_EVENT_ERROR))
    handle_server_error (self, message);
  else if (is_control)
    report_protocol_fault (self, _("Ignored an event whose name is reserved by the protocol"));
  else
    report_protocol_fault (self, _("Ignored a message that arrived before the “connected” event"));
}

/* Passes on application messages. None arrives once the connection is closed. The handler may release
 * the last reference to the connection, which is not used afterwards. */
static void
on_channel_message (SignalChannel *channel,
                    SignalMessage *message,
                    gpointer       user_data)
{
  SignalConnection *self = user_data;
  gboolean is_control = signal_envelope_event_is_control (signal_message_get_event (message));
  gboolean is_authenticated = self->phase == SIGNAL_CONNECTION_STATE_AUTHENTICATED;

  if (is_control
      || (signal_channel_is_encrypted (channel) && !signal_message_is_encrypted (message))
      || (!is_authenticated && self->options->require_encryption))
    handle_exception (self, message, is_control);
  else
    self->handlers->message (self, message, self->user_data);
}

static void
on_channel_fault (SignalChannel *channel,
                  const GError  *error,
                  gpointer       user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  gboolean is_waiting = self->phase == SIGNAL_CONNECTION_STATE_AUTHENTICATING;

  /* Either an early broadcast, or a server that encrypts `connected` itself. */
  if (is_waiting && signal_channel_saw_unreadable (channel))
    set_deadline (self, UNREADABLE_GRACE_MS);

  report_fault (self, error);
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
  SignalCloseAction action;
  GTask *task;

  self->close_code = code;
  error = signal_close_code_explain (code, reason, self->server_error, transport_error, &action);
  if (self->handlers != NULL)
    end (self, error, action, 0);

  while ((task = g_queue_pop_head (&self->closing)) != NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

static void
on_channel_written (SignalChannel *channel,
                    gpointer       user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);

  if (self->handlers != NULL)
    self->handlers->written (self, self->user_data);
}

static const SignalChannelHandlers channel_handlers = {
  .message = on_channel_message,
  .fault = on_channel_fault,
  .closed = on_channel_closed,
  .written = on_channel_written,
  .key_limit_reached = on_channel_key_limit_reached,
};

static void
authenticate (SignalConnection *self)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gboolean sent;

  text = signal_handshake_compose_authenticate (&self->authenticate, self->token, self->key_pair, &error);
  sent = text != NULL && signal_channel_send_plain (self->channel, text, strlen (text), &error);
  if (text != NULL)
    signal_secret_wipe (text, strlen (text));
  g_clear_pointer (&self->token, signal_secret_free);

  /* What does not fit into a frame, or cannot be expressed, will fail in the next attempt as well. */
  if (sent)
    enter_phase (self, SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  else if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE)
           || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT))
    end (self, error, SIGNAL_CLOSE_ACTION_STOP, 0);
  else
    end (self, error, SIGNAL_CLOSE_ACTION_RETRY, 0);
}

static void
on_transport_connected (GObject      *source,
                        GAsyncResult *result,
                        gpointer      user_data)
{
  g_autoptr (SignalConnection) self = user_data;
  g_autoptr (SignalWebsocket) websocket = NULL;
  g_autoptr (GError) error = NULL;
  guint retry_after;

  websocket = signal_websocket_connect_finish (result, &retry_after, &error);
  if (self->handlers == NULL)
    return;

  if (websocket == NULL)
    {
      gboolean is_insecure = g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE);

      end (self, error, is_insecure ? SIGNAL_CLOSE_ACTION_STOP : SIGNAL_CLOSE_ACTION_RETRY,
           retry_after);
      return;
    }

  g_clear_object (&self->dialing);
  self->channel = signal_channel_new (websocket, &channel_handlers, self);
  signal_channel_set_max_message_size (self->channel, self->options->max_message_size);
  signal_websocket_set_max_incoming_size (websocket,
                                          MIN (self->options->max_incoming_size, UNAUTHENTICATED_MAX));
  if (self->options->heartbeat_interval > 0)
    signal_websocket_set_user_timeout (websocket, self->options->heartbeat_interval
                                                  + self->options->liveness_timeout);

  enter_phase (self, SIGNAL_CONNECTION_STATE_CONNECTED);
  if (self->handlers != NULL)
    authenticate (self);
}

static gboolean
on_accept_certificate (GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  g_autoptr (SignalConnection) self = g_object_ref (user_data);
  gint64 time_left;
  gboolean accept;

  if (self->handlers == NULL)
    return FALSE;

  /* The deadline is for the network and the server: the user may take longer to inspect the
   * certificate. */
  time_left = stop_deadline (self);
  accept = self->handlers->accept_certificate (self, certificate, errors, self->user_data);
  if (self->handlers == NULL)
    return FALSE;

  set_deadline_time (self, g_get_monotonic_time () + time_left);
  return accept;
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
  g_clear_pointer (&self->options, signal_connection_options_unref);
  signal_authenticate_options_clear (&self->authenticate);
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

/* Creates an object for one attempt and, if it succeeds, one connection. handlers must be
 * static. */
SignalConnection *
signal_connection_new (const SignalConnectionHandlers *handlers,
                       gpointer                        user_data)
{
  SignalConnection *self = g_object_new (SIGNAL_TYPE_CONNECTION, NULL);

  self->handlers = handlers;
  self->user_data = user_data;
  return self;
}

static void
connect_transport (SignalConnection *self,
                   GUri             *uri)
{
  SignalWebsocketConnectOptions transport = {
    .uri = uri,
    .tls_database = self->options->tls_database,
    .tls_certificate = self->options->tls_certificate,
    .proxy_resolver = self->options->proxy_resolver,
    .headers = self->options->headers,
    .allow_insecure = self->options->allow_insecure,
    .accept_certificate = on_accept_certificate,
    .user_data = self,
  };

  self->dialing = g_cancellable_new ();
  signal_websocket_connect_async (&transport, self->dialing, on_transport_connected,
                                  g_object_ref (self));
}

/* Starts the attempt, which is only possible once. No callback is called before this function
 * returns, and none after an error. */
gboolean
signal_connection_start (SignalConnection                 *self,
                         SignalConnectionOptions          *options,
                         GUri                             *uri,
                         const SignalAuthenticateOptions  *authenticate,
                         const char                       *token,
                         GError                          **error)
{
  self->key_pair = signal_ecdh_key_pair_generate (error);
  if (self->key_pair == NULL)
    return FALSE;

  self->options = signal_connection_options_ref (options);
  signal_authenticate_options_copy (&self->authenticate, authenticate);
  self->token = signal_secret_strdup (token);
  self->phase = SIGNAL_CONNECTION_STATE_CONNECTING;
  set_deadline (self, options->connect_timeout);
  connect_transport (self, uri);
  return TRUE;
}

/* Closes the connection in any phase. No further callbacks follow. The operation completes when
 * the socket is closed, which takes a few seconds at most, regardless of the peer. */
void
signal_connection_close_async (SignalConnection    *self,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, signal_connection_close_async);
  self->handlers = NULL;
  self->user_data = NULL;
  self->phase = SIGNAL_CONNECTION_STATE_DISCONNECTED;
  release (self);

  if (self->channel == NULL || !signal_websocket_is_connected (get_websocket (self)))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  g_queue_push_tail (&self->closing, g_steal_pointer (&task));
  signal_websocket_close (get_websocket (self), SIGNAL_CLOSE_NORMAL, NULL);
}

gboolean
signal_connection_close_finish (SignalConnection  *self,
                                GAsyncResult      *result,
                                GError           **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Closes the socket immediately, discarding pending data. No further callbacks follow. */
void
signal_connection_drop (SignalConnection *self)
{
  self->handlers = NULL;
  self->user_data = NULL;
  self->phase = SIGNAL_CONNECTION_STATE_DISCONNECTED;
  release (self);
  if (self->channel != NULL)
    signal_channel_drop (self->channel);
}

/* Checks whether an AUTHENTICATED peer responds; if not, the ended callback is called. */
void
signal_connection_probe (SignalConnection *self)
{
  if (self->keepalive != NULL)
    signal_keepalive_probe (self->keepalive);
}

/* Ends a connection or an attempt that must be replaced by a new one immediately. */
void
signal_connection_renew (SignalConnection *self,
                         const GError     *error)
{
  G_GNUC_UNUSED g_autoptr (SignalConnection) keep = g_object_ref (self);

  give_up (self, error, SIGNAL_CLOSE_ACTION_RETRY_NOW);
}

SignalConnectionState
signal_connection_get_phase (SignalConnection *self)
{
  return self->phase;
}

/* For tests: the channel, once the socket is open. */
SignalChannel *
signal_connection_get_channel (SignalConnection *self)
{
  return self->channel;
}

/* The ID that the server has assigned, once AUTHENTICATED. */
const char *
signal_connection_get_client_id (SignalConnection *self)
{
  return self->client_id;
}

const char *
signal_connection_get_user_id (SignalConnection *self)
{
  return self->user_id;
}

/* The connection must be AUTHENTICATED. */
gboolean
signal_connection_is_encrypted (SignalConnection *self)
{
  return signal_channel_is_encrypted (self->channel);
}

/* Returns whether the socket is open in both directions, which must be AUTHENTICATED. Closing by the
 * peer is reported only later. */
gboolean
signal_connection_can_send (SignalConnection *self)
{
  return signal_websocket_is_open (get_websocket (self));
}

/* Gets how long the connection has been AUTHENTICATED in µs, or −1 if it never was. */
gint64
signal_connection_get_age (SignalConnection *self)
{
  return self->authenticated != 0 ? g_get_monotonic_time () - self->authenticated : -1;
}

/* Gets the round-trip time of the last answered ping in µs, or −1. */
gint64
signal_connection_get_round_trip (SignalConnection *self)
{
  return self->channel != NULL ? signal_websocket_get_round_trip (get_websocket (self)) : -1;
}

/* Gets the code that the connection was closed with, or 0 if it ended in another way. */
guint16
signal_connection_get_close_code (SignalConnection *self)
{
  return self->close_code;
}

/* Gets the number of bytes that have been received. */
guint64
signal_connection_get_received (SignalConnection *self)
{
  return self->channel != NULL ? signal_websocket_get_bytes_received (get_websocket (self)) : 0;
}

/* Gets the number of bytes that have been written to the socket, also after the connection has
 * ended. */
guint64
signal_connection_get_written (SignalConnection *self)
{
  return self->channel != NULL ? signal_websocket_get_bytes_sent (get_websocket (self)) : 0;
}

/* Gets the number of bytes that have been accepted and not been written to the socket yet. */
gsize
signal_connection_get_unsent (SignalConnection *self)
{
  return self->channel != NULL ? signal_websocket_get_unsent (get_websocket (self)) : 0;
}

/* Sends an envelope, encrypted if the connection is. */
gboolean
signal_connection_send (SignalConnection  *self,
                        const char        *envelope,
                        gsize              length,
                        GError           **error)
{
  return signal_channel_send (self->channel, envelope, length, error);
}

/* Takes back an envelope of that many bytes that was sent when that many bytes had been accepted
 * before. Returns FALSE if a part of it has been written. */
gboolean
signal_connection_take_back (SignalConnection *self,
                             guint64           position,
                             gsize             length)
{
  return signal_channel_take_back (self->channel, position, length);
}

/* Sends a control event. */
gboolean
signal_connection_send_plain (SignalConnection  *self,
                              const char        *envelope,
                              GError           **error)
{
  return signal_channel_send_plain (self->channel, envelope, strlen (envelope), error);
}
