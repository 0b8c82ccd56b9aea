/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"

#include "tests/lib/fake-logind.h"
#include "tests/lib/fake-monitor.h"

#include "signal-glib/client/signal-client-private.h"

/* Changes of the network, and system suspend. */

#define TEN_MINUTES (10 * 60 * G_TIME_SPAN_SECOND)

/* Longer than the library's debounce interval for network changes. */
#define DEBOUNCED 1200

static FakeLogind *logind;

static gint64
read_clock (gpointer slept)
{
  return *(gint64 *) slept;
}

static void
set_clock (SignalClient *client,
           gint64       *slept)
{
  signal_system_monitor_set_clock (signal_session_get_system_monitor (client->session), read_clock,
                                   slept);
}

static guint64
get_attempts (SignalClient *client)
{
  guint64 attempts;

  g_object_get (client, "attempts", &attempts, NULL);
  return attempts;
}

/* The peer has disappeared during the suspend, and no FIN has arrived. Heartbeat and liveness
 * timeout alone would take 20 s. */
static void
test_suspend (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Recorder *recorder = fixture->recorder;
  gint64 slept = 0;
  gint64 begin;

  g_object_set (recorder->client, "heartbeat-interval", 300, "liveness-timeout", 20000, NULL);
  recorder_connect (recorder);
  set_clock (recorder->client, &slept);
  proxy_stall (fixture->proxy);
  run_for (700);
  g_assert_cmpuint (recorder->errors->len, ==, 0);

  slept = TEN_MINUTES;
  begin = g_get_monotonic_time ();
  fault_fixture_wait_reconnected (fixture, 2);
  g_test_message ("connected again %" G_GINT64_FORMAT " ms after waking, with a look at the clock "
                  "every 300 ms", milliseconds_since (begin));
  g_assert_cmpint (milliseconds_since (begin), <, 300 + 1000 + 2000);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 0), ==, 0);
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 2);

  run_for (700);
  g_assert_cmpuint (recorder->n_connected, ==, 2);
}

/* Suspended during an attempt to connect, and during a reconnect delay. */
static void
test_suspend_on_the_way (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  Recorder *recorder = fixture->recorder;
  gint64 slept = 0;

  g_object_set (recorder->client,
                "heartbeat-interval", 100,
                "base-interval", 60000,
                "max-interval", 60000,
                "connect-timeout", 60000,
                NULL);
  fixture->proxy->is_stalling = TRUE;
  recorder_start (recorder);
  set_clock (recorder->client, &slept);
  WAIT_UNTIL (fixture->proxy->n_accepted == 1);
  fixture->proxy->is_stalling = FALSE;
  slept = TEN_MINUTES;
  fault_fixture_wait_reconnected (fixture, 1);
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 2);

  proxy_cut (fixture->proxy);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  slept += TEN_MINUTES;
  fault_fixture_wait_reconnected (fixture, 2);
}

static void
test_logind (void)
{
  g_autoptr (MockServer) server = NULL;
  g_autoptr (Recorder) recorder = NULL;
  gint64 slept = 0;

  if (logind == NULL)
    {
      g_test_skip ("there is no dbus-daemon");
      return;
    }

  server = mock_server_new ();
  recorder = recorder_new (server->uri);
  recorder_connect (recorder);
  set_clock (recorder->client, &slept);
  run_for (100);

  /* The beginning of a suspend has no effect; after a short suspend, a ping is sent. */
  fake_logind_sleep (logind, TRUE);
  run_for (100);
  g_assert_cmpuint (mock_server_wait_peer (server, 0)->n_pings, ==, 0);
  slept = G_TIME_SPAN_SECOND;
  fake_logind_sleep (logind, FALSE);
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->n_pings == 1);
  run_for (50);
  g_assert_cmpuint (recorder->errors->len, ==, 0);

  fake_logind_sleep (logind, TRUE);
  slept += TEN_MINUTES;
  fake_logind_sleep (logind, FALSE);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpuint (g_array_index (recorder->delays, guint, 0), ==, 0);
  g_assert_cmpuint (server->peers->len, ==, 2);
}

/* A ping detects a peer that has disappeared during a short suspend. */
static void
test_logind_stalled (void)
{
  g_autoptr (FaultFixture) fixture = NULL;
  gint64 slept = 0;

  if (logind == NULL)
    {
      g_test_skip ("there is no dbus-daemon");
      return;
    }

  fixture = fault_fixture_new ();
  g_object_set (fixture->recorder->client, "liveness-timeout", 100, NULL);
  recorder_connect (fixture->recorder);
  set_clock (fixture->recorder->client, &slept);
  run_for (100);
  proxy_stall (fixture->proxy);
  fake_logind_sleep (logind, FALSE);
  fault_fixture_wait_reconnected (fixture, 2);
  g_assert_error (recorder_wait_error (fixture->recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
}

static void
wait_for_long (Recorder    *recorder,
               FakeMonitor *monitor)
{
  g_object_set (recorder->client,
                "network-monitor", monitor,
                "base-interval", 60000,
                "max-interval", 60000,
                NULL);
}

/* Notifications without a change have no effect; a change causes an attempt. */
static void
test_network_while_waiting (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (FakeMonitor) monitor = fake_monitor_new (FALSE);
  Recorder *recorder = fixture->recorder;

  wait_for_long (recorder, monitor);
  proxy_shut (fixture->proxy);
  recorder_start (recorder);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_RECONNECTING);
  for (guint i = 0; i < 100; i++)
    fake_monitor_set (monitor, FALSE, G_NETWORK_CONNECTIVITY_LOCAL);
  run_for (DEBOUNCED);
  for (guint i = 0; i < 100; i++)
    fake_monitor_set (monitor, i % 2 == 0, G_NETWORK_CONNECTIVITY_LOCAL);
  run_for (DEBOUNCED);
  g_assert_cmpuint (get_attempts (recorder->client), ==, 1);

  proxy_reopen (fixture->proxy);
  fake_monitor_set (monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  fault_fixture_wait_reconnected (fixture, 1);
  g_assert_cmpuint (get_attempts (recorder->client), ==, 2);
}

static void
test_network_while_connected (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (FakeMonitor) monitor = fake_monitor_new (TRUE);

  wait_for_long (recorder, monitor);
  recorder_connect (recorder);
  for (guint i = 0; i < 100; i++)
    fake_monitor_set (monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->n_pings == 1);
  run_for (DEBOUNCED);
  g_assert_cmpuint (mock_server_wait_peer (server, 0)->n_pings, ==, 1);
  g_assert_cmpstr (recorder->signals->str, ==, "connected ");
}

/* Without heartbeats, one change causes exactly one ping. */
static void
test_network_without_heartbeat (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (FakeMonitor) monitor = fake_monitor_new (TRUE);

  wait_for_long (recorder, monitor);
  g_object_set (recorder->client, "heartbeat-interval", 0, "liveness-timeout", 50, NULL);
  recorder_connect (recorder);
  fake_monitor_set (monitor, TRUE, G_NETWORK_CONNECTIVITY_LIMITED);
  WAIT_UNTIL (mock_server_wait_peer (server, 0)->n_pings == 1);
  run_for (300);
  g_assert_cmpuint (mock_server_wait_peer (server, 0)->n_pings, ==, 1);
  g_assert_cmpstr (recorder->signals->str, ==, "connected ");
}

/* The network has changed and the old connection is dead, which a ping detects. */
static void
test_network_lost (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (FakeMonitor) monitor = fake_monitor_new (TRUE);

  g_object_set (fixture->recorder->client, "network-monitor", monitor, "liveness-timeout", 100,
                NULL);
  recorder_connect (fixture->recorder);
  proxy_stall (fixture->proxy);
  fake_monitor_set (monitor, TRUE, G_NETWORK_CONNECTIVITY_LIMITED);
  fault_fixture_wait_reconnected (fixture, 2);
  g_assert_error (recorder_wait_error (fixture->recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
}

/* The network monitor is only a hint: the loopback interface works without a network. */
static void
test_network_is_no_gate (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  g_autoptr (FakeMonitor) monitor = fake_monitor_new (FALSE);

  g_object_set (fixture->recorder->client, "network-monitor", monitor, NULL);
  recorder_connect (fixture->recorder);
  proxy_cut (fixture->proxy);
  fault_fixture_wait_reconnected (fixture, 2);
  fake_monitor_set (monitor, FALSE, G_NETWORK_CONNECTIVITY_LOCAL);
  run_for (DEBOUNCED);
  g_assert_cmpuint (fixture->recorder->n_connected, ==, 2);
  g_assert_cmpuint (fixture->recorder->errors->len, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  fault_test_init (&argc, &argv);
  logind = fake_logind_new ();

  g_test_add_func ("/faults/suspend", test_suspend);
  g_test_add_func ("/faults/suspend-on-the-way", test_suspend_on_the_way);
  g_test_add_func ("/faults/logind", test_logind);
  g_test_add_func ("/faults/logind-stalled", test_logind_stalled);
  g_test_add_func ("/faults/network/while-waiting", test_network_while_waiting);
  g_test_add_func ("/faults/network/while-connected", test_network_while_connected);
  g_test_add_func ("/faults/network/without-heartbeat", test_network_without_heartbeat);
  g_test_add_func ("/faults/network/lost", test_network_lost);
  g_test_add_func ("/faults/network/no-gate", test_network_is_no_gate);

  result = g_test_run ();
  g_clear_pointer (&logind, fake_logind_free);
  return result;
}
