/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"
#include "tests/histories/history.h"

/* Network failures during a connection, after which the client reconnects. */

#define HEARTBEAT 150
#define LIVENESS 150

/* For a machine that is under load. */
#define SLACK 2000

static void
test_stalled (gconstpointer is_sending)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Recorder *recorder = fixture->recorder;
  gint64 begin, noticed;

  g_object_set (recorder->client,
                "heartbeat-interval", HEARTBEAT,
                "liveness-timeout", LIVENESS,
                NULL);
  recorder_connect (recorder);
  run_for (2 * HEARTBEAT + LIVENESS);
  g_assert_cmpuint (recorder->errors->len, ==, 0);

  proxy_stall (fixture->proxy);
  begin = g_get_monotonic_time ();
  while (recorder->errors->len == 0)
    {
      if (is_sending != NULL)
        g_assert_true (signal_client_send_json (recorder->client, "more", "[]", NULL));
      g_assert_cmpint (milliseconds_since (begin), <, HEARTBEAT + LIVENESS + SLACK);
      run_for (5);
    }
  noticed = milliseconds_since (begin);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  fault_fixture_wait_reconnected (fixture, 2);
  g_test_message ("noticed after %" G_GINT64_FORMAT " ms, with heartbeat + liveness of %d ms; "
                  "replaced after %" G_GINT64_FORMAT " ms",
                  noticed, HEARTBEAT + LIVENESS, milliseconds_since (begin));
  g_assert_cmpstr (recorder->signals->str, ==, "connected error reconnecting connected ");
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 2);
}

typedef struct
{
  const char *name;
  void (*lose) (Proxy *proxy);
} Loss;

static const Loss losses[] = {
  { "cut", proxy_cut },
  { "reset", proxy_reset },
};

static void
test_lost (gconstpointer user_data)
{
  const Loss *loss = user_data;
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();

  recorder_connect (fixture->recorder);
  loss->lose (fixture->proxy);
  fault_fixture_wait_reconnected (fixture, 2);
  g_assert_cmpstr (fixture->recorder->signals->str, ==, "connected error reconnecting connected ");
}

/* The same at each stage of the attempt to connect. */
static void
test_lost_on_the_way (gconstpointer user_data)
{
  const Loss *loss = user_data;

  for (guint ms = 0; ms < 40; ms += 4)
    {
      g_autoptr (FaultFixture) fixture = fault_fixture_new ();

      fixture->proxy->delay = 5;
      recorder_start (fixture->recorder);
      run_for (ms);
      loss->lose (fixture->proxy);
      WAIT_UNTIL (fixture->recorder->is_done);
      g_assert_no_error (fixture->recorder->error);
      fixture->proxy->delay = 0;
    }
}

static void
test_chopped (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Recorder *recorder = fixture->recorder;
  g_autofree char *long_text = g_strnfill (2000, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", long_text);
  SignalMessage *message;

  fixture->proxy->is_chopping = TRUE;
  recorder_connect (recorder);
  g_assert_true (signal_client_send_json (recorder->client, "long", json, NULL));
  WAIT_UNTIL (fixture->embedded->messages->len == 1);
  message = fixture->embedded->messages->pdata[0];
  g_assert_cmpstr (signal_message_get_payload_json (message), ==, json);

  g_assert_true (signal_server_broadcast (fixture->embedded->server, "back",
                                          signal_message_get_payload (message), NULL));
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpstr (signal_message_get_payload_json (recorder->messages->pdata[0]), ==, json);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static gint64
get_round_trip (SignalClient *client)
{
  gint64 round_trip;

  g_object_get (client, "round-trip-time", &round_trip, NULL);
  return round_trip;
}

/* A slow peer is not considered dead, and the ping measures the delay. */
static void
test_delayed (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();

  fixture->proxy->delay = 50;
  g_object_set (fixture->recorder->client, "heartbeat-interval", 50, NULL);
  g_assert_cmpint (get_round_trip (fixture->recorder->client), ==, -1);
  recorder_connect (fixture->recorder);
  WAIT_UNTIL (get_round_trip (fixture->recorder->client) >= 0);
  g_assert_cmpint (get_round_trip (fixture->recorder->client), >=, 100 * 1000);
  g_test_message ("round trip: %" G_GINT64_FORMAT " µs",
                  get_round_trip (fixture->recorder->client));
  run_for (300);
  g_assert_cmpuint (fixture->recorder->errors->len, ==, 0);
}

/* Connections are refused for a while. */
static void
test_refused (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  guint64 attempts;

  recorder_connect (fixture->recorder);
  proxy_shut (fixture->proxy);
  proxy_cut (fixture->proxy);
  WAIT_UNTIL (fixture->recorder->errors->len > 5);
  g_assert_error (recorder_wait_error (fixture->recorder, 5), G_IO_ERROR,
                  G_IO_ERROR_CONNECTION_REFUSED);
  proxy_reopen (fixture->proxy);
  fault_fixture_wait_reconnected (fixture, 2);
  g_object_get (fixture->recorder->client, "attempts", &attempts, NULL);
  g_assert_cmpuint (attempts, ==, fixture->recorder->attempts->len + 1);
}

static void
test_reset_at_once (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();

  fixture->proxy->is_refusing = TRUE;
  recorder_start (fixture->recorder);
  WAIT_UNTIL (fixture->proxy->n_refused > 5);
  g_assert_cmpuint (fixture->recorder->attempts->len, >=, 5);
  fixture->proxy->is_refusing = FALSE;
  fault_fixture_wait_reconnected (fixture, 1);
}

/* Connections are accepted, but nothing is forwarded. */
static void
test_stalled_attempt (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();

  g_object_set (fixture->recorder->client, "connect-timeout", 100, NULL);
  fixture->proxy->is_stalling = TRUE;
  recorder_start (fixture->recorder);
  g_assert_error (recorder_wait_error (fixture->recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_object_set (fixture->recorder->client, "connect-timeout", 15000, NULL);
  fixture->proxy->is_stalling = FALSE;
  fault_fixture_wait_reconnected (fixture, 1);
}

/* disconnect_async() finishes even if the peer does not respond. */
static void
test_disconnect_stalled (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  gint64 begin;

  recorder_connect (fixture->recorder);
  proxy_stall (fixture->proxy);
  begin = g_get_monotonic_time ();
  recorder_disconnect (fixture->recorder);
  g_test_message ("closed after %" G_GINT64_FORMAT " ms", milliseconds_since (begin));
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);
  history_begin ();

  g_test_add_data_func ("/faults/connection-loss/stalled", NULL, test_stalled);
  g_test_add_data_func ("/faults/connection-loss/stalled-while-sending", "", test_stalled);
  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/faults/connection-loss/%s", losses[i].name);
      g_autofree char *on_the_way = g_strdup_printf ("/faults/connection-loss/%s-on-the-way", losses[i].name);

      g_test_add_data_func (path, &losses[i], test_lost);
      g_test_add_data_func (on_the_way, &losses[i], test_lost_on_the_way);
    }
  g_test_add_func ("/faults/connection-loss/chopped", test_chopped);
  g_test_add_func ("/faults/connection-loss/delayed", test_delayed);
  g_test_add_func ("/faults/connection-loss/refused", test_refused);
  g_test_add_func ("/faults/connection-loss/reset-at-once", test_reset_at_once);
  g_test_add_func ("/faults/connection-loss/stalled-attempt", test_stalled_attempt);
  g_test_add_func ("/faults/connection-loss/disconnect-stalled", test_disconnect_stalled);

  return history_run ();
}
