/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>

#include "tests/lib/raw-client.h"

/* The peers in the order of their names: a, b, c… each with its own user unless the names are
 * equal. */
static SignalPeer *
peer_of (Fixture *fixture,
         guint    i)
{
  WAIT_UNTIL (fixture->connected->len > i);
  return fixture->connected->pdata[i];
}

static gboolean
is_in (SignalPeer *peer,
       const char *room)
{
  return g_strv_contains (signal_peer_get_rooms (peer), room);
}

static void
change_rooms (RawClient  *raw,
              const char *event,
              const char *rooms)
{
  g_autofree char *text = g_strdup_printf ("{\"event\":\"%s\",\"data\":{\"rooms\":%s}}", event,
                                           rooms);

  raw_client_send_text (raw, text);
  raw_client_sync (raw);
}

static void
test_first_rooms (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  const char * const more[] = { "lobby", "ws:reserved", "", "ws-default", NULL };
  g_autoptr (RawClient) raw = NULL;
  const char * const *rooms;

  g_object_set (fixture->server, "default-rooms", more, NULL);
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  rooms = signal_peer_get_rooms (peer_of (fixture, 0));
  g_assert_cmpuint (g_strv_length ((GStrv) rooms), ==, 4);
  g_assert_cmpstr (rooms[0], ==, signal_peer_get_id (peer_of (fixture, 0)));
  g_assert_cmpstr (rooms[1], ==, "ws-default");
  g_assert_cmpstr (rooms[2], ==, "ws-notification");
  g_assert_cmpstr (rooms[3], ==, "lobby");
}

static void
test_join_and_leave (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  SignalPeer *peer = peer_of (fixture, 0);
  guint n_notified = 0;

  g_signal_connect (peer, "notify::rooms", G_CALLBACK (count_notify), &n_notified);
  change_rooms (raw, "join", "[\"a\",\"b\",\"a\",\"c\"]");
  g_assert_true (is_in (peer, "a") && is_in (peer, "b") && is_in (peer, "c"));
  g_assert_cmpuint (g_strv_length ((GStrv) signal_peer_get_rooms (peer)), ==, 6);
  g_assert_cmpuint (n_notified, ==, 1);

  change_rooms (raw, "leave", "[\"b\",\"never\",\"ws-default\"]");
  g_assert_false (is_in (peer, "b"));
  g_assert_false (is_in (peer, "ws-default"));
  g_assert_true (is_in (peer, "a") && is_in (peer, "c"));
  g_assert_cmpuint (n_notified, ==, 2);

  change_rooms (raw, "join", "[\"b\"]");
  g_assert_true (is_in (peer, "b"));
  g_assert_cmpuint (raw->envelopes->len, ==, 0);
}

static void
test_bad_names (void)
{
  const char * const rooms[] = { "[\"\"]", "[\"ws:broadcast\"]", "[1,null,{},[\"a\"]]", "\"a\"",
                                 "{}", "null", "[]" };
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autofree char *longest = g_strnfill (256, 'x');
  g_autofree char *too_long = g_strnfill (257, 'x');
  g_autofree char *both = g_strdup_printf ("[\"%s\",\"%s\"]", too_long, longest);
  SignalPeer *peer = peer_of (fixture, 0);

  for (guint i = 0; i < G_N_ELEMENTS (rooms); i++)
    {
      change_rooms (raw, "join", rooms[i]);
      change_rooms (raw, "leave", rooms[i]);
    }
  raw_client_send_text (raw, "{\"event\":\"join\"}");
  raw_client_send_text (raw, "{\"event\":\"leave\",\"data\":\"a\"}");
  raw_client_assert_no_event (raw);
  g_assert_cmpuint (g_strv_length ((GStrv) signal_peer_get_rooms (peer)), ==, 3);

  change_rooms (raw, "join", both);
  g_assert_false (is_in (peer, too_long));
  g_assert_true (is_in (peer, longest));
}

/* A peer cannot leave its own room, and another peer cannot join it. */
static void
test_own_room (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) alice = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawClient) bob = raw_client_new_authenticated (fixture->uri, "bob-secret");
  const char *id = signal_peer_get_id (peer_of (fixture, 0));
  g_autofree char *rooms = g_strdup_printf ("[\"%s\"]", id);

  change_rooms (alice, "leave", rooms);
  g_assert_true (is_in (peer_of (fixture, 0), id));
  change_rooms (bob, "join", rooms);
  g_assert_false (is_in (peer_of (fixture, 1), id));
}

static gboolean
allow_only_open (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *room,
                 guint        *n_asked)
{
  ++*n_asked;
  return g_str_has_prefix (room, "open-");
}

static void
test_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  SignalPeer *peer = peer_of (fixture, 0);
  guint n_asked = 0;

  g_signal_connect (fixture->server, "join", G_CALLBACK (allow_only_open), &n_asked);
  change_rooms (raw, "join",
                "[\"open-1\",\"closed\",\"ws:x\",\"open-2\",\"open-1\",\"ws-default\"]");
  g_assert_true (is_in (peer, "open-1") && is_in (peer, "open-2"));
  g_assert_false (is_in (peer, "closed"));
  g_assert_cmpuint (n_asked, ==, 3);
  g_assert_cmpuint (raw->envelopes->len, ==, 0);
}

static void
test_limit (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  SignalPeer *peer = peer_of (fixture, 0);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GString) rooms = g_string_new ("[");

      for (guint j = 0; j < 500; j++)
        g_string_append_printf (rooms, "%s\"%u-%u\"", j > 0 ? "," : "", i, j);
      g_string_append_c (rooms, ']');
      change_rooms (raw, "join", rooms->str);
    }
  g_assert_cmpuint (g_strv_length ((GStrv) signal_peer_get_rooms (peer)), ==, 1024);

  change_rooms (raw, "leave", "[\"0-0\"]");
  change_rooms (raw, "join", "[\"one more\",\"too many\"]");
  g_assert_true (is_in (peer, "one more"));
  g_assert_false (is_in (peer, "too many"));
}

/* Each of the peers has received exactly these events since the last call, in this order. */
static void
assert_events (RawClient  *raw,
               const char *expected)
{
  g_autoptr (GString) events = g_string_new (NULL);

  raw_client_sync (raw);
  for (guint i = 0; i < raw->envelopes->len; i++)
    g_string_append (events,
                     json_object_get_string_member (json_node_get_object (raw->envelopes->pdata[i]),
                                                    "event"));
  g_assert_cmpstr (events->str, ==, expected);
  g_ptr_array_set_size (raw->envelopes, 0);
}

static void
test_fan_out (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) alice = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawClient) bob = raw_client_new_authenticated (fixture->uri, "bob-secret");
  g_autoptr (RawClient) alice2 = raw_client_new_authenticated (fixture->uri, "secret");
  SignalServer *server = fixture->server;

  change_rooms (alice, "join", "[\"r\"]");
  change_rooms (bob, "join", "[\"r\",\"s\"]");

  g_assert_true (signal_server_send_to_room (server, "r", "1", NULL, NULL, NULL));
  g_assert_true (signal_server_send_to_room (server, "r", "2", NULL, peer_of (fixture, 0), NULL));
  g_assert_true (signal_server_send_to_room (server, "s", "3", NULL, peer_of (fixture, 0), NULL));
  g_assert_true (signal_server_send_to_room (server, "nobody", "4", NULL, NULL, NULL));
  g_assert_true (signal_server_send_to_user (server, "alice", "5", NULL, NULL));
  g_assert_true (signal_server_send_to_user (server, "nobody", "6", NULL, NULL));
  g_assert_true (signal_server_broadcast (server, "7", NULL, NULL));
  g_assert_true (signal_server_send_to_peer (server, peer_of (fixture, 2), "8", NULL, NULL));
  g_assert_true (signal_server_send_to_room (server, signal_peer_get_id (peer_of (fixture, 1)),
                                             "9", NULL, NULL, NULL));
  assert_events (alice, "157");
  assert_events (bob, "12379");
  assert_events (alice2, "578");

  change_rooms (alice, "leave", "[\"r\"]");
  g_assert_true (signal_server_send_to_room (server, "r", "1", NULL, NULL, NULL));
  assert_events (alice, "");
  assert_events (bob, "1");
}

static void
test_disconnected (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  gpointer peer = peer_of (fixture, 0);
  g_autoptr (GError) error = NULL;

  change_rooms (raw, "join", "[\"r\"]");
  soup_websocket_connection_close (raw->socket, 1000, NULL);
  WAIT_UNTIL (fixture->disconnected->len == 1);
  g_assert_true (fixture->disconnected->pdata[0] == peer);

  g_assert_false (signal_server_send_to_peer (fixture->server, peer, "chat", NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_true (signal_server_send_to_room (fixture->server, "r", "chat", NULL, peer, NULL));
  g_assert_true (signal_server_send_to_user (fixture->server, "alice", "chat", NULL, NULL));
  g_assert_true (signal_server_broadcast (fixture->server, "chat", NULL, NULL));

  signal_peer_close (peer, 1000, "Gone");
  g_assert_cmpstr (signal_peer_get_user_id (peer), ==, "alice");
  g_assert_true (is_in (peer, "r"));
  g_assert_true (signal_peer_get_encrypted (peer));
  g_assert_true (G_IS_SOCKET_ADDRESS (signal_peer_get_remote_address (peer)));
  g_assert_cmpuint (fixture->disconnected->len, ==, 1);

  /* The server no longer knows it. */
  g_object_add_weak_pointer (peer, &peer);
  g_ptr_array_set_size (fixture->connected, 0);
  g_ptr_array_set_size (fixture->disconnected, 0);
  WAIT_UNTIL (peer == NULL);
}

static void
test_bad_arguments (void)
{
  const char * const events[] = { "", "authenticate", "connected", "disconnect", "join", "leave",
                                  "error", "heartbeat", "encrypted", "\xff" };
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  SignalPeer *peer = peer_of (fixture, 0);
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), INFINITY);
  g_autoptr (JsonNode) large = json_node_alloc ();
  g_autofree char *text = g_strnfill (16 * 1024 * 1024, 'x');
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      g_assert_false (signal_server_send_to_peer (fixture->server, peer, events[i], NULL, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  g_assert_false (signal_server_broadcast (fixture->server, "chat", infinite, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  json_node_init_string (large, text);
  g_assert_false (signal_server_send_to_user (fixture->server, "alice", "chat", large, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  raw_client_assert_no_event (raw);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/rooms/first-rooms", test_first_rooms);
  g_test_add_func ("/server/rooms/join-and-leave", test_join_and_leave);
  g_test_add_func ("/server/rooms/bad-names", test_bad_names);
  g_test_add_func ("/server/rooms/own-room", test_own_room);
  g_test_add_func ("/server/rooms/refused", test_refused);
  g_test_add_func ("/server/rooms/limit", test_limit);
  g_test_add_func ("/server/send/fan-out", test_fan_out);
  g_test_add_func ("/server/send/disconnected", test_disconnected);
  g_test_add_func ("/server/send/bad-arguments", test_bad_arguments);

  return g_test_run ();
}
