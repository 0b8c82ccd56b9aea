/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/bus-recorder.h"
#include "tests/lib/mock-redis.h"

#include <math.h>
#include <string.h>

/* What a bus publishes, and what it refuses to publish. */

#define MIB (1024 * 1024)

/* The last command that the Redis has received is this PUBLISH; SERVER stands for the server id. */
static void
assert_published (MockRedis   *mock,
                  BusRecorder *recorder,
                  const char  *channel,
                  const char  *body)
{
  guint n_published = signal_bus_get_messages_published (recorder->bus);
  g_auto (GStrv) parts = g_strsplit (body, "SERVER", 2);
  g_autofree char *expected = g_strconcat ("PUBLISH ", channel, " ", parts[0],
                                           signal_bus_get_server_id (recorder->bus), parts[1], NULL);

  WAIT_UNTIL (mock->n_published == n_published);
  g_assert_cmpstr (mock->commands->pdata[mock->commands->len - 1], ==, expected);
}

static void
test_bodies (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  const char * const except[] = { "id-1", "id \"2\"", NULL };
  const char * const nobody[] = { NULL };
  g_autoptr (JsonNode) payload = parse_json ("{\"a\":[1,2.5,null,\"\\u00e9\"]}");
  SignalBus *bus = recorder->bus;

  bus_recorder_connect (recorder);
  g_assert_true (signal_bus_broadcast (bus, "news", payload, NULL, NULL));
  assert_published (mock, recorder, "ws:broadcast",
                    "{\"serverId\":\"SERVER\",\"type\":\"broadcast\",\"event\":\"news\","
                    "\"data\":{\"a\":[1,2.5,null,\"é\"]}}");
  g_assert_true (signal_bus_broadcast (bus, "news", NULL, except, NULL));
  assert_published (mock, recorder, "ws:broadcast",
                    "{\"serverId\":\"SERVER\",\"type\":\"broadcast\",\"event\":\"news\","
                    "\"exclude\":[\"id-1\",\"id \\\"2\\\"\"]}");
  g_assert_true (signal_bus_send_to_room (bus, "tea \"room\"", "e", payload, except, NULL));
  assert_published (mock, recorder, "ws:room:tea \"room\"",
                    "{\"serverId\":\"SERVER\",\"type\":\"room\",\"target\":\"tea \\\"room\\\"\","
                    "\"event\":\"e\","
                    "\"data\":{\"a\":[1,2.5,null,\"é\"]},\"exclude\":[\"id-1\",\"id \\\"2\\\"\"]}");
  g_assert_true (signal_bus_send_to_room (bus, "tea", "é\n", NULL, nobody, NULL));
  assert_published (mock, recorder, "ws:room:tea",
                    "{\"serverId\":\"SERVER\",\"type\":\"room\",\"target\":\"tea\",\"event\":\"é\\n\"}");
  g_assert_true (signal_bus_send_to_user (bus, "alice", "e", payload, NULL));
  assert_published (mock, recorder, "ws:user:alice",
                    "{\"serverId\":\"SERVER\",\"type\":\"user\",\"target\":\"alice\",\"event\":\"e\","
                    "\"data\":{\"a\":[1,2.5,null,\"é\"]}}");
  g_assert_true (signal_bus_send_to_peer (bus, "id-1", "e", NULL, NULL));
  assert_published (mock, recorder, "ws:client:id-1",
                    "{\"serverId\":\"SERVER\",\"type\":\"client\",\"target\":\"id-1\",\"event\":\"e\"}");

  g_assert_cmpuint (signal_bus_get_messages_published (bus), ==, 6);
  g_assert_cmpuint (signal_bus_get_messages_received (bus), ==, 0);
}

/* The text of a payload is not formatted again. */
static void
test_texts (void)
{
  static const char * const texts[] = {
    "1152921504606846976", "1.0", "1e400", "-0", "\"\\u00e9\\/\"", "{ \"b\" : 1, \"a\":\t[ ] }", "null",
    "true", "{\"a\":1,\"a\":2}",
  };
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  SignalBus *bus = recorder->bus;

  bus_recorder_connect (recorder);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *all = g_strdup_printf ("{\"serverId\":\"SERVER\",\"type\":\"broadcast\","
                                              "\"event\":\"e\",\"data\":%s}", texts[i]);
      g_autofree char *room = g_strdup_printf ("{\"serverId\":\"SERVER\",\"type\":\"room\",\"target\":\"r\","
                                               "\"event\":\"e\",\"data\":%s}", texts[i]);
      g_autofree char *user = g_strdup_printf ("{\"serverId\":\"SERVER\",\"type\":\"user\",\"target\":\"u\","
                                               "\"event\":\"e\",\"data\":%s}", texts[i]);
      g_autofree char *peer = g_strdup_printf ("{\"serverId\":\"SERVER\",\"type\":\"client\","
                                               "\"target\":\"c\",\"event\":\"e\",\"data\":%s}", texts[i]);

      g_assert_true (signal_bus_broadcast_json (bus, "e", texts[i], NULL, NULL));
      assert_published (mock, recorder, "ws:broadcast", all);
      g_assert_true (signal_bus_send_to_room_json (bus, "r", "e", texts[i], NULL, NULL));
      assert_published (mock, recorder, "ws:room:r", room);
      g_assert_true (signal_bus_send_to_user_json (bus, "u", "e", texts[i], NULL));
      assert_published (mock, recorder, "ws:user:u", user);
      g_assert_true (signal_bus_send_to_peer_json (bus, "c", "e", texts[i], NULL));
      assert_published (mock, recorder, "ws:client:c", peer);
    }
}

static void
test_prefix (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new_prefixed (mock->uri, "app:");

  g_assert_cmpstr (signal_bus_get_channel_prefix (recorder->bus), ==, "app:");
  bus_recorder_connect (recorder);
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  assert_published (mock, recorder, "app:ws:broadcast",
                    "{\"serverId\":\"SERVER\",\"type\":\"broadcast\",\"event\":\"e\"}");
  g_assert_true (signal_bus_send_to_peer (recorder->bus, "x", "e", NULL, NULL));
  assert_published (mock, recorder, "app:ws:client:x",
                    "{\"serverId\":\"SERVER\",\"type\":\"client\",\"target\":\"x\",\"event\":\"e\"}");
}

/* Checks what a call has returned. */
static void
assert_fails (gboolean  accepted,
              GError  **error,
              int       code)
{
  g_assert_false (accepted);
  g_assert_error (*error, SIGNAL_ERROR, code);
  g_clear_error (error);
}

static void
test_bad_arguments (void)
{
  static const char * const events[] = { "", "authenticate", "connected", "disconnect", "join", "leave",
                                         "error", "heartbeat", "encrypted", "\xff" };
  static const char * const texts[] = { "", "{", "{'a':1}", "1 2", "\"\xff\"", "NaN", "[1,]" };
  static const char * const rooms[] = { "", "ws:x", "\xff" };
  static const char * const targets[] = { "", "\xff" };
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), INFINITY);
  g_autofree char *long_room = g_strnfill (257, 'x');
  const int code = SIGNAL_ERROR_INVALID_ARGUMENT;
  SignalBus *bus = recorder->bus;
  GError *error = NULL;

  bus_recorder_connect (recorder);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      assert_fails (signal_bus_broadcast (bus, events[i], NULL, NULL, &error), &error, code);
      assert_fails (signal_bus_send_to_room (bus, "r", events[i], NULL, NULL, &error), &error, code);
      assert_fails (signal_bus_send_to_user (bus, "u", events[i], NULL, &error), &error, code);
      assert_fails (signal_bus_send_to_peer (bus, "c", events[i], NULL, &error), &error, code);
    }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      assert_fails (signal_bus_broadcast_json (bus, "e", texts[i], NULL, &error), &error, code);
      assert_fails (signal_bus_send_to_room_json (bus, "r", "e", texts[i], NULL, &error), &error, code);
      assert_fails (signal_bus_send_to_user_json (bus, "u", "e", texts[i], &error), &error, code);
      assert_fails (signal_bus_send_to_peer_json (bus, "c", "e", texts[i], &error), &error, code);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rooms); i++)
    assert_fails (signal_bus_send_to_room (bus, rooms[i], "e", NULL, NULL, &error), &error, code);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      assert_fails (signal_bus_send_to_user (bus, targets[i], "e", NULL, &error), &error, code);
      assert_fails (signal_bus_send_to_peer (bus, targets[i], "e", NULL, &error), &error, code);
    }
  assert_fails (signal_bus_send_to_room (bus, long_room, "e", NULL, NULL, &error), &error, code);
  assert_fails (signal_bus_broadcast (bus, "e", infinite, NULL, &error), &error, code);

  bus_recorder_close (recorder);
  g_assert_cmpuint (mock->n_published, ==, 0);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
test_too_large (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autofree char *filler = g_strnfill (16 * MIB, 'x');
  g_autofree char *text = g_strconcat ("\"", filler, "\"", NULL);
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), filler);
  GError *error = NULL;

  bus_recorder_connect (recorder);
  signal_bus_set_max_backlog (recorder->bus, G_MAXINT);
  assert_fails (signal_bus_broadcast_json (recorder->bus, "e", text, NULL, &error), &error,
                SIGNAL_ERROR_TOO_LARGE);
  assert_fails (signal_bus_send_to_user (recorder->bus, "u", "e", node, &error), &error,
                SIGNAL_ERROR_TOO_LARGE);

  /* Whatever fits is published, however long that takes. */
  text[11 * MIB] = '"';
  text[11 * MIB + 1] = '\0';
  g_assert_true (signal_bus_broadcast_json (recorder->bus, "e", text, NULL, &error));
  g_assert_no_error (error);
  bus_recorder_close (recorder);
  g_assert_cmpuint (mock->n_published, ==, 1);
  g_assert_nonnull (strstr (mock->commands->pdata[mock_redis_find_command (mock, "PUBLISH", 0)], text));
}

static void
test_not_connected (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  GError *error = NULL;

  assert_fails (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, &error), &error,
                SIGNAL_ERROR_NOT_CONNECTED);
  bus_recorder_start (recorder, NULL);
  assert_fails (signal_bus_send_to_room (recorder->bus, "r", "e", NULL, NULL, &error), &error,
                SIGNAL_ERROR_NOT_CONNECTED);
  WAIT_UNTIL (recorder->is_done);
  bus_recorder_close (recorder);
  assert_fails (signal_bus_send_to_user (recorder->bus, "u", "e", NULL, &error), &error,
                SIGNAL_ERROR_NOT_CONNECTED);
  assert_fails (signal_bus_send_to_peer (recorder->bus, "c", "e", NULL, &error), &error,
                SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_cmpuint (mock->n_published, ==, 0);
}

/* What a Redis that does not read has not taken is bounded; what was accepted arrives in order. */
static void
test_backlog (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  g_autofree char *filler = g_strnfill (10000, 'x');
  g_autoptr (GError) error = NULL;
  guint n_accepted = 0;

  bus_recorder_connect (recorder);
  signal_bus_set_max_backlog (recorder->bus, 100000);
  mock_redis_freeze (mock, TRUE);
  while (n_accepted < 10000)
    {
      g_autofree char *text = g_strdup_printf ("[%u,\"%s\"]", n_accepted, filler);

      if (!signal_bus_broadcast_json (recorder->bus, "e", text, NULL, &error))
        break;
      n_accepted++;
      run_pending ();
    }
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  g_assert_true (signal_bus_get_connected (recorder->bus));
  g_assert_cmpuint (n_accepted, >=, 9);
  g_assert_cmpuint (signal_bus_get_messages_published (recorder->bus), ==, n_accepted);

  mock_redis_freeze (mock, FALSE);
  WAIT_UNTIL (mock->n_published == n_accepted);
  for (guint i = 0, j = 0; i < mock->commands->len; i++)
    if (g_str_has_prefix (mock->commands->pdata[i], "PUBLISH"))
      {
        g_autofree char *data = g_strdup_printf ("\"data\":[%u,", j++);

        g_assert_nonnull (strstr (mock->commands->pdata[i], data));
      }
  g_assert_true (signal_bus_broadcast_json (recorder->bus, "e", NULL, NULL, NULL));
  bus_recorder_close (recorder);
  g_assert_cmpuint (mock->n_published, ==, n_accepted + 1);
}

static void
test_order (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  guint j = 0;

  bus_recorder_connect (recorder);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *text = g_strdup_printf ("[%u]", i);

      g_assert_true (signal_bus_send_to_room_json (recorder->bus, i % 2 > 0 ? "a" : "b", "e", text, NULL,
                                                   NULL));
    }
  bus_recorder_close (recorder);
  for (guint i = 0; i < mock->commands->len; i++)
    if (g_str_has_prefix (mock->commands->pdata[i], "PUBLISH"))
      {
        g_autofree char *data = g_strdup_printf ("\"data\":[%u]", j++);

        g_assert_nonnull (strstr (mock->commands->pdata[i], data));
      }
  g_assert_cmpuint (j, ==, 1000);
}

/* Redis does not publish, and says so; the bus goes on. */
static void
test_refused (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  mock->denied_command = "publish";
  g_assert_true (signal_bus_broadcast_json (recorder->bus, "e", "\"private\"", NULL, NULL));
  WAIT_UNTIL (recorder->errors->len == 1);
  g_assert_null (strstr (((GError *) recorder->errors->pdata[0])->message, "private"));
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);

  mock->denied_command = NULL;
  mock->denied_channel = "ws:room:r";
  g_assert_true (signal_bus_send_to_room (recorder->bus, "r", "e", NULL, NULL, NULL));
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);

  mock->publish_answer = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  WAIT_UNTIL (recorder->errors->len == 1);
  g_assert_nonnull (strstr (((GError *) recorder->errors->pdata[0])->message, "OOM"));
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);

  mock->publish_answer = NULL;
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  bus_recorder_close (recorder);
  g_assert_cmpuint (mock->n_published, ==, 2);
  g_assert_cmpuint (mock->links->len, ==, 2);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* A Redis that does not know the command, which some of them rename, repeats what was published. */
static void
test_repeated_arguments (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
  const char *message;

  bus_recorder_connect (recorder);
  mock->publish_answer = "-ERR unknown command 'PUBLISH', with args beginning with: 'ws:broadcast' "
                         "'{\"data\":1}' \r\n";
  g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
  WAIT_UNTIL (recorder->errors->len == 1);
  message = ((GError *) recorder->errors->pdata[0])->message;
  g_assert_true (g_str_has_suffix (message, "ERR unknown command 'PUBLISH'"));
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
}

/* The connection is of no use any more after an answer that is none. */
static void
test_bad_answers (void)
{
  static const char * const answers[] = {
    "?1\r\n", ":x\r\n", "*-7\r\n", "$-9\r\n", "*4294967295\r\n", "$99999999999999999999\r\n", "\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (MockRedis) mock = mock_redis_new ();
      g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

      g_test_message ("%u", i);
      bus_recorder_connect (recorder);
      mock->publish_answer = answers[i];
      g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
      bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
      bus_recorder_wait_connected (recorder, 2);
    }
}

/* Bytes that nobody has asked for. */
static void
test_unexpected (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  mock_link_write_text (mock->links->pdata[0], "+OK\r\n");
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  bus_recorder_wait_connected (recorder, 2);
  mock_link_write_text (mock->links->pdata[3], "+OK\r\n");
  bus_recorder_wait_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  bus_recorder_wait_connected (recorder, 3);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bus/send/bodies", test_bodies);
  g_test_add_func ("/bus/send/texts", test_texts);
  g_test_add_func ("/bus/send/prefix", test_prefix);
  g_test_add_func ("/bus/send/bad-arguments", test_bad_arguments);
  g_test_add_func ("/bus/send/too-large", test_too_large);
  g_test_add_func ("/bus/send/not-connected", test_not_connected);
  g_test_add_func ("/bus/send/backlog", test_backlog);
  g_test_add_func ("/bus/send/order", test_order);
  g_test_add_func ("/bus/send/refused", test_refused);
  g_test_add_func ("/bus/send/repeated-arguments", test_repeated_arguments);
  g_test_add_func ("/bus/send/bad-answers", test_bad_answers);
  g_test_add_func ("/bus/send/unexpected", test_unexpected);

  return g_test_run ();
}
