/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "tests/lib/mock-server.h"
#include "tests/lib/raw-socket.h"

#include "signal-glib/server/signal-server-private.h"

/* Messages that are not valid, each of which is answered with `error`, followed by @last, all of
 * them sent before the server's main context runs. */
static void
send_burst (RawClient  *raw,
            guint       n_texts,
            const char *token,
            const char *last)
{
  for (guint i = 0; i < n_texts; i++)
    raw_client_send_text (raw, "x");
  raw_client_authenticate (raw, token);
  raw_client_send_text (raw, last);
}

/* Returns FALSE if the machine was slow and the answers were sent in between, so that the peer is
 * admitted like any other. */
static gboolean
is_refused (Fixture *fixture,
            guint    n_texts)
{
  g_autoptr (RawClient) raw = raw_client_new (fixture->uri);
  guint n_connected = fixture->connected->len;

  send_burst (raw, n_texts, "secret", "{\"event\":\"chat\",\"data\":\"in the clear\"}");
  WAIT_UNTIL (raw->closed || fixture->messages->len > 0 || fixture->connected->len > n_connected);
  run_for (20);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
  if (fixture->connected->len > n_connected)
    {
      g_assert_true (signal_peer_get_encrypted (fixture->connected->pdata[n_connected]));
      return FALSE;
    }

  g_assert_cmpuint (raw->code, ==, 4001);
  g_assert_cmpstr (raw->reason, ==, "Too much unread before authentication");
  return TRUE;
}

/* A peer to which `connected` cannot be sent is not admitted: its plaintext is not delivered,
 * because the server requires encryption. */
static void
test_connected_unsent (gconstpointer data)
{
  const guint backlog = GPOINTER_TO_UINT (data);
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) next = NULL;
  guint n_tries = 1, n_connected;

  g_object_set (fixture->server, "max-backlog", backlog, NULL);
  while (!is_refused (fixture, backlog / 40 + 3))
    g_assert_cmpuint (++n_tries, <=, 100);

  n_connected = fixture->connected->len;
  g_assert_cmpuint (fixture->n_asked, ==, n_tries);
  g_assert_cmpuint (n_connected, ==, n_tries - 1);
  WAIT_UNTIL (fixture->disconnected->len == n_connected);

  /* Nothing of it remains: its place is free, and its user ID has no peer. */
  g_assert_true (signal_server_send_to_user (fixture->server, "alice", "news", NULL, NULL));
  g_object_set (fixture->server, "max-peers", 1, NULL);
  next = raw_client_new_authenticated (fixture->uri, "secret");
  WAIT_UNTIL (fixture->connected->len > n_connected);
  g_assert_true (signal_peer_get_encrypted (fixture->connected->pdata[n_connected]));
  raw_client_send_encrypted (next, "{\"event\":\"chat\"}");
  WAIT_UNTIL (fixture->messages->len == 1);
}

static char *
answer_large (SignalServer *server,
              SignalPeer   *peer,
              const char   *type,
              const char   *token,
              gpointer      user_data)
{
  return g_strnfill (16 * 1024 * 1024, 'x');
}

/* The same for a `connected` event that is larger than the limit. */
static void
test_connected_too_large (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;

  g_signal_connect (fixture->server, "authenticate", G_CALLBACK (answer_large), NULL);
  raw = raw_client_new (fixture->uri);
  send_burst (raw, 0, "other", "{\"event\":\"chat\"}");
  WAIT_UNTIL (raw->closed || fixture->messages->len > 0);
  raw_client_wait_closed (raw, 4001);
  g_assert_cmpuint (raw->envelopes->len, ==, 0);
  g_assert_cmpuint (fixture->connected->len, ==, 0);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
}

/* The ID of a peer cannot be predicted from GLib's random numbers. */
static void
test_id_is_unpredictable (void)
{
  const guint32 seed = 17;
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree char *foreseen = NULL;
  const char *id;
  int fd;

  g_object_set (fixture->server, "require-encryption", FALSE, NULL);
  g_random_set_seed (seed);
  foreseen = g_uuid_string_random ();
  g_random_set_seed (seed);

  fd = raw_socket_upgrade (fixture->uri);
  raw_socket_send_text (fd, "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                            "\"token\":\"secret\"}}");
  WAIT_UNTIL (fixture->connected->len == 1);
  id = signal_peer_get_id (fixture->connected->pdata[0]);
  g_assert_cmpstr (id, !=, foreseen);
  g_assert_true (g_uuid_string_is_valid (id));
  close (fd);
}

static gboolean
is_in (SignalPeer *peer,
       const char *room)
{
  return g_strv_contains (signal_peer_get_rooms (peer), room);
}

static void
join (RawClient  *raw,
      const char *room)
{
  g_autofree char *text = g_strdup_printf ("{\"event\":\"join\",\"data\":{\"rooms\":[\"%s\"]}}", room);

  raw_client_send_text (raw, text);
  raw_client_sync (raw);
}

/* A peer that is already in the room with the ID of a new peer leaves it. */
static void
test_room_emptied (void)
{
  const char *id = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) early = raw_client_new_authenticated (fixture->uri, "mallory-secret");
  g_autoptr (GUri) uri = g_uri_parse (fixture->uri, SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (SoupWebsocketConnection) owner = NULL;
  SignalPeer *peer;
  guint n_notified = 0;
  GIOStream *ends[2];

  WAIT_UNTIL (fixture->connected->len == 1);
  peer = fixture->connected->pdata[0];
  join (early, id);
  join (early, "another");
  g_assert_true (is_in (peer, id));
  g_signal_connect (peer, "notify::rooms", G_CALLBACK (count_notify), &n_notified);

  g_object_set (fixture->server, "require-encryption", FALSE, NULL);
  socket_pair (ends);
  owner = soup_websocket_connection_new (ends[1], uri, SOUP_WEBSOCKET_CONNECTION_CLIENT, NULL, NULL,
                                         NULL);
  {
    g_autoptr (SignalWebsocket) websocket =
      signal_websocket_new (ends[0], uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL);
    g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 1);

    signal_server_add_peer (fixture->server, id, websocket, address, NULL);
  }
  g_object_unref (ends[0]);
  g_object_unref (ends[1]);
  g_assert_false (is_in (peer, id));
  g_assert_true (is_in (peer, "another"));
  g_assert_cmpuint (n_notified, ==, 1);

  /* It cannot join again either, before and after its owner has authenticated. */
  join (early, id);
  g_assert_false (is_in (peer, id));
  soup_websocket_connection_send_text (owner, "{\"event\":\"authenticate\",\"data\":{\"type\":"
                                              "\"Bearer\",\"token\":\"secret\"}}");
  WAIT_UNTIL (fixture->connected->len == 2);
  g_assert_cmpstr (signal_peer_get_id (fixture->connected->pdata[1]), ==, id);
  g_assert_true (is_in (fixture->connected->pdata[1], id));
  join (early, id);
  g_assert_false (is_in (peer, id));
  g_assert_true (signal_server_send_to_room (fixture->server, id, "secret", NULL, NULL, NULL));
  raw_client_assert_no_event (early);
}

static gboolean
join_and_fill (SignalServer *server,
               SignalPeer   *peer,
               const char   *room,
               gpointer      user_data)
{
  g_object_set (server, "max-rooms", 3, NULL);
  return TRUE;
}

/* A change made by a join handler applies to the room that it was called for. */
static void
test_join_checked_after (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");

  WAIT_UNTIL (fixture->connected->len == 1);
  g_signal_connect (fixture->server, "join", G_CALLBACK (join_and_fill), NULL);
  join (raw, "one more");
  g_assert_false (is_in (fixture->connected->pdata[0], "one more"));
}

/* Nor do the default rooms reveal the IDs of other peers. */
static void
test_default_room_taken (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  G_GNUC_UNUSED g_autoptr (RawClient) owner = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawClient) next = NULL;
  const char *rooms[] = { "lobby", NULL, NULL };

  WAIT_UNTIL (fixture->connected->len == 1);
  rooms[1] = signal_peer_get_id (fixture->connected->pdata[0]);
  g_object_set (fixture->server, "default-rooms", rooms, NULL);
  next = raw_client_new_authenticated (fixture->uri, "bob-secret");
  WAIT_UNTIL (fixture->connected->len == 2);
  g_assert_true (is_in (fixture->connected->pdata[1], "lobby"));
  g_assert_false (is_in (fixture->connected->pdata[1], rooms[1]));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/server/admission/connected-unsent/1", GUINT_TO_POINTER (1),
                        test_connected_unsent);
  g_test_add_data_func ("/server/admission/connected-unsent/4096", GUINT_TO_POINTER (4096),
                        test_connected_unsent);
  g_test_add_data_func ("/server/admission/connected-unsent/20000", GUINT_TO_POINTER (20000),
                        test_connected_unsent);
  g_test_add_func ("/server/admission/connected-too-large", test_connected_too_large);
  g_test_add_func ("/server/admission/id-is-unpredictable", test_id_is_unpredictable);
  g_test_add_func ("/server/admission/room-emptied", test_room_emptied);
  g_test_add_func ("/server/admission/join-checked-after", test_join_checked_after);
  g_test_add_func ("/server/admission/default-room-taken", test_default_room_taken);

  return g_test_run ();
}
