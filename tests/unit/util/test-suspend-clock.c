/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-glib/util/signal-suspend-clock-private.h"
#include "tests/lib/utils.h"

static gboolean
count_once (gpointer user_data)
{
  count_dispatch (user_data);
  return G_SOURCE_REMOVE;
}

static GSource *
attach (guint       interval,
        GSourceFunc callback,
        guint      *n)
{
  GSource *source = signal_suspend_clock_source_new (interval);

  g_source_set_callback (source, callback, n, NULL);
  g_source_attach (source, NULL);
  return source;
}

static void
test_interval (void)
{
  guint n = 0, n_later = 0;
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GSource) source = attach (20, count_dispatch, &n);
  g_autoptr (GSource) later = attach (1100, count_dispatch, &n_later);

  WAIT_UNTIL (n == 5);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 5 * 20 * G_TIME_SPAN_MILLISECOND);
  WAIT_UNTIL (n_later == 1);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 1100 * G_TIME_SPAN_MILLISECOND);
  g_source_destroy (source);
  g_source_destroy (later);

  n = 0;
  run_for (60);
  g_assert_cmpuint (n, ==, 0);
}

static void
test_removed (void)
{
  guint n_open = count_open_fds ();
  guint n = 0;
  g_autoptr (GSource) source = attach (1, count_once, &n);

  WAIT_UNTIL (n == 1);
  run_for (20);
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (g_source_is_destroyed (source));
  g_clear_pointer (&source, g_source_unref);
  g_assert_cmpuint (count_open_fds (), ==, n_open);
}

/* Nobody suspends the system or sets its clock during the test. */
static void
test_time (void)
{
  gint64 start = signal_suspend_clock_get_time ();

  run_for (50);
  g_assert_cmpint (ABS (signal_suspend_clock_get_time () - start), <, G_TIME_SPAN_SECOND);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/suspend-clock/interval", test_interval);
  g_test_add_func ("/suspend-clock/removed", test_removed);
  g_test_add_func ("/suspend-clock/time", test_time);

  return g_test_run ();
}
