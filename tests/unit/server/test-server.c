/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tests/lib/raw-client.h"

static SignalPeer *
only_peer (Fixture *fixture)
{
  WAIT_UNTIL (fixture->connected->len == 1);
  return fixture->connected->pdata[0];
}

static void
test_defaults (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autofree char *path = NULL;
  g_autofree char *info = NULL;
  g_auto (GStrv) rooms = NULL;
  gboolean require;
  guint auth_timeout, heartbeat_timeout, max_message_size;

  g_object_get (server, "path", &path, "ecdh-info", &info, "require-encryption", &require,
                "default-rooms", &rooms, "auth-timeout", &auth_timeout, "heartbeat-timeout",
                &heartbeat_timeout, "max-message-size", &max_message_size, NULL);
  g_assert_cmpstr (path, ==, "/ws");
  g_assert_cmpstr (info, ==, "ignis-ecdh-p256-aes-256-gcm-v1");
  g_assert_true (require);
  g_assert_cmpuint (g_strv_length (rooms), ==, 0);
  g_assert_cmpuint (auth_timeout, ==, 5000);
  g_assert_cmpuint (heartbeat_timeout, ==, 90000);
  g_assert_cmpuint (max_message_size, ==, 131072);
  g_assert_null (signal_server_get_uri (server));
}

/* The limit and one byte more, below and above the limit before authentication. */
static void
test_too_large (gconstpointer data)
{
  const guint limit = GPOINTER_TO_UINT (data);
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree char *largest = g_strnfill (limit, ' ');
  g_autofree char *too_large = g_strnfill (limit + 1, ' ');
  g_autoptr (RawClient) raw = NULL;

  g_object_set (fixture->server, "max-message-size", limit, NULL);
  raw = raw_client_new_authenticated (fixture->uri, "secret");

  memcpy (largest, "{\"event\":\"heartbeat\"}", strlen ("{\"event\":\"heartbeat\"}"));
  raw_client_send_text (raw, largest);
  raw_client_assert_no_event (raw);

  raw_client_send_text (raw, too_large);
  raw_client_wait_closed (raw, 1009);
  WAIT_UNTIL (fixture->disconnected->len == 1);
}

static void
test_heartbeat (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) alive = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawClient) silent = raw_client_new_authenticated (fixture->uri, "secret");

  g_object_set (fixture->server, "heartbeat-timeout", 400, NULL);
  while (!silent->closed)
    {
      raw_client_send_text (alive, "{\"event\":\"heartbeat\"}");
      run_for (20);
    }
  raw_client_wait_closed (silent, 4002);
  g_assert_cmpstr (silent->reason, ==, "Heartbeat timeout");
  raw_client_assert_no_event (alive);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
}

static void
on_detailed (SignalServer  *server,
             SignalPeer    *peer,
             SignalMessage *message,
             guint         *count)
{
  ++*count;
}

typedef struct
{
  SignalServer *server;
  SignalMessage *last;
} Received;

static void
on_swapped (Received      *self,
            SignalPeer    *peer,
            SignalMessage *message,
            SignalServer  *server)
{
  g_assert_true (server == self->server);
  g_assert_cmpstr (signal_peer_get_user_id (peer), ==, "alice");
  self->last = signal_message_ref (message);
}

/* The only handler, so that the signal is emitted in another way. */
static void
test_single_handler (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  Received received = { fixture->server, NULL };

  g_signal_handlers_disconnect_by_data (fixture->server, fixture);
  g_signal_connect_swapped (fixture->server, "message", G_CALLBACK (on_swapped), &received);
  raw_client_send_encrypted (raw, "{\"event\":\"chat\",\"data\":7}");
  WAIT_UNTIL (received.last != NULL);
  g_assert_cmpstr (signal_message_get_payload_json (received.last), ==, "7");
  signal_message_unref (received.last);
}

static void
test_details (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  guint n_chats = 0;

  g_signal_connect (fixture->server, "message::chat", G_CALLBACK (on_detailed), &n_chats);
  raw_client_send_encrypted (raw, "{\"event\":\"chat\"}");
  raw_client_send_encrypted (raw, "{\"event\":\"an event that nobody asked for\"}");
  WAIT_UNTIL (fixture->messages->len == 2);
  g_assert_cmpuint (n_chats, ==, 1);
  g_assert_cmpuint (g_quark_try_string ("an event that nobody asked for"), ==, 0);
}

static void
test_peer_close (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  SignalPeer *peer = only_peer (fixture);

  g_test_expect_message ("signal-glib", G_LOG_LEVEL_CRITICAL, "*assertion*");
  signal_peer_close (peer, 1006, NULL);
  g_test_assert_expected_messages ();

  signal_server_send_to_peer (fixture->server, peer, "last", NULL, NULL);
  signal_peer_close (peer, 3000, "first");
  signal_peer_close (peer, 3001, "second");
  g_assert_false (signal_server_send_to_peer (fixture->server, peer, "later", NULL, NULL));
  raw_client_wait_event (raw, "last");
  raw_client_wait_closed (raw, 3000);
  g_assert_cmpstr (raw->reason, ==, "first");
  WAIT_UNTIL (fixture->disconnected->len == 1);
}

/* At most 123 bytes, and complete characters. */
static void
test_long_reasons (void)
{
  const struct
  {
    const char *start;
    const char *rest;
    gsize       length;
  } cases[] = {
    { "", "x", 123 },
    { "", "ä", 122 },
    { "x", "ä", 123 },
    { "", "\xff", 123 },
  };
  g_autoptr (Fixture) fixture = fixture_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
      g_autoptr (GString) reason = g_string_new (cases[i].start);

      for (guint j = 0; j < 200; j++)
        g_string_append (reason, cases[i].rest);
      WAIT_UNTIL (fixture->connected->len == i + 1);
      signal_peer_close (fixture->connected->pdata[i], 4999, reason->str);
      raw_client_wait_closed (raw, 4999);
      g_assert_cmpuint (strlen (raw->reason), ==, cases[i].length);
      g_assert_true (g_utf8_validate (raw->reason, -1, NULL));
    }
}

/* A peer that closes while data is waiting for it gets an answer, after the data. */
static void
test_peer_close_with_backlog (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;
  g_autofree char *filler = g_strnfill (64 * 1024, 'x');
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), filler);

  signal_server_set_max_backlog (fixture->server, 2 * 1024 * 1024);
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  while (signal_server_send_to_peer (fixture->server, only_peer (fixture), "large", node, NULL))
    continue;
  soup_websocket_connection_close (raw->socket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  raw_client_wait_closed (raw, SOUP_WEBSOCKET_CLOSE_NORMAL);
  WAIT_UNTIL (fixture->disconnected->len == 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/defaults", test_defaults);
  g_test_add_data_func ("/server/too-large/4096", GUINT_TO_POINTER (4096), test_too_large);
  g_test_add_data_func ("/server/too-large/131072", GUINT_TO_POINTER (131072), test_too_large);
  g_test_add_func ("/server/heartbeat", test_heartbeat);
  g_test_add_func ("/server/details", test_details);
  g_test_add_func ("/server/single-handler", test_single_handler);
  g_test_add_func ("/server/peer-close", test_peer_close);
  g_test_add_func ("/server/peer-close-with-backlog", test_peer_close_with_backlog);
  g_test_add_func ("/server/long-reasons", test_long_reasons);

  return g_test_run ();
}
