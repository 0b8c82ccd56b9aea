/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* The ways in which a connection ends, and the reaction of the client. */

typedef struct
{
  const char *name;
  const char *message; /* of a previous `error` event, or NULL */
  guint16     code;
  gboolean    is_retried;
  int         error;   /* SignalError */
} End;

static const End ends[] = {
  { "refused", "Authentication failed", 4003, FALSE, SIGNAL_ERROR_AUTHENTICATION_FAILED },
  { "refused-silently", NULL, 4003, FALSE, SIGNAL_ERROR_AUTHENTICATION_FAILED },
  { "check-threw", "Authentication error", 4003, TRUE, SIGNAL_ERROR_SERVER },
  { "handshake", "Encryption handshake failed", 4004, FALSE, SIGNAL_ERROR_ENCRYPTION_REQUIRED },
  { "encryption", NULL, 4004, FALSE, SIGNAL_ERROR_ENCRYPTION_REQUIRED },
  { "not-in-time", NULL, 4001, TRUE, SIGNAL_ERROR_TIMED_OUT },
  { "no-traffic", NULL, 4002, TRUE, SIGNAL_ERROR_TIMED_OUT },
  { "normal", NULL, 1000, TRUE, SIGNAL_ERROR_NOT_CONNECTED },
  { "going-away", NULL, 1001, TRUE, SIGNAL_ERROR_NOT_CONNECTED },
  { "too-big", NULL, 1009, TRUE, SIGNAL_ERROR_TOO_LARGE },
  { "server-fault", NULL, 1011, TRUE, SIGNAL_ERROR_NOT_CONNECTED },
  { "restart", NULL, 1012, TRUE, SIGNAL_ERROR_NOT_CONNECTED },
  { "try-later", NULL, 1013, TRUE, SIGNAL_ERROR_NOT_CONNECTED },
  { "unknown", NULL, 4321, TRUE, SIGNAL_ERROR_NOT_CONNECTED },
};

static const End *ending;

static void
respond_with_end (MockPeer *peer)
{
  if (peer->server->peers->len > 1)
    {
      mock_peer_send_connected (peer);
      return;
    }

  if (ending->message != NULL)
    mock_peer_send_error (peer, ending->message);
  mock_peer_close (peer, ending->code);
}

static void
check_end (Recorder  *recorder,
           const End *end)
{
  guint n_errors = end->message != NULL ? 1 : 0;

  if (end->message != NULL)
    {
      GError *error = recorder_wait_error (recorder, 0);

      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
      g_assert_cmpstr (error->message, ==, end->message);
    }

  if (end->is_retried)
    {
      WAIT_UNTIL (recorder->delays->len == 1);
      g_assert_error (recorder_wait_error (recorder, n_errors), SIGNAL_ERROR, end->error);
      g_assert_cmpuint (g_array_index (recorder->delays, guint, 0), ==, end->code == 4002 ? 0 : 10);
    }
  else
    {
      WAIT_UNTIL (recorder->n_disconnected == 1);
      g_assert_error (recorder->disconnected, SIGNAL_ERROR, end->error);
      g_assert_cmpuint (recorder->delays->len, ==, 0);
      g_assert_cmpuint (recorder->errors->len, ==, n_errors);
    }
}

static void
test_end_instead_of_connected (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  ending = data;
  server->respond = respond_with_end;
  recorder_start (recorder);
  check_end (recorder, ending);
  WAIT_UNTIL (recorder->is_done);
  if (ending->is_retried)
    g_assert_no_error (recorder->error);
  else
    g_assert_error (recorder->error, SIGNAL_ERROR, ending->error);
  run_for (30);
  g_assert_cmpuint (server->peers->len, ==, ending->is_retried ? 2 : 1);
}

static void
test_end_later (gconstpointer data)
{
  const End *end = data;
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  if (end->message != NULL)
    mock_peer_send_error (server->peers->pdata[0], end->message);
  mock_peer_close (server->peers->pdata[0], end->code);
  check_end (recorder, end);
  if (end->is_retried)
    WAIT_UNTIL (recorder->n_connected == 2);
}

static void
respond_with_shutdown (MockPeer *peer)
{
  if (peer->server->peers->len > 2)
    mock_peer_send_connected (peer);
  else if (peer->server->peers->len > 1)
    mock_peer_shut_down (peer);
  else
    mock_peer_reset (peer);
}

/* After a FIN without a close frame, and after a reset, the client reconnects. */
static void
test_cut (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_with_shutdown;
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->errors->len, ==, 2);
  g_assert_error (recorder_wait_error (recorder, 0), G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_error (recorder_wait_error (recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);

  mock_peer_reset (server->peers->pdata[2]);
  g_assert_error (recorder_wait_error (recorder, 2), G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  WAIT_UNTIL (recorder->n_connected == 2);
}

static void
do_not_respond (MockPeer *peer)
{
}

static void
check_timeout (MockServer *server)
{
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gint64 begin = g_get_monotonic_time ();

  g_object_set (recorder->client, "connect-timeout", 60, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 60 * 1000);
  WAIT_UNTIL (((MockPeer *) server->peers->pdata[0])->is_closed);
}

static void
test_connect_timeout_silent (void)
{
  g_autoptr (MockServer) server = mock_server_new ();

  server->is_silent = TRUE;
  check_timeout (server);
}

static void
test_connect_timeout_hanging (void)
{
  g_autoptr (MockServer) server = mock_server_new ();

  server->respond = do_not_respond;
  check_timeout (server);
}

/* Each attempt has a timeout of its own, which ends with it. */
static void
test_connect_timeout_each (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->is_silent = TRUE;
  g_object_set (recorder->client, "connect-timeout", 250, "max-retries", 3, NULL);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->delays->len == 2);
  server->is_silent = FALSE;
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  run_for (300);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
}

/* The server has disappeared, and nothing is answered any more. */
static void
test_liveness (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  server->ignores_controls = TRUE;
  g_object_set (recorder->client, "heartbeat-interval", 40, "liveness-timeout", 50, NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (peer->n_pings, >=, 1);
  WAIT_UNTIL (peer->is_closed);
  WAIT_UNTIL (recorder->n_connected == 2);
}

/* A server that answers pings, or sends anything at all, is considered alive. */
static void
test_liveness_answered (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  g_object_set (recorder->client, "heartbeat-interval", 20, "liveness-timeout", 1000, NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  WAIT_UNTIL (peer->n_pings >= 3);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
test_heartbeat (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gint64 begin = g_get_monotonic_time ();
  MockPeer *peer;

  g_object_set (recorder->client, "heartbeat-interval", 30, NULL);
  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 1; i <= 4; i++)
    mock_peer_assert_frame (peer, i, "{\"event\":\"heartbeat\"}");
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 4 * 30 * 1000);
}

static void
test_no_heartbeat (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "heartbeat-interval", 0, "liveness-timeout", 1, NULL);
  recorder_connect (recorder);
  run_for (60);
  g_assert_cmpuint (mock_server_wait_peer (server, 0)->frames->len, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
accept_good_token (MockPeer *peer)
{
  if (g_str_equal (peer->token, "good"))
    {
      mock_peer_send_connected (peer);
    }
  else
    {
      mock_peer_send_error (peer, "Authentication failed");
      mock_peer_close (peer, 4003);
    }
}

static void
test_update_token (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = accept_good_token;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  signal_client_update_token (recorder->client, "good");
  WAIT_UNTIL (recorder->n_connected == 1);
  g_assert_cmpuint (server->peers->len, ==, 2);

  /* The current connection is kept, and the next attempt uses the new token. */
  signal_client_update_token (recorder->client, "bad");
  run_for (20);
  g_assert_cmpuint (server->peers->len, ==, 2);
  mock_peer_shut_down (server->peers->pdata[1]);
  WAIT_UNTIL (recorder->n_disconnected == 2);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);

  /* After disconnect_async(), the client does not connect by itself. */
  recorder_disconnect (recorder);
  signal_client_update_token (recorder->client, "good");
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static void
test_update_token_without_retries (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = accept_good_token;
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  signal_client_update_token (recorder->client, "good");
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static char *
on_authenticate_none (SignalClient *client)
{
  return NULL;
}

static char *
on_authenticate (SignalClient *client,
                 guint        *n_asked)
{
  return g_strdup_printf ("token-%u", ++*n_asked);
}

static char *
on_authenticate_never (SignalClient *client)
{
  g_assert_not_reached ();
}

/* The signal is emitted before every attempt, and the first handler that returns a token wins. */
static void
test_authenticate (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  guint n_asked = 0;

  g_signal_connect (recorder->client, "authenticate", G_CALLBACK (on_authenticate_none), NULL);
  recorder_connect (recorder);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, TEST_TOKEN);

  g_signal_connect (recorder->client, "authenticate", G_CALLBACK (on_authenticate), &n_asked);
  g_signal_connect (recorder->client, "authenticate", G_CALLBACK (on_authenticate_never), NULL);
  mock_peer_shut_down (server->peers->pdata[0]);
  g_assert_cmpstr (mock_server_wait_peer (server, 1)->token, ==, "token-1");
  WAIT_UNTIL (recorder->n_connected == 2);
  mock_peer_shut_down (server->peers->pdata[1]);
  g_assert_cmpstr (mock_server_wait_peer (server, 2)->token, ==, "token-2");
  WAIT_UNTIL (recorder->n_connected == 3);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *early = g_strconcat ("/client/end/early/", ends[i].name, NULL);
      g_autofree char *late = g_strconcat ("/client/end/late/", ends[i].name, NULL);

      g_test_add_data_func (early, &ends[i], test_end_instead_of_connected);
      g_test_add_data_func (late, &ends[i], test_end_later);
    }
  g_test_add_func ("/client/end/cut", test_cut);
  g_test_add_func ("/client/end/connect-timeout/silent", test_connect_timeout_silent);
  g_test_add_func ("/client/end/connect-timeout/hanging", test_connect_timeout_hanging);
  g_test_add_func ("/client/end/connect-timeout/each", test_connect_timeout_each);
  g_test_add_func ("/client/end/liveness", test_liveness);
  g_test_add_func ("/client/end/liveness-answered", test_liveness_answered);
  g_test_add_func ("/client/end/heartbeat", test_heartbeat);
  g_test_add_func ("/client/end/no-heartbeat", test_no_heartbeat);
  g_test_add_func ("/client/end/update-token", test_update_token);
  g_test_add_func ("/client/end/update-token-without-retries", test_update_token_without_retries);
  g_test_add_func ("/client/end/authenticate", test_authenticate);

  return g_test_run ();
}
