/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

#define UNAVAILABLE "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"

static void
set_schedule (Recorder *recorder,
              guint     max_retries)
{
  g_object_set (recorder->client,
                "max-retries", max_retries,
                "base-interval", 40,
                "backoff-multiplier", 2.0,
                "max-interval", 200,
                NULL);
}

static void
test_schedule (void)
{
  static const guint expected[] = { 40, 80, 160, 200 };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gint64 begin = g_get_monotonic_time ();

  server->http_response = UNAVAILABLE;
  set_schedule (recorder, G_N_ELEMENTS (expected));
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);

  g_assert_cmpuint (recorder->delays->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpuint (g_array_index (recorder->delays, guint, i), ==, expected[i]);
      g_assert_cmpuint (g_array_index (recorder->attempts, guint, i), ==, i + 1);
    }
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 480 * 1000);
  g_assert_cmpuint (server->peers->len, ==, 5);
  g_assert_cmpstr (recorder->states->str, ==,
                   "connecting reconnecting connecting reconnecting connecting reconnecting "
                   "connecting reconnecting connecting disconnected ");
  g_assert_cmpstr (recorder->signals->str, ==,
                   "error reconnecting error reconnecting error reconnecting error reconnecting "
                   "disconnected ");
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
  g_assert_nonnull (strstr (recorder->disconnected->message, "503"));
  g_assert_error (signal_client_get_last_error (recorder->client), SIGNAL_ERROR,
                  SIGNAL_ERROR_RETRIES_EXHAUSTED);
}

static void
test_jitter (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gboolean is_varied = FALSE;

  server->http_response = UNAVAILABLE;
  g_object_set (recorder->client,
                "max-retries", 12,
                "base-interval", 40,
                "backoff-multiplier", 1.0,
                "jitter", 0.9,
                NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
  for (guint i = 0; i < recorder->delays->len; i++)
    {
      guint delay = g_array_index (recorder->delays, guint, i);

      g_assert_cmpuint (delay, >=, 4);
      g_assert_cmpuint (delay, <=, 40);
      is_varied |= delay != g_array_index (recorder->delays, guint, 0);
    }
  g_assert_true (is_varied);
}

/* Without retries, the caller gets the error of the attempt. */
static void
test_no_retries (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->http_response = UNAVAILABLE;
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET);
  g_assert_nonnull (strstr (recorder->error->message, "503"));
  g_assert_cmpstr (recorder->signals->str, ==, "disconnected ");
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
test_no_retries_when_lost (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect (recorder);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_disconnected == 1);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_cmpstr (recorder->signals->str, ==, "connected disconnected ");
}

static void
test_never_give_up (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->http_response = UNAVAILABLE;
  g_object_set (recorder->client, "max-retries", G_MAXUINT, "base-interval", 1, "max-interval", 1,
                NULL);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->delays->len == 40);
  g_assert_false (recorder->is_done);
  server->http_response = NULL;
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  g_assert_cmpuint (recorder->n_disconnected, ==, 0);
}

/* A server that accepts connections and then closes them is not flooded with attempts: the delay is
 * reset only after a connection that has lasted longer than the base interval. A connection that
 * was established does not count as a retry, however, so that there is one each time. */
static void
test_count_is_reset (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client,
                "base-interval", 20000,
                "backoff-multiplier", 1.25,
                "max-retries", 1,
                NULL);
  recorder_connect (recorder);
  for (guint i = 0; i < 3; i++)
    {
      mock_peer_shut_down (mock_server_wait_peer (server, i));
      WAIT_UNTIL (recorder->delays->len == i + 1);
      signal_client_reconnect_now (recorder->client);
      WAIT_UNTIL (recorder->n_connected == i + 2);
      g_assert_cmpuint (g_array_index (recorder->attempts, guint, i), ==, 1);
    }
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 0), ==, 20000);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 1), ==, 25000);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 2), ==, 30000);

  g_object_set (recorder->client, "base-interval", 5, NULL);
  run_for (20);
  mock_peer_shut_down (mock_server_wait_peer (server, 3));
  WAIT_UNTIL (recorder->n_connected == 5);
  g_assert_cmpuint (g_array_index (recorder->attempts, guint, 3), ==, 1);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 3), ==, 5);

  /* Attempts that fail do count, until the client gives up. */
  server->http_response = UNAVAILABLE;
  mock_peer_shut_down (mock_server_wait_peer (server, 4));
  WAIT_UNTIL (recorder->n_disconnected == 1);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
}

static void
test_retry_after (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->http_response =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n";
  recorder_start (recorder);
  WAIT_UNTIL (recorder->delays->len == 1);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 0), ==, 77000);

  server->http_response = NULL;
  signal_client_reconnect_now (recorder->client);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
}

static void
test_reconnect_now (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "base-interval", 60000, "max-interval", 60000, NULL);
  signal_client_reconnect_now (recorder->client);
  g_assert_cmpstr (recorder->states->str, ==, "");

  recorder_connect (recorder);
  signal_client_reconnect_now (recorder->client);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);

  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  signal_client_reconnect_now (recorder->client);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_CONNECTING);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpuint (server->peers->len, ==, 2);
}

static void
on_reconnecting_go (SignalClient *client)
{
  signal_client_reconnect_now (client);
}

/* Inside the signal that announces the delay. */
static void
test_reconnect_now_inside (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "base-interval", 60000, "max-interval", 60000, NULL);
  recorder_connect (recorder);
  g_signal_connect (recorder->client, "reconnecting", G_CALLBACK (on_reconnecting_go), NULL);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_connected == 2);
}

/* HTTP responses that refuse the upgrade, each with its status in the error; redirects are not
 * followed. */
static void
test_http_refusals (void)
{
  static const struct { const char *answer, *text; } cases[] = {
    { "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401" },
    { "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404" },
    { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><p>Hello</html>", "200" },
    { "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n", "302" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MockServer) server = mock_server_new ();
      g_autoptr (Recorder) recorder = recorder_new (server->uri);

      server->http_response = cases[i].answer;
      g_object_set (recorder->client, "max-retries", 0, NULL);
      recorder_connect_fails (recorder, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET);
      g_assert_nonnull (strstr (recorder->error->message, cases[i].text));
      g_assert_cmpuint (server->peers->len, ==, 1);
    }
}

static void
test_not_http (void)
{
  static const struct { const char *answer; int code; } cases[] = {
    { "SSH-2.0-OpenSSH_9.2\r\n\r\n", SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET },
    { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
      SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE },
    { "HTTP/1.1 101 Switching Protocols\r\n\r\n", SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE },
    { "xxxxxxxxxx", SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET },
  };
  g_autofree char *filler = g_strnfill (100000, 'x');
  g_autofree char *endless = g_strconcat ("HTTP/1.1 200 ", filler, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases) + 1; i++)
    {
      g_autoptr (MockServer) server = mock_server_new ();
      g_autoptr (Recorder) recorder = recorder_new (server->uri);

      server->http_response = i < G_N_ELEMENTS (cases) ? cases[i].answer : endless;
      g_object_set (recorder->client, "max-retries", 0, NULL);
      recorder_connect_fails (recorder, SOUP_WEBSOCKET_ERROR,
                              i < G_N_ELEMENTS (cases) ? cases[i].code
                                                        : SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE);
    }
}

static void
test_nothing_but_an_end (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->http_response = "";
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/retry/schedule", test_schedule);
  g_test_add_func ("/client/retry/jitter", test_jitter);
  g_test_add_func ("/client/retry/none", test_no_retries);
  g_test_add_func ("/client/retry/none-when-lost", test_no_retries_when_lost);
  g_test_add_func ("/client/retry/never-give-up", test_never_give_up);
  g_test_add_func ("/client/retry/count-is-reset", test_count_is_reset);
  g_test_add_func ("/client/retry/retry-after", test_retry_after);
  g_test_add_func ("/client/retry/reconnect-now", test_reconnect_now);
  g_test_add_func ("/client/retry/reconnect-now-inside", test_reconnect_now_inside);
  g_test_add_func ("/client/retry/http-refusals", test_http_refusals);
  g_test_add_func ("/client/retry/not-http", test_not_http);
  g_test_add_func ("/client/retry/nothing", test_nothing_but_an_end);

  return g_test_run ();
}
