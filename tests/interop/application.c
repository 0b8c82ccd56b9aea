/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "application.h"

static void
add_strings (JsonBuilder        *builder,
             const char * const *strings)
{
  json_builder_begin_array (builder);
  for (guint i = 0; strings[i] != NULL; i++)
    json_builder_add_string_value (builder, strings[i]);
  json_builder_end_array (builder);
}

static JsonNode *
describe (SignalPeer *peer,
          const char *name)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "server");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "rooms");
  add_strings (builder, signal_peer_get_rooms (peer));
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

static int
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return g_strcmp0 (*(const char * const *) a, *(const char * const *) b);
}

static JsonNode *
list_members (SignalServer *server,
              const char   *room)
{
  GListModel *peers = signal_server_get_peers (server);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) users = g_ptr_array_new ();

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr (SignalPeer) peer = g_list_model_get_item (peers, i);

      if (g_strv_contains (signal_peer_get_rooms (peer), room))
        g_ptr_array_add (users, (gpointer) signal_peer_get_user_id (peer));
    }
  g_ptr_array_sort (users, compare_strings);
  g_ptr_array_add (users, NULL);
  add_strings (builder, (const char * const *) users->pdata);
  return json_builder_get_root (builder);
}

/* An event whose payload is another one: {"to": …, "event": …, "data": …}. */
static void
send_requested (SignalServer *server,
                SignalPeer   *peer,
                const char   *order,
                JsonObject   *data)
{
  const char *to = json_object_get_string_member_with_default (data, "to", NULL);
  const char *event = json_object_get_string_member_with_default (data, "event", NULL);
  JsonNode *payload = json_object_get_member (data, "data");
  g_autoptr (JsonNode) members = NULL;

  if (g_str_equal (order, "to"))
    signal_server_send_to_room (server, to, event, payload, NULL, NULL);
  else if (g_str_equal (order, "to-user"))
    signal_server_send_to_user (server, to, event, payload, NULL);
  else if (g_str_equal (order, "broadcast"))
    signal_server_broadcast (server, event, payload, NULL);
  else if (g_str_equal (order, "close"))
    signal_peer_close (peer, json_object_get_int_member (data, "code"), "as asked");
  else if (g_str_equal (order, "members"))
    {
      members = list_members (server, json_object_get_string_member (data, "room"));
      signal_server_send_to_peer (server, peer, order, members, NULL);
    }
}

static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            const char    *name)
{
  const char *event = signal_message_get_event (message);
  JsonNode *payload = signal_message_get_payload (message);
  g_autoptr (JsonNode) description = NULL;

  if (g_str_equal (event, "ask"))
    {
      signal_server_reply (server, peer, message, payload, NULL);
    }
  else if (g_str_equal (event, "deny"))
    {
      signal_server_reply_error (server, peer, message, "Denied", NULL);
    }
  else if (g_str_equal (event, "echo") || g_str_equal (event, "ask-member"))
    {
      signal_server_send_to_peer (server, peer, event, payload, NULL);
    }
  else if (g_str_equal (event, "where"))
    {
      description = describe (peer, name);
      signal_server_send_to_peer (server, peer, event, description, NULL);
    }
  else if (payload != NULL && JSON_NODE_HOLDS_OBJECT (payload))
    {
      send_requested (server, peer, event, json_node_get_object (payload));
    }
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token)
{
  g_auto (GStrv) parts = g_strsplit (token, "/", 2);

  if (!g_str_equal (type, "Bearer") || parts[0] == NULL || g_str_equal (parts[0], "nobody"))
    return NULL;
  return g_strdup (parts[0]);
}

static gboolean
on_join (SignalServer *server,
         SignalPeer   *peer,
         const char   *room)
{
  return !g_str_has_prefix (room, "forbidden");
}

static void
free_name (gpointer  name,
           GClosure *closure)
{
  g_free (name);
}

/* @name is how the server calls itself. */
void
application_attach (SignalServer *server,
                    const char   *name)
{
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (server, "join", G_CALLBACK (on_join), NULL);
  g_signal_connect_data (server, "message", G_CALLBACK (on_message), g_strdup (name), free_name, 0);
}
