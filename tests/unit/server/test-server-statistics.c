/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/raw-client.h"

typedef struct
{
  guint64 received;
  guint64 sent;
  guint64 dropped;
  guint64 accepted;
  guint64 failed;
} Counts;

static void
check (Fixture      *fixture,
       const Counts  expected)
{
  Counts counts;

  g_object_get (fixture->server,
                "messages-received", &counts.received,
                "messages-sent", &counts.sent,
                "messages-dropped", &counts.dropped,
                "peers-accepted", &counts.accepted,
                "authentications-failed", &counts.failed,
                NULL);
  g_assert_cmpuint (counts.received, ==, expected.received);
  g_assert_cmpuint (counts.sent, ==, expected.sent);
  g_assert_cmpuint (counts.dropped, ==, expected.dropped);
  g_assert_cmpuint (counts.accepted, ==, expected.accepted);
  g_assert_cmpuint (counts.failed, ==, expected.failed);
}

static void
check_sent (gboolean      sent,
            const GError *error)
{
  g_assert_no_error (error);
  g_assert_true (sent);
}

static void
test_messages (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) one = NULL;
  g_autoptr (RawClient) two = NULL;
  g_autoptr (GError) error = NULL;

  check (fixture, (Counts) { 0 });
  one = raw_client_new_authenticated (fixture->uri, "secret");
  two = raw_client_new_authenticated (fixture->uri, "bob-secret");
  WAIT_UNTIL (fixture->connected->len == 2);
  check (fixture, (Counts) { .accepted = 2 });

  /* Control events, and what is rejected, do not count. */
  raw_client_send_encrypted (one, "{\"event\":\"chat\",\"data\":1}");
  raw_client_send_text (one, "{\"event\":\"join\",\"data\":{\"rooms\":[\"tea\"]}}");
  raw_client_send_text (one, "{\"event\":\"heartbeat\"}");
  raw_client_send_text (one, "{\"event\":\"chat\"}");
  raw_client_wait_error (one, "Encryption required");
  check (fixture, (Counts) { .accepted = 2, .received = 1 });

  /* Each recipient counts. */
  check_sent (signal_server_broadcast (fixture->server, "a", NULL, &error), error);
  check_sent (signal_server_send_to_room (fixture->server, "tea", "a", NULL, NULL, &error), error);
  check_sent (signal_server_send_to_room (fixture->server, "nobody", "a", NULL, NULL, &error), error);
  check_sent (signal_server_send_to_user (fixture->server, "bob", "a", NULL, &error), error);
  check_sent (signal_server_send_to_peer (fixture->server, fixture->connected->pdata[0], "a", NULL, &error),
              error);
  check (fixture, (Counts) { .accepted = 2, .received = 1, .sent = 5 });

  g_assert_false (signal_server_broadcast (fixture->server, "", NULL, &error));
  check (fixture, (Counts) { .accepted = 2, .received = 1, .sent = 5 });
}

static void
test_answers (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (GError) error = NULL;
  SignalMessage *request;

  raw_client_send_encrypted (raw, "{\"event\":\"order\",\"id\":\"1\"}");
  WAIT_UNTIL (fixture->messages->len == 1);
  request = fixture->messages->pdata[0];
  check_sent (signal_server_reply (fixture->server, fixture->connected->pdata[0], request, NULL, &error),
              error);
  check_sent (signal_server_reply_error (fixture->server, fixture->connected->pdata[0], request, "no",
                                         &error), error);
  check (fixture, (Counts) { .accepted = 1, .received = 1, .sent = 2 });
}

/* The counts go on when the server listens again. */
static void
test_authentication (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new (fixture->uri);

  raw_client_authenticate (raw, "wrong");
  raw_client_wait_closed (raw, 4003);
  check (fixture, (Counts) { .failed = 1 });
  check_new_client_is_served (fixture);
  g_assert_cmpuint (signal_server_get_authentications_failed (fixture->server), ==, 1);
  g_assert_cmpuint (signal_server_get_peers_accepted (fixture->server), ==, 1);
}

/* The client does not read, as the main loop does not run. */
static void
test_dropped (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');
  g_autoptr (JsonNode) payload = json_node_init_string (json_node_alloc (), text);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_object_set (fixture->server, "max-backlog", 1024, NULL);
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  WAIT_UNTIL (fixture->connected->len == 1);
  while (signal_server_send_to_peer (fixture->server, fixture->connected->pdata[0], "a", payload, &error))
    n++;
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  check (fixture, (Counts) { .accepted = 1, .sent = n, .dropped = 1 });

  g_clear_error (&error);
  check_sent (signal_server_broadcast (fixture->server, "a", NULL, &error), error);
  check (fixture, (Counts) { .accepted = 1, .sent = n, .dropped = 2 });
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/statistics/messages", test_messages);
  g_test_add_func ("/server/statistics/answers", test_answers);
  g_test_add_func ("/server/statistics/authentication", test_authentication);
  g_test_add_func ("/server/statistics/dropped", test_dropped);

  return g_test_run ();
}
