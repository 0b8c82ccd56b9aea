/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-uuid-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-handshake-private.h"
#include "protocol/signal-room-name-private.h"
#include "server/signal-server-private.h"

/* What the peers say, and what the server answers: the same as the public server does, texts and
 * codes included. Where that one leaves a decision to the application, this one is strict:
 *
 * - an application event in plaintext from a peer that has a key, and a control event inside an
 *   encrypted envelope, are answered with `error` and go no further;
 * - a room that is another peer's own id cannot be joined.
 */

/* The rooms that everyone is in, beside the one that is the peer's own id. */
#define ROOM_DEFAULT "ws-default"
#define ROOM_NOTIFICATION "ws-notification"

/* The names in one frame that are looked at; more where a peer may be in more rooms. */
#define MIN_NAMES_HEARD 1024

static const char *
get_string (JsonObject *data,
            const char *name)
{
  JsonNode *node = data != NULL ? json_object_get_member (data, name) : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/* What is there and is no text is no key, and not the same as none. */
static const char *
get_public_key (JsonObject *data)
{
  JsonNode *node = json_object_get_member (data, "clientPublicKey");
  const char *key = get_string (data, "clientPublicKey");

  return key == NULL && node != NULL && !JSON_NODE_HOLDS_NULL (node) ? "" : key;
}

static JsonObject *
get_data (SignalMessage *message)
{
  JsonNode *payload = signal_message_get_payload (message);

  return payload != NULL && JSON_NODE_HOLDS_OBJECT (payload) ? json_node_get_object (payload)
                                                             : NULL;
}

static void
append_member (GString    *data,
               const char *name,
               const char *value)
{
  if (value == NULL)
    return;

  g_string_append_c (data, data->len == 0 ? '{' : ',');
  signal_json_append_string (data, name);
  g_string_append_c (data, ':');
  signal_json_append_string (data, value);
}

static char *
compose_connected (SignalPeer *peer,
                   const char *user_id,
                   const char *server_public_key,
                   const char *salt,
                   gsize      *length)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *seconds = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *time = g_strdup_printf ("%s.%03dZ", seconds,
                                           g_date_time_get_microsecond (now) / 1000);
  g_autoptr (GString) data = g_string_new (NULL);

  append_member (data, "id", signal_peer_get_id (peer));
  append_member (data, "userId", user_id);
  append_member (data, "time", time);
  append_member (data, "serverPublicKey", server_public_key);
  append_member (data, "salt", salt);
  g_string_append_c (data, '}');

  return signal_envelope_compose ("connected", data->str, length);
}

static void
join_room (SignalServer *self,
           SignalPeer   *peer,
           const char   *room)
{
  if (signal_peer_add_room (peer, room))
    signal_peer_index_add (self->rooms, room, peer);
}

static void
leave_room (SignalServer *self,
            SignalPeer   *peer,
            const char   *room)
{
  signal_peer_index_remove (self->rooms, room, peer);
  signal_peer_remove_room (peer, room);
}

static void
join_first_rooms (SignalServer *self,
                  SignalPeer   *peer)
{
  join_room (self, peer, signal_peer_get_id (peer));
  join_room (self, peer, ROOM_DEFAULT);
  join_room (self, peer, ROOM_NOTIFICATION);
  for (guint i = 0; self->default_rooms != NULL && self->default_rooms[i] != NULL; i++)
    if (signal_room_name_check (self->default_rooms[i], NULL)
        && !g_hash_table_contains (self->peers, self->default_rooms[i]))
      join_room (self, peer, self->default_rooms[i]);
}

static void
admit (SignalServer *self,
       SignalPeer   *peer,
       const char   *user_id,
       JsonObject   *data)
{
  g_autoptr (SignalAead) key = NULL;
  g_autofree char *server_public_key = NULL;
  g_autofree char *salt = NULL;
  g_autofree char *connected = NULL;
  const char *client_public_key = get_public_key (data);
  gboolean admitted;
  gsize length;

  if (client_public_key != NULL)
    key = signal_handshake_agree_key (self->ecdh_info, client_public_key, &server_public_key, &salt);
  if (key == NULL && (self->require_encryption || client_public_key != NULL))
    {
      signal_peer_send_error (peer, "Encryption handshake failed");
      signal_peer_shut (peer, SIGNAL_CLOSE_ENCRYPTION_REQUIRED, "Encryption required");
      return;
    }

  connected = compose_connected (peer, user_id, server_public_key, salt, &length);

  /* Nobody is told of half a peer. */
  g_object_freeze_notify (G_OBJECT (peer));
  admitted = signal_peer_admit (peer, user_id, g_steal_pointer (&key), self->max_message_size,
                                connected, length);
  if (admitted)
    {
      signal_connection_limiter_leave (signal_peer_get_remote_address (peer));
      self->n_admitted++;
      signal_peer_index_add (self->users, user_id, peer);
      join_first_rooms (self, peer);
    }
  else
    signal_peer_shut (peer, SIGNAL_CLOSE_NOT_AUTHENTICATED, "Too much unread before authentication");
  g_object_thaw_notify (G_OBJECT (peer));

  if (signal_peer_is_admitted (peer))
    {
      signal_peer_set_announced (peer, TRUE);
      signal_server_emit_connected (self, peer);
    }
}

static void
authenticate (SignalServer  *self,
              SignalPeer    *peer,
              SignalMessage *message)
{
  JsonObject *data = get_data (message);
  const char *type = get_string (data, "type");
  const char *token = get_string (data, "token");
  g_autofree char *user_id = NULL;

  if (!signal_peer_begin_authentication (peer))
    {
      signal_peer_send_error (peer, "Already authenticated");
      return;
    }

  if (type != NULL && token != NULL)
    user_id = signal_server_emit_authenticate (self, peer, type, token);
  if (!signal_peer_is_open (peer))
    return;

  if (user_id == NULL || !g_utf8_validate (user_id, -1, NULL))
    {
      signal_peer_send_error (peer, "Authentication failed");
      signal_peer_shut (peer, SIGNAL_CLOSE_REFUSED, "Authentication failed");
      return;
    }

  admit (self, peer, user_id, data);
}

/* The names that a room may have, as far as one frame is heard. */
static GPtrArray *
get_rooms (SignalServer  *self,
           SignalMessage *message)
{
  GPtrArray *rooms = g_ptr_array_new_with_free_func (g_free);
  JsonObject *data = get_data (message);
  JsonNode *node = data != NULL ? json_object_get_member (data, "rooms") : NULL;
  JsonArray *names;
  guint n_names;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return rooms;

  names = json_node_get_array (node);
  n_names = MIN (json_array_get_length (names), MAX (self->max_rooms, MIN_NAMES_HEARD));
  for (guint i = 0; i < n_names; i++)
    {
      JsonNode *name = json_array_get_element (names, i);

      if (JSON_NODE_HOLDS_VALUE (name) && json_node_get_value_type (name) == G_TYPE_STRING
          && signal_room_name_check (json_node_get_string (name), NULL))
        g_ptr_array_add (rooms, json_node_dup_string (name));
    }
  return rooms;
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

/* A handler may have closed the peer, and may have run the main loop, in which others come. */
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

/* Whether the peer is to be heard at all. */
static gboolean
check_manners (SignalPeer *peer)
{
  if (!signal_peer_is_talkative (peer))
    return TRUE;

  signal_peer_shut (peer, SIGNAL_CLOSE_NOT_AUTHENTICATED, "Too much before authentication");
  return FALSE;
}

static void
hear_admitted (SignalServer  *self,
               SignalPeer    *peer,
               SignalMessage *message)
{
  const char *event = signal_message_get_event (message);
  gboolean sealed = signal_message_is_encrypted (message);

  if (signal_envelope_event_is_control (event))
    {
      if (!sealed && g_str_equal (event, "join"))
        join (self, peer, message);
      else if (!sealed && g_str_equal (event, "leave"))
        leave (self, peer, message);
      else
        signal_peer_send_error (peer, "Invalid message format");
    }
  else if (sealed != signal_peer_get_encrypted (peer))
    signal_peer_send_error (peer, "Encryption required");
  else
    signal_server_emit_message (self, peer, message);
}

/* A handler may drop the server, which then drops the peers: as long as the peer is open, the
 * server is there. */
static void
on_message (SignalPeer    *peer,
            SignalMessage *message,
            gpointer       user_data)
{
  SignalServer *self = user_data;
  const char *event = signal_message_get_event (message);
  gboolean sealed = signal_message_is_encrypted (message);

  if (!check_manners (peer))
    return;

  if (!sealed && g_str_equal (event, "heartbeat"))
    return;
  if (!sealed && g_str_equal (event, "authenticate"))
    authenticate (self, peer, message);
  else if (!signal_peer_is_admitted (peer))
    signal_peer_send_error (peer, "Not authenticated");
  else
    hear_admitted (self, peer, message);
}

static void
on_fault (SignalPeer   *peer,
          const GError *error,
          gpointer      user_data)
{
  if (check_manners (peer))
    signal_peer_send_error (peer, "Invalid message format");
}

static void
on_gone (SignalPeer *peer,
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
      self->n_admitted--;
    }
  g_hash_table_remove (self->peers, signal_peer_get_id (peer));

  if (signal_peer_set_announced (peer, FALSE))
    signal_server_emit_disconnected (self, peer);
  signal_server_finish_stop (self);
}

static const SignalPeerHandlers peer_handlers = {
  .message = on_message,
  .fault = on_fault,
  .gone = on_gone,
};

/* Whoever is in the room that has the name of a new peer has guessed that, or was told of it: what is
 * sent there is for the peer alone. */
static void
empty_room (SignalServer *self,
            const char   *room)
{
  g_autoptr (GPtrArray) peers = signal_peer_index_snapshot (self->rooms, room);

  for (guint i = 0; i < peers->len; i++)
    leave_room (self, peers->pdata[i], room);
}

/* A new peer that goes by @id. */
void
signal_server_add_peer (SignalServer    *self,
                        const char      *id,
                        SignalWebsocket *websocket,
                        GSocketAddress  *remote_address,
                        const char      *origin)
{
  g_autoptr (SignalServer) keep = g_object_ref (self);
  const SignalPeerOptions options = {
    .id = id,
    .websocket = websocket,
    .remote_address = remote_address,
    .origin = origin,
    .auth_timeout = self->auth_timeout,
    .max_incoming_size = self->max_message_size,
    .max_backlog = self->max_backlog,
  };

  /* From here on nobody can join its room. */
  g_hash_table_insert (self->peers, g_strdup (id), signal_peer_new (&options, &peer_handlers, self));
  empty_room (self, id);
}

/* Without random bytes there is no id that is safe: the connection is dropped. */
void
signal_server_accept (SignalServer    *self,
                      SignalWebsocket *websocket,
                      GSocketAddress  *remote_address,
                      const char      *origin)
{
  g_autofree char *id = signal_uuid_new (NULL);

  if (id != NULL)
    signal_server_add_peer (self, id, websocket, remote_address, origin);
}
