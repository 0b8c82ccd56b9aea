/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"

#include <malloc.h>
#include <sys/resource.h>

/* Many reconnects of one client, and one reconnect of many clients. */

#define WARM_UP 100
#define RECONNECTS 1000

/* What an allocator may retain. */
#define MEMORY_NOISE (64 * 1024)

#define CROWD 200
#define CROWD_DELAY 1000
#define CROWD_JITTER 0.5
#define TENTHS 10

#if defined (__SANITIZE_ADDRESS__)
#define MEMORY_IS_COUNTED FALSE
#else
#define MEMORY_IS_COUNTED TRUE
#endif

/* Drops what the test itself has recorded, so that it does not count as a leak. */
static void
forget (FaultFixture *fixture)
{
  g_ptr_array_set_size (fixture->embedded->connected, 0);
  g_ptr_array_set_size (fixture->embedded->disconnected, 0);
  g_ptr_array_set_size (fixture->recorder->errors, 0);
  g_array_set_size (fixture->recorder->delays, 0);
  g_array_set_size (fixture->recorder->attempts, 0);
  g_string_truncate (fixture->recorder->states, 0);
  g_string_truncate (fixture->recorder->signals, 0);
}

static void
lose_and_return (FaultFixture *fixture,
                 guint         number)
{
  guint before = fixture->recorder->n_connected;

  if (number % 2 == 0)
    proxy_cut (fixture->proxy);
  else
    proxy_reset (fixture->proxy);
  while (fixture->recorder->n_connected == before)
    {
      g_main_context_iteration (NULL, TRUE);
      invariants_check_idle (fixture->recorder->client);
    }
  g_assert_cmpstr (fixture->recorder->states->str, ==,
                   "reconnecting connecting connected authenticating authenticated ");
  WAIT_UNTIL (fixture->embedded->disconnected->len == 1);
  g_assert_cmpuint (fixture->embedded->connected->len, ==, 1);
  g_assert_cmpuint (fixture->proxy->links->len, ==, 1);
  forget (fixture);
}

static void
test_thousand (void)
{
  g_autoptr (FaultFixture) fixture = fault_fixture_new ();
  guint64 attempts, reconnects;
  struct mallinfo2 before, after;
  guint n_fds;
  gint64 begin;

  recorder_connect (fixture->recorder);
  forget (fixture);
  for (guint i = 0; i < WARM_UP; i++)
    lose_and_return (fixture, i);
  run_for (20);
  n_fds = count_open_fds ();
  before = mallinfo2 ();

  begin = g_get_monotonic_time ();
  for (guint i = 0; i < RECONNECTS; i++)
    lose_and_return (fixture, i);
  g_test_message ("%d reconnects in %" G_GINT64_FORMAT " ms", RECONNECTS,
                  milliseconds_since (begin));

  WAIT_UNTIL (count_open_fds () <= n_fds);
  run_for (20);
  after = mallinfo2 ();
  g_test_message ("file descriptors: %u before, %u after; bytes in use: %zu before, %zu after",
                  n_fds, count_open_fds (), before.uordblks, after.uordblks);
  if (MEMORY_IS_COUNTED)
    g_assert_cmpuint (after.uordblks, <, before.uordblks + MEMORY_NOISE);

  g_object_get (fixture->recorder->client, "attempts", &attempts, "reconnects", &reconnects, NULL);
  g_assert_cmpuint (reconnects, ==, WARM_UP + RECONNECTS);
  g_assert_cmpuint (attempts, ==, WARM_UP + RECONNECTS + 1);
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, WARM_UP + RECONNECTS + 1);
}

typedef struct
{
  gint64 lost;
  guint  n_per_tenth[TENTHS];
  guint  n_back;
} Crowd;

static void
on_state (SignalClient *client,
          GParamSpec   *pspec,
          Crowd        *crowd)
{
  SignalConnectionState state = signal_client_get_state (client);
  double begin = CROWD_DELAY * (1 - CROWD_JITTER);
  double tenth;

  if (crowd->lost == 0)
    return;

  if (state == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    crowd->n_back++;
  if (state != SIGNAL_CONNECTION_STATE_CONNECTING)
    return;

  tenth = (milliseconds_since (crowd->lost) - begin) / (CROWD_DELAY - begin) * TENTHS;
  crowd->n_per_tenth[CLAMP ((int) tenth, 0, TENTHS - 1)]++;
}

static gboolean
may_open (guint n_fds)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  return setrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= n_fds;
}

static void
report_crowd (Crowd *crowd)
{
  for (guint i = 0; i < TENTHS; i++)
    {
      double begin = CROWD_DELAY * (1 - CROWD_JITTER);
      double width = (CROWD_DELAY - begin) / TENTHS;
      g_autofree char *bar = g_strnfill (crowd->n_per_tenth[i], '=');

      g_test_message ("%4.0f to %4.0f ms: %3u %s", begin + i * width, begin + (i + 1) * width,
                      crowd->n_per_tenth[i], bar);
      g_assert_cmpuint (crowd->n_per_tenth[i], <, CROWD);
    }
}

static void
test_crowd (void)
{
  g_autoptr (GPtrArray) recorders = g_ptr_array_new_with_free_func ((GDestroyNotify) recorder_free);
  g_autoptr (FaultFixture) fixture = NULL;
  Crowd crowd = { 0 };

  if (!may_open (8 * CROWD))
    {
      g_test_skip ("too few file descriptors are allowed");
      return;
    }

  fixture = fault_fixture_new ();
  for (guint i = 0; i < CROWD; i++)
    {
      Recorder *recorder = recorder_new (fixture->proxy->uri);

      g_object_set (recorder->client, "base-interval", CROWD_DELAY, "jitter", CROWD_JITTER, NULL);
      g_signal_connect (recorder->client, "notify::state", G_CALLBACK (on_state), &crowd);
      g_ptr_array_add (recorders, recorder);
      recorder_start (recorder);
    }
  for (guint i = 0; i < CROWD; i++)
    {
      Recorder *recorder = recorders->pdata[i];

      WAIT_UNTIL (recorder->is_done);
    }

  crowd.lost = g_get_monotonic_time ();
  proxy_reset (fixture->proxy);
  WAIT_UNTIL (crowd.n_back == CROWD);
  report_crowd (&crowd);
  g_assert_cmpuint (fixture->proxy->n_accepted, ==, 2 * CROWD);

  for (guint i = 0; i < recorders->len; i++)
    recorder_disconnect (recorders->pdata[i]);
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/reconnects/thousand", test_thousand);
  g_test_add_func ("/faults/reconnects/crowd", test_crowd);

  return g_test_run ();
}
