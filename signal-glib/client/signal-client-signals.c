/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"
#include "util/signal-property-private.h"

enum
{
  CONNECTED,
  RECONNECTING,
  DISCONNECTED,
  MESSAGE,
  ERROR,
  ACCEPT_CERTIFICATE,
  AUTHENTICATE,
  TOKEN_REQUESTED,
  DRAINED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
install_life_cycle_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::connected:
   * @self: the client
   * @client_id: the id that the server gave to this connection
   *
   * The client is authenticated: after the first connect, and after each reconnect.
   *
   * The rooms have been asked for and the outbox has been sent by then.
   * [property@Signal.Client:state] is notified before this signal.
   *
   * Since: 0.1
   */
  signals[CONNECTED] =
    g_signal_new ("connected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_STRING);

  /**
   * SignalClient::reconnecting:
   * @self: the client
   * @attempt: the number of the retry, from 1 after each authentication
   * @delay: the wait before it, in milliseconds
   *
   * An attempt failed or the connection was lost, and the wait before the next attempt begins.
   *
   * Emitted after [signal@Signal.Client::error], which says why.
   *
   * Since: 0.1
   */
  signals[RECONNECTING] =
    g_signal_new ("reconnecting", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_UINT);

  /**
   * SignalClient::disconnected:
   * @self: the client
   * @error: (nullable): why, or %NULL when it was asked for
   *
   * The client has stopped for good: it does not try again by itself.
   *
   * Emitted once for each [method@Signal.Client.connect_async] that began, and before that call
   * finishes if it is still pending. [property@Signal.Client:state] is notified first: a handler of
   * that which connects again hears of the end of the old life after the new one has begun.
   *
   * Since: 0.1
   */
  signals[DISCONNECTED] =
    g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * SignalClient::error:
   * @self: the client
   * @error: what went wrong
   *
   * Something went wrong and the client goes on: a frame that was dropped, an error that the server
   * reported (%SIGNAL_ERROR_SERVER), an attempt that failed, a connection that was lost, messages
   * that could not be sent.
   *
   * Since: 0.1
   */
  signals[ERROR] =
    g_signal_new ("error", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
install_other_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::message:
   * @self: the client
   * @message: the message
   *
   * An application event has come.
   *
   * The detail is the event's name: connect to `message::chat` to hear of `chat` only.
   *
   * Since: 0.1
   */
  signals[MESSAGE] =
    g_signal_new ("message", type, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, SIGNAL_TYPE_MESSAGE);

  /**
   * SignalClient::accept-certificate:
   * @self: the client
   * @certificate: the server's certificate
   * @errors: what is wrong with it
   *
   * The server's certificate is not valid for this server; accept it all the same?
   *
   * As [signal@Gio.TlsConnection::accept-certificate]: the first handler that returns %TRUE accepts
   * it. Without a handler it is refused.
   *
   * Returns: whether to accept the certificate
   *
   * Since: 0.1
   */
  signals[ACCEPT_CERTIFICATE] =
    g_signal_new ("accept-certificate", type, G_SIGNAL_RUN_LAST, 0,
                  g_signal_accumulator_true_handled, NULL, NULL,
                  G_TYPE_BOOLEAN, 2, G_TYPE_TLS_CERTIFICATE, G_TYPE_TLS_CERTIFICATE_FLAGS);

  /**
   * SignalClient::authenticate:
   * @self: the client
   *
   * An attempt begins and wants a token.
   *
   * The first handler that returns one wins, and the token is kept as
   * [property@Signal.Client:token] is; if none does, that property's is used. One that is not valid
   * UTF-8 stops the client with %SIGNAL_ERROR_INVALID_ARGUMENT.
   *
   * Returns: (nullable) (transfer full): a new token, or %NULL
   *
   * Since: 0.1
   */
  signals[AUTHENTICATE] =
    g_signal_new ("authenticate", type, G_SIGNAL_RUN_LAST, 0, signal_property_first_string, NULL, NULL,
                  G_TYPE_STRING, 0);
}

static void
install_asking_signals (GObjectClass *object_class)
{
  GType type = G_OBJECT_CLASS_TYPE (object_class);

  /**
   * SignalClient::token-requested:
   * @self: the client
   *
   * As [signal@Signal.Client::authenticate], for a token that must be fetched first.
   *
   * A handler that returns %TRUE promises to call [method@Signal.Client.update_token] later; the
   * attempt waits for it in the state `CONNECTING`, up to [property@Signal.Client:connect-timeout].
   * Not emitted when a handler of `authenticate` has returned a token, and not again while one is
   * awaited.
   *
   * Returns: whether a token will come
   *
   * Since: 0.1
   */
  signals[TOKEN_REQUESTED] =
    g_signal_new ("token-requested", type, G_SIGNAL_RUN_LAST, 0,
                  g_signal_accumulator_true_handled, NULL, NULL,
                  G_TYPE_BOOLEAN, 0);

  /**
   * SignalClient::drained:
   * @self: the client
   *
   * All that had to wait for the socket has been written: a good time to send more.
   *
   * Messages that are written at once do not cause it: look at
   * [property@Signal.Client:buffered-amount] before waiting for it.
   *
   * Since: 0.1
   */
  signals[DRAINED] =
    g_signal_new ("drained", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
signal_client_install_signals (GObjectClass *object_class)
{
  install_life_cycle_signals (object_class);
  install_other_signals (object_class);
  install_asking_signals (object_class);
}

void
signal_client_emit_connected (SignalClient *self)
{
  g_autofree char *client_id = g_strdup (signal_client_get_client_id (self));

  g_signal_emit (self, signals[CONNECTED], 0, client_id);
}

void
signal_client_emit_reconnecting (SignalClient *self,
                                 guint         attempt,
                                 guint         delay)
{
  g_signal_emit (self, signals[RECONNECTING], 0, attempt, delay);
}

void
signal_client_emit_disconnected (SignalClient *self,
                                 const GError *error)
{
  g_signal_emit (self, signals[DISCONNECTED], 0, error);
}

/* A name from the network never becomes a new quark: those are never freed. One that a handler was
 * connected with exists already. */
void
signal_client_emit_message (SignalClient  *self,
                            SignalMessage *message)
{
  self->messages_received++;
  g_signal_emit (self, signals[MESSAGE], g_quark_try_string (signal_message_get_event (message)),
                 message);
}

void
signal_client_emit_error (SignalClient *self,
                          const GError *error)
{
  g_signal_emit (self, signals[ERROR], 0, error);
}

gboolean
signal_client_emit_accept_certificate (SignalClient         *self,
                                       GTlsCertificate      *certificate,
                                       GTlsCertificateFlags  errors)
{
  gboolean accept = FALSE;

  g_signal_emit (self, signals[ACCEPT_CERTIFICATE], 0, certificate, errors, &accept);
  return accept;
}

char *
signal_client_emit_authenticate (SignalClient *self)
{
  char *token = NULL;

  g_signal_emit (self, signals[AUTHENTICATE], 0, &token);
  return token;
}

gboolean
signal_client_emit_token_requested (SignalClient *self)
{
  gboolean will_come = FALSE;

  g_signal_emit (self, signals[TOKEN_REQUESTED], 0, &will_come);
  return will_come;
}

/* Whether anybody would answer. */
gboolean
signal_client_has_token_source (SignalClient *self)
{
  return g_signal_has_handler_pending (self, signals[AUTHENTICATE], 0, TRUE)
         || g_signal_has_handler_pending (self, signals[TOKEN_REQUESTED], 0, TRUE);
}

void
signal_client_emit_drained (SignalClient *self)
{
  g_signal_emit (self, signals[DRAINED], 0);
}
