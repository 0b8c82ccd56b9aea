/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib-unix.h>

#include <signal-glib/signal-glib.h>

/* The same application as server.mjs, on the embedded server. */

static GPtrArray *peers;
static GMainLoop *loop;

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
describe (SignalPeer *peer)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "server");
  json_builder_add_string_value (builder, g_getenv ("NAME"));
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
list_members (const char *room)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) users = g_ptr_array_new ();

  for (guint i = 0; i < peers->len; i++)
    if (g_strv_contains (signal_peer_get_rooms (peers->pdata[i]), room))
      g_ptr_array_add (users, (gpointer) signal_peer_get_user_id (peers->pdata[i]));
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
      members = list_members (json_object_get_string_member (data, "room"));
      signal_server_send_to_peer (server, peer, order, members, NULL);
    }
}

static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message)
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
      description = describe (peer);
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
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer)
{
  g_ptr_array_add (peers, g_object_ref (peer));
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer)
{
  g_ptr_array_remove (peers, peer);
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  signal_server_stop_finish (SIGNAL_SERVER (source), result, NULL);
  g_main_loop_quit (loop);
}

static gboolean
on_terminate (gpointer server)
{
  signal_server_stop_async (server, NULL, on_stopped, NULL);
  return G_SOURCE_REMOVE;
}

static void
set_uint (SignalServer *server,
          const char   *property,
          const char   *variable)
{
  const char *value = g_getenv (variable);

  if (value != NULL)
    g_object_set (server, property, (guint) g_ascii_strtoull (value, NULL, 10), NULL);
}

static void
configure (SignalServer *server)
{
  const char *certificate_file = g_getenv ("TLS_CERTIFICATE");
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;

  set_uint (server, "auth-timeout", "AUTH_TIMEOUT");
  set_uint (server, "heartbeat-timeout", "HEARTBEAT_TIMEOUT");
  g_object_set (server,
                "require-encryption", g_strcmp0 (g_getenv ("ENCRYPTION"), "none") != 0,
                NULL);
  if (certificate_file != NULL)
    {
      certificate = g_tls_certificate_new_from_file (certificate_file, &error);
      g_assert_no_error (error);
      g_object_set (server, "tls-certificate", certificate, NULL);
    }
}

int
main (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;

  peers = g_ptr_array_new_with_free_func (g_object_unref);
  loop = g_main_loop_new (NULL, FALSE);
  configure (server);
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (server, "join", G_CALLBACK (on_join), NULL);
  g_signal_connect (server, "message", G_CALLBACK (on_message), NULL);
  g_signal_connect (server, "peer-connected", G_CALLBACK (on_peer_connected), NULL);
  g_signal_connect (server, "peer-disconnected", G_CALLBACK (on_peer_disconnected), NULL);
  g_unix_signal_add (SIGTERM, on_terminate, server);

  signal_server_listen (server, NULL, g_ascii_strtoull (g_getenv ("PORT"), NULL, 10), &error);
  g_assert_no_error (error);
  g_print ("listening\n");
  g_main_loop_run (loop);

  g_ptr_array_unref (peers);
  g_main_loop_unref (loop);
  return 0;
}
