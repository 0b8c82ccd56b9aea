/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* Messages of a server before it has authenticated the client, or to refuse it: their size is
 * limited, and text shown to users is sanitized. */

/* Larger than the limit before `connected`, and smaller than the one after it. */
#define LARGE (64 * 1024 + 1)

static char *
fill_message (gsize length)
{
  g_autofree char *padding = g_strnfill (length - strlen ("{\"event\":\"e\",\"data\":\"\"}"), 'x');

  return g_strdup_printf ("{\"event\":\"e\",\"data\":\"%s\"}", padding);
}

static void
respond_with_large (MockPeer *peer)
{
  g_autofree char *text = fill_message (LARGE);

  if (peer->server->peers->len == 1)
    mock_peer_send_text (peer, text);
  mock_peer_send_connected (peer);
}

/* One byte above the limit ends the attempt, but not the client. */
static void
test_large (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_with_large;
  recorder_connect (recorder);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  g_assert_cmpuint (mock_server_wait_peer (server, 0)->close_code, ==, 1009);
  g_assert_cmpuint (server->peers->len, ==, 2);
}

static void
respond_at_limit (MockPeer *peer)
{
  g_autofree char *text = fill_message (LARGE - 1);

  mock_peer_send_text (peer, text);
  mock_peer_send_connected_plain (peer);
  g_clear_pointer (&text, g_free);
  text = fill_message (4 * LARGE);
  mock_peer_send_text (peer, text);
}

/* A message of exactly the limit is accepted before `connected`, and the other limit applies
 * immediately after it. */
static void
test_limit (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_at_limit;
  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  WAIT_UNTIL (recorder->messages->len == 2);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
respond_with_number (MockPeer *peer)
{
  g_autofree char *connected = mock_peer_format_connected (peer);
  g_autoptr (GString) text = g_string_new (connected);

  g_string_replace (text, "\"alice\"", "12345678901234567890", 1);
  mock_peer_send_text (peer, text->str);
  mock_peer_derive_key (peer);
}

/* With the same digits: a double or a 64-bit integer could not represent the number. */
static void
test_numeric_user_id (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_with_number;
  recorder_connect (recorder);
  g_assert_cmpstr (signal_client_get_user_id (recorder->client), ==, "12345678901234567890");
}

static void
respond_with_controls (MockPeer *peer)
{
  /* ESC, CSI as a C1 control, a right-to-left override, a line separator. */
  mock_peer_send_text (peer, "{\"event\":\"error\",\"data\":{\"message\":"
                              "\"a\\u001b[2Jb\xc2\x9b" "31mc\xe2\x80\xae" "d\xe2\x80\xa8" "e\\u0007\"}}");
  mock_peer_send_connected (peer);
}

static void
test_error_text (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_with_controls;
  recorder_connect (recorder);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
  g_assert_cmpstr (recorder_wait_error (recorder, 0)->message, ==, "a [2Jb 31mc d e ");
}

static void
refuse_with_reason (MockPeer *peer)
{
  static const char payload[] = "\x03\xf0" "policy: no\x1b[2Jt \xe2\x80\xae" "today";

  mock_peer_send_frame (peer, 0x88, payload, strlen (payload));
}

/* The reason given by the server is shown without control characters for a terminal. */
static void
test_close_reason (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = refuse_with_reason;
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_nonnull (strstr (recorder->error->message, "1008"));
  g_assert_nonnull (strstr (recorder->error->message, "“policy: no [2Jt  today”"));
}

static void
refuse_token_with_reason (MockPeer *peer)
{
  static const char payload[] = "\x0f\xa3" "Token expired";

  mock_peer_send_frame (peer, 0x88, payload, strlen (payload));
}

static void
test_refusal_reason (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = refuse_token_with_reason;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_nonnull (strstr (recorder->error->message, "Token expired"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/before-auth/large", test_large);
  g_test_add_func ("/client/before-auth/limit", test_limit);
  g_test_add_func ("/client/before-auth/numeric-user-id", test_numeric_user_id);
  g_test_add_func ("/client/before-auth/error-text", test_error_text);
  g_test_add_func ("/client/before-auth/close-reason", test_close_reason);
  g_test_add_func ("/client/before-auth/refusal-reason", test_refusal_reason);

  return g_test_run ();
}
