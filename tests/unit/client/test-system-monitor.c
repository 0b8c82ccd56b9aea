/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/fake-logind.h"
#include "tests/lib/fake-monitor.h"
#include "tests/lib/raw-client.h"

#include "signal-glib/client/signal-system-monitor-private.h"

/* Longer than the debounce interval of network changes. */
#define DEBOUNCED 1200

#define NEVER (60 * 60 * 1000)

static FakeLogind *logind;

/* A system monitor, and the changes that it has reported. */
typedef struct
{
  SignalSystemMonitor *monitor;
  FakeMonitor         *network;
  gint64               clock;   /* the simulated time in suspend, in µs */
  guint        counts[SIGNAL_SYSTEM_EVENT_RESUMED + 1];
  gint64       slept;
  GThread     *thread; /* in which it last reported a change */
  gboolean     frees;  /* frees the monitor in its handler */
} MonitorFixture;

static void
on_event (SignalSystemEvent event,
          gint64            slept,
          gpointer          user_data)
{
  MonitorFixture *fixture = user_data;

  fixture->counts[event]++;
  fixture->slept = slept;
  fixture->thread = g_thread_self ();
  if (fixture->frees)
    g_clear_pointer (&fixture->monitor, signal_system_monitor_free);
}

static gint64
read_clock (gpointer user_data)
{
  return ((MonitorFixture *) user_data)->clock;
}

static MonitorFixture *
monitor_fixture_new (gboolean is_available,
                     guint    tick)
{
  MonitorFixture *fixture = g_new0 (MonitorFixture, 1);

  fixture->clock = G_TIME_SPAN_DAY;
  fixture->network = fake_monitor_new (is_available);
  fixture->monitor = signal_system_monitor_new (G_NETWORK_MONITOR (fixture->network), tick,
                                                on_event, fixture);
  signal_system_monitor_set_clock (fixture->monitor, read_clock, fixture);
  return fixture;
}

static void
monitor_fixture_free (MonitorFixture *fixture)
{
  g_clear_pointer (&fixture->monitor, signal_system_monitor_free);
  g_assert_finalize_object (fixture->network);
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MonitorFixture, monitor_fixture_free)

static void
assert_counts (MonitorFixture *fixture,
               guint           network,
               guint           changed,
               guint           resumed)
{
  g_assert_cmpuint (fixture->counts[SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE], ==, network);
  g_assert_cmpuint (fixture->counts[SIGNAL_SYSTEM_EVENT_NETWORK_CHANGED], ==, changed);
  g_assert_cmpuint (fixture->counts[SIGNAL_SYSTEM_EVENT_RESUMED], ==, resumed);
}

static void
test_tick (void)
{
  g_autoptr (MonitorFixture) fixture = monitor_fixture_new (TRUE, 20);

  run_for (100);
  fixture->clock += G_TIME_SPAN_SECOND; /* clocks drift apart */
  run_for (100);
  assert_counts (fixture, 0, 0, 0);

  fixture->clock += 600 * G_TIME_SPAN_SECOND;
  WAIT_UNTIL (fixture->counts[SIGNAL_SYSTEM_EVENT_RESUMED] == 1);
  g_assert_cmpint (fixture->slept, ==, 600 * G_TIME_SPAN_SECOND);
  run_for (100);
  assert_counts (fixture, 0, 0, 1);
}

static void
test_no_suspend (void)
{
  MonitorFixture fixture = { 0 };

  fixture.network = fake_monitor_new (TRUE);
  fixture.monitor = signal_system_monitor_new (G_NETWORK_MONITOR (fixture.network), 5, on_event,
                                               &fixture);
  run_for (200);
  assert_counts (&fixture, 0, 0, 0);
  signal_system_monitor_free (fixture.monitor);
  g_assert_finalize_object (fixture.network);
}

typedef struct
{
  gboolean before;
  gboolean between;
  gboolean after;
  guint    n_network;
} Change;

/* Many changes in a short time are reported once, with the final state. */
static void
test_network (void)
{
  static const Change changes[] = {
    { TRUE, TRUE, TRUE, 0 },
    { TRUE, FALSE, TRUE, 0 },
    { FALSE, FALSE, TRUE, 1 },
    { TRUE, TRUE, FALSE, 0 },
  };
  MonitorFixture *fixtures[G_N_ELEMENTS (changes)];

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      fixtures[i] = monitor_fixture_new (changes[i].before, NEVER);
      for (guint j = 0; j < 50; j++)
        fake_monitor_set (fixtures[i]->network, changes[i].between, G_NETWORK_CONNECTIVITY_LIMITED);
      fake_monitor_set (fixtures[i]->network, changes[i].after,
                        changes[i].after ? G_NETWORK_CONNECTIVITY_FULL
                                         : G_NETWORK_CONNECTIVITY_LOCAL);
      assert_counts (fixtures[i], 0, 0, 0);
    }

  run_for (DEBOUNCED);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      assert_counts (fixtures[i], changes[i].n_network, 1 - changes[i].n_network, 0);
      monitor_fixture_free (fixtures[i]);
    }
}

/* A change to another network, without an interruption. */
static void
test_connectivity (void)
{
  g_autoptr (MonitorFixture) fixture = monitor_fixture_new (TRUE, NEVER);

  fake_monitor_set (fixture->network, TRUE, G_NETWORK_CONNECTIVITY_PORTAL);
  run_for (DEBOUNCED);
  assert_counts (fixture, 1, 0, 0);
  fake_monitor_set (fixture->network, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  run_for (DEBOUNCED);
  assert_counts (fixture, 2, 0, 0);
}

static gpointer
change_network (gpointer monitor)
{
  fake_monitor_set (monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  return NULL;
}

/* The default monitor belongs to the thread that used it first. */
static void
test_other_thread (void)
{
  g_autoptr (MonitorFixture) fixture = monitor_fixture_new (FALSE, NEVER);

  g_thread_join (g_thread_new ("monitor", change_network, fixture->network));
  WAIT_UNTIL (fixture->counts[SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE] == 1);
  g_assert_true (fixture->thread == g_thread_self ());
}

static gpointer
run_monitor (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (MonitorFixture) fixture = NULL;
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_main_context_push_thread_default (context);
  fixture = monitor_fixture_new (FALSE, 50);
  g_thread_join (g_thread_new ("monitor", change_network, fixture->network));
  while (fixture->counts[SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE] == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (context, TRUE);
    }
  g_assert_true (fixture->thread == g_thread_self ());
  g_clear_pointer (&fixture, monitor_fixture_free);
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_own_context (void)
{
  g_thread_join (g_thread_new ("monitor", run_monitor, NULL));
}

static void
test_freed_by_network (void)
{
  g_autoptr (MonitorFixture) fixture = monitor_fixture_new (FALSE, NEVER);

  fixture->frees = TRUE;
  fake_monitor_set (fixture->network, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  WAIT_UNTIL (fixture->monitor == NULL);
  fake_monitor_set (fixture->network, FALSE, G_NETWORK_CONNECTIVITY_LOCAL);
  run_for (10);
  assert_counts (fixture, 1, 0, 0);
}

static void
test_freed_by_tick (void)
{
  g_autoptr (MonitorFixture) fixture = monitor_fixture_new (TRUE, 20);

  fixture->frees = TRUE;
  fixture->clock += G_TIME_SPAN_HOUR;
  WAIT_UNTIL (fixture->monitor == NULL);
  run_for (60);
  assert_counts (fixture, 0, 0, 1);
}

/* Before the bus is connected, and during the debounce interval. */
static void
test_freed_early (void)
{
  g_autoptr (MonitorFixture) fixture = monitor_fixture_new (TRUE, NEVER);

  fake_monitor_set (fixture->network, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  g_clear_pointer (&fixture->monitor, signal_system_monitor_free);
  run_for (DEBOUNCED);
  assert_counts (fixture, 0, 0, 0);
}

static void
test_logind (void)
{
  g_autoptr (MonitorFixture) fixture = NULL;

  if (logind == NULL)
    {
      g_test_skip ("there is no dbus-daemon");
      return;
    }

  fixture = monitor_fixture_new (TRUE, NEVER);
  run_for (200);
  fake_logind_sleep (logind, TRUE);
  run_for (50);
  assert_counts (fixture, 0, 0, 0);

  fixture->clock += 600 * G_TIME_SPAN_SECOND;
  fake_logind_sleep (logind, FALSE);
  WAIT_UNTIL (fixture->counts[SIGNAL_SYSTEM_EVENT_RESUMED] == 1);
  g_assert_cmpint (fixture->slept, ==, 600 * G_TIME_SPAN_SECOND);

  fixture->frees = TRUE;
  fake_logind_sleep (logind, FALSE);
  WAIT_UNTIL (fixture->monitor == NULL);
  g_assert_cmpint (fixture->slept, ==, 0);
  fake_logind_sleep (logind, FALSE);
  run_for (50);
  assert_counts (fixture, 0, 0, 2);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  logind = fake_logind_new ();

  g_test_add_func ("/system-monitor/tick", test_tick);
  g_test_add_func ("/system-monitor/no-suspend", test_no_suspend);
  g_test_add_func ("/system-monitor/network/many-changes", test_network);
  g_test_add_func ("/system-monitor/network/connectivity", test_connectivity);
  g_test_add_func ("/system-monitor/network/other-thread", test_other_thread);
  g_test_add_func ("/system-monitor/network/own-context", test_own_context);
  g_test_add_func ("/system-monitor/freed/by-network", test_freed_by_network);
  g_test_add_func ("/system-monitor/freed/by-tick", test_freed_by_tick);
  g_test_add_func ("/system-monitor/freed/early", test_freed_early);
  g_test_add_func ("/system-monitor/logind", test_logind);

  result = g_test_run ();
  g_clear_pointer (&logind, fake_logind_free);
  return result;
}
