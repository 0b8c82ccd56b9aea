/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"

static void
ignore (const char     *domain,
        GLogLevelFlags  level,
        const char     *message,
        gpointer        user_data)
{
}

/* Like g_test_init(), for tests that make libsoup and GIO log about 10,000 lines. */
void
fault_test_init (int    *argc,
                 char ***argv)
{
  g_test_init (argc, argv, NULL);
  g_log_set_handler ("libsoup", G_LOG_LEVEL_DEBUG, ignore, NULL);
  g_log_set_handler ("GLib-GIO", G_LOG_LEVEL_DEBUG, ignore, NULL);
}

/* The client reconnects immediately, and never gives up. */
FaultFixture *
fault_fixture_new (void)
{
  FaultFixture *fixture = g_new0 (FaultFixture, 1);

  fixture->embedded = fixture_new ();
  fixture->proxy = proxy_new (fixture->embedded->uri);
  fixture->recorder = recorder_new (fixture->proxy->uri);
  g_object_set (fixture->recorder->client,
                "base-interval", 1,
                "max-interval", 1,
                "max-retries", G_MAXUINT,
                NULL);
  invariants_connect (fixture->recorder->client);
  return fixture;
}

void
fault_fixture_free (FaultFixture *fixture)
{
  guint n_closed = fixture->recorder->n_closed;

  invariants_check_idle (fixture->recorder->client);
  signal_client_disconnect_async (fixture->recorder->client, NULL, recorder_on_disconnected,
                                  fixture->recorder);
  run_for (10);
  proxy_cut (fixture->proxy);
  WAIT_UNTIL (fixture->recorder->n_closed > n_closed);
  recorder_free (fixture->recorder);
  run_for (10);
  proxy_free (fixture->proxy);
  fixture_free (fixture->embedded);
  g_free (fixture);
}

void
fault_fixture_wait_reconnected (FaultFixture *fixture,
                                guint         n_connected)
{
  WAIT_UNTIL (fixture->recorder->n_connected >= n_connected);
  g_assert_cmpuint (fixture->recorder->n_connected, ==, n_connected);
  invariants_check_idle (fixture->recorder->client);
}

/* In milliseconds. */
gint64
milliseconds_since (gint64 begin)
{
  return (g_get_monotonic_time () - begin) / 1000;
}
