/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "server/signal-peer-state-private.h"

/**
 * SignalPeer:
 *
 * One client of a [class@Signal.Server], as the server sees it.
 *
 * A peer is handed to the signals of the server. It may be kept for as long as is wanted: once the
 * client is gone it does nothing any more, and its properties keep their last values.
 *
 * It belongs to the main context of its server. Other threads may drop their references and call
 * [method@Signal.Peer.close]; properties and getters must not be used there.
 *
 * Since: 0.1
 */

/* RFC 6455 5.5: a control frame carries 125 bytes, the code takes two. */
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

G_DEFINE_FINAL_TYPE (SignalPeer, signal_peer, G_TYPE_OBJECT)

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
   * The name that the server gave this connection; each connection has another one.
   *
   * It is a UUID of version 4 from the random numbers of the system: nobody can know it before.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);

  /**
   * SignalPeer:user-id: (getter get_user_id)
   *
   * What a handler of [signal@Signal.Server::authenticate] returned for this peer.
   *
   * %NULL as long as it has not authenticated.
   *
   * Since: 0.1
   */
  properties[PROP_USER_ID] = g_param_spec_string ("user-id", NULL, NULL, NULL, flags);

  /**
   * SignalPeer:rooms: (getter get_rooms)
   *
   * The rooms that the peer is in, in the order in which it joined them.
   *
   * The first is its own [property@Signal.Peer:id].
   *
   * Since: 0.1
   */
  properties[PROP_ROOMS] = g_param_spec_boxed ("rooms", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * SignalPeer:encrypted: (getter get_encrypted)
   *
   * Whether the messages from and to this peer are encrypted.
   *
   * Since: 0.1
   */
  properties[PROP_ENCRYPTED] = g_param_spec_boolean ("encrypted", NULL, NULL, FALSE, flags);

  /**
   * SignalPeer:remote-address: (getter get_remote_address)
   *
   * Where the peer connected from.
   *
   * Behind a proxy this is the address of the proxy.
   *
   * Since: 0.1
   */
  properties[PROP_REMOTE_ADDRESS] =
    g_param_spec_object ("remote-address", NULL, NULL, G_TYPE_SOCKET_ADDRESS, flags);

  /**
   * SignalPeer:origin: (getter get_origin)
   *
   * The web page that the peer is part of, as its browser said in the header `Origin`.
   *
   * It is written like `https://example.org`, or `null` for a page from a file. %NULL for a program
   * that is no browser, which does not send that header. A browser tells the truth here, any other
   * program what it likes.
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
 * Gets the name that the server gave this connection.
 *
 * Returns: the id
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
 * Gets who the peer authenticated as.
 *
 * Returns: (nullable): the user's id, or %NULL if it has not authenticated
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
 * Gets the rooms that the peer is in.
 *
 * Returns: (transfer none) (array zero-terminated=1): their names, valid until they change
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
 * Gets whether the messages from and to this peer are encrypted.
 *
 * Returns: %TRUE if they are
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
 * Gets where the peer connected from.
 *
 * Returns: (transfer none) (nullable): its address, or %NULL if that is not known
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
 * Gets the web page that the peer is part of, as its browser said.
 *
 * Returns: (nullable): the origin, or %NULL if the peer sent none
 *
 * Since: 0.1
 */
const char *
signal_peer_get_origin (SignalPeer *self)
{
  g_return_val_if_fail (SIGNAL_IS_PEER (self), NULL);

  return self->origin;
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

  signal_peer_shut (closing->peer, closing->code, closing->reason[0] != '\0' ? closing->reason : NULL);
  return G_SOURCE_REMOVE;
}

/**
 * signal_peer_close:
 * @self: a peer
 * @code: 1000, 1001, or a number from 3000 to 4999
 * @reason: (nullable): why, for the client to read; cut after 123 bytes
 *
 * Closes the connection to this peer.
 *
 * What was sent to the peer before is still written. [signal@Signal.Server::peer-disconnected]
 * follows when the connection is closed. A client that signal-glib itself made reconnects after
 * most codes, but not after 4003 and 4004.
 *
 * Does nothing for a peer that is gone. Can be called from any thread.
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
  g_return_if_fail (code == 1000 || code == 1001 || (code >= 3000 && code <= 4999));

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
