/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"
#include "util/signal-property-private.h"

enum
{
  AUTHENTICATE,
  JOIN,
  PEER_CONNECTED,
  PEER_DISCONNECTED,
  MESSAGE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static gboolean
stop_at_false (GSignalInvocationHint *hint,
               GValue                *result,
               const GValue          *answer,
               gpointer               user_data)
{
  g_value_copy (answer, result);
  return g_value_get_boolean (answer);
}

static gboolean
allow_join (SignalServer *self,
            SignalPeer   *peer,
            const char   *room)
{
  return TRUE;
}

/* They are not copied for each emission. */
#define STATIC_SCOPE(type) ((type) | G_SIGNAL_TYPE_STATIC_SCOPE)

static void
install_questions (void)
{
  /**
   * SignalServer::authenticate:
   * @self: the server
   * @peer: who asks; it has no user id yet
   * @type: the type of the token, usually `Bearer`
   * @token: what the client shows
   *
   * Asks who the peer is.
   *
   * The first handler that returns a user id wins. If none does, or there is no handler, the peer
   * is refused: it is sent the `error` event `Authentication failed` and is closed with the code
   * 4003. So is one whose id is not valid UTF-8. A peer that sends no type or no token as text is
   * refused without asking.
   *
   * A program that is more than an example compares secrets in constant time, as
   * `gnutls_memcmp()` and Python's `hmac.compare_digest()` do, or looks up a hash of the token: a
   * comparison that ends at the first difference tells how much of a guess is right.
   *
   * Returns: (nullable) (transfer full): the user's id, or %NULL to refuse
   *
   * Since: 0.1
   */
  signals[AUTHENTICATE] =
    g_signal_new ("authenticate",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST,
                  0,
                  signal_property_first_string, NULL,
                  NULL,
                  G_TYPE_STRING, 3,
                  SIGNAL_TYPE_PEER,
                  STATIC_SCOPE (G_TYPE_STRING),
                  STATIC_SCOPE (G_TYPE_STRING));

  /**
   * SignalServer::join:
   * @self: the server
   * @peer: who asks; it has authenticated
   * @room: the name of the room
   *
   * Asks whether the peer may join the room.
   *
   * Emitted for every room that a client names, unless it is in it already. The first handler that
   * returns %FALSE refuses; if there is no handler, everyone may. The client is not told.
   *
   * Not asked, and refused: names that no room may have, the ids of other peers, and more rooms for
   * a peer than [property@Signal.Server:max-rooms]. A name that looks like an id but is no peer's is
   * one like any other; who is in a room when a peer comes that has its name as
   * [property@Signal.Peer:id] leaves it.
   *
   * Returns: %TRUE to let it in
   *
   * Since: 0.1
   */
  signals[JOIN] =
    g_signal_new_class_handler ("join",
                                SIGNAL_TYPE_SERVER,
                                G_SIGNAL_RUN_LAST,
                                G_CALLBACK (allow_join),
                                stop_at_false, NULL,
                                NULL,
                                G_TYPE_BOOLEAN, 2,
                                SIGNAL_TYPE_PEER,
                                STATIC_SCOPE (G_TYPE_STRING));
}

static void
install_news (void)
{
  /**
   * SignalServer::peer-connected:
   * @self: the server
   * @peer: the peer
   *
   * A peer has authenticated: messages flow.
   *
   * Since: 0.1
   */
  signals[PEER_CONNECTED] =
    g_signal_new ("peer-connected",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE, 1,
                  SIGNAL_TYPE_PEER);

  /**
   * SignalServer::peer-disconnected:
   * @self: the server
   * @peer: the peer; its properties keep their last values
   *
   * A peer is gone.
   *
   * Emitted once for each [signal@Signal.Server::peer-connected], unless the server itself is
   * dropped before.
   *
   * Since: 0.1
   */
  signals[PEER_DISCONNECTED] =
    g_signal_new ("peer-disconnected",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE, 1,
                  SIGNAL_TYPE_PEER);

  /**
   * SignalServer::message:
   * @self: the server
   * @peer: who sent it
   * @message: the message
   *
   * A peer has sent a message.
   *
   * The detail is the name of the event: `message::chat`. What the protocol keeps for itself, such
   * as `join` and `heartbeat`, is not emitted.
   *
   * Since: 0.1
   */
  signals[MESSAGE] =
    g_signal_new ("message",
                  SIGNAL_TYPE_SERVER,
                  G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED,
                  0,
                  NULL, NULL,
                  NULL,
                  G_TYPE_NONE, 2,
                  SIGNAL_TYPE_PEER,
                  SIGNAL_TYPE_MESSAGE);
}

void
signal_server_install_signals (void)
{
  install_questions ();
  install_news ();
}

char *
signal_server_emit_authenticate (SignalServer *self,
                                 SignalPeer   *peer,
                                 const char   *type,
                                 const char   *token)
{
  char *user_id = NULL;

  g_signal_emit (self, signals[AUTHENTICATE], 0, peer, type, token, &user_id);
  return user_id;
}

gboolean
signal_server_emit_join (SignalServer *self,
                         SignalPeer   *peer,
                         const char   *room)
{
  gboolean allowed = FALSE;

  g_signal_emit (self, signals[JOIN], 0, peer, room, &allowed);
  return allowed;
}

void
signal_server_emit_connected (SignalServer *self,
                              SignalPeer   *peer)
{
  g_signal_emit (self, signals[PEER_CONNECTED], 0, peer);
}

void
signal_server_emit_disconnected (SignalServer *self,
                                 SignalPeer   *peer)
{
  g_signal_emit (self, signals[PEER_DISCONNECTED], 0, peer);
}

/* A handler that asks for an event has made its quark; a name from the network never makes one. */
void
signal_server_emit_message (SignalServer  *self,
                            SignalPeer    *peer,
                            SignalMessage *message)
{
  GQuark detail = g_quark_try_string (signal_message_get_event (message));

  g_signal_emit (self, signals[MESSAGE], detail, peer, message);
}
