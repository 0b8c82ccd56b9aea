/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"

/* What only the public server can do to a client. */

static char *url;

static Probe *
probe_begin (const char *token)
{
  Probe *probe = probe_new (url, token);

  probe_connect (probe);
  return probe;
}

/* 4003 after "Authentication error": nothing is wrong with the token. */
static void
test_check_throws (void)
{
  g_autoptr (Probe) once = probe_begin ("ann/throw-once");
  g_autoptr (Probe) always = probe_new (url, "ann/throw");

  probe_wait_online (once);
  g_assert_cmpuint (once->delays->len, ==, 1);

  g_object_set (always->client, "max-retries", 2, NULL);
  probe_connect (always);
  probe_wait_failure (always, SIGNAL_ERROR, SIGNAL_ERROR_RETRIES_EXHAUSTED);
  g_assert_cmpuint (always->delays->len, ==, 2);
}

/* The check never ends: the server gives three times its deadline, then closes with 4001. */
static void
test_check_hangs (void)
{
  g_autoptr (Probe) probe = probe_begin ("ann/hang");

  PROBE_WAIT (probe->delays->len == 1);
  g_assert_error ((GError *) probe->errors->pdata[0], SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (g_array_index (probe->delays, guint, 0), ==, PROBE_BASE_INTERVAL);
  signal_client_update_token (probe->client, "ann");
  probe_wait_online (probe);
}

static void
test_handshake_refused (void)
{
  g_autoptr (Probe) probe = probe_begin ("ann/no-handshake");

  probe_wait_failure (probe, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  g_assert_cmpuint (probe->delays->len, ==, 0);
}

/* The token was accepted, so the server's own timer is off. */
static void
test_handshake_hangs (void)
{
  g_autoptr (Probe) probe = probe_new (url, "ann/hanging-handshake");

  g_object_set (probe->client, "connect-timeout", 1500, NULL);
  probe_connect (probe);
  PROBE_WAIT (probe->delays->len == 1);
  g_assert_error ((GError *) probe->errors->pdata[0], SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
}

/* A broadcast in plaintext comes before `connected`. */
static void
test_early_broadcast (void)
{
  g_autoptr (Probe) ann = probe_new_online (url, "ann");
  g_autoptr (Probe) slow = probe_begin ("bob/slow-handshake");

  PROBE_WAIT (signal_client_get_state (slow->client) == SIGNAL_CONNECTION_STATE_AUTHENTICATING);
  run_for (300);
  probe_send_to (ann, "broadcast", "", "news", "\"early\"");
  probe_assert_heard (ann, "news", "\"early\"");
  probe_wait_error (slow, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_false (probe_is_online (slow));

  probe_wait_online (slow);
  g_assert_cmpuint (slow->delays->len, ==, 0);
  g_assert_cmpuint (probe_count (slow, "news"), ==, 0);
  probe_send_to (ann, "broadcast", "", "news", "\"late\"");
  probe_assert_heard (slow, "news", "\"late\"");
}

/* The key to read `connected` is inside it. */
static void
test_sealed_connected (void)
{
  g_autoptr (Probe) probe = probe_new (url, "ann/sealed-connected");

  g_object_set (probe->client, "max-retries", 0, NULL);
  probe_connect (probe);
  probe_wait_failure (probe, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_test_message ("%s", probe->failure->message);
}

/* requireEncryption without a handshake: 4004 and no word before it. */
static void
test_no_handshake_configured (void)
{
  g_autofree char *home = world_ask ("server", "unconfigured", "public",
                                     "ENCRYPTION=unconfigured", NULL);
  g_autoptr (Probe) probe = probe_new (home, "ann");

  probe_connect (probe);
  probe_wait_failure (probe, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  g_test_message ("%s", probe->failure->message);
  world_tell ("stop", "unconfigured", NULL);
}

/* Without validateRoomFn nobody gets into any room, and nobody is told. */
static void
test_no_rooms_configured (void)
{
  g_autofree char *home = world_ask ("server", "roomless", "public", "ROOMS=unconfigured", NULL);
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Probe) probe = probe_new_online (home, "ann");

  g_assert_true (signal_client_join_rooms (probe->client, rooms, NULL));
  probe_settle (probe);
  g_assert_false (probe_is_in (probe, "tea"));
  g_assert_true (probe_is_in (probe, "ws-default"));
  g_assert_cmpuint (probe->errors->len, ==, 0);
  world_tell ("stop", "roomless", NULL);
}

/* Another HKDF info: the handshake ends well, and nothing can be read. */
static void
test_other_info (void)
{
  g_autofree char *home = world_ask ("server", "other", "public", "ECDH_INFO=nx-signal-e2e", NULL);
  g_autoptr (Probe) right = probe_new (home, "ann");
  g_autoptr (Probe) wrong = probe_new_online (home, "bob");

  g_object_set (right->client, "ecdh-info", "nx-signal-e2e", NULL);
  probe_connect (right);
  probe_wait_online (right);
  probe_send_to (right, "broadcast", "", "news", "1");
  probe_assert_heard (right, "news", "1");
  probe_wait_error (wrong, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpuint (wrong->messages->len, ==, 0);
  world_tell ("stop", "other", NULL);
}

/* The WebSocket's own idle time-out, at its smallest and without the server's pings. */
static void
test_idle_time_out (void)
{
  g_autofree char *home = world_ask ("server", "idle", "public", "IDLE_TIMEOUT=8", NULL);
  g_autoptr (Probe) lively = probe_new (home, "ann");
  g_autoptr (Probe) quiet = probe_new (home, "bob");

  g_object_set (lively->client, "heartbeat-interval", 2000, NULL);
  g_object_set (quiet->client, "heartbeat-interval", 0, NULL);
  probe_connect (lively);
  probe_connect (quiet);
  probe_wait_online (lively);
  probe_wait_online (quiet);
  PROBE_WAIT (quiet->n_connected == 2);
  run_for (1000);
  g_assert_cmpuint (lively->n_connected, ==, 1);
  g_assert_cmpuint (lively->errors->len, ==, 0);
  probe_settle (lively);
  world_tell ("stop", "idle", NULL);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  url = world_ask ("server", "one", "public", "AUTH_TIMEOUT=400", NULL);
  g_test_add_func ("/interop/traps/check-throws", test_check_throws);
  g_test_add_func ("/interop/traps/check-hangs", test_check_hangs);
  g_test_add_func ("/interop/traps/handshake-refused", test_handshake_refused);
  g_test_add_func ("/interop/traps/handshake-hangs", test_handshake_hangs);
  g_test_add_func ("/interop/traps/early-broadcast", test_early_broadcast);
  g_test_add_func ("/interop/traps/sealed-connected", test_sealed_connected);
  g_test_add_func ("/interop/traps/no-handshake-configured", test_no_handshake_configured);
  g_test_add_func ("/interop/traps/no-rooms-configured", test_no_rooms_configured);
  g_test_add_func ("/interop/traps/other-info", test_other_info);
  g_test_add_func ("/interop/traps/idle-time-out", test_idle_time_out);
  result = g_test_run ();
  g_free (url);
  return result;
}
