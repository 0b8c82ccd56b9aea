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
  SignalSystemMonitor *vigil;
  FakeMonitor *monitor;
  gint64       clock; /* the simulated time in suspend, in µs */
  guint        counts[SIGNAL_SYSTEM_EVENT_RESUMED + 1];
  gint64       slept;
  GThread     *thread; /* in which it last reported a change */
  gboolean     frees;  /* frees the monitor in its handler */
} Night;

static void
on_news (SignalSystemEvent news,
         gint64          slept,
         gpointer        user_data)
{
  Night *night = user_data;

  night->counts[news]++;
  night->slept = slept;
  night->thread = g_thread_self ();
  if (night->frees)
    g_clear_pointer (&night->vigil, signal_system_monitor_free);
}

static gint64
read_clock (gpointer user_data)
{
  return ((Night *) user_data)->clock;
}

static Night *
night_new (gboolean is_available,
           guint    tick)
{
  Night *night = g_new0 (Night, 1);

  night->clock = G_TIME_SPAN_DAY;
  night->monitor = fake_monitor_new (is_available);
  night->vigil = signal_system_monitor_new (G_NETWORK_MONITOR (night->monitor), tick, on_news, night);
  signal_system_monitor_set_clock (night->vigil, read_clock, night);
  return night;
}

static void
night_free (Night *night)
{
  g_clear_pointer (&night->vigil, signal_system_monitor_free);
  g_assert_finalize_object (night->monitor);
  g_free (night);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Night, night_free)

static void
assert_counts (Night *night,
               guint  network,
               guint  ripple,
               guint  woke)
{
  g_assert_cmpuint (night->counts[SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE], ==, network);
  g_assert_cmpuint (night->counts[SIGNAL_SYSTEM_EVENT_NETWORK_CHANGED], ==, ripple);
  g_assert_cmpuint (night->counts[SIGNAL_SYSTEM_EVENT_RESUMED], ==, woke);
}

static void
test_tick (void)
{
  g_autoptr (Night) night = night_new (TRUE, 20);

  run_for (100);
  night->clock += G_TIME_SPAN_SECOND; /* clocks drift apart */
  run_for (100);
  assert_counts (night, 0, 0, 0);

  night->clock += 600 * G_TIME_SPAN_SECOND;
  WAIT_UNTIL (night->counts[SIGNAL_SYSTEM_EVENT_RESUMED] == 1);
  g_assert_cmpint (night->slept, ==, 600 * G_TIME_SPAN_SECOND);
  run_for (100);
  assert_counts (night, 0, 0, 1);
}

static void
test_no_suspend (void)
{
  Night night = { 0 };

  night.monitor = fake_monitor_new (TRUE);
  night.vigil = signal_system_monitor_new (G_NETWORK_MONITOR (night.monitor), 5, on_news, &night);
  run_for (200);
  assert_counts (&night, 0, 0, 0);
  signal_system_monitor_free (night.vigil);
  g_assert_finalize_object (night.monitor);
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
  Night *nights[G_N_ELEMENTS (changes)];

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      nights[i] = night_new (changes[i].before, NEVER);
      for (guint j = 0; j < 50; j++)
        fake_monitor_set (nights[i]->monitor, changes[i].between, G_NETWORK_CONNECTIVITY_LIMITED);
      fake_monitor_set (nights[i]->monitor, changes[i].after,
                        changes[i].after ? G_NETWORK_CONNECTIVITY_FULL
                                         : G_NETWORK_CONNECTIVITY_LOCAL);
      assert_counts (nights[i], 0, 0, 0);
    }

  run_for (DEBOUNCED);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      assert_counts (nights[i], changes[i].n_network, 1 - changes[i].n_network, 0);
      night_free (nights[i]);
    }
}

/* A change to another network, without an interruption. */
static void
test_connectivity (void)
{
  g_autoptr (Night) night = night_new (TRUE, NEVER);

  fake_monitor_set (night->monitor, TRUE, G_NETWORK_CONNECTIVITY_PORTAL);
  run_for (DEBOUNCED);
  assert_counts (night, 1, 0, 0);
  fake_monitor_set (night->monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  run_for (DEBOUNCED);
  assert_counts (night, 2, 0, 0);
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
  g_autoptr (Night) night = night_new (FALSE, NEVER);

  g_thread_join (g_thread_new ("monitor", change_network, night->monitor));
  WAIT_UNTIL (night->counts[SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE] == 1);
  g_assert_true (night->thread == g_thread_self ());
}

static gpointer
keep_vigil (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (Night) night = NULL;
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_main_context_push_thread_default (context);
  night = night_new (FALSE, 50);
  g_thread_join (g_thread_new ("monitor", change_network, night->monitor));
  while (night->counts[SIGNAL_SYSTEM_EVENT_NETWORK_AVAILABLE] == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (context, TRUE);
    }
  g_assert_true (night->thread == g_thread_self ());
  g_clear_pointer (&night, night_free);
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_own_context (void)
{
  g_thread_join (g_thread_new ("vigil", keep_vigil, NULL));
}

static void
test_freed_by_network (void)
{
  g_autoptr (Night) night = night_new (FALSE, NEVER);

  night->frees = TRUE;
  fake_monitor_set (night->monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  WAIT_UNTIL (night->vigil == NULL);
  fake_monitor_set (night->monitor, FALSE, G_NETWORK_CONNECTIVITY_LOCAL);
  run_for (10);
  assert_counts (night, 1, 0, 0);
}

static void
test_freed_by_tick (void)
{
  g_autoptr (Night) night = night_new (TRUE, 20);

  night->frees = TRUE;
  night->clock += G_TIME_SPAN_HOUR;
  WAIT_UNTIL (night->vigil == NULL);
  run_for (60);
  assert_counts (night, 0, 0, 1);
}

/* Before the bus is connected, and during the debounce interval. */
static void
test_freed_early (void)
{
  g_autoptr (Night) night = night_new (TRUE, NEVER);

  fake_monitor_set (night->monitor, TRUE, G_NETWORK_CONNECTIVITY_FULL);
  g_clear_pointer (&night->vigil, signal_system_monitor_free);
  run_for (DEBOUNCED);
  assert_counts (night, 0, 0, 0);
}

static void
test_logind (void)
{
  g_autoptr (Night) night = NULL;

  if (logind == NULL)
    {
      g_test_skip ("there is no dbus-daemon");
      return;
    }

  night = night_new (TRUE, NEVER);
  run_for (200);
  fake_logind_sleep (logind, TRUE);
  run_for (50);
  assert_counts (night, 0, 0, 0);

  night->clock += 600 * G_TIME_SPAN_SECOND;
  fake_logind_sleep (logind, FALSE);
  WAIT_UNTIL (night->counts[SIGNAL_SYSTEM_EVENT_RESUMED] == 1);
  g_assert_cmpint (night->slept, ==, 600 * G_TIME_SPAN_SECOND);

  night->frees = TRUE;
  fake_logind_sleep (logind, FALSE);
  WAIT_UNTIL (night->vigil == NULL);
  g_assert_cmpint (night->slept, ==, 0);
  fake_logind_sleep (logind, FALSE);
  run_for (50);
  assert_counts (night, 0, 0, 2);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  logind = fake_logind_new ();

  g_test_add_func ("/vigil/tick", test_tick);
  g_test_add_func ("/vigil/no-suspend", test_no_suspend);
  g_test_add_func ("/vigil/network/storm", test_network);
  g_test_add_func ("/vigil/network/connectivity", test_connectivity);
  g_test_add_func ("/vigil/network/other-thread", test_other_thread);
  g_test_add_func ("/vigil/network/own-context", test_own_context);
  g_test_add_func ("/vigil/freed/by-network", test_freed_by_network);
  g_test_add_func ("/vigil/freed/by-tick", test_freed_by_tick);
  g_test_add_func ("/vigil/freed/early", test_freed_early);
  g_test_add_func ("/vigil/logind", test_logind);

  result = g_test_run ();
  g_clear_pointer (&logind, fake_logind_free);
  return result;
}
