/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-peer-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "protocol/signal-close-code-private.h"
#include "protocol/signal-handshake-private.h"
#include "signal-error.h"
#include "util/signal-affinity-private.h"
#include "util/signal-source-private.h"

/**
 * SignalPeer:
 *
 * Represents a client that is connected to a [class@Signal.Server].
 *
 * Peers are created by the server and passed to the handlers of its signals. A reference to a
 * peer may be kept after the client has disconnected; its properties then keep their last values,
 * and its methods have no effect.
 *
 * ```c
 * static void
 * on_peer_connected (SignalServer *server,
 *                    SignalPeer   *peer,
 *                    gpointer      user_data)
 * {
 *   const char *user_id = signal_peer_get_user_id (peer);
 *
 *   if (g_strcmp0 (user_id, "guest") == 0 && !signal_peer_get_encrypted (peer))
 *     signal_peer_close (peer, 4000, "Guests must use encryption");
 * }
 * ```
 *
 * - [property@Signal.Peer:id], [property@Signal.Peer:user-id] and [property@Signal.Peer:rooms]
 *   identify the peer and the rooms that it has joined.
 * - [property@Signal.Peer:encrypted], [property@Signal.Peer:remote-address] and
 *   [property@Signal.Peer:origin] describe its connection.
 * - [method@Signal.Peer.close] closes the connection; [method@Signal.Server.send_to_peer] sends a
 *   message.
 *
 * - [method@Signal.Peer.defer_authentication] and [method@Signal.Peer.finish_authentication] let a
 *   token be checked asynchronously.
 *
 * A peer belongs to the main context of its server. Other threads may drop references and call
 * [method@Signal.Peer.close] and [method@Signal.Peer.finish_authentication]; properties and getters
 * must not be used there.
 *
 * Since: 0.1
 */

/* A token and a key need a fraction of these sizes. */
#define UNAUTHENTICATED_FRAME_SIZE (16 * 1024)
#define UNAUTHENTICATED_TOTAL_SIZE (32 * 1024)

/* The interval at which limits are checked if there are no messages, as with pings and incomplete
 * messages. */
#define CHECK_INTERVAL_US (25 * G_TIME_SPAN_MILLISECOND)

/* How long to wait for a peer that has not been authenticated after its connection was closed.
 * Data from it is still read during this time; a peer that has sent too much gets less time. */
#define CLOSE_TIMEOUT_US (100 * G_TIME_SPAN_MILLISECOND)

/* The maximum number of unsent bytes at which errors are still reported to the peer. */
#define MAX_UNSENT_ERRORS (64 * 1024)

/* RFC 6455 section 5.5: the payload of a control frame has up to 125 bytes, of which the code
 * takes two. */
#define MAX_REASON_LENGTH 123

enum
{
  PROP_0,
  PROP_ID,
  PROP_USER_ID,
  PROP_ROOMS,
  PROP_ENCRYPTED,
  PROP_REMOTE_ADDRESS,
  PROP_ORIGIN,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

typedef enum
{
  SIGNAL_PEER_STATE_NEW,
  SIGNAL_PEER_STATE_AUTHENTICATING,
  SIGNAL_PEER_STATE_ADMITTED,
  SIGNAL_PEER_STATE_CLOSING,
  SIGNAL_PEER_STATE_CLOSED,
} SignalPeerState;

struct _SignalPeer
{
  GObject                   parent_instance;

  SignalPeerState           state;
  char                     *id;
  char                     *user_id;
  GPtrArray                *rooms;     /* NULL-terminated, in the order of joining */
  GHashTable               *room_set;  /* the same names, not owned */
  gboolean                  encrypted;
  gboolean                  is_reported; /* peer-connected has been emitted */
  GSocketAddress           *remote_address;
  char                     *origin;

  SignalChannel            *channel;   /* NULL once disconnected */
  const SignalPeerHandlers *handlers;
  gpointer                  user_data;
  SignalAffinity            affinity;
  GSource                  *deadline;  /* for authentication, or for the end after closing */
  gint64                    deadline_time;

  gboolean                  is_asking;   /* the signal authenticate is being emitted */
  gint64                    deferred_timeout; /* µs */
  gboolean                  is_deferred; /* the decision is made after the emission */
  gboolean                  is_decided;  /* and it was made during the emission */
  char                     *decision;    /* the user ID then, or NULL */
  char                     *public_key;  /* as received, while the decision is awaited; or NULL */
};

G_DEFINE_FINAL_TYPE (SignalPeer, signal_peer, G_TYPE_OBJECT)

static void set_deadline (SignalPeer *self, gint64 time_left);

static void
signal_peer_dispose (GObject *object)
{
  signal_peer_detach (SIGNAL_PEER (object));

  G_OBJECT_CLASS (signal_peer_parent_class)->dispose (object);
}

static void
signal_peer_finalize (GObject *object)
{
  SignalPeer *self = SIGNAL_PEER (object);

  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->user_id, g_free);
  g_clear_pointer (&self->origin, g_free);
  g_clear_pointer (&self->decision, g_free);
  g_clear_pointer (&self->public_key, g_free);
  g_clear_pointer (&self->room_set, g_hash_table_unref);
  g_clear_pointer (&self->rooms, g_ptr_array_unref);
  g_clear_object (&self->remote_address);
  signal_affinity_clear (&self->affinity);

  G_OBJECT_CLASS (signal_peer_parent_class)->finalize (object);
}

static void
signal_peer_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  SignalPeer *self = SIGNAL_PEER (object);

  switch (prop_id)
    {
    case PROP_ID:
      g_value_set_string (value, self->id);
      break;

    case PROP_USER_ID:
      g_value_set_string (value, self->user_id);
      break;

    case PROP_ROOMS:
      g_value_set_boxed (value, self->rooms->pdata);
      break;

    case PROP_ENCRYPTED:
      g_value_set_boolean (value, self->encrypted);
      break;

    case PROP_REMOTE_ADDRESS:
      g_value_set_object (value, self->remote_address);
      break;

    case PROP_ORIGIN:
      g_value_set_string (value, self->origin);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
signal_peer_class_init (SignalPeerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = signal_peer_dispose;
  object_class->finalize = signal_peer_finalize;
  object_class->get_property = signal_peer_get_property;

  /**
   * SignalPeer:id: (getter get_id)
   *
   * The ID that the server has assigned to the connection.
   *
   * It is a version 4 UUID (RFC 9562) from the random number generator of the system, so that it
   * is unique and cannot be predicted.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);

  /**
   * SignalPeer:user-id: (getter get_user_id)
   *
   * The user ID that a handler of [signal@Signal.Server::authenticate] has returned for the peer.
   *
   * It is %NULL until the peer has been authenticated.
   *
   * Since: 0.1
   */
  properties[PROP_USER_ID] = g_param_spec_string ("user-id", NULL, NULL, NULL, flags);

  /**
   * SignalPeer:rooms: (getter get_rooms)
   *
   * The rooms that the peer has joined, in the order of joining.
   *
   * Once the peer has been authenticated, the first room is its own [property@Signal.Peer:id].
   *
   * Since: 0.1
   */
  properties[PROP_ROOMS] = g_param_spec_boxed ("rooms", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * SignalPeer:encrypted: (getter get_encrypted)
   *
   * Whether messages to and from the peer are encrypted.
   *
   * Since: 0.1
   */
  properties[PROP_ENCRYPTED] = g_param_spec_boolean ("encrypted", NULL, NULL, FALSE, flags);

  /**
   * SignalPeer:remote-address: (getter get_remote_address)
   *
   * The address that the peer connected from.
   *
   * If the peer is connected through a reverse proxy, this is the address of the proxy.
   *
   * Since: 0.1
   */
  properties[PROP_REMOTE_ADDRESS] =
    g_param_spec_object ("remote-address", NULL, NULL, G_TYPE_SOCKET_ADDRESS, flags);

  /**
   * SignalPeer:origin: (getter get_origin)
   *
   * The origin of the web page that opened the connection, from the `Origin` header of the
   * request.
   *
   * It has the form `https://example.org`, or is `null` for pages without an origin, such as
   * local files. It is %NULL if the request had no such header, as is usual for programs other
   * than web browsers. Only web browsers can be relied upon to send the actual origin.
   *
   * Since: 0.1
   */
  properties[PROP_ORIGIN] = g_param_spec_string ("origin", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
signal_peer_init (SignalPeer *self)
{
  self->rooms = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->rooms, NULL);
  self->room_set = g_hash_table_new (g_str_hash, g_str_equal);
  signal_affinity_init (&self->affinity);
}

/**
 * signal_peer_get_id: (get-property id)
 * @self: a peer
 *
 * Gets the ID that the server has assigned to the connection.
 *
 * Returns: the ID
 *
 * Since: 0.1
 */
const char *
signal_peer_get_id (SignalPeer *self)
{
  g_return_val_if_fail (SIGNAL_IS_PEER (self), NULL);

  return self->id;
}

/**
 * signal_peer_get_user_id: (get-property user-id)
 * @self: a peer
 *
 * Gets the ID of the user that the peer has authenticated as.
 *
 * Returns: (nullable): the user ID, or %NULL if the peer has not been authenticated
 *
 * Since: 0.1
 */
const char *
signal_peer_get_user_id (SignalPeer *self)
{
  g_return_val_if_fail (SIGNAL_IS_PEER (self), NULL);

  return self->user_id;
}

/**
 * signal_peer_get_rooms: (get-property rooms)
 * @self: a peer
 *
 * Gets the rooms that the peer has joined.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names of the rooms, which are valid
 *   until the peer joins or leaves a room
 *
 * Since: 0.1
 */
const char * const *
signal_peer_get_rooms (SignalPeer *self)
{
  g_return_val_if_fail (SIGNAL_IS_PEER (self), NULL);

  return (const char * const *) self->rooms->pdata;
}

/**
 * signal_peer_get_encrypted: (get-property encrypted)
 * @self: a peer
 *
 * Gets whether messages to and from the peer are encrypted.
 *
 * Returns: %TRUE if messages are encrypted
 *
 * Since: 0.1
 */
gboolean
signal_peer_get_encrypted (SignalPeer *self)
{
  g_return_val_if_fail (SIGNAL_IS_PEER (self), FALSE);

  return self->encrypted;
}

/**
 * signal_peer_get_remote_address: (get-property remote-address)
 * @self: a peer
 *
 * Gets the address that the peer connected from.
 *
 * Returns: (transfer none) (nullable): the address, or %NULL if it is not known
 *
 * Since: 0.1
 */
GSocketAddress *
signal_peer_get_remote_address (SignalPeer *self)
{
  g_return_val_if_fail (SIGNAL_IS_PEER (self), NULL);

  return self->remote_address;
}

/**
 * signal_peer_get_origin: (get-property origin)
 * @self: a peer
 *
 * Gets the origin of the web page that opened the connection.
 *
 * Returns: (nullable): the origin, or %NULL if the request had none
 *
 * Since: 0.1
 */
const char *
signal_peer_get_origin (SignalPeer *self)
{
  g_return_val_if_fail (SIGNAL_IS_PEER (self), NULL);

  return self->origin;
}

/**
 * signal_peer_defer_authentication:
 * @self: a peer
 *
 * Defers the decision about a peer that has sent a token.
 *
 * Call this method in a handler of [signal@Signal.Server::authenticate] that cannot check the token
 * at once, for example because it has to query a database or another server, and return %NULL from
 * the handler. Call [method@Signal.Peer.finish_authentication] when the result is known. If that does
 * not happen within three times [property@Signal.Server:auth-timeout], the connection is closed with
 * the code 4001.
 *
 * The emission of the signal goes on after the handler has returned. If another handler returns a user
 * ID, the peer is authenticated as that user at once, and nothing is deferred.
 *
 * ```c
 * static void
 * on_checked (GObject      *source,
 *             GAsyncResult *result,
 *             gpointer      user_data)
 * {
 *   g_autoptr (SignalPeer) peer = user_data;
 *   g_autofree char *user_id = g_task_propagate_pointer (G_TASK (result), NULL);
 *
 *   signal_peer_finish_authentication (peer, user_id);
 * }
 *
 * static char *
 * on_authenticate (SignalServer *server,
 *                  SignalPeer   *peer,
 *                  const char   *type,
 *                  const char   *token,
 *                  GTaskThreadFunc check_token)
 * {
 *   g_autoptr (GTask) task = g_task_new (NULL, NULL, on_checked, g_object_ref (peer));
 *
 *   g_task_set_task_data (task, g_strdup (token), g_free);
 *   g_task_run_in_thread (task, check_token);
 *   signal_peer_defer_authentication (peer);
 *   return NULL;
 * }
 * ```
 *
 * This method does nothing outside of a handler of that signal for the same peer.
 *
 * Since: 0.1
 */
void
signal_peer_defer_authentication (SignalPeer *self)
{
  g_return_if_fail (SIGNAL_IS_PEER (self));

  if (!signal_affinity_is_here (&self->affinity) || !self->is_asking || self->is_deferred
      || self->state != SIGNAL_PEER_STATE_AUTHENTICATING)
    return;

  self->is_deferred = TRUE;
  set_deadline (self, self->deferred_timeout);
}

/* The first decision counts. One that is made during the emission takes effect after it. */
static void
decide (SignalPeer *self,
        const char *user_id)
{
  if (!self->is_deferred || self->is_decided || self->state != SIGNAL_PEER_STATE_AUTHENTICATING)
    return;

  if (self->is_asking)
    {
      self->is_decided = TRUE;
      self->decision = g_strdup (user_id);
      return;
    }

  self->is_deferred = FALSE;
  self->handlers->decided (self, user_id, self->user_data);
}

typedef struct
{
  SignalPeer *peer;
  char *user_id;
} Decision;

static void
decision_free (Decision *decision)
{
  g_object_unref (decision->peer);
  g_free (decision->user_id);
  g_free (decision);
}

static gboolean
on_decision (gpointer user_data)
{
  Decision *decision = user_data;

  decide (decision->peer, decision->user_id);
  return G_SOURCE_REMOVE;
}

/**
 * signal_peer_finish_authentication:
 * @self: a peer
 * @user_id: (nullable): the ID of the user in UTF-8, or %NULL to reject the token
 *
 * Decides about a peer whose authentication was deferred with
 * [method@Signal.Peer.defer_authentication].
 *
 * The effect is that of a handler of [signal@Signal.Server::authenticate] that returns @user_id. If it
 * is called while the handler is still running, this is after the emission of the signal.
 *
 * This method does nothing if authentication was not deferred, is decided already, or has timed out,
 * if the peer has disconnected, or if the server has stopped or no longer exists. It may be called
 * from any thread.
 *
 * Since: 0.1
 */
void
signal_peer_finish_authentication (SignalPeer *self,
                                   const char *user_id)
{
  Decision *decision;

  g_return_if_fail (SIGNAL_IS_PEER (self));

  decision = g_new (Decision, 1);
  decision->peer = g_object_ref (self);
  decision->user_id = g_strdup (user_id);

  if (signal_affinity_is_here (&self->affinity))
    {
      on_decision (decision);
      decision_free (decision);
    }
  else
    {
      signal_affinity_invoke (&self->affinity, on_decision, decision, (GDestroyNotify) decision_free);
    }
}

static char *
truncate_reason (const char *reason)
{
  g_autofree char *text = g_utf8_make_valid (reason, -1);

  if (strlen (text) > MAX_REASON_LENGTH)
    *g_utf8_find_prev_char (text, text + MAX_REASON_LENGTH + 1) = '\0';
  return g_steal_pointer (&text);
}

typedef struct
{
  SignalPeer *peer;
  guint16 code;
  char *reason;
} Closing;

static void
closing_free (Closing *closing)
{
  g_object_unref (closing->peer);
  g_free (closing->reason);
  g_free (closing);
}

static gboolean
on_close (gpointer user_data)
{
  Closing *closing = user_data;

  signal_peer_close_with_code (closing->peer, closing->code,
                               closing->reason[0] != '\0' ? closing->reason : NULL);
  return G_SOURCE_REMOVE;
}

/**
 * signal_peer_close:
 * @self: a peer
 * @code: a close code: 1000, 1001, or a number from 3000 to 4999
 * @reason: (nullable): the reason to send to the client, or %NULL; it is truncated to 123 bytes
 *
 * Closes the connection to the peer.
 *
 * Messages that were sent before are written first. [signal@Signal.Server::peer-disconnected] is
 * emitted when the connection has been closed. A [class@Signal.Client] reconnects after most
 * codes; it requests a new token or stops after 4003, and stops after 4004.
 *
 * This method does nothing if the peer has disconnected. It may be called from any thread.
 *
 * Since: 0.1
 */
void
signal_peer_close (SignalPeer *self,
                   guint16     code,
                   const char *reason)
{
  Closing *closing;

  g_return_if_fail (SIGNAL_IS_PEER (self));
  g_return_if_fail (code == SIGNAL_CLOSE_NORMAL || code == SIGNAL_CLOSE_GOING_AWAY
                    || (code >= 3000 && code <= 4999));

  closing = g_new (Closing, 1);
  closing->peer = g_object_ref (self);
  closing->code = code;
  closing->reason = truncate_reason (reason != NULL ? reason : "");

  if (signal_affinity_is_here (&self->affinity))
    {
      on_close (closing);
      closing_free (closing);
    }
  else
    {
      signal_affinity_invoke (&self->affinity, on_close, closing, (GDestroyNotify) closing_free);
    }
}

gboolean
signal_peer_has_room (SignalPeer *self,
                      const char *room)
{
  return g_hash_table_contains (self->room_set, room);
}

guint
signal_peer_count_rooms (SignalPeer *self)
{
  return g_hash_table_size (self->room_set);
}

gboolean
signal_peer_add_room (SignalPeer *self,
                      const char *room)
{
  char *name;

  if (signal_peer_has_room (self, room))
    return FALSE;

  name = g_strdup (room);
  g_ptr_array_insert (self->rooms, self->rooms->len - 1, name);
  g_hash_table_add (self->room_set, name);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ROOMS]);
  return TRUE;
}

gboolean
signal_peer_remove_room (SignalPeer *self,
                         const char *room)
{
  gpointer name;
  guint i;

  if (!g_hash_table_steal_extended (self->room_set, room, &name, NULL))
    return FALSE;

  if (g_ptr_array_find (self->rooms, name, &i))
    g_ptr_array_remove_index (self->rooms, i);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ROOMS]);
  return TRUE;
}

/* Connection */

static SignalWebsocket *
get_websocket (SignalPeer *self)
{
  return signal_channel_get_websocket (self->channel);
}

/* Closes the connection without calling the owner. */
static void
drop_channel (SignalPeer *self)
{
  g_autoptr (SignalChannel) channel = g_steal_pointer (&self->channel);

  self->state = SIGNAL_PEER_STATE_CLOSED;
  signal_source_clear (&self->deadline);
  if (channel != NULL)
    signal_channel_drop (channel);
}

static void
end (SignalPeer *self)
{
  const SignalPeerHandlers *handlers = g_steal_pointer (&self->handlers);

  drop_channel (self);
  if (handlers != NULL)
    handlers->closed (self, self->user_data);
}

/* Schedules the next check, which is no later than the deadline. */
static void
schedule_check (SignalPeer *self)
{
  gint64 next_check = g_get_monotonic_time () + CHECK_INTERVAL_US;

  g_source_set_ready_time (self->deadline, MIN (next_check, self->deadline_time));
}

static gboolean
on_check (gpointer data)
{
  g_autoptr (SignalPeer) self = g_object_ref (data);
  gboolean is_over = g_get_monotonic_time () >= self->deadline_time;

  if (is_over && !signal_peer_is_open (self))
    end (self);
  else if (signal_peer_exceeds_limit (self))
    signal_peer_close_with_code (self, SIGNAL_CLOSE_NOT_AUTHENTICATED,
                                 "Too much before authentication");
  else if (is_over)
    signal_peer_close_with_code (self, SIGNAL_CLOSE_NOT_AUTHENTICATED, "Authentication timeout");
  else
    schedule_check (self);

  return G_SOURCE_CONTINUE;
}

static void
set_deadline (SignalPeer *self,
              gint64      time_left)
{
  signal_source_clear (&self->deadline);
  self->deadline_time = g_get_monotonic_time () + time_left;
  self->deadline = signal_source_new_timed (on_check, self, "[signal-glib] peer deadline");
  schedule_check (self);
  g_source_attach (self->deadline, self->affinity.context);
}

static void
on_message (SignalChannel *channel,
            SignalMessage *message,
            gpointer       user_data)
{
  g_autoptr (SignalPeer) self = g_object_ref (user_data);

  if (signal_peer_is_open (self))
    self->handlers->message (self, message, self->user_data);
}

static void
on_fault (SignalChannel *channel,
          const GError  *error,
          gpointer       user_data)
{
  g_autoptr (SignalPeer) self = g_object_ref (user_data);

  if (signal_peer_is_open (self))
    self->handlers->fault (self, error, self->user_data);
}

static void
on_closed (SignalChannel *channel,
           guint16        code,
           const char    *reason,
           const GError  *error,
           gpointer       user_data)
{
  g_autoptr (SignalPeer) self = g_object_ref (user_data);

  end (self);
}

static const SignalChannelHandlers channel_handlers = {
  .message = on_message,
  .fault = on_fault,
  .closed = on_closed,
};

SignalPeer *
signal_peer_new (const SignalPeerOptions  *options,
                 const SignalPeerHandlers *handlers,
                 gpointer                  user_data)
{
  SignalPeer *self = g_object_new (SIGNAL_TYPE_PEER, NULL);

  self->handlers = handlers;
  self->user_data = user_data;
  self->id = g_strdup (options->id);
  self->origin = g_strdup (options->origin);
  g_set_object (&self->remote_address, options->remote_address);
  self->channel = signal_channel_new (options->websocket, &channel_handlers, self);
  signal_channel_set_max_message_size (self->channel, SIGNAL_CHANNEL_MAX_FRAME_SIZE);
  signal_websocket_set_max_unsent (options->websocket, options->max_backlog);
  signal_websocket_set_max_incoming_size (options->websocket,
                                          MIN (options->max_incoming_size,
                                               UNAUTHENTICATED_FRAME_SIZE));

  set_deadline (self, (gint64) options->auth_timeout * G_TIME_SPAN_MILLISECOND);

  return self;
}

/* The owner is disposed of: closes the connection, without further callbacks. */
void
signal_peer_detach (SignalPeer *self)
{
  self->handlers = NULL;
  drop_channel (self);
}

gboolean
signal_peer_is_open (SignalPeer *self)
{
  return self->state < SIGNAL_PEER_STATE_CLOSING;
}

gboolean
signal_peer_is_admitted (SignalPeer *self)
{
  return self->state == SIGNAL_PEER_STATE_ADMITTED;
}

/* Returns whether the peer has sent more than is allowed before authentication. */
gboolean
signal_peer_exceeds_limit (SignalPeer *self)
{
  return self->state < SIGNAL_PEER_STATE_ADMITTED
         && signal_websocket_get_bytes_received (get_websocket (self)) > UNAUTHENTICATED_TOTAL_SIZE;
}

/* Returns FALSE if authentication has already begun. */
gboolean
signal_peer_begin_authentication (SignalPeer *self)
{
  if (self->state != SIGNAL_PEER_STATE_NEW)
    return FALSE;

  self->state = SIGNAL_PEER_STATE_AUTHENTICATING;
  return TRUE;
}

/* From here on, authentication can be deferred. timeout is how long that may take, in ms. */
void
signal_peer_begin_asking (SignalPeer *self,
                          gint64      timeout)
{
  self->is_asking = TRUE;
  self->deferred_timeout = timeout * G_TIME_SPAN_MILLISECOND;
}

void
signal_peer_end_asking (SignalPeer *self)
{
  self->is_asking = FALSE;
}

gboolean
signal_peer_is_deferred (SignalPeer *self)
{
  return self->is_deferred;
}

/* Calls decided() when the decision has been made, which may be at once. public_key is that of the
 * client, or NULL. */
void
signal_peer_wait_for_decision (SignalPeer *self,
                               const char *public_key)
{
  self->public_key = g_strdup (public_key);
  if (!self->is_decided)
    return;

  self->is_deferred = FALSE;
  self->handlers->decided (self, self->decision, self->user_data);
}

const char *
signal_peer_get_public_key (SignalPeer *self)
{
  return self->public_key;
}

/* key is (transfer full), or NULL to continue without encryption. connected is the last message
 * that is not encrypted. Returns FALSE, and does not admit the peer, if it could not be sent. */
gboolean
signal_peer_admit (SignalPeer *self,
                   const char *user_id,
                   SignalAead *key,
                   guint64     max_incoming_size,
                   const char *connected,
                   gsize       length)
{
  g_autoptr (SignalAead) owned_key = key;
  g_autoptr (SignalChannel) channel = g_object_ref (self->channel);

  if (!signal_channel_send_plain (channel, connected, length, NULL))
    return FALSE;

  if (owned_key != NULL)
    {
      signal_channel_take_key (channel, g_steal_pointer (&owned_key));
      self->encrypted = TRUE;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ENCRYPTED]);
    }

  self->state = SIGNAL_PEER_STATE_ADMITTED;
  signal_source_clear (&self->deadline);
  signal_websocket_set_max_incoming_size (signal_channel_get_websocket (channel), max_incoming_size);
  self->user_id = g_strdup (user_id);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_USER_ID]);
  return TRUE;
}

/* Returns the previous value. */
gboolean
signal_peer_set_reported (SignalPeer *self,
                          gboolean    is_reported)
{
  gboolean before = self->is_reported;

  self->is_reported = is_reported;
  return before;
}

/* Sends text, encrypted if there is a key. */
gboolean
signal_peer_send (SignalPeer  *self,
                  const char  *text,
                  gsize        length,
                  GError     **error)
{
  g_autoptr (SignalChannel) channel = NULL;

  if (!signal_peer_is_open (self))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The peer has disconnected"));
      return FALSE;
    }

  /* A write can detect that the socket is closed, and release the peer's own reference. */
  channel = g_object_ref (self->channel);
  return signal_channel_send (channel, text, length, error);
}

void
signal_peer_send_error (SignalPeer *self,
                        const char *text)
{
  g_autofree char *envelope = NULL;
  gsize length;

  if (!signal_peer_is_open (self)
      || signal_websocket_get_unsent (get_websocket (self)) > MAX_UNSENT_ERRORS)
    return;

  envelope = signal_handshake_compose_error (text, NULL, &length);
  signal_peer_send (self, envelope, length, NULL);
}

/* Like signal_peer_close(), but allows the codes that are specific to the protocol. */
void
signal_peer_close_with_code (SignalPeer *self,
                             guint16     code,
                             const char *reason)
{
  g_autoptr (SignalChannel) channel = NULL;

  if (!signal_peer_is_open (self))
    return;

  channel = g_object_ref (self->channel);
  if (!signal_peer_is_admitted (self))
    set_deadline (self, signal_peer_exceeds_limit (self) ? CHECK_INTERVAL_US : CLOSE_TIMEOUT_US);
  self->state = SIGNAL_PEER_STATE_CLOSING;
  signal_websocket_close (signal_channel_get_websocket (channel), code, reason);
}

gint64
signal_peer_get_last_received (SignalPeer *self)
{
  return self->channel != NULL ? signal_websocket_get_last_received (get_websocket (self)) : 0;
}
