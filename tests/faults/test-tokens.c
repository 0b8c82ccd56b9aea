/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"
#include "tests/lib/threads.h"

#include <string.h>

/* The sources of tokens, and what happens when a token is refused. */

/* The source of tokens, with the number of requests. Its answers are set in advance, because the
 * next request may arrive while a test waits for one. */
typedef struct
{
  Recorder   *recorder;
  const char *tokens[4];     /* one for each `authenticate`, or NULL for none */
  guint       first_promise; /* the first `token-requested` that is handled, counted from 1, or 0 */
  guint       n_asked;       /* emissions of authenticate */
  guint       n_requested;
} Source;

static char *
on_authenticate (SignalClient *client,
                 Source       *source)
{
  guint index = source->n_asked++;

  g_assert_cmpint (signal_client_get_state (client), ==, SIGNAL_CONNECTION_STATE_CONNECTING);
  return index < G_N_ELEMENTS (source->tokens) ? g_strdup (source->tokens[index]) : NULL;
}

static gboolean
on_token_requested (SignalClient *client,
                    Source       *source)
{
  source->n_requested++;
  g_assert_cmpint (signal_client_get_state (client), ==, SIGNAL_CONNECTION_STATE_CONNECTING);
  return source->first_promise > 0 && source->n_requested >= source->first_promise;
}

static void
source_add (Source   *source,
            Recorder *recorder)
{
  source->recorder = recorder;
  g_signal_connect (recorder->client, "authenticate", G_CALLBACK (on_authenticate), source);
  g_signal_connect (recorder->client, "token-requested", G_CALLBACK (on_token_requested), source);
}

/* Accepts the token `good`, and refuses others as the public server does. */
static void
respond (MockPeer *peer)
{
  if (g_str_equal (peer->token, "good"))
    {
      mock_peer_send_connected (peer);
      return;
    }

  mock_peer_send_error (peer, "Authentication failed");
  mock_peer_close (peer, 4003);
}

static MockServer *
mock_server_new_strict (void)
{
  MockServer *server = mock_server_new ();

  server->respond = respond;
  return server;
}

/* The token is requested before the first attempt and before each later one. */
static void
test_asked_each_time (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Source source = { .tokens = { "fresh-secret", "fresher-secret" } };

  source_add (&source, fixture->recorder);
  recorder_connect (fixture->recorder);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "fresh");
  proxy_cut (fixture->proxy);
  fault_fixture_wait_reconnected (fixture, 2);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "fresher");

  /* Without an answer, the last token is used again. */
  proxy_cut (fixture->proxy);
  fault_fixture_wait_reconnected (fixture, 3);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "fresher");
  g_assert_cmpuint (source.n_asked, ==, 3);
  g_assert_cmpuint (source.n_requested, ==, 1);
}

/* A token that is fetched asynchronously is requested once, and the attempt waits for it. */
static void
test_answered_later (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  recorder_start (fixture->recorder);
  g_assert_cmpuint (source.n_requested, ==, 1);
  run_for (50);
  signal_client_reconnect_now (fixture->recorder->client);
  invariants_check_idle (fixture->recorder->client);
  g_assert_cmpstr (fixture->recorder->states->str, ==, "connecting ");
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 0);

  signal_client_update_token (fixture->recorder->client, "late-secret");
  fault_fixture_wait_reconnected (fixture, 1);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "late");
  g_assert_cmpuint (source.n_requested, ==, 1);
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 1);
}

static gboolean
on_token_requested_answer (SignalClient *client)
{
  signal_client_update_token (client, "quick-secret");
  return TRUE;
}

static void
test_answered_inside (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();

  g_signal_connect (fixture->recorder->client, "token-requested",
                    G_CALLBACK (on_token_requested_answer), NULL);
  recorder_connect (fixture->recorder);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "quick");
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 1);
}

/* If a requested token does not arrive, the attempt fails, and the next one requests it again. */
static void
test_never_answered (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  g_object_set (fixture->recorder->client, "connect-timeout", 60, NULL);
  recorder_start (fixture->recorder);
  g_assert_error (recorder_wait_error (fixture->recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (source.n_requested, >=, 2);
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 0);
  g_object_set (fixture->recorder->client, "connect-timeout", 15000, NULL);

  WAIT_UNTIL (signal_client_get_state (fixture->recorder->client) == SIGNAL_CONNECTION_STATE_CONNECTING);
  signal_client_update_token (fixture->recorder->client, "late-secret");
  fault_fixture_wait_reconnected (fixture, 1);
}

/* The token arrives after its attempt has timed out: the next attempt uses it without another
 * request. */
static void
test_answered_too_late (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  g_object_set (fixture->recorder->client,
                "connect-timeout", 60,
                "base-interval", 300,
                "max-interval", 300,
                "max-retries", 1,
                NULL);
  recorder_start (fixture->recorder);
  recorder_wait_state (fixture->recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_object_set (fixture->recorder->client, "connect-timeout", 15000, NULL);
  signal_client_update_token (fixture->recorder->client, "late-secret");
  g_assert_cmpint (signal_client_get_state (fixture->recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_RECONNECTING);
  fault_fixture_wait_reconnected (fixture, 1);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "late");
  g_assert_cmpuint (source.n_requested, ==, 1);

  /* It is used for one attempt only. */
  source.first_promise = 0;
  source.tokens[source.n_asked] = "fresh-secret";
  proxy_cut (fixture->proxy);
  fault_fixture_wait_reconnected (fixture, 2);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "fresh");
}

static GError *
new_fetch_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, "no identity provider");
}

/* An error with which the client stops. */
static GError *
new_final_error (void)
{
  return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED, "no account");
}

/* An error without a text is replaced by one with a text. */
static void
test_failed_without_text (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED, "");
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  recorder_start (fixture->recorder);
  signal_client_fail_token (fixture->recorder->client, error);
  recorder_wait_failure (fixture->recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_cmpstr (fixture->recorder->error->message, !=, "");
}

/* A token that could not be fetched fails its attempt at once. */
static void
test_failed (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (GError) error = new_fetch_error ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  recorder_start (fixture->recorder);
  g_assert_cmpuint (source.n_requested, ==, 1);
  signal_client_fail_token (fixture->recorder->client, error);
  invariants_check_idle (fixture->recorder->client);
  g_assert_cmpstr (fixture->recorder->states->str, ==, "connecting reconnecting ");
  g_assert_cmpuint (signal_client_get_failures (fixture->recorder->client), ==, 1);
  g_assert_error (recorder_wait_error (fixture->recorder, 0), G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE);
  g_assert_cmpuint (fixture->recorder->delays->len, ==, 1);

  /* The next attempt requests a token again; a token is used as usual. */
  WAIT_UNTIL (source.n_requested == 2);
  signal_client_update_token (fixture->recorder->client, "late-secret");
  fault_fixture_wait_reconnected (fixture, 1);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "late");
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 1);
}

static void
test_failed_for_good (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (GError) error = new_fetch_error ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  g_object_set (fixture->recorder->client, "max-retries", 1, NULL);
  recorder_start (fixture->recorder);
  signal_client_fail_token (fixture->recorder->client, error);
  WAIT_UNTIL (source.n_requested == 2);
  signal_client_fail_token (fixture->recorder->client, error);
  recorder_wait_failure (fixture->recorder, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
  g_assert_nonnull (strstr (fixture->recorder->error->message, error->message));
}

/* Without an error, the client stops, and a token starts it again. */
static void
test_failed_stops (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  recorder_start (fixture->recorder);
  signal_client_fail_token (fixture->recorder->client, NULL);
  recorder_wait_failure (fixture->recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_error (fixture->recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_cmpuint (fixture->recorder->n_disconnected, ==, 1);
  g_assert_cmpuint (fixture->recorder->delays->len, ==, 0);
  invariants_check_idle (fixture->recorder->client);
  run_for (100);
  g_assert_cmpuint (source.n_requested, ==, 1);
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 0);

  source.tokens[source.n_asked] = "fresh-secret";
  signal_client_update_token (fixture->recorder->client, "other-secret");
  fault_fixture_wait_reconnected (fixture, 1);
  g_assert_cmpstr (signal_client_get_user_id (fixture->recorder->client), ==, "fresh");
}

typedef struct
{
  SignalClient *client;
  GError       *error;     /* NULL to stop */
  gboolean      promises;  /* what the handler returns */
  guint         n_requested;
} Failure;

static gboolean
on_token_requested_fail (SignalClient *client,
                         Failure      *failure)
{
  failure->n_requested++;
  signal_client_fail_token (client, failure->error);
  return failure->promises;
}

/* The same in the handler, whatever it returns. */
static void
test_failed_inside (void)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (FaultFixture) fixture = fault_fixture_new ();
      g_autoptr (GError) error = i < 2 ? new_fetch_error () : i == 2 ? NULL : new_final_error ();
      Failure failure = { .error = error, .promises = i % 2 == 0 };
      const char *text = i == 3 ? "no account" : "application";

      g_object_set (fixture->recorder->client, "max-retries", i < 2 ? 0 : 5, NULL);
      g_signal_connect (fixture->recorder->client, "token-requested",
                        G_CALLBACK (on_token_requested_fail), &failure);
      recorder_start (fixture->recorder);
      if (i < 2)
        recorder_wait_failure (fixture->recorder, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE);
      else
        recorder_wait_failure (fixture->recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
      g_assert_true (i < 2 || strstr (fixture->recorder->error->message, text) != NULL);
      run_for (50);
      invariants_check_idle (fixture->recorder->client);
      g_assert_cmpuint (failure.n_requested, ==, 1);
      g_assert_cmpuint (fixture->recorder->n_disconnected, ==, 1);
      g_assert_cmpuint (fixture->proxy->n_accepted, ==, 0);
    }
}

static gpointer
fail_in_thread (gpointer data)
{
  Failure *failure = data;

  signal_client_fail_token (failure->client, failure->error);
  return NULL;
}

static void
test_failed_in_thread (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (GError) error = new_fetch_error ();
  Failure failure = { .client = fixture->recorder->client, .error = error };
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  recorder_start (fixture->recorder);
  run_thread (fail_in_thread, &failure);
  g_assert_cmpstr (fixture->recorder->states->str, ==, "connecting ");
  g_assert_error (recorder_wait_error (fixture->recorder, 0), G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE);

  WAIT_UNTIL (source.n_requested == 2);
  failure.error = NULL;
  run_thread (fail_in_thread, &failure);
  recorder_wait_failure (fixture->recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
}

/* The attempt has timed out: an error is reported once, and does not count again. */
static void
test_failed_too_late (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (GError) error = new_fetch_error ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  g_object_set (fixture->recorder->client,
                "connect-timeout", 60,
                "base-interval", 300,
                "max-interval", 300,
                NULL);
  recorder_start (fixture->recorder);
  recorder_wait_state (fixture->recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  g_object_set (fixture->recorder->client, "connect-timeout", 15000, NULL);
  signal_client_fail_token (fixture->recorder->client, error);
  signal_client_fail_token (fixture->recorder->client, NULL);
  g_assert_cmpuint (fixture->recorder->errors->len, ==, 2);
  g_assert_error (recorder_wait_error (fixture->recorder, 1), G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE);
  g_assert_cmpuint (signal_client_get_failures (fixture->recorder->client), ==, 1);
  g_assert_cmpstr (fixture->recorder->states->str, ==, "connecting reconnecting ");

  WAIT_UNTIL (source.n_requested == 2);
  signal_client_update_token (fixture->recorder->client, "late-secret");
  fault_fixture_wait_reconnected (fixture, 1);
}

static void
test_failed_too_late_stops (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  g_object_set (fixture->recorder->client,
                "connect-timeout", 60,
                "base-interval", 10000,
                "max-interval", 10000,
                NULL);
  recorder_start (fixture->recorder);
  recorder_wait_state (fixture->recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  signal_client_fail_token (fixture->recorder->client, NULL);
  recorder_wait_failure (fixture->recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  invariants_check_idle (fixture->recorder->client);
}

static char *
on_authenticate_fail (SignalClient *client,
                      Failure      *failure)
{
  signal_client_fail_token (client, failure->error);
  signal_client_fail_token (client, NULL);
  return NULL;
}

/* Without a promised token, there is no effect in any state. */
static void
test_failed_without_promise (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  SignalClient *client = fixture->recorder->client;
  g_autoptr (GError) error = new_fetch_error ();
  Failure failure = { .error = error };

  g_object_set (client, "base-interval", 300, "max-interval", 300, NULL);
  g_signal_connect (client, "authenticate", G_CALLBACK (on_authenticate_fail), &failure);
  on_authenticate_fail (client, &failure);
  recorder_connect (fixture->recorder);
  on_authenticate_fail (client, &failure);
  g_assert_cmpint (signal_client_get_state (client), ==, SIGNAL_CONNECTION_STATE_AUTHENTICATED);

  proxy_cut (fixture->proxy);
  recorder_wait_state (fixture->recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  on_authenticate_fail (client, &failure);
  fault_fixture_wait_reconnected (fixture, 2);
  g_assert_cmpuint (fixture->recorder->n_disconnected, ==, 0);
  g_assert_cmpuint (fixture->recorder->errors->len, ==, 1);
}

static void
test_disconnect_while_asking (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Source source = { .first_promise = 1 };

  source_add (&source, fixture->recorder);
  recorder_start (fixture->recorder);
  recorder_disconnect (fixture->recorder);
  g_assert_error (fixture->recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  signal_client_update_token (fixture->recorder->client, "late-secret");
  invariants_check_idle (fixture->recorder->client);
  g_assert_cmpint (signal_client_get_state (fixture->recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static void
on_refused_disconnect (SignalClient *client,
                       const GError *error,
                       Recorder     *recorder)
{
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED))
    signal_client_disconnect_async (client, NULL, recorder_on_disconnected, recorder);
}

/* A client that is disconnected because its token was refused does not request another one. */
static void
test_refused_disconnect_inside (void)
{
  g_autoptr (MockServer) server = mock_server_new_strict ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Source source = { .tokens = { "bad", "good" } };

  source_add (&source, recorder);
  g_signal_connect (recorder->client, "error", G_CALLBACK (on_refused_disconnect), recorder);
  recorder_start (recorder);
  recorder_wait_failure (recorder, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  run_for (50);
  g_assert_cmpuint (source.n_asked, ==, 1);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

/* After close code 4003, a token is requested once more; if that is refused too, the client
 * stops. */
static void
test_refused_asks_once (void)
{
  g_autoptr (MockServer) server = mock_server_new_strict ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Source source = { .tokens = { "bad", "worse" } };

  source_add (&source, recorder);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_cmpuint (source.n_asked, ==, 2);
  g_assert_cmpuint (server->peers->len, ==, 2);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  g_assert_cmpuint (recorder->delays->len, ==, 0);
}

/* The same token again does not count as a new one, and is not sent. */
static void
test_refused_same_again (void)
{
  g_autoptr (MockServer) server = mock_server_new_strict ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Source source = { .tokens = { "bad", "bad" } };

  source_add (&source, recorder);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_cmpuint (source.n_asked, ==, 2);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
test_refused_then_new (void)
{
  g_autoptr (MockServer) server = mock_server_new_strict ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Source source = { .tokens = { "bad", "good" } };

  source_add (&source, recorder);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  g_assert_cmpuint (server->peers->len, ==, 2);
  g_assert_cmpuint (recorder->n_disconnected, ==, 0);
}

/* A new token is fetched, and the refused one is not used in the meantime. */
static void
test_refused_then_later (void)
{
  g_autoptr (MockServer) server = mock_server_new_strict ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Source source = { .first_promise = 2 };

  source_add (&source, recorder);
  g_object_set (recorder->client, "token", "bad", NULL);
  recorder_start (recorder);
  WAIT_UNTIL (source.n_requested == 2);
  run_for (50);
  g_assert_cmpuint (server->peers->len, ==, 1);
  signal_client_update_token (recorder->client, "good");
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
}

/* After the client has been authenticated, a later refusal causes a request again. */
static void
test_refused_after_a_while (void)
{
  g_autoptr (MockServer) server = mock_server_new_strict ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Source source = { .tokens = { "bad", "good", "expired", "good" } };

  source_add (&source, recorder);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->n_connected == 1);

  mock_peer_shut_down (mock_server_wait_peer (server, 1));
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpuint (source.n_asked, ==, 4);
  g_assert_cmpuint (recorder->n_disconnected, ==, 0);
}

/* A client that stopped because it had no token starts again with a new one, with or without a
 * handler. */
static void
test_update_token_starts_again (void)
{
  g_autoptr (MockServer) server = mock_server_new_strict ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "token", "bad", NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_cmpuint (server->peers->len, ==, 1);
  signal_client_update_token (recorder->client, "good");
  WAIT_UNTIL (recorder->n_connected == 1);
  g_assert_cmpuint (server->peers->len, ==, 2);
  invariants_check_idle (recorder->client);
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/tokens/asked-each-time", test_asked_each_time);
  g_test_add_func ("/faults/tokens/answered-later", test_answered_later);
  g_test_add_func ("/faults/tokens/answered-inside", test_answered_inside);
  g_test_add_func ("/faults/tokens/never-answered", test_never_answered);
  g_test_add_func ("/faults/tokens/answered-too-late", test_answered_too_late);
  g_test_add_func ("/faults/tokens/failed", test_failed);
  g_test_add_func ("/faults/tokens/failed/for-good", test_failed_for_good);
  g_test_add_func ("/faults/tokens/failed/stops", test_failed_stops);
  g_test_add_func ("/faults/tokens/failed/without-text", test_failed_without_text);
  g_test_add_func ("/faults/tokens/failed/inside", test_failed_inside);
  g_test_add_func ("/faults/tokens/failed/in-thread", test_failed_in_thread);
  g_test_add_func ("/faults/tokens/failed/too-late", test_failed_too_late);
  g_test_add_func ("/faults/tokens/failed/too-late-stops", test_failed_too_late_stops);
  g_test_add_func ("/faults/tokens/failed/without-promise", test_failed_without_promise);
  g_test_add_func ("/faults/tokens/disconnect-while-asking", test_disconnect_while_asking);
  g_test_add_func ("/faults/tokens/refused/disconnect-inside", test_refused_disconnect_inside);
  g_test_add_func ("/faults/tokens/refused/asks-once", test_refused_asks_once);
  g_test_add_func ("/faults/tokens/refused/same-again", test_refused_same_again);
  g_test_add_func ("/faults/tokens/refused/then-new", test_refused_then_new);
  g_test_add_func ("/faults/tokens/refused/then-later", test_refused_then_later);
  g_test_add_func ("/faults/tokens/refused/after-a-while", test_refused_after_a_while);
  g_test_add_func ("/faults/tokens/update-token-starts-again", test_update_token_starts_again);

  return g_test_run ();
}
