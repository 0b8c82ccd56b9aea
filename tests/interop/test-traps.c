/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"
#include "tests/histories/history.h"

#include <string.h>

/* Behavior of the public server that the embedded one does not have. */

static char *url;

static Recorder *
recorder_new_started (const char *token)
{
  Recorder *recorder = interop_recorder_new (url, token);

  recorder_start (recorder);
  return recorder;
}

/* 4003 after "Authentication error": the token is valid. */
static void
test_check_throws (void)
{
  g_autoptr (Recorder) once = recorder_new_started ("ann/throw-once");
  g_autoptr (Recorder) always = interop_recorder_new (url, "ann/throw");

  recorder_wait_connected (once);
  g_assert_cmpuint (once->delays->len, ==, 1);

  g_object_set (always->client, "max-retries", 2, NULL);
  recorder_start (always);
  recorder_wait_failure (always, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
  g_assert_cmpuint (always->delays->len, ==, 2);
}

/* The check never ends: the server waits for three times its timeout, then closes with 4001. */
static void
test_check_hangs (void)
{
  g_autoptr (Recorder) recorder = recorder_new_started ("ann/hang");

  INTEROP_WAIT (recorder->delays->len == 1);
  g_assert_error ((GError *) recorder->errors->pdata[0], SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 0), ==, INTEROP_BASE_INTERVAL);
  signal_client_update_token (recorder->client, "ann");
  recorder_wait_connected (recorder);
}

static void
test_handshake_refused (void)
{
  g_autoptr (Recorder) recorder = recorder_new_started ("ann/no-handshake");

  recorder_wait_failure (recorder, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  g_assert_cmpuint (recorder->delays->len, ==, 0);
}

/* The token was accepted, so the server's timeout does not apply. */
static void
test_handshake_hangs (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new (url, "ann/hanging-handshake");

  g_object_set (recorder->client, "connect-timeout", 1500, NULL);
  recorder_start (recorder);
  INTEROP_WAIT (recorder->delays->len == 1);
  g_assert_error ((GError *) recorder->errors->pdata[0], SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
}

/* A broadcast in plaintext comes before `connected`. */
static void
test_early_broadcast (void)
{
  g_autoptr (Recorder) ann = interop_recorder_new_connected (url, "ann");
  g_autoptr (Recorder) slow = recorder_new_started ("bob/slow-handshake");

  INTEROP_WAIT (signal_client_get_state (slow->client) == SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  run_for (300);
  interop_send_to (ann, "broadcast", "", "news", "\"early\"");
  recorder_assert_message (ann, "news", "\"early\"");
  recorder_wait_matching_error (slow, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_false (recorder_is_connected (slow));

  recorder_wait_connected (slow);
  g_assert_cmpuint (slow->delays->len, ==, 0);
  g_assert_cmpuint (recorder_count_messages (slow, "news"), ==, 0);
  interop_send_to (ann, "broadcast", "", "news", "\"late\"");
  recorder_assert_message (slow, "news", "\"late\"");
}

/* The key for decrypting `connected` is inside it. */
static void
test_encrypted_connected (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new (url, "ann/encrypted-connected");

  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_start (recorder);
  recorder_wait_failure (recorder, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_test_message ("%s", recorder->error->message);
}

/* requireEncryption without a handshake: 4004 without a message before it. */
static void
test_no_handshake_configured (void)
{
  g_autofree char *home = processes_query ("server", "unconfigured", "public",
                                           "ENCRYPTION=unconfigured", NULL);
  g_autoptr (Recorder) recorder = interop_recorder_new (home, "ann");

  recorder_start (recorder);
  recorder_wait_failure (recorder, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  g_test_message ("%s", recorder->error->message);
  processes_command ("stop", "unconfigured", NULL);
}

/* Without validateRoomFn no client can join a room, and no error is sent. */
static void
test_no_rooms_configured (void)
{
  g_autofree char *home = processes_query ("server", "roomless", "public", "ROOMS=unconfigured",
                                           NULL);
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (home, "ann");

  g_assert_true (signal_client_join_rooms (recorder->client, rooms, NULL));
  interop_settle (recorder);
  g_assert_false (interop_is_in_room (recorder, "tea"));
  g_assert_true (interop_is_in_room (recorder, "ws-default"));
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  processes_command ("stop", "roomless", NULL);
}

/* With another HKDF info, the handshake succeeds, and no message can be decrypted. */
static void
test_other_info (void)
{
  g_autofree char *home = processes_query ("server", "other", "public", "ECDH_INFO=nx-signal-e2e",
                                           NULL);
  g_autoptr (Recorder) right = interop_recorder_new (home, "ann");
  g_autoptr (Recorder) wrong = interop_recorder_new_connected (home, "bob");

  g_object_set (right->client, "ecdh-info", "nx-signal-e2e", NULL);
  recorder_start (right);
  recorder_wait_connected (right);
  interop_send_to (right, "broadcast", "", "news", "1");
  recorder_assert_message (right, "news", "1");
  recorder_wait_matching_error (wrong, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpuint (wrong->messages->len, ==, 0);
  processes_command ("stop", "other", NULL);
}

/* Reads the key under a name, and compares what else has reached the application. */
static void
check_credentials (const char *home,
                   const char *member)
{
  g_autoptr (Recorder) recorder = interop_recorder_new (home, "ann");
  g_autoptr (JsonNode) data = parse_json ("{\"type\":\"evil\",\"token\":\"evil\",\"device\":\"é\","
                                          "\"at\":[1]}");
  g_autofree char *answer = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *got;

  g_object_set (recorder->client,
                "authenticate-type", "Device",
                "authenticate-data", data,
                "public-key-member", member,
                NULL);
  recorder_connect (recorder);
  g_assert_true (signal_client_get_encrypted (recorder->client));
  g_assert_cmpstr (signal_client_get_user_id (recorder->client), ==, "ann");

  answer = interop_request (recorder, "credentials", NULL);
  node = parse_json (answer);
  got = json_node_get_object (node);
  g_assert_cmpstr (json_object_get_string_member (got, "type"), ==, "Device");
  g_assert_cmpstr (json_object_get_string_member (got, "device"), ==, "é");
  g_assert_cmpint (json_array_get_int_element (json_object_get_array_member (got, "at"), 0), ==, 1);
  g_assert_cmpuint (strlen (json_object_get_string_member (got, member)), ==, 88);
  g_assert_cmpuint (json_object_get_size (got), ==, 4);
}

/* The name of the key is a decision of the application. */
static void
test_credentials (void)
{
  g_autofree char *home = processes_query ("server", "guide", "public", "PUBLIC_KEY_MEMBER=publicKey", NULL);
  g_autoptr (Recorder) wrong = interop_recorder_new (home, "bob");

  check_credentials (url, "clientPublicKey");
  check_credentials (home, "publicKey");

  recorder_start (wrong);
  recorder_wait_failure (wrong, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  processes_command ("stop", "guide", NULL);
}

static void
test_unknown_type (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new (url, "ann");

  signal_client_set_authenticate_type (recorder->client, "Unknown");
  recorder_start (recorder);
  recorder_wait_failure (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
}

/* The idle timeout of the WebSocket, at its minimum and without pings of the server. */
static void
test_idle_time_out (void)
{
  g_autofree char *home = processes_query ("server", "idle", "public", "IDLE_TIMEOUT=8", NULL);
  g_autoptr (Recorder) lively = interop_recorder_new (home, "ann");
  g_autoptr (Recorder) quiet = interop_recorder_new (home, "bob");

  g_object_set (lively->client, "heartbeat-interval", 2000, NULL);
  g_object_set (quiet->client, "heartbeat-interval", 0, NULL);
  recorder_start (lively);
  recorder_start (quiet);
  recorder_wait_connected (lively);
  recorder_wait_connected (quiet);
  INTEROP_WAIT (quiet->n_connected == 2);
  run_for (1000);
  g_assert_cmpuint (lively->n_connected, ==, 1);
  g_assert_cmpuint (lively->errors->len, ==, 0);
  interop_settle (lively);
  processes_command ("stop", "idle", NULL);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  interop_test_init (&argc, &argv);
  url = processes_query ("server", "one", "public", "AUTH_TIMEOUT=400", NULL);
  g_test_add_func ("/interop/traps/check-throws", test_check_throws);
  g_test_add_func ("/interop/traps/check-hangs", test_check_hangs);
  g_test_add_func ("/interop/traps/handshake-refused", test_handshake_refused);
  g_test_add_func ("/interop/traps/handshake-hangs", test_handshake_hangs);
  g_test_add_func ("/interop/traps/early-broadcast", test_early_broadcast);
  g_test_add_func ("/interop/traps/encrypted-connected", test_encrypted_connected);
  g_test_add_func ("/interop/traps/no-handshake-configured", test_no_handshake_configured);
  g_test_add_func ("/interop/traps/no-rooms-configured", test_no_rooms_configured);
  g_test_add_func ("/interop/traps/other-info", test_other_info);
  g_test_add_func ("/interop/traps/credentials", test_credentials);
  g_test_add_func ("/interop/traps/unknown-type", test_unknown_type);
  g_test_add_func ("/interop/traps/idle-time-out", test_idle_time_out);
  result = history_run ();
  g_free (url);
  return result;
}
