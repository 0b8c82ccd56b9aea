/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/histories/history.h"
#include "tests/lib/fixture.h"
#include "tests/lib/outcome.h"
#include "tests/lib/recorder.h"
#include "tests/lib/threads.h"

#include <string.h>

static void
request (Recorder     *recorder,
         const char   *event,
         const char   *json,
         guint         timeout,
         GCancellable *cancellable,
         Outcome      *outcome)
{
  signal_client_request_json_async (recorder->client, event, json, timeout, cancellable, outcome_on_answered,
                                    outcome);
}

static void
assert_fails (Outcome *outcome,
              GQuark   domain,
              int      code)
{
  WAIT_UNTIL (outcome->n_done > 0);
  g_assert_error (outcome->error, domain, code);
}

static void
assert_succeeds (Outcome *outcome)
{
  WAIT_UNTIL (outcome->n_done > 0);
  g_assert_no_error (outcome->error);
}

static char *
get_id (MockPeer *peer,
        guint     index)
{
  g_autoptr (JsonNode) node = NULL;

  WAIT_UNTIL (peer->inner->len > index);
  node = parse_json (peer->inner->pdata[index]);
  return g_strdup (json_object_get_string_member_with_default (json_node_get_object (node), "id", NULL));
}

/* Answers like an application of the embedded server. */
static void
on_server_message (SignalServer  *server,
                   SignalPeer    *peer,
                   SignalMessage *message,
                   gpointer       user_data)
{
  const char *event = signal_message_get_event (message);
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;

  if (g_str_equal (event, "echo"))
    ok = signal_server_reply (server, peer, message, signal_message_get_payload (message), &error);
  else if (g_str_equal (event, "fail"))
    ok = signal_server_reply_error (server, peer, message, "No such order", &error);
  g_assert_no_error (error);
  g_assert_true (ok);
}

static Fixture *
fixture_new_answering (void)
{
  Fixture *fixture = fixture_new ();

  g_signal_connect (fixture->server, "message", G_CALLBACK (on_server_message), NULL);
  return fixture;
}

static Recorder *
recorder_new_for (Fixture *fixture)
{
  Recorder *recorder = recorder_new (fixture->uri);

  signal_client_update_token (recorder->client, "secret");
  return recorder;
}

#define N_AT_ONCE 200

static void
test_many_at_once (void)
{
  g_autoptr (Fixture) fixture = fixture_new_answering ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  g_auto (Outcome) failed = { 0 };
  Outcome outcomes[N_AT_ONCE] = { 0 };

  recorder_connect (recorder);
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      request (recorder, "echo", json, 0, NULL, &outcomes[i]);
    }
  request (recorder, "fail", NULL, 0, NULL, &failed);

  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      g_autofree char *json = g_strdup_printf ("%u", i);

      assert_succeeds (&outcomes[i]);
      g_assert_cmpstr (signal_message_get_event (outcomes[i].answer), ==, "echo");
      g_assert_cmpstr (signal_message_get_payload_json (outcomes[i].answer), ==, json);
      g_assert_true (signal_message_is_encrypted (outcomes[i].answer));
      outcome_clear (&outcomes[i]);
    }

  assert_fails (&failed, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
  g_assert_cmpstr (failed.error->message, ==, "No such order");
  g_assert_cmpuint (recorder->messages->len, ==, 0);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

#define N_OPEN 10000

static void
count_answer (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  guint *counts = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SignalMessage) answer = signal_client_request_finish (SIGNAL_CLIENT (source), result, &error);

  if (answer != NULL)
    counts[0]++;
  else if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST))
    counts[1]++;
  else
    g_assert_not_reached ();
}

/* Every other one of ten thousand open requests is answered; the others end with the connection. */
static void
test_ten_thousand (void)
{
  g_autoptr (Fixture) fixture = fixture_new_answering ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  guint counts[2] = { 0 };

  recorder_connect (recorder);
  for (guint i = 0; i < N_OPEN; i++)
    signal_client_request_json_async (recorder->client, i % 2 == 0 ? "echo" : "ignore", "1", 60000 + i % 7,
                                      NULL, count_answer, counts);
  WAIT_WITHIN (60, counts[0] == N_OPEN / 2);
  recorder_disconnect (recorder);
  WAIT_UNTIL (counts[1] == N_OPEN / 2);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

static void
test_node (void)
{
  g_autoptr (Fixture) fixture = fixture_new_answering ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  g_autoptr (JsonNode) node = parse_json ("{\"n\":1}");
  g_auto (Outcome) outcome = { 0 };
  g_auto (Outcome) empty = { 0 };

  recorder_connect (recorder);
  signal_client_request_async (recorder->client, "echo", node, 0, NULL, outcome_on_answered, &outcome);
  signal_client_request_async (recorder->client, "echo", NULL, 0, NULL, outcome_on_answered, &empty);
  assert_succeeds (&outcome);
  g_assert_cmpstr (signal_message_get_payload_json (outcome.answer), ==, "{\"n\":1}");
  assert_succeeds (&empty);
  g_assert_null (signal_message_get_payload_json (empty.answer));
}

/* Only a message with an id can be answered. */
static void
test_reply_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  g_autoptr (GError) error = NULL;
  SignalPeer *peer;
  SignalMessage *message;

  recorder_connect (recorder);
  recorder_send (recorder, "plain", "1");
  WAIT_UNTIL (fixture->messages->len == 1);
  peer = fixture->connected->pdata[0];
  message = fixture->messages->pdata[0];
  g_assert_false (signal_server_reply (fixture->server, peer, message, NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (signal_server_reply_error (fixture->server, peer, message, "no", &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  {
    g_auto (Outcome) outcome = { 0 };

    request (recorder, "wait", NULL, 0, NULL, &outcome);
    WAIT_UNTIL (fixture->messages->len == 2);
    message = fixture->messages->pdata[1];
    g_assert_false (signal_server_reply_error (fixture->server, peer, message, "\xff", &error));
    g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
    g_assert_true (signal_server_reply (fixture->server, peer, message, NULL, NULL));
    assert_succeeds (&outcome);
  }
}

/* A second answer, and one that comes too late, are no errors; the late one is not emitted. */
static void
test_late (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *id = NULL;
  g_autofree char *late = NULL;
  g_autofree char *late_error = NULL;
  g_auto (Outcome) outcome = { 0 };
  MockPeer *peer;

  recorder_connect (recorder);
  peer = server->peers->pdata[0];
  request (recorder, "slow", "1", 50, NULL, &outcome);
  id = get_id (peer, 0);
  assert_fails (&outcome, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);

  late = g_strdup_printf ("{\"event\":\"slow\",\"id\":\"%s\"}", id);
  late_error = g_strdup_printf ("{\"event\":\"error\",\"data\":{\"message\":\"x\"},\"id\":\"%s\"}", id);
  mock_peer_send (peer, late);
  mock_peer_send (peer, late_error);
  mock_peer_send (peer, "{\"event\":\"other\",\"id\":\"unknown\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "other");
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* An error with the id fails that request only; one without an id is emitted. */
static void
test_server_errors (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *id = NULL;
  g_autofree char *answer = NULL;
  g_auto (Outcome) first = { 0 };
  g_auto (Outcome) second = { 0 };
  MockPeer *peer;

  recorder_connect (recorder);
  peer = server->peers->pdata[0];
  request (recorder, "a", NULL, 0, NULL, &first);
  request (recorder, "b", NULL, 200, NULL, &second);
  id = get_id (peer, 0);
  mock_peer_send (peer, "{\"event\":\"error\",\"data\":{\"message\":\"General\"}}");
  answer = g_strdup_printf ("{\"event\":\"error\",\"data\":{\"message\":\"Own\"},\"id\":\"%s\"}", id);
  mock_peer_send (peer, answer);
  assert_fails (&first, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
  g_assert_cmpstr (first.error->message, ==, "Own");
  g_assert_cmpuint (recorder->errors->len, ==, 1);
  g_assert_cmpuint (second.n_done, ==, 0);
  assert_fails (&second, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
}

/* What may have been written is lost at once; what waits for the next connection is sent there. */
static void
test_connection_lost (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) lost = { 0 };
  g_auto (Outcome) next = { 0 };
  g_autofree char *id = NULL;
  g_autofree char *answer = NULL;

  recorder_connect (recorder);
  request (recorder, "lost", NULL, 0, NULL, &lost);
  WAIT_UNTIL (((MockPeer *) server->peers->pdata[0])->inner->len == 1);
  mock_peer_reset (server->peers->pdata[0]);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  assert_fails (&lost, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);

  request (recorder, "next", NULL, 0, NULL, &next);
  g_assert_cmpuint (signal_client_get_outbox_length (recorder->client), ==, 1);
  id = get_id (mock_server_wait_peer (server, 1), 0);
  answer = g_strdup_printf ("{\"event\":\"any\",\"id\":\"%s\",\"data\":2}", id);
  mock_peer_send (server->peers->pdata[1], answer);
  assert_succeeds (&next);
  g_assert_cmpstr (signal_message_get_payload_json (next.answer), ==, "2");
}

/* A request that times out, or is cancelled, before there is a connection is never sent. */
static void
test_while_connecting (void)
{
  g_autoptr (Fixture) fixture = fixture_new_answering ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Outcome) outcome = { 0 };
  g_auto (Outcome) cancelled = { 0 };
  g_auto (Outcome) disconnected = { 0 };

  request (recorder, "echo", "0", 0, NULL, &disconnected);
  assert_fails (&disconnected, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);

  recorder_start (recorder);
  request (recorder, "echo", "1", 0, NULL, &outcome);
  request (recorder, "echo", "2", 0, cancellable, &cancelled);
  g_assert_cmpuint (signal_client_get_outbox_length (recorder->client), ==, 2);
  g_cancellable_cancel (cancellable);
  assert_succeeds (&outcome);
  assert_fails (&cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  recorder_disconnect (recorder);
  g_assert_cmpuint (fixture->messages->len, ==, 1);
}

static void
test_time_runs_in_the_outbox (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) outcome = { 0 };

  server->is_silent = TRUE;
  recorder_start (recorder);
  request (recorder, "late", NULL, 50, NULL, &outcome);
  assert_fails (&outcome, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (signal_client_get_outbox_length (recorder->client), ==, 0);
  recorder_disconnect (recorder);
}

/* Requests that were written fail with the loss of the connection, the others say that nothing was
 * sent. */
static void
test_disconnect (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) written = { 0 };
  g_auto (Outcome) waiting = { 0 };

  recorder_connect (recorder);
  request (recorder, "written", NULL, 0, NULL, &written);
  recorder_disconnect (recorder);
  assert_fails (&written, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);

  server->is_silent = TRUE;
  recorder_start (recorder);
  request (recorder, "waiting", NULL, 0, NULL, &waiting);
  recorder_disconnect (recorder);
  assert_fails (&waiting, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
}

/* The last reference is dropped while requests are open. */
static void
test_dropped (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) answered = { 0 };
  g_auto (Outcome) sent = { 0 };
  g_auto (Outcome) flushed = { 0 };
  gpointer weak = NULL;

  recorder_connect (recorder);
  request (recorder, "open", NULL, 0, NULL, &answered);
  signal_client_send_json_async (recorder->client, "sent", NULL, NULL, outcome_on_sent, &sent);
  signal_client_flush_async (recorder->client, NULL, outcome_on_flushed, &flushed);

  g_signal_handlers_disconnect_by_data (recorder->client, recorder);
  g_set_weak_pointer (&weak, recorder->client);
  g_clear_object (&recorder->client);
  assert_fails (&answered, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  WAIT_UNTIL (sent.n_done == 1 && flushed.n_done == 1);
  run_pending ();
  g_assert_null (weak);
}

static void
test_dropped_in_thread (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) answered = { 0 };
  SignalClient *client;

  recorder_connect (recorder);
  request (recorder, "open", NULL, 0, NULL, &answered);
  client = g_steal_pointer (&recorder->client);
  g_signal_handlers_disconnect_by_data (client, recorder);
  run_thread (unref_in_thread, client);
  assert_fails (&answered, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
}

typedef struct
{
  GCancellable *cancellable;
  Outcome       outcome;
} CancelOnMessage;

static void
on_message_cancel (SignalClient    *client,
                   SignalMessage   *message,
                   CancelOnMessage *data)
{
  g_cancellable_cancel (data->cancellable);
}

/* The answer in the same packet comes too late. */
static void
test_cancel_in_handler (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *id = NULL;
  g_autofree char *answer = NULL;
  CancelOnMessage data = { .cancellable = cancellable };
  MockPeer *peer;

  recorder_connect (recorder);
  peer = server->peers->pdata[0];
  g_signal_connect (recorder->client, "message::cancel", G_CALLBACK (on_message_cancel), &data);
  request (recorder, "open", NULL, 0, cancellable, &data.outcome);
  id = get_id (peer, 0);
  mock_peer_send (peer, "{\"event\":\"cancel\"}");
  assert_fails (&data.outcome, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  answer = g_strdup_printf ("{\"event\":\"open\",\"id\":\"%s\"}", id);
  mock_peer_send (peer, answer);
  mock_peer_send (peer, "{\"event\":\"end\"}");
  WAIT_UNTIL (recorder_count_messages (recorder, "end") == 1);
  g_assert_cmpuint (recorder->messages->len, ==, 2);
  outcome_clear (&data.outcome);
}

static void
test_refused (void)
{
  g_autoptr (Fixture) fixture = fixture_new_answering ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  const struct
  {
    const char *event;
    const char *json;
    int code;
  } cases[] = {
    { "", NULL, SIGNAL_ERROR_INVALID_ARGUMENT },
    { "error", NULL, SIGNAL_ERROR_INVALID_ARGUMENT },
    { "echo", "{", SIGNAL_ERROR_INVALID_ARGUMENT },
  };
  g_autofree char *large = g_strnfill (200000, '1');
  g_auto (Outcome) too_large = { 0 };
  g_auto (Outcome) early = { 0 };

  recorder_connect (recorder);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Outcome) asked = { 0 };
      g_auto (Outcome) sent = { 0 };

      request (recorder, cases[i].event, cases[i].json, 0, NULL, &asked);
      assert_fails (&asked, SIGNAL_ERROR, cases[i].code);
      signal_client_send_json_async (recorder->client, cases[i].event, cases[i].json, NULL, outcome_on_sent,
                                     &sent);
      assert_fails (&sent, SIGNAL_ERROR, cases[i].code);
    }

  request (recorder, "echo", large, 0, NULL, &too_large);
  assert_fails (&too_large, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);

  g_cancellable_cancel (cancelled);
  request (recorder, "echo", NULL, 0, cancelled, &early);
  assert_fails (&early, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  run_for (50);
  g_assert_cmpuint (fixture->messages->len, ==, 0);
}

static void
assert_correlated (MockPeer   *peer,
                   guint       index,
                   const char *before)
{
  g_autofree char *id = get_id (peer, index);
  g_autofree char *expected = NULL;

  g_assert_nonnull (id);
  expected = g_strdup_printf ("{\"event\":\"ask\",\"data\":{%s\"requestId\":\"%s\"},\"id\":\"%s\"}", before,
                              id, id);
  g_assert_cmpstr (peer->inner->pdata[index], ==, expected);
}

/* The server sends the id back in the payload only. */
static void
test_correlation (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (JsonNode) node = parse_json ("{}");
  g_auto (Outcome) full = { 0 };
  g_auto (Outcome) none = { 0 };
  g_auto (Outcome) object = { 0 };
  g_auto (Outcome) array = { 0 };
  g_autofree char *id = NULL;
  g_autofree char *answer = NULL;
  g_autofree char *failure = NULL;
  MockPeer *peer;

  signal_client_set_correlation_member (recorder->client, "requestId");
  recorder_connect (recorder);
  peer = server->peers->pdata[0];
  request (recorder, "ask", " {\"a\":1 } ", 0, NULL, &full);
  request (recorder, "ask", NULL, 0, NULL, &none);
  signal_client_request_async (recorder->client, "ask", node, 0, NULL, outcome_on_answered, &object);
  request (recorder, "ask", "[1]", 0, NULL, &array);
  assert_fails (&array, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  assert_correlated (peer, 0, "\"a\":1,");
  assert_correlated (peer, 1, "");
  assert_correlated (peer, 2, "");

  id = get_id (peer, 0);
  answer = g_strdup_printf ("{\"event\":\"said\",\"data\":{\"x\":{\"requestId\":0},\"requestId\":\"%s\"}}",
                            id);
  mock_peer_send (peer, "{\"event\":\"said\",\"data\":{\"requestId\":7}}");
  mock_peer_send (peer, answer);
  assert_succeeds (&full);
  g_assert_cmpuint (recorder->messages->len, ==, 1);

  g_free (id);
  id = get_id (peer, 1);
  failure = g_strdup_printf ("{\"event\":\"error\",\"data\":{\"message\":\"No\",\"requestId\":\"%s\"}}", id);
  mock_peer_send (peer, failure);
  assert_fails (&none, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);

  recorder_disconnect (recorder);
  assert_fails (&object, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
}

/* Sending with a result */

static void
test_written (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) queued = { 0 };
  g_auto (Outcome) sent = { 0 };
  g_auto (Outcome) flushed = { 0 };
  g_auto (Outcome) idle = { 0 };

  recorder_start (recorder);
  signal_client_send_json_async (recorder->client, "queued", NULL, NULL, outcome_on_sent, &queued);
  signal_client_flush_async (recorder->client, NULL, outcome_on_flushed, &flushed);
  g_assert_cmpuint (queued.n_done, ==, 0);
  assert_succeeds (&flushed);
  g_assert_cmpuint (queued.n_done, ==, 1);
  assert_succeeds (&queued);
  signal_client_send_json_async (recorder->client, "sent", NULL, NULL, outcome_on_sent, &sent);
  g_assert_cmpuint (sent.n_done, ==, 0);
  assert_succeeds (&sent);
  signal_client_flush_async (recorder->client, NULL, outcome_on_flushed, &idle);
  assert_succeeds (&idle);
}

static void
test_expired (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Outcome) sent = { 0 };
  g_auto (Outcome) flushed = { 0 };

  server->is_silent = TRUE;
  signal_client_set_outbox_ttl (recorder->client, 50);
  recorder_start (recorder);
  signal_client_send_json_async (recorder->client, "old", NULL, NULL, outcome_on_sent, &sent);
  signal_client_flush_async (recorder->client, NULL, outcome_on_flushed, &flushed);
  assert_fails (&sent, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  assert_succeeds (&flushed);
  g_assert_cmpint (signal_client_get_state (recorder->client), !=, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (signal_client_get_outbox_length (recorder->client), ==, 0);
  recorder_wait_matching_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  recorder_disconnect (recorder);
}

#define LARGE (16 * 1024 * 1024)

/* The socket accepts a part only: what is behind it in the buffer can be taken back. */
static void
test_taken_back (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *large = g_strnfill (LARGE, ' ');
  g_auto (Outcome) partly = { 0 };
  g_auto (Outcome) behind = { 0 };
  g_auto (Outcome) last = { 0 };

  memcpy (large, "1", 1);
  g_object_set (recorder->client, "max-message-size", 2 * LARGE, NULL);
  g_object_set (fixture->server, "max-message-size", 2 * LARGE, NULL);
  recorder_connect (recorder);
  signal_client_send_json_async (recorder->client, "partly", large, cancellable, outcome_on_sent, &partly);
  signal_client_send_json_async (recorder->client, "behind", "2", cancellable, outcome_on_sent, &behind);
  signal_client_send_json_async (recorder->client, "last", "3", NULL, outcome_on_sent, &last);
  g_assert_cmpuint (signal_client_get_outbox_length (recorder->client), ==, 2);
  g_cancellable_cancel (cancellable);

  assert_fails (&behind, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_succeeds (&last);
  assert_succeeds (&partly);
  WAIT_UNTIL (fixture->messages->len == 2);
  g_assert_cmpstr (signal_message_get_event (fixture->messages->pdata[0]), ==, "partly");
  g_assert_cmpstr (signal_message_get_event (fixture->messages->pdata[1]), ==, "last");
}

/* The same without encryption, where a frame has another size. */
static void
test_taken_back_plain (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *large = g_strnfill (LARGE, ' ');
  g_auto (Outcome) partly = { 0 };
  g_auto (Outcome) behind = { 0 };
  g_auto (Outcome) last = { 0 };
  MockPeer *peer;

  memcpy (large, "1", 1);
  server->respond = mock_peer_send_connected_plain;
  g_object_set (recorder->client, "require-encryption", FALSE, "max-message-size", 2 * LARGE, NULL);
  recorder_connect (recorder);
  peer = server->peers->pdata[0];
  signal_client_send_json_async (recorder->client, "partly", large, NULL, outcome_on_sent, &partly);
  signal_client_send_json_async (recorder->client, "behind", "2", cancellable, outcome_on_sent, &behind);
  signal_client_send_json_async (recorder->client, "last", "3", NULL, outcome_on_sent, &last);
  g_cancellable_cancel (cancellable);

  assert_fails (&behind, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_succeeds (&last);
  WAIT_UNTIL (peer->frames->len == 3);
  g_assert_nonnull (strstr (peer->frames->pdata[1], "partly"));
  g_assert_cmpstr (peer->frames->pdata[2], ==, "{\"event\":\"last\",\"data\":3}");
}

/* An operation that was cancelled before does not begin. */
static void
test_flush_cancelled (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Outcome) flushed = { 0 };

  recorder_connect (recorder);
  g_cancellable_cancel (cancellable);
  signal_client_flush_async (recorder->client, cancellable, outcome_on_flushed, &flushed);
  assert_fails (&flushed, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* What was accepted before the application disconnects is still written, and reported so. */
static void
test_written_while_closing (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  g_autofree char *large = g_strnfill (LARGE / 4, ' ');
  g_auto (Outcome) sent = { 0 };
  g_auto (Outcome) flushed = { 0 };

  memcpy (large, "1", 1);
  g_object_set (recorder->client, "max-message-size", 2 * LARGE, NULL);
  g_object_set (fixture->server, "max-message-size", 2 * LARGE, NULL);
  recorder_connect (recorder);
  signal_client_send_json_async (recorder->client, "large", large, NULL, outcome_on_sent, &sent);
  signal_client_flush_async (recorder->client, NULL, outcome_on_flushed, &flushed);
  recorder_disconnect (recorder);
  assert_succeeds (&sent);
  assert_succeeds (&flushed);
  WAIT_UNTIL (fixture->messages->len == 1);
}

/* Checks that the message before the flush was reported before it. */
static void
on_flushed_last (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  Outcome *outcomes = user_data;

  g_assert_cmpuint (outcomes[0].n_done, ==, 1);
  outcome_on_flushed (source, result, &outcomes[1]);
}

/* A flush ends after the messages that are dropped when the application disconnects, or drops the client,
 * before the connection is authenticated. */
static void
test_flushed_last (gconstpointer is_dropped)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Outcome outcomes[2] = { 0 };

  server->is_silent = TRUE;
  recorder_start (recorder);
  signal_client_send_json_async (recorder->client, "waiting", NULL, NULL, outcome_on_sent, &outcomes[0]);
  signal_client_flush_async (recorder->client, NULL, on_flushed_last, outcomes);
  if (GPOINTER_TO_INT (is_dropped))
    {
      g_signal_handlers_disconnect_by_data (recorder->client, recorder);
      g_object_run_dispose (G_OBJECT (recorder->client));
      g_clear_object (&recorder->client);
    }
  else
    {
      recorder_disconnect (recorder);
    }
  assert_fails (&outcomes[0], SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  assert_succeeds (&outcomes[1]);
  outcome_clear (&outcomes[0]);
  outcome_clear (&outcomes[1]);
}

/* Likewise, after a message that is taken back. */
static void
test_flushed_after_cancelled (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Outcome outcomes[2] = { 0 };

  server->is_silent = TRUE;
  recorder_start (recorder);
  signal_client_send_json_async (recorder->client, "waiting", NULL, cancellable, outcome_on_sent,
                                 &outcomes[0]);
  signal_client_flush_async (recorder->client, NULL, on_flushed_last, outcomes);
  g_cancellable_cancel (cancellable);
  assert_fails (&outcomes[0], G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_succeeds (&outcomes[1]);
  outcome_clear (&outcomes[0]);
  outcome_clear (&outcomes[1]);
  recorder_disconnect (recorder);
}

typedef struct
{
  SignalClient *client;
  Outcome       outcome;
} Asker;

static gpointer
ask_in_thread (gpointer user_data)
{
  Asker *asker = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  signal_client_request_async (asker->client, "echo", NULL, 0, NULL, outcome_on_answered, &asker->outcome);
  while (asker->outcome.n_done == 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_other_thread (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Recorder) recorder = recorder_new_for (fixture);
  Asker asker = { .client = recorder->client };

  recorder_connect (recorder);
  g_thread_join (g_thread_new ("asker", ask_in_thread, &asker));
  g_assert_error (asker.outcome.error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  outcome_clear (&asker.outcome);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  history_begin ();

  g_test_add_func ("/client/requests/many-at-once", test_many_at_once);
  g_test_add_func ("/client/requests/ten-thousand", test_ten_thousand);
  g_test_add_func ("/client/requests/node", test_node);
  g_test_add_func ("/client/requests/reply-refused", test_reply_refused);
  g_test_add_func ("/client/requests/late", test_late);
  g_test_add_func ("/client/requests/server-errors", test_server_errors);
  g_test_add_func ("/client/requests/connection-lost", test_connection_lost);
  g_test_add_func ("/client/requests/while-connecting", test_while_connecting);
  g_test_add_func ("/client/requests/time-runs-in-the-outbox", test_time_runs_in_the_outbox);
  g_test_add_func ("/client/requests/disconnect", test_disconnect);
  g_test_add_func ("/client/requests/dropped", test_dropped);
  g_test_add_func ("/client/requests/dropped-in-thread", test_dropped_in_thread);
  g_test_add_func ("/client/requests/cancel-in-handler", test_cancel_in_handler);
  g_test_add_func ("/client/requests/refused", test_refused);
  g_test_add_func ("/client/requests/correlation", test_correlation);
  g_test_add_func ("/client/sending/written", test_written);
  g_test_add_func ("/client/sending/expired", test_expired);
  g_test_add_func ("/client/sending/taken-back", test_taken_back);
  g_test_add_func ("/client/sending/taken-back-plain", test_taken_back_plain);
  g_test_add_func ("/client/sending/flush-cancelled", test_flush_cancelled);
  g_test_add_func ("/client/sending/written-while-closing", test_written_while_closing);
  g_test_add_data_func ("/client/sending/flushed-last", GINT_TO_POINTER (FALSE), test_flushed_last);
  g_test_add_data_func ("/client/sending/flushed-last-dropped", GINT_TO_POINTER (TRUE), test_flushed_last);
  g_test_add_func ("/client/sending/flushed-after-cancelled", test_flushed_after_cancelled);
  g_test_add_func ("/client/requests/other-thread", test_other_thread);

  return history_run ();
}
