/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-glib/client/signal-backoff-private.h"

static const SignalBackoffPolicy exact = {
  .max_retries = 4,
  .base_interval = 40,
  .multiplier = 2,
  .max_interval = 200,
};

static void
test_schedule (void)
{
  static const guint expected[] = { 40, 80, 160, 200, 200, 200 };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpuint (signal_backoff_get_delay (&exact, i + 1, 0), ==, expected[i]);
      g_assert_cmpuint (signal_backoff_get_delay (&exact, i + 1, 0.999), ==, expected[i]);
    }
}

static void
test_default_schedule (void)
{
  static const guint expected[] = { 2000, 3000, 4500, 6750, 10125, 15188, 22781, 30000, 30000 };
  const SignalBackoffPolicy policy = { 20, 2000, 1.5, 30000, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (signal_backoff_get_delay (&policy, i + 1, 0), ==, expected[i]);
}

/* The whole interval [(1 − jitter) × d, d], and nothing outside of it. */
static void
test_jitter (void)
{
  SignalBackoffPolicy policy = exact;

  policy.jitter = 0.25;
  g_assert_cmpuint (signal_backoff_get_delay (&policy, 3, 0), ==, 160);
  g_assert_cmpuint (signal_backoff_get_delay (&policy, 3, 0.5), ==, 140);
  g_assert_cmpuint (signal_backoff_get_delay (&policy, 3, 1), ==, 120);

  /* Jitter applies to the capped delay. */
  g_assert_cmpuint (signal_backoff_get_delay (&policy, 40, 1), ==, 150);

  policy.jitter = 1;
  g_assert_cmpuint (signal_backoff_get_delay (&policy, 3, 1), ==, 0);
  g_assert_cmpuint (signal_backoff_get_delay (&policy, 3, 0), ==, 160);
}

/* With any number of failures, and any settings. */
static void
test_extremes (void)
{
  const SignalBackoffPolicy policies[] = {
    { G_MAXUINT, 2000, 1.5, 30000, 0 },
    { G_MAXUINT, 1, G_MAXDOUBLE, 30000, 0 },
    { G_MAXUINT, G_MAXINT, 2, 30000, 0 },
  };
  const SignalBackoffPolicy none = { G_MAXUINT, 0, G_MAXDOUBLE, 30000, 0 };
  const SignalBackoffPolicy flat = { G_MAXUINT, 70, 1, 30000, 0 };
  const SignalBackoffPolicy longest = { G_MAXUINT, G_MAXINT, 2, G_MAXINT, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      g_assert_cmpuint (signal_backoff_get_delay (&policies[i], 5000, 0), ==, 30000);
      g_assert_cmpuint (signal_backoff_get_delay (&policies[i], G_MAXUINT, 0), ==, 30000);
    }
  g_assert_cmpuint (signal_backoff_get_delay (&none, 1, 0), ==, 0);
  g_assert_cmpuint (signal_backoff_get_delay (&none, G_MAXUINT, 0), ==, 0);
  g_assert_cmpuint (signal_backoff_get_delay (&flat, 1, 0), ==, 70);
  g_assert_cmpuint (signal_backoff_get_delay (&flat, G_MAXUINT, 0), ==, 70);
  g_assert_cmpuint (signal_backoff_get_delay (&longest, 9, 0), ==, G_MAXINT);
}

static void
test_allowed (void)
{
  SignalBackoffPolicy policy = exact;

  g_assert_true (signal_backoff_allows_retry (&policy, 1));
  g_assert_true (signal_backoff_allows_retry (&policy, 4));
  g_assert_false (signal_backoff_allows_retry (&policy, 5));

  policy.max_retries = 0;
  g_assert_false (signal_backoff_allows_retry (&policy, 1));

  policy.max_retries = G_MAXUINT - 1;
  g_assert_false (signal_backoff_allows_retry (&policy, G_MAXUINT));

  policy.max_retries = G_MAXUINT;
  g_assert_true (signal_backoff_allows_retry (&policy, 1));
  g_assert_true (signal_backoff_allows_retry (&policy, G_MAXUINT));
}

/* Several servers are tried one after the other before the delay grows. */
static void
test_rounds (void)
{
  static const guint expected[] = { 200, 200, 2000, 200, 200, 4000, 200 };
  const SignalBackoffPolicy policy = { G_MAXUINT, 2000, 2, 30000, 0 };
  const SignalBackoffPolicy capped = { G_MAXUINT, 2000, 2, 1000, 0 };
  SignalBackoff backoff = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      signal_backoff_next_server (&backoff, 3);
      g_assert_cmpuint (signal_backoff_fail (&backoff, &policy, FALSE, 0), ==, expected[i]);
      g_assert_cmpuint (backoff.failures, ==, i + 1);
    }

  /* The loss of a connection is not a failure of the next server of the round. */
  signal_backoff_connected (&backoff, &policy, 0);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &policy, FALSE, 0), ==, 8000);

  /* A connection that has lasted begins a new round. */
  signal_backoff_connected (&backoff, &policy, G_USEC_PER_SEC * 3);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &policy, FALSE, 0), ==, 2000);
  for (guint i = 0; i < 2; i++)
    {
      signal_backoff_next_server (&backoff, 3);
      g_assert_cmpuint (signal_backoff_fail (&backoff, &policy, FALSE, 0), ==, 200);
    }
  signal_backoff_next_server (&backoff, 3);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &policy, FALSE, 0), ==, 4000);

  signal_backoff_next_server (&backoff, 3);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &capped, FALSE, 0), ==, 100);
}

/* What a server asks for applies to the end of the round, and only once. */
static void
test_rounds_at_least (void)
{
  const SignalBackoffPolicy policy = { G_MAXUINT, 2000, 1, 30000, 0 };
  SignalBackoff backoff = { 0 };

  for (guint i = 0; i < 2; i++)
    {
      signal_backoff_next_server (&backoff, 2);
      g_assert_cmpuint (signal_backoff_fail (&backoff, &policy, FALSE, i == 0 ? 9000 : 0), ==, 200);
      signal_backoff_next_server (&backoff, 2);
      g_assert_cmpuint (signal_backoff_fail (&backoff, &policy, FALSE, 0), ==, i == 0 ? 9000 : 2000);
    }
}

/* Only a connection that has lasted longer than the base interval makes the delays begin anew. */
static void
test_connected (void)
{
  SignalBackoff backoff = { 0 };

  g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, FALSE, 0), ==, 40);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, FALSE, 0), ==, 80);
  g_assert_cmpuint (backoff.failures, ==, 2);

  signal_backoff_connected (&backoff, &exact, 40 * 1000);
  g_assert_cmpuint (backoff.failures, ==, 0);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, FALSE, 0), ==, 160);
  g_assert_cmpuint (backoff.failures, ==, 1);

  signal_backoff_connected (&backoff, &exact, 40 * 1000 + 1);
  g_assert_cmpuint (backoff.failures, ==, 0);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, FALSE, 0), ==, 40);
}

static void
test_reset (void)
{
  SignalBackoff backoff = { .failures = 1, .delays = 2, .tried = 3, .is_in_round = TRUE, .at_least = 5 };

  signal_backoff_reset (&backoff);
  g_assert_cmpuint (backoff.failures, ==, 0);
  g_assert_cmpuint (backoff.delays, ==, 0);
  g_assert_cmpuint (backoff.tried, ==, 0);
  g_assert_false (backoff.is_in_round);
  g_assert_cmpuint (backoff.at_least, ==, 0);
}

/* If it is urgent, only the first attempt has no delay. */
static void
test_urgent (void)
{
  SignalBackoff backoff = { 0 };
  SignalBackoff late = { 0 };

  g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, TRUE, 0), ==, 0);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, TRUE, 0), ==, 80);
  g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, FALSE, 0), ==, 160);

  g_assert_cmpuint (signal_backoff_fail (&late, &exact, FALSE, 0), ==, 40);
  g_assert_cmpuint (signal_backoff_fail (&late, &exact, TRUE, 0), ==, 80);
}

/* What a server asks for makes one delay longer, by up to five minutes. */
static void
test_at_least (void)
{
  static const struct
  {
    guint at_least;
    guint delay;
  } steps[] = {
    { 1000, 1000 }, { 0, 80 }, { 159, 160 }, { 201, 201 }, { 5 * 60 * 1000, 5 * 60 * 1000 },
    { 5 * 60 * 1000 + 1, 5 * 60 * 1000 }, { G_MAXUINT, 5 * 60 * 1000 }, { 0, 200 },
  };
  const SignalBackoffPolicy policy = { G_MAXUINT, 2000, 1, 30000, 0 };
  const SignalBackoffPolicy none = { G_MAXUINT, 0, 1, 30000, 0 };
  SignalBackoff backoff = { 0 };
  SignalBackoff round = { 0 };
  SignalBackoff without_delay = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    g_assert_cmpuint (signal_backoff_fail (&backoff, &exact, FALSE, steps[i].at_least), ==, steps[i].delay);

  /* In a round, the longest one counts. */
  for (guint i = 0; i < 3; i++)
    {
      signal_backoff_next_server (&round, 3);
      g_assert_cmpuint (signal_backoff_fail (&round, &policy, FALSE, i == 0 ? 9000 : 5000), ==,
                        i == 2 ? 9000 : 200);
    }

  g_assert_cmpuint (signal_backoff_fail (&without_delay, &none, FALSE, 5), ==, 5);
  g_assert_cmpuint (signal_backoff_fail (&without_delay, &none, FALSE, 0), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/backoff/schedule", test_schedule);
  g_test_add_func ("/backoff/default-schedule", test_default_schedule);
  g_test_add_func ("/backoff/jitter", test_jitter);
  g_test_add_func ("/backoff/extremes", test_extremes);
  g_test_add_func ("/backoff/allowed", test_allowed);
  g_test_add_func ("/backoff/rounds", test_rounds);
  g_test_add_func ("/backoff/rounds-at-least", test_rounds_at_least);
  g_test_add_func ("/backoff/connected", test_connected);
  g_test_add_func ("/backoff/reset", test_reset);
  g_test_add_func ("/backoff/urgent", test_urgent);
  g_test_add_func ("/backoff/at-least", test_at_least);

  return g_test_run ();
}
