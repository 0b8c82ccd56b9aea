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

/* As g_test_init(), for tests that make libsoup and GIO write some 10,000 lines. */
void
faults_init (int    *argc,
             char ***argv)
{
  g_test_init (argc, argv, NULL);
  g_log_set_handler ("libsoup", G_LOG_LEVEL_DEBUG, ignore, NULL);
  g_log_set_handler ("GLib-GIO", G_LOG_LEVEL_DEBUG, ignore, NULL);
}

/* Comes back at once, and never gives up. */
Line *
line_new (void)
{
  Line *line = g_new0 (Line, 1);

  line->fixture = fixture_new ();
  line->proxy = proxy_new (line->fixture->uri);
  line->recorder = recorder_new (line->proxy->uri);
  g_object_set (line->recorder->client,
                "base-interval", 1,
                "max-interval", 1,
                "max-retries", G_MAXUINT,
                NULL);
  invariants_connect (line->recorder->client);
  return line;
}

void
line_free (Line *line)
{
  guint n_closed = line->recorder->n_closed;

  facts_settled (line->recorder->client);
  signal_client_disconnect_async (line->recorder->client, NULL, recorder_on_disconnected,
                                  line->recorder);
  run_for (10);
  proxy_cut (line->proxy);
  WAIT_UNTIL (line->recorder->n_closed > n_closed);
  recorder_free (line->recorder);
  run_for (10);
  proxy_free (line->proxy);
  fixture_free (line->fixture);
  g_free (line);
}

void
line_wait_back (Line  *line,
                guint  n_connected)
{
  WAIT_UNTIL (line->recorder->n_connected >= n_connected);
  g_assert_cmpuint (line->recorder->n_connected, ==, n_connected);
  facts_settled (line->recorder->client);
}

/* In ms. */
gint64
line_since (gint64 begin)
{
  return (g_get_monotonic_time () - begin) / 1000;
}
