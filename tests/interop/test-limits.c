/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"
#include "tests/histories/history.h"

#include <string.h>

/* Refusals, deadlines, sizes and the ways in which a connection ends, with either server. */

static const char *kind;
static char *url;       /* with the defaults of the public server */
static char *short_url; /* with short timeouts */

#define SHORT_AUTH_MS 400
#define SHORT_TRAFFIC_MS 1200

static void
test_bad_token (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new (url, "nobody");

  recorder_start (recorder);
  recorder_wait_failure (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  run_for (3 * INTEROP_BASE_INTERVAL);
  g_assert_cmpuint (recorder->delays->len, ==, 0);
  g_assert_cmpuint (recorder->n_connected, ==, 0);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);

  signal_client_update_token (recorder->client, "ann");
  recorder_wait_connected (recorder);
  g_assert_cmpstr (signal_client_get_user_id (recorder->client), ==, "ann");
}

static void
test_authentication_deadline (void)
{
  g_autoptr (RawClient) raw = raw_client_new (short_url);

  raw_client_wait_closed (raw, 4001);
}

/* 4002: the client has not authenticated in time, and reconnects immediately to its rooms. */
static void
test_no_traffic (void)
{
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Recorder) recorder = interop_recorder_new (short_url, "ann");

  g_object_set (recorder->client, "heartbeat-interval", 0, "auto-join-rooms", rooms, NULL);
  recorder_start (recorder);
  recorder_wait_connected (recorder);
  recorder_wait_matching_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (recorder->delays->len, ==, 1);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 0), ==, 0);
  recorder_wait_connected (recorder);
  INTEROP_WAIT (interop_is_in_room (recorder, "tea"));
}

static void
test_heartbeat (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new (short_url, "ann");

  g_object_set (recorder->client, "heartbeat-interval", SHORT_TRAFFIC_MS / 4, NULL);
  recorder_start (recorder);
  recorder_wait_connected (recorder);
  run_for (3 * SHORT_TRAFFIC_MS);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  interop_settle (recorder);
}

static void
assert_4004 (const char *key)
{
  g_autoptr (RawClient) raw = raw_client_new (url);
  g_autofree char *text = g_strdup_printf ("{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                                           "\"token\":\"ann\"%s%s}}", *key != '\0' ? "," : "", key);

  raw_client_send_text (raw, text);
  raw_client_wait_error (raw, "Encryption handshake failed");
  raw_client_wait_closed (raw, 4004);
}

static void
test_handshake_refused (void)
{
  g_autofree char *zeroes = g_strnfill (88, 'A');
  g_autofree char *off_curve = NULL;

  zeroes[0] = 'B';
  zeroes[87] = '=';
  off_curve = g_strdup_printf ("\"clientPublicKey\":\"%s\"", zeroes);
  assert_4004 ("");
  assert_4004 ("\"clientPublicKey\":null");
  assert_4004 ("\"clientPublicKey\":\"\"");
  assert_4004 ("\"clientPublicKey\":\"no base64!\"");
  assert_4004 (off_curve);
}

static void
test_protocol_errors (void)
{
  g_autoptr (RawClient) raw = raw_client_new (url);
  g_autoptr (RawClient) keyed = NULL;

  raw_client_send_text (raw, "{\"event\":\"chat\",\"data\":1}");
  raw_client_wait_error (raw, "Not authenticated");
  raw_client_send_text (raw, "{nonsense");
  raw_client_wait_error (raw, "Invalid message format");
  raw_client_send_text (raw, "{\"event\":\"heartbeat\"}");

  keyed = raw_client_new_authenticated (url, "ann");
  raw_client_authenticate (keyed, "ann");
  raw_client_wait_error (keyed, "Already authenticated");
}

static gboolean
fits (SignalClient *client,
      gsize         size)
{
  g_autofree char *text = g_strnfill (size, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", text);
  g_autoptr (GError) error = NULL;

  if (signal_client_send_json (client, "echo", json, &error))
    return TRUE;
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  return FALSE;
}

/* The longest message that the client sends is accepted by the server. */
static void
test_largest_message (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");
  gsize low = 90 * 1024;
  gsize high = 128 * 1024;
  g_autofree char *answer = NULL;

  while (high - low > 1)
    {
      gsize middle = (low + high) / 2;

      if (fits (recorder->client, middle))
        {
          g_free (recorder_wait_message (recorder, "echo"));
          low = middle;
        }
      else
        {
          high = middle;
        }
    }

  g_test_message ("the largest payload is a text of %" G_GSIZE_FORMAT " bytes", low);
  g_assert_true (fits (recorder->client, low));
  answer = recorder_wait_message (recorder, "echo");
  g_assert_cmpuint (strlen (answer), ==, low + 2);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* The server's limit is lower than the client's: the connection is lost, and the client reconnects
 * without the message. */
static void
test_too_large (void)
{
  g_autofree char *text = g_strnfill (120 * 1024, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", text);
  g_autoptr (Recorder) recorder = interop_recorder_new (url, "ann");

  g_object_set (recorder->client, "max-message-size", 1024 * 1024, NULL);
  recorder_start (recorder);
  recorder_wait_connected (recorder);
  recorder_send (recorder, "echo", json);
  INTEROP_WAIT (recorder->n_connected == 2);
  for (guint i = 0; i < recorder->errors->len; i++)
    g_test_message ("%s", ((GError *) recorder->errors->pdata[i])->message);
  g_assert_cmpuint (recorder->errors->len, ==, 1);
  run_for (3 * INTEROP_BASE_INTERVAL);
  g_assert_cmpuint (recorder->n_connected, ==, 2);
  g_assert_cmpuint (recorder_count_messages (recorder, "echo"), ==, 0);
  interop_settle (recorder);
}

/* The server closes the connection: the client reconnects to its rooms. */
static void
test_close_codes (void)
{
  /* Only the public server sends the last three: libsoup does not support them. */
  const guint codes[] = { 1000, 1001, 4001, 4002, 4999, 1011, 1012, 1013 };
  guint n_codes = G_N_ELEMENTS (codes) - (g_str_equal (kind, "public") ? 0 : 3);
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Recorder) recorder = interop_recorder_new (url, "ann");

  g_object_set (recorder->client, "auto-join-rooms", rooms, NULL);
  recorder_start (recorder);
  recorder_wait_connected (recorder);
  for (guint i = 0; i < n_codes; i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"code\":%u}", codes[i]);
      guint delay;

      recorder_send (recorder, "close", json);
      INTEROP_WAIT (recorder->n_connected == i + 2);
      INTEROP_WAIT (interop_is_in_room (recorder, "tea"));
      g_assert_cmpuint (recorder->delays->len, ==, i + 1);
      delay = g_array_index (recorder->delays, guint, i);
      g_test_message ("%u: back after %u ms: %s", codes[i], delay,
                      ((GError *) recorder->errors->pdata[i])->message);
      /* A connection that is shorter than the first delay counts as another failure. */
      run_for (INTEROP_BASE_INTERVAL * 2);
      g_assert_cmpuint (delay, ==, codes[i] == 4002 ? 0 : INTEROP_BASE_INTERVAL);
    }
  g_assert_cmpuint (recorder->n_disconnected, ==, 0);
}

static gboolean
has_come_back (Recorder   *recorder,
               const char *json)
{
  g_autofree char *answer =
    recorder_count_messages (recorder, "echo") > 0 ? recorder_wait_message (recorder,
                                                                            "echo") : NULL;

  return g_strcmp0 (answer, json) == 0;
}

/* The connection ends with the close frame, even if the stream stays open: libsoup alone would wait
 * 5 s for its end. */
static void
test_slow_close (void)
{
  g_autofree char *through = processes_query ("slow_proxy", "one", NULL);
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (through, "ann");
  gint64 deadline = g_get_monotonic_time () + 3 * G_TIME_SPAN_SECOND;

  g_object_set (recorder->client, "base-interval", 5000, NULL);
  recorder_send (recorder, "close", "{\"code\":1001}");
  while (recorder_is_connected (recorder))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      recorder_send (recorder, "echo", "\"maybe\"");
      run_for (20);
    }
  g_assert_error (signal_client_get_last_error (recorder->client), SIGNAL_ERROR,
                  SIGNAL_ERROR_NOT_CONNECTED);
  recorder_send (recorder, "echo", "\"kept\"");
  signal_client_reconnect_now (recorder->client);
  INTEROP_WAIT (has_come_back (recorder, "\"kept\""));
}

/* Messages that are accepted while the server closes arrive, or stay in the outbox. */
static void
test_sending_while_closed (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");
  guint n_sent = 0;

  recorder_send (recorder, "close", "{\"code\":1001}");
  while (recorder->n_connected < 2)
    {
      recorder_send (recorder, "echo", "1");
      g_assert_cmpuint (++n_sent, <, 5000);
      run_for_a_moment ();
    }
  interop_settle (recorder);
  g_test_message ("%u of %u came back", recorder_count_messages (recorder, "echo"), n_sent);
}

static void
test_permanent_close_codes (void)
{
  g_autoptr (Recorder) refused = interop_recorder_new_connected (url, "ann");
  g_autoptr (Recorder) misled = interop_recorder_new_connected (url, "ann");

  recorder_send (refused, "close", "{\"code\":4003}");
  recorder_send (misled, "close", "{\"code\":4004}");
  INTEROP_WAIT (refused->n_disconnected == 1 && misled->n_disconnected == 1);
  g_assert_error (signal_client_get_last_error (refused->client), SIGNAL_ERROR,
                  SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_error (signal_client_get_last_error (misled->client), SIGNAL_ERROR,
                  SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  g_assert_cmpuint (refused->delays->len + misled->delays->len, ==, 0);
}

static void
check_restart (const char *how)
{
  g_autofree char *home = processes_query ("server", "restarted", kind, NULL);
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (home, "ann");
  g_autofree char *first_id = g_strdup (signal_client_get_client_id (recorder->client));

  g_assert_true (signal_client_join_rooms (recorder->client, rooms, NULL));
  processes_command (how, "restarted", NULL);
  INTEROP_WAIT (signal_client_get_state (recorder->client) == SIGNAL_CONNECTION_STATE_RECONNECTING);
  recorder_send (recorder, "echo", "\"while away\"");
  g_free (processes_query ("start", "restarted", NULL));
  recorder_assert_message (recorder, "echo", "\"while away\"");
  INTEROP_WAIT (interop_is_in_room (recorder, "tea"));
  g_assert_cmpstr (signal_client_get_client_id (recorder->client), !=, first_id);
  g_assert_cmpuint (recorder->n_connected, ==, 2);
  processes_command ("stop", "restarted", NULL);
}

static void
test_stopped (void)
{
  check_restart ("stop");
}

static void
test_killed (void)
{
  check_restart ("kill");
}

/* The server is frozen: nothing is closed, but nothing is answered. */
static void
test_silent (void)
{
  g_autofree char *home = processes_query ("server", "silent", kind, NULL);
  g_autoptr (Recorder) recorder = interop_recorder_new (home, "ann");

  g_object_set (recorder->client, "heartbeat-interval", 300, "liveness-timeout", 600, NULL);
  recorder_start (recorder);
  recorder_wait_connected (recorder);
  processes_command ("freeze", "silent", NULL);
  recorder_wait_matching_error (recorder, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  processes_command ("kill", "silent", NULL);
  g_free (processes_query ("start", "silent", NULL));
  INTEROP_WAIT (recorder->n_connected == 2);
  interop_settle (recorder);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  interop_test_init (&argc, &argv);
  kind = argv[1];
  url = processes_query ("server", "one", kind, NULL);
  short_url = processes_query ("server", "short", kind, "AUTH_TIMEOUT=" G_STRINGIFY (SHORT_AUTH_MS),
                               "HEARTBEAT_TIMEOUT=" G_STRINGIFY (SHORT_TRAFFIC_MS),
                               "HEARTBEAT_SWEEP=200", NULL);
  g_test_add_func ("/interop/limits/bad-token", test_bad_token);
  g_test_add_func ("/interop/limits/authentication-deadline", test_authentication_deadline);
  g_test_add_func ("/interop/limits/no-traffic", test_no_traffic);
  g_test_add_func ("/interop/limits/heartbeat", test_heartbeat);
  g_test_add_func ("/interop/limits/handshake-refused", test_handshake_refused);
  g_test_add_func ("/interop/limits/protocol-errors", test_protocol_errors);
  g_test_add_func ("/interop/limits/largest-message", test_largest_message);
  g_test_add_func ("/interop/limits/too-large", test_too_large);
  g_test_add_func ("/interop/limits/close-codes", test_close_codes);
  g_test_add_func ("/interop/limits/slow-close", test_slow_close);
  g_test_add_func ("/interop/limits/sending-while-closed", test_sending_while_closed);
  g_test_add_func ("/interop/limits/permanent-close-codes", test_permanent_close_codes);
  g_test_add_func ("/interop/limits/stopped", test_stopped);
  g_test_add_func ("/interop/limits/killed", test_killed);
  g_test_add_func ("/interop/limits/silent", test_silent);
  result = history_run ();
  g_free (url);
  g_free (short_url);
  return result;
}
