/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-uuid-private.h"
#include "protocol/signal-close-code-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-handshake-private.h"
#include "protocol/signal-room-name-private.h"
#include "server/signal-server-private.h"

/* Processes the events from peers, with the same texts and close codes as the public server. In
 * addition to the rules of that server,
 *
 * - application events that are not encrypted, from a peer that has a key, and control events
 *   inside an encrypted envelope are answered with `error` and otherwise ignored;
 * - a peer cannot join the room that is another peer's ID. */

/* The number of names in one frame that are processed, unless a peer may be in more rooms. */
#define MIN_NAMES 1024

/* How long authentication may be deferred, as a multiple of auth-timeout. */
#define DEFERRED_TIMEOUTS G_GINT64_CONSTANT (3)

static void
join_room (SignalServer *self,
           SignalPeer   *peer,
           const char   *room)
{
  if (signal_peer_has_room (peer, room))
    return;

  signal_server_bus_join_room (self, room);
  signal_peer_add_room (peer, room);
  signal_peer_index_add (self->rooms, room, peer);
}

static void
leave_room (SignalServer *self,
            SignalPeer   *peer,
            const char   *room)
{
  if (!signal_peer_has_room (peer, room))
    return;

  signal_peer_index_remove (self->rooms, room, peer);
  signal_server_bus_leave_room (self, room);
  signal_peer_remove_room (peer, room);
}

/* Returns the rooms that a peer joins when it is admitted; the names are those of the peer and of the
 * server. */
GPtrArray *
signal_server_list_first_rooms (SignalServer *self,
                                SignalPeer   *peer)
{
  GPtrArray *rooms = g_ptr_array_new ();

  g_ptr_array_add (rooms, (gpointer) signal_peer_get_id (peer));
  g_ptr_array_add (rooms, (gpointer) SIGNAL_ROOM_DEFAULT);
  g_ptr_array_add (rooms, (gpointer) SIGNAL_ROOM_NOTIFICATION);
  for (guint i = 0; self->default_rooms != NULL && self->default_rooms[i] != NULL; i++)
    if (signal_room_name_check (self->default_rooms[i], NULL)
        && !g_hash_table_contains (self->peers, self->default_rooms[i]))
      g_ptr_array_add (rooms, self->default_rooms[i]);
  return rooms;
}

static void
join_first_rooms (SignalServer *self,
                  SignalPeer   *peer)
{
  g_autoptr (GPtrArray) rooms = signal_server_list_first_rooms (self, peer);

  for (guint i = 0; i < rooms->len; i++)
    join_room (self, peer, rooms->pdata[i]);
}

/* The peer is open, and its user is known. */
void
signal_server_admit (SignalServer *self,
                     SignalPeer   *peer,
                     const char   *user_id,
                     const char   *client_public_key)
{
  g_autoptr (SignalAead) key = NULL;
  g_autofree char *server_public_key = NULL;
  g_autofree char *salt = NULL;
  g_autofree char *connected = NULL;
  gboolean is_temporary = FALSE;
  gboolean admitted;
  gsize length;

  if (client_public_key != NULL)
    key = signal_handshake_agree_key (self->ecdh_info, client_public_key, &server_public_key, &salt,
                                      &is_temporary);
  if (is_temporary)
    {
      signal_peer_close_with_code (peer, SIGNAL_CLOSE_INTERNAL_ERROR, "No random data");
      return;
    }
  if (key == NULL && (self->require_encryption || client_public_key != NULL))
    {
      signal_peer_send_error (peer, "Encryption handshake failed");
      signal_peer_close_with_code (peer, SIGNAL_CLOSE_ENCRYPTION_REQUIRED, "Encryption required");
      return;
    }

  connected = signal_handshake_compose_connected (signal_peer_get_id (peer), user_id, server_public_key,
                                                  salt, &length);

  /* Notify of all changes at once. */
  g_object_freeze_notify (G_OBJECT (peer));
  admitted = signal_peer_admit (peer, user_id, g_steal_pointer (&key), self->max_message_size,
                                connected, length);
  if (admitted)
    {
      signal_connection_limiter_leave (signal_peer_get_remote_address (peer));
      self->n_admitted++;
      self->peers_accepted++;
      signal_peer_index_add (self->users, user_id, peer);
      signal_server_bus_add_peer (self, peer, user_id);
      join_first_rooms (self, peer);
    }
  else
    signal_peer_close_with_code (peer, SIGNAL_CLOSE_NOT_AUTHENTICATED,
                                 "Too much unread before authentication");
  g_object_thaw_notify (G_OBJECT (peer));

  /* A handler of any of these signals may close the peer or drop the server. */
  if (signal_peer_is_admitted (peer))
    signal_peer_list_add (self->peer_list, peer);
  if (signal_peer_is_admitted (peer))
    {
      signal_peer_set_reported (peer, TRUE);
      signal_server_emit_connected (self, peer);
    }
}

/* user_id is NULL to refuse the peer. */
static void
decide (SignalServer *self,
        SignalPeer   *peer,
        const char   *user_id,
        const char   *client_public_key)
{
  if (user_id != NULL && g_utf8_validate (user_id, -1, NULL))
    {
      signal_server_bus_admit (self, peer, user_id, client_public_key);
      return;
    }

  self->authentications_failed++;
  signal_peer_send_error (peer, "Authentication failed");
  signal_peer_close_with_code (peer, SIGNAL_CLOSE_REFUSED, "Authentication failed");
}

static void
on_decided (SignalPeer *peer,
            const char *user_id,
            gpointer    user_data)
{
  decide (user_data, peer, user_id, signal_peer_get_public_key (peer));
}

static void
authenticate (SignalServer  *self,
              SignalPeer    *peer,
              SignalMessage *message)
{
  g_auto (SignalAuthenticateEvent) event = { 0 };
  g_autofree char *user_id = NULL;

  if (!signal_peer_begin_authentication (peer))
    {
      signal_peer_send_error (peer, "Already authenticated");
      return;
    }

  signal_handshake_parse_authenticate (&event, message);
  if (event.type != NULL && event.token != NULL)
    {
      signal_peer_begin_asking (peer, self->auth_timeout * DEFERRED_TIMEOUTS);
      user_id = signal_server_emit_authenticate (self, peer, event.type, event.token);
      signal_peer_end_asking (peer);
    }
  if (!signal_peer_is_open (peer))
    return;

  if (user_id == NULL && signal_peer_is_deferred (peer))
    signal_peer_wait_for_decision (peer, event.public_key);
  else
    decide (self, peer, user_id, event.public_key);
}

static GPtrArray *
get_rooms (SignalServer  *self,
           SignalMessage *message)
{
  return signal_room_name_parse_frame (message, MAX (self->max_rooms, MIN_NAMES));
}

static gboolean
can_join (SignalServer *self,
          SignalPeer   *peer,
          const char   *room)
{
  return !signal_peer_has_room (peer, room)
         && signal_peer_count_rooms (peer) < self->max_rooms
         && !g_hash_table_contains (self->peers, room);
}

/* A handler may have closed the peer, or may have run the main loop, in which other peers can
 * connect. */
static gboolean
may_join (SignalServer *self,
          SignalPeer   *peer,
          const char   *room)
{
  return can_join (self, peer, room)
         && signal_server_emit_join (self, peer, room)
         && signal_peer_is_open (peer)
         && can_join (self, peer, room);
}

static void
join (SignalServer  *self,
      SignalPeer    *peer,
      SignalMessage *message)
{
  g_autoptr (GPtrArray) rooms = get_rooms (self, message);

  g_object_freeze_notify (G_OBJECT (peer));
  for (guint i = 0; i < rooms->len && signal_peer_is_open (peer); i++)
    if (may_join (self, peer, rooms->pdata[i]))
      join_room (self, peer, rooms->pdata[i]);
  g_object_thaw_notify (G_OBJECT (peer));
}

static void
leave (SignalServer  *self,
       SignalPeer    *peer,
       SignalMessage *message)
{
  g_autoptr (GPtrArray) rooms = get_rooms (self, message);

  g_object_freeze_notify (G_OBJECT (peer));
  for (guint i = 0; i < rooms->len; i++)
    {
      const char *room = rooms->pdata[i];

      if (!g_str_equal (room, signal_peer_get_id (peer)))
        leave_room (self, peer, room);
    }
  g_object_thaw_notify (G_OBJECT (peer));
}

/* Closes a peer that has sent too much before authentication. */
static gboolean
check_limits (SignalPeer *peer)
{
  if (!signal_peer_exceeds_limit (peer))
    return TRUE;

  signal_peer_close_with_code (peer, SIGNAL_CLOSE_NOT_AUTHENTICATED,
                               "Too much before authentication");
  return FALSE;
}

static void
handle_admitted (SignalServer  *self,
               SignalPeer    *peer,
               SignalMessage *message)
{
  const char *event = signal_message_get_event (message);
  gboolean encrypted = signal_message_is_encrypted (message);

  if (signal_envelope_event_is_control (event))
    {
      if (!encrypted && g_str_equal (event, SIGNAL_EVENT_JOIN))
        join (self, peer, message);
      else if (!encrypted && g_str_equal (event, SIGNAL_EVENT_LEAVE))
        leave (self, peer, message);
      else
        signal_peer_send_error (peer, "Invalid message format");
    }
  else if (encrypted != signal_peer_get_encrypted (peer))
    signal_peer_send_error (peer, "Encryption required");
  else
    {
      self->messages_received++;
      signal_server_emit_message (self, peer, message);
    }
}

/* A handler may drop the server, which then detaches its peers: as long as the peer is open, the
 * server exists. */
static void
on_message (SignalPeer    *peer,
            SignalMessage *message,
            gpointer       user_data)
{
  SignalServer *self = user_data;
  const char *event = signal_message_get_event (message);
  gboolean encrypted = signal_message_is_encrypted (message);

  if (!check_limits (peer))
    return;

  if (!encrypted && g_str_equal (event, SIGNAL_EVENT_HEARTBEAT))
    return;
  if (!encrypted && g_str_equal (event, SIGNAL_EVENT_AUTHENTICATE))
    authenticate (self, peer, message);
  else if (!signal_peer_is_admitted (peer))
    signal_peer_send_error (peer, "Not authenticated");
  else
    handle_admitted (self, peer, message);
}

static void
on_fault (SignalPeer   *peer,
          const GError *error,
          gpointer      user_data)
{
  if (check_limits (peer))
    signal_peer_send_error (peer, "Invalid message format");
}

static void
on_closed (SignalPeer *peer,
         gpointer    user_data)
{
  g_autoptr (SignalServer) self = g_object_ref (user_data);
  const char * const *rooms = signal_peer_get_rooms (peer);
  const char *user_id = signal_peer_get_user_id (peer);

  for (guint i = 0; rooms[i] != NULL; i++)
    signal_peer_index_remove (self->rooms, rooms[i], peer);
  if (user_id != NULL)
    {
      signal_peer_index_remove (self->users, user_id, peer);
      signal_server_bus_remove_peer (self, peer);
      self->n_admitted--;
    }
  g_hash_table_remove (self->peers, signal_peer_get_id (peer));
  signal_peer_list_remove (self->peer_list, peer);

  if (signal_peer_set_reported (peer, FALSE))
    signal_server_emit_disconnected (self, peer);
  signal_server_finish_stop (self);
}

static const SignalPeerHandlers peer_handlers = {
  .message = on_message,
  .fault = on_fault,
  .decided = on_decided,
  .closed = on_closed,
};

/* Removes all peers from a room whose name is the ID of a new peer, because messages to this room
 * are for that peer only. */
static void
empty_room (SignalServer *self,
            const char   *room)
{
  g_autoptr (GPtrArray) peers = signal_peer_index_snapshot (self->rooms, room);

  for (guint i = 0; i < peers->len; i++)
    leave_room (self, peers->pdata[i], room);
}

/* Adds a new peer with an ID. */
void
signal_server_add_peer (SignalServer    *self,
                        const char      *id,
                        SignalWebsocket *websocket,
                        GSocketAddress  *remote_address,
                        const char      *origin)
{
  G_GNUC_UNUSED g_autoptr (SignalServer) keep = g_object_ref (self);
  const SignalPeerOptions options = {
    .id = id,
    .websocket = websocket,
    .remote_address = remote_address,
    .origin = origin,
    .auth_timeout = self->auth_timeout,
    .max_incoming_size = self->max_message_size,
    .max_backlog = self->max_backlog,
  };

  /* From here on, other peers cannot join the room with this name. */
  g_hash_table_insert (self->peers, g_strdup (id), signal_peer_new (&options, &peer_handlers, self));
  empty_room (self, id);
}

/* If there are no random bytes for a secure ID, the connection is closed. */
void
signal_server_accept (SignalServer    *self,
                      SignalWebsocket *websocket,
                      GSocketAddress  *remote_address,
                      const char      *origin)
{
  g_autofree char *id = signal_uuid_new (NULL);

  /* Caches the thread. */
  signal_affinity_is_here (&self->affinity);

  if (id != NULL)
    signal_server_add_peer (self, id, websocket, remote_address, origin);
}
