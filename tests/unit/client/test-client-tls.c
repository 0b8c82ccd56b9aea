/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/tls-identity.h"

#include <string.h>

static Identity *right; /* for 127.0.0.1 */
static Identity *wrong; /* for another host */
static Identity *named; /* for localhost */

static void
test_trusted (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *fill = g_strnfill (90000, '7');
  g_autofree char *text = g_strdup_printf ("{\"event\":\"big\",\"data\":\"%s\"}", fill);
  g_autofree char *json = g_strdup_printf ("\"%s\"", fill);
  MockPeer *peer;

  g_object_set (recorder->client, "tls-database", right->database, NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < 10; i++)
    {
      g_assert_true (signal_client_send_json (recorder->client, "big", json, NULL));
      mock_peer_send (peer, text);
    }
  WAIT_UNTIL (recorder->messages->len == 10 && peer->inner->len == 10);
  g_assert_cmpstr (peer->inner->pdata[9], ==, text);
  g_assert_cmpstr (signal_message_get_payload_json (recorder->messages->pdata[9]), ==, json);
  g_assert_null (peer->certificate);

  recorder_disconnect (recorder);
  g_assert_cmpuint (peer->close_code, ==, 1000);
}

static void
on_slow_message (SignalClient  *client,
                 SignalMessage *message,
                 gpointer       user_data)
{
  g_usleep (1000);
}

/* Starts a client, to which a hundred messages are sent before it reads any. */
static Recorder *
start_burst (MockServer  *server,
             MockPeer   **peer)
{
  Recorder *recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "tls-database", right->database, NULL);
  recorder_connect (recorder);
  *peer = mock_server_wait_peer (server, 0);
  WAIT_UNTIL ((*peer)->writing == NULL);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *inner = g_strdup_printf ("{\"event\":\"news\",\"data\":%u}", i);

      mock_peer_send_at_once (*peer, inner);
    }

  g_assert_cmpuint (recorder->messages->len, ==, 0);
  return recorder;
}

static void
assert_burst (Recorder *recorder)
{
  for (guint i = 0; i < 100; i++)
    {
      JsonNode *data = signal_message_get_payload (recorder->messages->pdata[i]);

      g_assert_cmpint (json_node_get_int (data), ==, i);
    }
}

/* Messages that are read from the socket together, each of them in a TLS record of its own, arrive in order
 * even though reading pauses in between. */
static void
test_small_records (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  MockPeer *peer;
  g_autoptr (Recorder) recorder = start_burst (server, &peer);

  g_signal_connect (recorder->client, "message", G_CALLBACK (on_slow_message), NULL);
  WAIT_UNTIL (recorder->messages->len == 100);
  assert_burst (recorder);
}

/* They also arrive if the connection has ended by then. */
static void
test_end_after_records (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  MockPeer *peer;
  g_autoptr (Recorder) recorder = start_burst (server, &peer);

  mock_peer_shut_down (peer);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpuint (recorder->messages->len, ==, 100);
  assert_burst (recorder);
}

/* Trusted by a database: the client also reconnects. */
static void
test_reconnect (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "tls-database", right->database, NULL);
  recorder_connect (recorder);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_connected == 2);
  mock_peer_reset (mock_server_wait_peer (server, 1));
  WAIT_UNTIL (recorder->n_connected == 3);
}

static void
assert_refused (MockServer *server,
                Recorder   *recorder)
{
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
  WAIT_UNTIL (((MockPeer *) server->peers->pdata[0])->is_closed);
  g_assert_null (((MockPeer *) server->peers->pdata[0])->request);
}

static void
test_untrusted (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  assert_refused (server, recorder);
}

static void
test_other_database (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "tls-database", wrong->database, NULL);
  assert_refused (server, recorder);
}

static void
test_wrong_host (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (wrong->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "tls-database", wrong->database, NULL);
  assert_refused (server, recorder);
}

/* All that is wrong with a certificate is named. */
static void
test_two_reasons (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (wrong->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  assert_refused (server, recorder);
  g_assert_nonnull (strstr (recorder->error->message, "not trusted; it was issued for another host"));
}

/* The final dot of an absolute name is in no certificate. */
static void
test_absolute_name (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (named->certificate);
  g_autofree char *uri = g_strdup_printf ("wss://localhost.:%u/ws", server->port);
  g_autoptr (Recorder) recorder = recorder_new (uri);

  g_object_set (recorder->client, "tls-database", named->database, NULL);
  recorder_connect (recorder);
}

typedef struct
{
  gboolean             answer;
  guint                n_asked;
  GTlsCertificateFlags errors;
} Question;

static gboolean
on_accept_certificate (SignalClient         *client,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       Question             *question)
{
  g_assert_true (G_IS_TLS_CERTIFICATE (certificate));
  question->n_asked++;
  question->errors = errors;
  return question->answer;
}

static void
test_accepted_by_handler (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (wrong->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Question question = { TRUE };

  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &question);
  recorder_connect (recorder);
  g_assert_cmpuint (question.n_asked, ==, 1);
  g_assert_cmphex (question.errors, ==,
                   G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_BAD_IDENTITY);
}

static void
test_refused_by_handler (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Question question = { FALSE };

  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &question);
  assert_refused (server, recorder);
  g_assert_cmpuint (question.n_asked, ==, 1);
  g_assert_cmphex (question.errors, ==, G_TLS_CERTIFICATE_UNKNOWN_CA);
}

static gboolean
on_emission (GSignalInvocationHint *hint,
             guint                  n_values,
             const GValue          *values,
             gpointer               user_data)
{
  GTlsConnection **connection = user_data;

  g_set_object (connection, g_value_get_object (values));
  g_assert_nonnull (g_tls_connection_get_database (*connection));
  return TRUE;
}

/* An established connection does not keep the certificates of the authorities in memory, and works
 * without them. */
static void
test_released_database (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (GTlsConnection) connection = NULL;
  guint signal_id = g_signal_lookup ("accept-certificate", G_TYPE_TLS_CONNECTION);
  Question question = { TRUE };
  gulong hook;

  if (glib_check_version (2, 80, 0) == NULL)
    {
      g_test_skip ("The connections share the certificates here");
      return;
    }

  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &question);
  hook = g_signal_add_emission_hook (signal_id, 0, on_emission, &connection, NULL);
  recorder_connect (recorder);
  g_signal_remove_emission_hook (signal_id, hook);
  g_assert_cmpuint (question.n_asked, ==, 1);
  g_assert_cmpint (g_tls_connection_get_protocol_version (connection), ==, G_TLS_PROTOCOL_VERSION_TLS_1_3);
  g_assert_null (g_tls_connection_get_database (connection));

  g_assert_true (signal_client_send_json (recorder->client, "news", "1", NULL));
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->inner->len == 1);
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"news\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
}

/* A valid certificate emits no signal. */
static void
test_not_asked (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Question question = { FALSE };

  g_object_set (recorder->client, "tls-database", right->database, NULL);
  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    &question);
  recorder_connect (recorder);
  g_assert_cmpuint (question.n_asked, ==, 0);
}

static gboolean
on_accept_disconnect (SignalClient        *client,
                      GTlsCertificate     *certificate,
                      GTlsCertificateFlags errors,
                      Recorder            *recorder)
{
  signal_client_disconnect_async (client, NULL, recorder_on_disconnected, recorder);
  return TRUE;
}

static void
test_disconnect_inside (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_disconnect),
                    recorder);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done && recorder->n_closed == 1);
  g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

static gboolean
on_accept_forget (SignalClient        *client,
                  GTlsCertificate     *certificate,
                  GTlsCertificateFlags errors,
                  Recorder            *recorder)
{
  g_signal_handlers_disconnect_by_data (client, recorder);
  g_clear_object (&recorder->client);
  return TRUE;
}

static void
test_forget_inside (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  GWeakRef weak;

  g_object_set (recorder->client, "tls-database", right->database, NULL);
  recorder_connect (recorder);
  g_object_set (recorder->client, "tls-database", NULL, NULL);
  g_weak_ref_init (&weak, recorder->client);
  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_forget),
                    recorder);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->client == NULL);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
  WAIT_UNTIL (((MockPeer *) server->peers->pdata[1])->is_closed);
}

/* As a dialog does while the user reads it. */
static gboolean
on_accept_slowly (SignalClient         *client,
                  GTlsCertificate      *certificate,
                  GTlsCertificateFlags  errors,
                  Question             *question)
{
  question->n_asked++;
  run_for (600);
  return question->answer;
}

/* The time spent in a handler does not count for the timeout of the attempt. */
static void
test_slow_handler (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Question question = { TRUE };

  g_object_set (recorder->client, "connect-timeout", 400, "max-retries", 0, NULL);
  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_slowly),
                    &question);
  recorder_connect (recorder);
  g_assert_cmpuint (question.n_asked, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* The remaining time counts afterwards. */
static void
test_timeout_after_slow_handler (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Question question = { TRUE };

  server->is_silent = TRUE;
  g_object_set (recorder->client, "connect-timeout", 400, "max-retries", 0, NULL);
  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_slowly),
                    &question);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (question.n_asked, ==, 1);
}

typedef struct
{
  Recorder *recorder;
  guint n_asked;
  guint n_running;
} Questions;

/* Connects again inside the handler, and blocks until the second attempt would emit the signal. */
static gboolean
on_accept_reconnect (SignalClient         *client,
                     GTlsCertificate      *certificate,
                     GTlsCertificateFlags  errors,
                     Questions            *questions)
{
  Recorder *recorder = questions->recorder;

  g_assert_cmpuint (questions->n_running, ==, 0);
  questions->n_running++;
  if (questions->n_asked++ == 0)
    {
      signal_client_disconnect_async (client, NULL, recorder_on_disconnected, recorder);
      WAIT_UNTIL (recorder->is_done);
      recorder_start (recorder);
      run_for (200);
      g_assert_cmpint (signal_client_get_state (client), ==, SIGNAL_CONNECTION_STATE_CONNECTING);
    }

  questions->n_running--;
  return TRUE;
}

/* Two nested dialogs would be answered in the wrong order. */
static void
test_one_question_at_a_time (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Questions questions = { recorder };

  g_signal_connect (recorder->client, "accept-certificate", G_CALLBACK (on_accept_reconnect),
                    &questions);
  recorder_start (recorder);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (questions.n_asked, ==, 2);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

static void
test_client_certificate (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  server->authentication = G_TLS_AUTHENTICATION_REQUIRED;
  g_object_set (recorder->client,
                "tls-database", right->database,
                "tls-certificate", wrong->certificate,
                NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_nonnull (peer->certificate);
  g_assert_true (g_tls_certificate_is_same (peer->certificate, wrong->certificate));

  /* A setting that changes meanwhile leaves it as it is. */
  g_object_set (recorder->client, "heartbeat-interval", 12345, NULL);
  mock_peer_shut_down (peer);
  peer = mock_server_wait_peer (server, 1);
  g_assert_true (g_tls_certificate_is_same (peer->certificate, wrong->certificate));
  WAIT_UNTIL (recorder->n_connected == 2);
}

/* The server requires a certificate and the client has none: the attempt fails with that error. */
static void
test_no_client_certificate (void)
{
  g_autoptr (MockServer) server = mock_server_new_tls (right->certificate);
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->authentication = G_TLS_AUTHENTICATION_REQUIRED;
  g_object_set (recorder->client, "tls-database", right->database, "max-retries", 0, NULL);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  g_assert_nonnull (recorder->error);
  g_assert_cmpuint (recorder->n_connected, ==, 0);
}

/* The server does not support TLS. */
static void
test_not_tls (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autofree char *uri = g_strdup_printf ("wss://127.0.0.1:%u/ws", server->port);
  g_autoptr (Recorder) recorder = recorder_new (uri);

  g_object_set (recorder->client, "max-retries", 0, "connect-timeout", 200, NULL);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done);
  g_assert_nonnull (recorder->error);
  g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
}

/* A certificate that a proxy shows is not the server's, and the error says so. */
static void
test_proxy (void)
{
  g_autoptr (MockServer) proxy = mock_server_new_tls (right->certificate);
  g_autofree char *proxy_uri = g_strdup_printf ("https://127.0.0.1:%u", proxy->port);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy_uri, NULL);
  g_autoptr (Recorder) recorder = recorder_new ("wss://signal.test/ws");

  g_object_set (recorder->client, "max-retries", 0, "proxy-resolver", resolver, NULL);
  recorder_connect_fails (recorder, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_true (g_str_has_prefix (recorder->error->message, "Cannot connect to the proxy securely: "));
}

static void
add_tests (void)
{
  g_test_add_func ("/client/tls/trusted", test_trusted);
  g_test_add_func ("/client/tls/small-records", test_small_records);
  g_test_add_func ("/client/tls/end-after-records", test_end_after_records);
  g_test_add_func ("/client/tls/reconnect", test_reconnect);
  g_test_add_func ("/client/tls/untrusted", test_untrusted);
  g_test_add_func ("/client/tls/other-database", test_other_database);
  g_test_add_func ("/client/tls/wrong-host", test_wrong_host);
  g_test_add_func ("/client/tls/two-reasons", test_two_reasons);
  g_test_add_func ("/client/tls/accepted-by-handler", test_accepted_by_handler);
  g_test_add_func ("/client/tls/refused-by-handler", test_refused_by_handler);
  g_test_add_func ("/client/tls/absolute-name", test_absolute_name);
  g_test_add_func ("/client/tls/released-database", test_released_database);
  g_test_add_func ("/client/tls/not-asked", test_not_asked);
  g_test_add_func ("/client/tls/disconnect-inside", test_disconnect_inside);
  g_test_add_func ("/client/tls/forget-inside", test_forget_inside);
  g_test_add_func ("/client/tls/slow-handler", test_slow_handler);
  g_test_add_func ("/client/tls/timeout-after-slow-handler", test_timeout_after_slow_handler);
  g_test_add_func ("/client/tls/one-question-at-a-time", test_one_question_at_a_time);
  g_test_add_func ("/client/tls/client-certificate", test_client_certificate);
  g_test_add_func ("/client/tls/no-client-certificate", test_no_client_certificate);
  g_test_add_func ("/client/tls/not-tls", test_not_tls);
  g_test_add_func ("/client/tls/proxy", test_proxy);
}

static void
test_skipped (void)
{
  g_test_skip ("There is no TLS here, or no openssl to make a certificate with");
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  right = identity_new ("IP:127.0.0.1");
  wrong = identity_new ("DNS:other.example");
  named = identity_new ("DNS:localhost");
  if (right != NULL && wrong != NULL && named != NULL)
    add_tests ();
  else
    g_test_add_func ("/client/tls", test_skipped);

  result = g_test_run ();
  g_clear_pointer (&right, identity_free);
  g_clear_pointer (&wrong, identity_free);
  g_clear_pointer (&named, identity_free);
  return result;
}
