/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* Arguments with which no connection is attempted. */

#define BAD_TOKEN "secret\xff"

static char *
on_authenticate (SignalClient  *client,
                 const char   **token)
{
  return g_strdup (*token);
}

static gboolean
on_token_requested (void)
{
  return TRUE;
}

/* The error does not contain the token. */
static void
check_token_error (const GError *error)
{
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strstr (error->message, "secret"));
}

/* The argument of connect_async() is refused immediately, and the property keeps its value. */
static void
test_token_argument (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  signal_client_connect_async (recorder->client, BAD_TOKEN, NULL, recorder_on_connected, recorder);
  WAIT_UNTIL (recorder->is_done);
  check_token_error (recorder->error);
  g_assert_cmpstr (recorder->states->str, ==, "");
  g_assert_cmpuint (server->peers->len, ==, 0);

  recorder_connect (recorder);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, TEST_TOKEN);
}

/* The value of the property is refused when the attempt begins, because a handler could have
 * returned a better one. */
static void
test_token_property (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  const char *token = NULL;

  g_signal_connect (recorder->client, "authenticate", G_CALLBACK (on_authenticate), &token);
  g_object_set (recorder->client, "token", BAD_TOKEN, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  check_token_error (recorder->error);
  check_token_error (recorder->disconnected);
  g_assert_cmpstr (recorder->states->str, ==, "connecting disconnected ");
  g_assert_cmpuint (server->peers->len, ==, 0);

  token = "good";
  recorder_connect (recorder);
  g_assert_cmpstr (mock_server_wait_peer (server, 0)->token, ==, "good");
}

/* So is a token returned by a handler, in the first attempt and in a later one. */
static void
test_token_handler (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  const char *token = BAD_TOKEN;

  g_signal_connect (recorder->client, "authenticate", G_CALLBACK (on_authenticate), &token);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  check_token_error (recorder->error);
  g_assert_cmpuint (server->peers->len, ==, 0);

  token = "good";
  recorder_connect (recorder);
  token = BAD_TOKEN;
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_disconnected == 2);
  check_token_error (recorder->disconnected);
  g_assert_cmpuint (server->peers->len, ==, 1);

  /* A client that stopped because it had no token starts again with a valid one only. */
  signal_client_update_token (recorder->client, BAD_TOKEN);
  check_token_error (recorder_wait_error (recorder, recorder->errors->len - 1));
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  g_assert_cmpuint (recorder->n_disconnected, ==, 2);
  token = NULL;
  signal_client_update_token (recorder->client, "better");
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpstr (mock_server_wait_peer (server, 1)->token, ==, "better");
}

/* An invalid token that was requested ends the attempt that waits for it. */
static void
test_token_promised (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_signal_connect (recorder->client, "token-requested", G_CALLBACK (on_token_requested), NULL);
  recorder_start (recorder);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_CONNECTING);
  signal_client_update_token (recorder->client, BAD_TOKEN);
  WAIT_UNTIL (recorder->is_done);
  check_token_error (recorder->error);
  g_assert_cmpuint (server->peers->len, ==, 0);
}

/* An invalid token that is set during a connection makes the next attempt fail. */
static void
test_token_update (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  signal_client_update_token (recorder->client, BAD_TOKEN);
  run_pending ();
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_disconnected == 1);
  check_token_error (recorder->disconnected);
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
check_refused (Recorder   *recorder,
               MockServer *server)
{
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (recorder->error->message, -1, NULL));
  g_assert_null (strstr (recorder->error->message, "secret"));
  g_assert_cmpstr (recorder->states->str, ==, "");
  g_assert_cmpuint (server->peers->len, ==, 0);
}

/* libsoup itself refuses CR and LF; this checks the other characters that HTTP does not allow. */
static void
test_headers (void)
{
  static const struct
  {
    const char *name;
    const char *value;
  } cases[] = {
    { "X-\x01", "secret" }, { "X-\xc3\xa4", "secret" }, { "X(comment)", "secret" }, { "X/Y", "secret" },
    { "X-Key", "secret\x01" }, { "X-Key", "\x1bsecret" }, { "X-Key", "secret\x7f" },
    { "X-Key", "secret\x0b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MockServer) server = mock_server_new ();
      g_autoptr (Recorder) recorder = recorder_new (server->uri);
      g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);

      soup_message_headers_append (headers, "X-First", "fine");
      soup_message_headers_append (headers, cases[i].name, cases[i].value);
      g_object_set (recorder->client, "headers", headers, NULL);
      check_refused (recorder, server);
    }
}

/* The object can be changed at any time, and is checked when an attempt begins. */
static void
test_headers_later (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);

  soup_message_headers_append (headers, "X-Text", "\t!~ \xc3\xa4\xff");
  g_object_set (recorder->client, "headers", headers, NULL);
  recorder_connect (recorder);
  g_assert_nonnull (strstr (mock_server_wait_peer (server, 0)->request,
                            "\r\nX-Text: \t!~ \xc3\xa4\xff\r\n"));

  soup_message_headers_append (headers, "X-Key", "secret\x01");
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->n_disconnected == 1);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (recorder->disconnected->message, "X-Key"));
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
test_ecdh_info (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (SignalServer) embedded = g_object_new (SIGNAL_TYPE_SERVER, "ecdh-info", "\xff", NULL);
  g_autoptr (GError) error = NULL;

  g_object_set (recorder->client, "ecdh-info", "secret\xff", NULL);
  check_refused (recorder, server);

  g_assert_false (signal_server_listen (embedded, NULL, 0, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
}

/* Strings that are sent as JSON: the names of events and of rooms. */
static void
test_names (void)
{
  static const char * const bad[] = { "a\xff", "\xc0\x80", "\xed\xa0\x80", "" };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;
  guint n_frames;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  n_frames = peer->frames->len;
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *rooms[] = { "fine", bad[i], NULL };
      g_autoptr (GError) event = NULL;
      g_autoptr (GError) join = NULL;
      g_autoptr (GError) leave = NULL;

      g_assert_false (signal_client_send_json (recorder->client, bad[i], NULL, &event));
      g_assert_error (event, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_false (signal_client_join_rooms (recorder->client, rooms, &join));
      g_assert_error (join, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_false (signal_client_leave_rooms (recorder->client, rooms, &leave));
      g_assert_error (leave, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
    }

  /* Other line separators are escaped, and arrive unchanged. */
  g_assert_true (signal_client_send_json (recorder->client, "a\r\n\x01", NULL, NULL));
  WAIT_UNTIL (peer->inner->len == 1);
  g_assert_cmpstr (peer->inner->pdata[0], ==, "{\"event\":\"a\\r\\n\\u0001\"}");
  g_assert_cmpuint (peer->frames->len, ==, n_frames + 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/arguments/token/argument", test_token_argument);
  g_test_add_func ("/client/arguments/token/property", test_token_property);
  g_test_add_func ("/client/arguments/token/handler", test_token_handler);
  g_test_add_func ("/client/arguments/token/promised", test_token_promised);
  g_test_add_func ("/client/arguments/token/update", test_token_update);
  g_test_add_func ("/client/arguments/headers", test_headers);
  g_test_add_func ("/client/arguments/headers/later", test_headers_later);
  g_test_add_func ("/client/arguments/ecdh-info", test_ecdh_info);
  g_test_add_func ("/client/arguments/names", test_names);

  return g_test_run ();
}
