/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

#define JOIN(rooms) "{\"event\":\"join\",\"data\":{\"rooms\":[" rooms "]}}"
#define LEAVE(rooms) "{\"event\":\"leave\",\"data\":{\"rooms\":[" rooms "]}}"

static const char * const none[] = { NULL };
static const char * const ab[] = { "a", "b", NULL };
static const char * const bc[] = { "b", "c", NULL };
static const char * const a[] = { "a", NULL };
static const char * const b[] = { "b", NULL };

static void
assert_rooms (Recorder   *recorder,
              const char *expected)
{
  const char * const *rooms = signal_client_get_rooms (recorder->client);
  g_auto (GStrv) property = NULL;
  g_autofree char *joined = NULL;

  g_assert_nonnull (rooms);
  joined = g_strjoinv (" ", (char **) rooms);
  g_assert_cmpstr (joined, ==, expected);
  g_object_get (recorder->client, "rooms", &property, NULL);
  g_assert_true (g_strv_equal (rooms, (const char * const *) property));
}

/* The rooms are those of auto-join-rooms and those joined, without those left, in any state; each
 * change is notified once. */
static void
test_property (void)
{
  g_autoptr (Recorder) recorder = recorder_new (NULL);
  guint count = 0;

  g_signal_connect (recorder->client, "notify::rooms", G_CALLBACK (count_notify), &count);
  assert_rooms (recorder, "");
  g_object_set (recorder->client, "auto-join-rooms", ab, NULL);
  assert_rooms (recorder, "a b");
  g_assert_cmpuint (count, ==, 1);
  g_assert_true (signal_client_join_rooms (recorder->client, bc, NULL));
  assert_rooms (recorder, "a b c");
  g_assert_cmpuint (count, ==, 2);
  g_assert_true (signal_client_join_rooms (recorder->client, bc, NULL));
  g_assert_cmpuint (count, ==, 2);
  g_assert_true (signal_client_leave_rooms (recorder->client, a, NULL));
  assert_rooms (recorder, "b c");
  g_assert_cmpuint (count, ==, 3);
  g_assert_true (signal_client_leave_rooms (recorder->client, a, NULL));
  g_assert_cmpuint (count, ==, 3);
  g_assert_true (signal_client_join_rooms (recorder->client, none, NULL));
  g_assert_cmpuint (count, ==, 3);
}

static void
test_frames (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  g_object_set (recorder->client, "auto-join-rooms", ab, NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  mock_peer_assert_frame (peer, 1, JOIN ("\"a\",\"b\""));
  g_assert_true (signal_client_join_rooms (recorder->client, bc, NULL));
  mock_peer_assert_frame (peer, 2, JOIN ("\"b\",\"c\""));
  g_assert_true (signal_client_leave_rooms (recorder->client, b, NULL));
  mock_peer_assert_frame (peer, 3, LEAVE ("\"b\""));
  g_assert_cmpuint (peer->frames->len, ==, 4);
}

/* Without rooms, nothing is sent. */
static void
test_no_rooms (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_true (signal_client_join_rooms (recorder->client, none, NULL));
  g_assert_true (signal_client_leave_rooms (recorder->client, none, NULL));
  g_assert_true (signal_client_join_rooms (recorder->client, a, NULL));
  mock_peer_assert_frame (peer, 1, JOIN ("\"a\""));
}

/* All rooms are joined after every authentication, including changes made in between. */
static void
test_rejoined (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  g_object_set (recorder->client, "auto-join-rooms", ab, "base-interval", 20000, NULL);
  g_assert_true (signal_client_join_rooms (recorder->client, bc, NULL));
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  mock_peer_assert_frame (mock_server_wait_peer (server, 0), 1, JOIN ("\"a\",\"b\",\"c\""));

  g_assert_true (signal_client_leave_rooms (recorder->client, b, NULL));
  mock_peer_assert_frame (mock_server_wait_peer (server, 0), 2, LEAVE ("\"b\""));
  mock_peer_shut_down (server->peers->pdata[0]);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_assert_true (signal_client_leave_rooms (recorder->client, a, NULL));
  signal_client_reconnect_now (recorder->client);
  peer = mock_server_wait_peer (server, 1);
  mock_peer_assert_frame (peer, 1, JOIN ("\"c\""));

  WAIT_UNTIL (recorder->n_connected == 2);
  recorder_disconnect (recorder);
  assert_rooms (recorder, "c");
  recorder_connect (recorder);
  mock_peer_assert_frame (mock_server_wait_peer (server, 2), 1, JOIN ("\"c\""));
}

static void
test_auto_join_later (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  g_object_set (recorder->client, "auto-join-rooms", ab, NULL);
  mock_peer_assert_frame (mock_server_wait_peer (server, 0), 1, JOIN ("\"a\",\"b\""));
  assert_rooms (recorder, "a b");
}

static void
test_bad_names (void)
{
  g_autofree char *long_name = g_strnfill (257, 'x');
  g_autofree char *longest = g_strnfill (256, 'x');
  g_autofree char *expected = NULL;
  const char *bad[] = { "", "ws:internal", "\xff", long_name };
  const char *good[] = { longest, "\xc3\xa9\"\\\n", "ws", "WS:room", "ws-default", NULL };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *rooms[] = { "a", bad[i], "b", NULL };
      g_autoptr (GError) join_error = NULL;
      g_autoptr (GError) leave_error = NULL;

      g_assert_false (signal_client_join_rooms (recorder->client, rooms, &join_error));
      g_assert_error (join_error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_false (signal_client_leave_rooms (recorder->client, rooms, &leave_error));
      g_assert_error (leave_error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
    }
  assert_rooms (recorder, "");

  g_assert_true (signal_client_join_rooms (recorder->client, good, NULL));
  WAIT_UNTIL (peer->frames->len > 1);
  expected = g_strdup_printf (JOIN ("\"%s\",\"\xc3\xa9\\\"\\\\\\n\",\"ws\",\"WS:room\","
                                    "\"ws-default\""), longest);
  g_assert_cmpstr (peer->frames->pdata[1], ==, expected);
}

static void
test_bad_auto_join (void)
{
  static const char * const rooms[] = { "fine", "ws:reserved", NULL };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "auto-join-rooms", rooms, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (server->peers->len, ==, 0);
}

/* Messages from other servers arrive in the room that has the client's ID as its name. */
static void
test_own_id (void)
{
  static const char * const rooms[] = { "a", "client-0", NULL };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GError) error = NULL;

  recorder_connect (recorder);
  g_assert_true (signal_client_join_rooms (recorder->client, a, NULL));
  g_assert_false (signal_client_leave_rooms (recorder->client, rooms, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  assert_rooms (recorder, "a");
  g_assert_true (signal_client_leave_rooms (recorder->client, a, NULL));
  mock_peer_assert_frame (mock_server_wait_peer (server, 0), 2, LEAVE ("\"a\""));
}

/* A frame has as many rooms as the public server accepts; the others are sent in another. */
static void
test_many (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) rooms = NULL;
  MockPeer *peer;
  guint n_rooms = 0;

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%0200u", i);

      g_strv_builder_add (builder, name);
    }
  rooms = g_strv_builder_end (builder);
  g_object_set (recorder->client, "auto-join-rooms", rooms, NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  WAIT_UNTIL (peer->frames->len == 3);
  for (guint i = 1; i < 3; i++)
    {
      g_autoptr (JsonNode) node = parse_json (peer->frames->pdata[i]);
      JsonObject *data = json_object_get_object_member (json_node_get_object (node), "data");

      g_assert_cmpuint (strlen (peer->frames->pdata[i]), <=, 131072);
      n_rooms += json_array_get_length (json_object_get_array_member (data, "rooms"));
    }
  g_assert_cmpuint (n_rooms, ==, 1000);
}

/* The array that the caller passes is the one returned by get_rooms(). */
static void
test_leave_all (void)
{
  g_autoptr (Recorder) recorder = recorder_new (NULL);

  g_object_set (recorder->client, "auto-join-rooms", ab, NULL);
  g_assert_true (signal_client_leave_rooms (recorder->client,
                                            signal_client_get_rooms (recorder->client), NULL));
  assert_rooms (recorder, "");
  g_assert_true (signal_client_join_rooms (recorder->client, bc, NULL));
  g_assert_true (signal_client_join_rooms (recorder->client,
                                           signal_client_get_rooms (recorder->client), NULL));
  assert_rooms (recorder, "b c");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/rooms/property", test_property);
  g_test_add_func ("/client/rooms/frames", test_frames);
  g_test_add_func ("/client/rooms/none", test_no_rooms);
  g_test_add_func ("/client/rooms/rejoined", test_rejoined);
  g_test_add_func ("/client/rooms/auto-join-later", test_auto_join_later);
  g_test_add_func ("/client/rooms/bad-names", test_bad_names);
  g_test_add_func ("/client/rooms/bad-auto-join", test_bad_auto_join);
  g_test_add_func ("/client/rooms/own-id", test_own_id);
  g_test_add_func ("/client/rooms/many", test_many);
  g_test_add_func ("/client/rooms/leave-all", test_leave_all);

  return g_test_run ();
}
