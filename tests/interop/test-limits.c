/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"

#include <string.h>

/* Refusals, deadlines, sizes and the ways a connection ends, the same against either server. */

static const char *kind;
static char *url;       /* with the times that the public server has */
static char *short_url; /* all times are short */

#define SHORT_AUTH_MS 400
#define SHORT_TRAFFIC_MS 1200

static void
test_bad_token (void)
{
  g_autoptr (Probe) probe = probe_new (url, "nobody");

  probe_connect (probe);
  probe_wait_failure (probe, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  run_for (3 * PROBE_BASE_INTERVAL);
  g_assert_cmpuint (probe->delays->len, ==, 0);
  g_assert_cmpuint (probe->n_connected, ==, 0);
  g_assert_cmpuint (probe->n_disconnected, ==, 1);

  signal_client_update_token (probe->client, "ann");
  probe_wait_online (probe);
  g_assert_cmpstr (signal_client_get_user_id (probe->client), ==, "ann");
}

static void
test_authentication_deadline (void)
{
  g_autoptr (RawPeer) raw = raw_peer_new (short_url);

  raw_peer_wait_closed (raw, 4001);
}

/* 4002: the client says nothing, and is back at once with its rooms. */
static void
test_no_traffic (void)
{
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Probe) probe = probe_new (short_url, "ann");

  g_object_set (probe->client, "heartbeat-interval", 0, "auto-join-rooms", rooms, NULL);
  probe_connect (probe);
  probe_wait_online (probe);
  probe_wait_error (probe, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (probe->delays->len, ==, 1);
  g_assert_cmpuint (g_array_index (probe->delays, guint, 0), ==, 0);
  probe_wait_online (probe);
  PROBE_WAIT (probe_is_in (probe, "tea"));
}

static void
test_heartbeat (void)
{
  g_autoptr (Probe) probe = probe_new (short_url, "ann");

  g_object_set (probe->client, "heartbeat-interval", SHORT_TRAFFIC_MS / 4, NULL);
  probe_connect (probe);
  probe_wait_online (probe);
  run_for (3 * SHORT_TRAFFIC_MS);
  g_assert_cmpuint (probe->n_connected, ==, 1);
  g_assert_cmpuint (probe->errors->len, ==, 0);
  probe_settle (probe);
}

static void
assert_4004 (const char *key)
{
  g_autoptr (RawPeer) raw = raw_peer_new (url);
  g_autofree char *text = g_strdup_printf ("{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                                           "\"token\":\"ann\"%s%s}}", *key != '\0' ? "," : "", key);

  raw_peer_send_text (raw, text);
  raw_peer_wait_error (raw, "Encryption handshake failed");
  raw_peer_wait_closed (raw, 4004);
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
test_manners (void)
{
  g_autoptr (RawPeer) raw = raw_peer_new (url);
  g_autoptr (RawPeer) keyed = NULL;

  raw_peer_send_text (raw, "{\"event\":\"chat\",\"data\":1}");
  raw_peer_wait_error (raw, "Not authenticated");
  raw_peer_send_text (raw, "{nonsense");
  raw_peer_wait_error (raw, "Invalid message format");
  raw_peer_send_text (raw, "{\"event\":\"heartbeat\"}");

  keyed = raw_peer_new_authenticated (url, "ann");
  raw_peer_authenticate (keyed, "ann");
  raw_peer_wait_error (keyed, "Already authenticated");
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

/* The longest that the client lets pass is what the server takes. */
static void
test_largest_message (void)
{
  g_autoptr (Probe) probe = probe_new_online (url, "ann");
  gsize low = 90 * 1024;
  gsize high = 128 * 1024;
  g_autofree char *answer = NULL;

  while (high - low > 1)
    {
      gsize middle = (low + high) / 2;

      if (fits (probe->client, middle))
        {
          g_free (probe_take (probe, "echo"));
          low = middle;
        }
      else
        {
          high = middle;
        }
    }

  g_test_message ("the largest payload is a text of %" G_GSIZE_FORMAT " bytes", low);
  g_assert_true (fits (probe->client, low));
  answer = probe_take (probe, "echo");
  g_assert_cmpuint (strlen (answer), ==, low + 2);
  g_assert_cmpuint (probe->n_connected, ==, 1);
  g_assert_cmpuint (probe->errors->len, ==, 0);
}

/* The server's limit, not the client's: the connection is lost and comes back without the message. */
static void
test_too_large (void)
{
  g_autofree char *text = g_strnfill (120 * 1024, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", text);
  g_autoptr (Probe) probe = probe_new (url, "ann");

  g_object_set (probe->client, "max-message-size", 1024 * 1024, NULL);
  probe_connect (probe);
  probe_wait_online (probe);
  probe_send (probe, "echo", json);
  PROBE_WAIT (probe->n_connected == 2);
  for (guint i = 0; i < probe->errors->len; i++)
    g_test_message ("%s", ((GError *) probe->errors->pdata[i])->message);
  g_assert_cmpuint (probe->errors->len, ==, 1);
  run_for (3 * PROBE_BASE_INTERVAL);
  g_assert_cmpuint (probe->n_connected, ==, 2);
  g_assert_cmpuint (probe_count (probe, "echo"), ==, 0);
  probe_settle (probe);
}

/* The server closes: the client is back by itself, in its rooms. */
static void
test_close_codes (void)
{
  /* The last three are the public server's only: libsoup does not send them. */
  const guint codes[] = { 1000, 1001, 4001, 4002, 4999, 1011, 1012, 1013 };
  guint n_codes = G_N_ELEMENTS (codes) - (g_str_equal (kind, "public") ? 0 : 3);
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Probe) probe = probe_new (url, "ann");

  g_object_set (probe->client, "auto-join-rooms", rooms, NULL);
  probe_connect (probe);
  probe_wait_online (probe);
  for (guint i = 0; i < n_codes; i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"code\":%u}", codes[i]);
      guint delay;

      probe_send (probe, "close", json);
      PROBE_WAIT (probe->n_connected == i + 2);
      PROBE_WAIT (probe_is_in (probe, "tea"));
      g_assert_cmpuint (probe->delays->len, ==, i + 1);
      delay = g_array_index (probe->delays, guint, i);
      g_test_message ("%u: back after %u ms: %s", codes[i], delay,
                      ((GError *) probe->errors->pdata[i])->message);
      /* A connection that lives shorter than the first delay counts as one more failure. */
      run_for (PROBE_BASE_INTERVAL * 2);
      g_assert_cmpuint (delay, ==, codes[i] == 4002 ? 0 : PROBE_BASE_INTERVAL);
    }
  g_assert_cmpuint (probe->n_disconnected, ==, 0);
}

static gboolean
has_come_back (Probe      *probe,
               const char *json)
{
  g_autofree char *answer = probe_count (probe, "echo") > 0 ? probe_take (probe, "echo") : NULL;

  return g_strcmp0 (answer, json) == 0;
}

/* The close frame is the end, also where the stream beneath stays open for long: libsoup alone would
 * wait 5 s for it. */
static void
test_close_lingers (void)
{
  g_autofree char *through = world_ask ("slow_proxy", "one", NULL);
  g_autoptr (Probe) probe = probe_new_online (through, "ann");
  gint64 deadline = g_get_monotonic_time () + 3 * G_TIME_SPAN_SECOND;

  g_object_set (probe->client, "base-interval", 5000, NULL);
  probe_send (probe, "close", "{\"code\":1001}");
  while (probe_is_online (probe))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      probe_send (probe, "echo", "\"maybe\"");
      run_for (20);
    }
  g_assert_error (signal_client_get_last_error (probe->client), SIGNAL_ERROR,
                  SIGNAL_ERROR_NOT_CONNECTED);
  probe_send (probe, "echo", "\"kept\"");
  signal_client_reconnect_now (probe->client);
  PROBE_WAIT (has_come_back (probe, "\"kept\""));
}

/* Whatever is accepted while the server closes arrives or is kept. */
static void
test_sending_while_closed (void)
{
  g_autoptr (Probe) probe = probe_new_online (url, "ann");
  guint n_sent = 0;

  probe_send (probe, "close", "{\"code\":1001}");
  while (probe->n_connected < 2)
    {
      probe_send (probe, "echo", "1");
      g_assert_cmpuint (++n_sent, <, 5000);
      run_for_a_moment ();
    }
  probe_settle (probe);
  g_test_message ("%u of %u came back", probe_count (probe, "echo"), n_sent);
}

static void
test_permanent_close_codes (void)
{
  g_autoptr (Probe) refused = probe_new_online (url, "ann");
  g_autoptr (Probe) misled = probe_new_online (url, "ann");

  probe_send (refused, "close", "{\"code\":4003}");
  probe_send (misled, "close", "{\"code\":4004}");
  PROBE_WAIT (refused->n_disconnected == 1 && misled->n_disconnected == 1);
  g_assert_error (signal_client_get_last_error (refused->client), SIGNAL_ERROR,
                  SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_error (signal_client_get_last_error (misled->client), SIGNAL_ERROR,
                  SIGNAL_ERROR_ENCRYPTION_REQUIRED);
  g_assert_cmpuint (refused->delays->len + misled->delays->len, ==, 0);
}

static void
check_restart (const char *how)
{
  g_autofree char *home = world_ask ("server", "restarted", kind, NULL);
  const char * const rooms[] = { "tea", NULL };
  g_autoptr (Probe) probe = probe_new_online (home, "ann");
  g_autofree char *first_id = g_strdup (signal_client_get_client_id (probe->client));

  g_assert_true (signal_client_join_rooms (probe->client, rooms, NULL));
  world_tell (how, "restarted", NULL);
  PROBE_WAIT (signal_client_get_state (probe->client) == SIGNAL_CONNECTION_STATE_RECONNECTING);
  probe_send (probe, "echo", "\"while away\"");
  g_free (world_ask ("start", "restarted", NULL));
  probe_assert_heard (probe, "echo", "\"while away\"");
  PROBE_WAIT (probe_is_in (probe, "tea"));
  g_assert_cmpstr (signal_client_get_client_id (probe->client), !=, first_id);
  g_assert_cmpuint (probe->n_connected, ==, 2);
  world_tell ("stop", "restarted", NULL);
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

/* Nothing is closed, but nobody is there any more. */
static void
test_silent (void)
{
  g_autofree char *home = world_ask ("server", "silent", kind, NULL);
  g_autoptr (Probe) probe = probe_new (home, "ann");

  g_object_set (probe->client, "heartbeat-interval", 300, "liveness-timeout", 600, NULL);
  probe_connect (probe);
  probe_wait_online (probe);
  world_tell ("freeze", "silent", NULL);
  probe_wait_error (probe, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  world_tell ("kill", "silent", NULL);
  g_free (world_ask ("start", "silent", NULL));
  PROBE_WAIT (probe->n_connected == 2);
  probe_settle (probe);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  kind = argv[1];
  url = world_ask ("server", "one", kind, NULL);
  short_url = world_ask ("server", "short", kind, "AUTH_TIMEOUT=" G_STRINGIFY (SHORT_AUTH_MS),
                         "HEARTBEAT_TIMEOUT=" G_STRINGIFY (SHORT_TRAFFIC_MS),
                         "HEARTBEAT_SWEEP=200", NULL);
  g_test_add_func ("/interop/limits/bad-token", test_bad_token);
  g_test_add_func ("/interop/limits/authentication-deadline", test_authentication_deadline);
  g_test_add_func ("/interop/limits/no-traffic", test_no_traffic);
  g_test_add_func ("/interop/limits/heartbeat", test_heartbeat);
  g_test_add_func ("/interop/limits/handshake-refused", test_handshake_refused);
  g_test_add_func ("/interop/limits/manners", test_manners);
  g_test_add_func ("/interop/limits/largest-message", test_largest_message);
  g_test_add_func ("/interop/limits/too-large", test_too_large);
  g_test_add_func ("/interop/limits/close-codes", test_close_codes);
  g_test_add_func ("/interop/limits/close-lingers", test_close_lingers);
  g_test_add_func ("/interop/limits/sending-while-closed", test_sending_while_closed);
  g_test_add_func ("/interop/limits/permanent-close-codes", test_permanent_close_codes);
  g_test_add_func ("/interop/limits/stopped", test_stopped);
  g_test_add_func ("/interop/limits/killed", test_killed);
  g_test_add_func ("/interop/limits/silent", test_silent);
  result = g_test_run ();
  g_free (url);
  g_free (short_url);
  return result;
}
