/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* The properties for user interfaces, and the advice about errors. */

#define UNAVAILABLE "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"

typedef struct
{
  GString *texts;        /* of each notification of status-text, each followed by "; " */
  guint    n_connected;  /* notifications of the other properties */
  guint    n_retry_at;
  guint    n_failures;
  gboolean is_consistent;
} Observer;

/* Whatever is notified, the properties agree with each other. */
static void
on_notify (SignalClient *client,
           GParamSpec   *pspec,
           Observer     *observer)
{
  SignalConnectionState state = signal_client_get_state (client);
  gboolean is_waiting = state == SIGNAL_CONNECTION_STATE_RECONNECTING;

  observer->is_consistent &=
    signal_client_get_is_connected (client) == (state == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    && (signal_client_get_retry_at (client) != 0) == is_waiting
    && (strstr (signal_client_get_status_text (client), "Reconnecting") != NULL) == is_waiting;
}

static void
on_status_text (SignalClient *client,
                GParamSpec   *pspec,
                Observer     *observer)
{
  g_string_append_printf (observer->texts, "%s; ", signal_client_get_status_text (client));
}

static void
observer_init (Observer     *observer,
               SignalClient *client)
{
  observer->texts = g_string_new ("");
  observer->is_consistent = TRUE;
  g_signal_connect (client, "notify", G_CALLBACK (on_notify), observer);
  g_signal_connect (client, "notify::status-text", G_CALLBACK (on_status_text), observer);
  g_signal_connect (client, "notify::is-connected", G_CALLBACK (count_notify), &observer->n_connected);
  g_signal_connect (client, "notify::retry-at", G_CALLBACK (count_notify), &observer->n_retry_at);
  g_signal_connect (client, "notify::failures", G_CALLBACK (count_notify), &observer->n_failures);
}

static void
observer_clear (Observer *observer)
{
  g_string_free (observer->texts, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Observer, observer_clear)

static void
test_connection (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Observer) observer = { 0 };

  observer_init (&observer, recorder->client);
  g_assert_cmpstr (signal_client_get_status_text (recorder->client), ==, "Not connected");
  g_assert_false (signal_client_get_is_connected (recorder->client));
  g_assert_cmpint (signal_client_get_retry_at (recorder->client), ==, 0);

  recorder_connect (recorder);
  g_assert_true (signal_client_get_is_connected (recorder->client));
  recorder_disconnect (recorder);
  g_assert_cmpstr (observer.texts->str, ==,
                   "Connecting…; Authenticating…; Connected, encrypted; Not connected; ");
  g_assert_cmpuint (observer.n_connected, ==, 2);
  g_assert_cmpuint (observer.n_retry_at, ==, 0);
  g_assert_cmpuint (observer.n_failures, ==, 0);
  g_assert_true (observer.is_consistent);
  g_signal_handlers_disconnect_by_data (recorder->client, &observer);
}

static void
test_not_encrypted (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = mock_peer_send_connected_plain;
  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  g_assert_cmpstr (signal_client_get_status_text (recorder->client), ==, "Connected, not encrypted");
}

/* Whoever looks at the client during the wait finds the time of the next attempt. */
static void
test_retry_at (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Observer) observer = { 0 };
  gint64 begin, end, retry_at, value;

  recorder_connect (recorder);
  observer_init (&observer, recorder->client);
  g_object_set (recorder->client, "base-interval", 60000, "max-interval", 60000, NULL);
  begin = g_get_monotonic_time ();
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  end = g_get_monotonic_time ();

  retry_at = signal_client_get_retry_at (recorder->client);
  g_assert_cmpint (retry_at, >=, begin + 60 * G_USEC_PER_SEC);
  g_assert_cmpint (retry_at, <=, end + 60 * G_USEC_PER_SEC);
  g_object_get (recorder->client, "retry-at", &value, NULL);
  g_assert_cmpint (value, ==, retry_at);

  /* Nothing changes by itself. */
  g_string_truncate (observer.texts, 0);
  observer.n_retry_at = 0;
  run_for (50);
  g_assert_cmpstr (observer.texts->str, ==, "");
  g_assert_cmpint (signal_client_get_retry_at (recorder->client), ==, retry_at);
  g_assert_cmpuint (observer.n_retry_at, ==, 0);

  signal_client_reconnect_now (recorder->client);
  g_assert_cmpuint (observer.n_retry_at, ==, 1);
  g_assert_cmpint (signal_client_get_retry_at (recorder->client), ==, 0);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_true (observer.is_consistent);
  g_signal_handlers_disconnect_by_data (recorder->client, &observer);
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 gboolean     *is_checked)
{
  g_autofree char *text = g_strdup_printf ("Reconnecting (attempt %u)", attempt);

  g_assert_cmpuint (signal_client_get_failures (client), ==, attempt);
  g_assert_cmpstr (signal_client_get_status_text (client), ==, text);
  *is_checked = TRUE;
}

static void
test_failures (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_auto (Observer) observer = { 0 };
  gboolean is_checked = FALSE;

  server->http_response = UNAVAILABLE;
  g_object_set (recorder->client, "base-interval", 1, "max-interval", 1, "max-retries", 2, NULL);
  observer_init (&observer, recorder->client);
  g_signal_connect (recorder->client, "reconnecting", G_CALLBACK (on_reconnecting), &is_checked);

  /* The number remains when the client gives up, and says how often it has tried. */
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
  g_assert_true (is_checked);
  g_assert_cmpuint (signal_client_get_failures (recorder->client), ==, 3);
  g_assert_cmpuint (observer.n_failures, ==, 3);
  g_assert_cmpstr (observer.texts->str, ==,
                   "Connecting…; Reconnecting (attempt 1); Connecting…; Reconnecting (attempt 2); "
                   "Connecting…; Not connected; ");

  server->http_response = NULL;
  recorder_connect (recorder);
  g_assert_cmpuint (signal_client_get_failures (recorder->client), ==, 0);
  g_assert_cmpuint (observer.n_failures, ==, 4);
  g_assert_true (observer.is_consistent);
  g_signal_handlers_disconnect_by_data (recorder->client, &observer);
  g_signal_handlers_disconnect_by_data (recorder->client, &is_checked);
}

/* The loss of a connection is the reason for a retry, but not a failed attempt. */
static void
test_loss_is_no_failure (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  server->http_response = UNAVAILABLE;
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->delays->len == 1);
  g_assert_cmpuint (signal_client_get_failures (recorder->client), ==, 0);
  g_assert_cmpstr (signal_client_get_status_text (recorder->client), ==, "Reconnecting (attempt 1)");
  WAIT_UNTIL (recorder->delays->len == 2);
  g_assert_cmpuint (signal_client_get_failures (recorder->client), ==, 1);

  recorder_disconnect (recorder);
  g_assert_cmpuint (signal_client_get_failures (recorder->client), ==, 0);
}

/* The text stays valid as long as the state does. */
static void
test_text_is_stable (void)
{
  g_autoptr (SignalClient) client = signal_client_new (NULL, NULL);
  const char *text = signal_client_get_status_text (client);
  g_autofree char *copy = NULL;

  g_object_get (client, "status-text", &copy, NULL);
  g_assert_true (signal_client_get_status_text (client) == text);
  g_assert_cmpstr (copy, ==, text);
}

static const char *
get_advice (GQuark domain,
            int    code)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, "message");

  return signal_error_get_advice (error);
}

static void
test_advice (void)
{
  g_autoptr (GEnumClass) codes = g_type_class_ref (SIGNAL_TYPE_ERROR);

  for (guint i = 0; i < codes->n_values; i++)
    {
      const char *advice = get_advice (SIGNAL_ERROR, codes->values[i].value);

      g_assert_nonnull (advice);
      g_assert_true (g_str_has_suffix (advice, "."));
    }

  g_assert_nonnull (strstr (get_advice (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED), "token"));
  g_assert_nonnull (strstr (get_advice (SIGNAL_ERROR, SIGNAL_ERROR_INSECURE), "wss://"));
  g_assert_nonnull (strstr (get_advice (G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE), "authority"));
  g_assert_nonnull (strstr (get_advice (G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND), "name"));
  g_assert_nonnull (strstr (get_advice (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED), "port"));
  g_assert_nonnull (strstr (get_advice (G_IO_ERROR, G_IO_ERROR_PROXY_FAILED), "proxy"));
  g_assert_nonnull (strstr (get_advice (G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE), "network"));
  g_assert_nonnull (strstr (get_advice (SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET),
                            "address"));
  g_assert_null (get_advice (G_IO_ERROR, G_IO_ERROR_CANCELLED));
  g_assert_null (get_advice (G_FILE_ERROR, G_FILE_ERROR_NOENT));
}

/* Before there is a WebSocket, there is nothing to report of it. */
static void
test_connecting (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gint64 round_trip;

  server->is_silent = TRUE;
  recorder_start (recorder);
  WAIT_UNTIL (server->peers->len == 1);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==, SIGNAL_CONNECTION_STATE_CONNECTING);
  g_object_get (recorder->client, "round-trip-time", &round_trip, NULL);
  g_assert_cmpint (round_trip, ==, -1);
  g_assert_cmpuint (signal_client_get_buffered_amount (recorder->client), ==, 0);
  g_assert_false (signal_client_get_encrypted (recorder->client));
  recorder_disconnect (recorder);
  WAIT_UNTIL (recorder->is_done);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/status/connecting", test_connecting);
  g_test_add_func ("/client/status/connection", test_connection);
  g_test_add_func ("/client/status/not-encrypted", test_not_encrypted);
  g_test_add_func ("/client/status/retry-at", test_retry_at);
  g_test_add_func ("/client/status/failures", test_failures);
  g_test_add_func ("/client/status/loss", test_loss_is_no_failure);
  g_test_add_func ("/client/status/text-is-stable", test_text_is_stable);
  g_test_add_func ("/client/status/advice", test_advice);

  return g_test_run ();
}
