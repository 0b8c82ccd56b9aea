/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fault-fixture.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "tests/lib/fake-logind.h"
#include "tests/lib/fake-monitor.h"

/* System buses that are stalled, silent or missing. Connecting does not wait for them, and the
 * default network monitor works for the whole process, whichever thread the first client was in.
 * Each case runs in a process of its own, because GIO creates its defaults once. */

#define CASE_TIMEOUT (30 * G_TIME_SPAN_SECOND)

/* Less than the timeout of a single call to a NetworkManager that is stalled. */
#define DEADLINE_S 10

static void
run_case (void)
{
  g_test_trap_subprocess (NULL, CASE_TIMEOUT, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

static void
connect_and_disconnect (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gint64 begin = g_get_monotonic_time ();

  recorder_connect (recorder);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, DEADLINE_S * G_TIME_SPAN_SECOND);
  run_for (100);
  recorder_disconnect (recorder);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, DEADLINE_S * G_TIME_SPAN_SECOND);
}

/* Accepts connections and never sends anything. */
static void
test_silent (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *path = NULL;
  g_autofree char *address = NULL;
  g_autoptr (GSocketListener) listener = NULL;
  g_autoptr (GSocketAddress) socket_address = NULL;

  if (!g_test_subprocess ())
    {
      run_case ();
      return;
    }

  directory = g_dir_make_tmp ("signal-glib-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (directory, "bus", NULL);
  socket_address = g_unix_socket_address_new (path);
  listener = g_socket_listener_new ();
  g_socket_listener_add_address (listener, socket_address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
  g_assert_no_error (error);
  address = g_strdup_printf ("unix:path=%s", path);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);

  connect_and_disconnect ();
  connect_and_disconnect ();

  g_unlink (path);
  g_rmdir (directory);
}

/* A NetworkManager that owns its name and never replies. */
static void
test_stalled (void)
{
  FakeLogind *bus;
  int n_calls = 0;

  if (!g_test_subprocess ())
    {
      run_case ();
      return;
    }

  bus = fake_logind_new ();
  if (bus == NULL)
    return; /* Without dbus-daemon, this is the case without a bus. */

  fake_logind_own_stalled (bus, "org.freedesktop.NetworkManager", &n_calls);
  connect_and_disconnect ();
  WAIT_UNTIL (g_atomic_int_get (&n_calls) > 0);
  connect_and_disconnect ();
  fake_logind_free (bus);
}

static gboolean has_ended;

static gpointer
use_client_briefly (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  const char *uri = user_data;
  g_autoptr (SignalClient) client = NULL;
  gint64 deadline = g_get_monotonic_time () + DEADLINE_S * G_TIME_SPAN_SECOND;

  g_main_context_push_thread_default (context);
  client = g_object_new (SIGNAL_TYPE_CLIENT, "server-url", uri, "token", TEST_TOKEN, NULL);
  signal_client_connect_async (client, NULL, NULL, NULL, NULL);
  while (fake_monitor_get_n_initialized () == 0
         || signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (context, FALSE);
      g_usleep (1000);
    }

  g_clear_object (&client);
  g_main_context_pop_thread_default (context);
  g_atomic_int_set (&has_ended, TRUE);
  return NULL;
}

/* The monitor that is created for the first client notifies the thread of the default main context,
 * not a thread that has ended. */
static void
test_short_lived_thread (void)
{
  g_autoptr (MockServer) server = NULL;
  g_autoptr (GThread) thread = NULL;
  g_autoptr (Recorder) recorder = NULL;
  GNetworkMonitor *monitor;

  if (!g_test_subprocess ())
    {
      run_case ();
      return;
    }

  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
  fake_monitor_make_default ();
  server = mock_server_new ();
  thread = g_thread_new ("short-lived", use_client_briefly, server->uri);
  WAIT_UNTIL (g_atomic_int_get (&has_ended));
  g_thread_join (g_steal_pointer (&thread));

  monitor = g_network_monitor_get_default ();
  g_assert_true (FAKE_IS_MONITOR (monitor));
  g_assert_cmpuint (fake_monitor_get_n_initialized (), ==, 1);
  g_assert_null (fake_monitor_get_context (FAKE_MONITOR (monitor)));

  /* A client without a network monitor of its own uses that monitor. */
  recorder = recorder_new (server->uri);
  recorder_connect (recorder);
  run_for (100);
  fake_monitor_set (FAKE_MONITOR (monitor), TRUE, G_NETWORK_CONNECTIVITY_LIMITED);
  WAIT_UNTIL (mock_server_wait_peer (server, 1)->n_pings == 1);
}

int
main (int   argc,
      char *argv[])
{
  fault_test_init (&argc, &argv);

  g_test_add_func ("/faults/system-bus/silent", test_silent);
  g_test_add_func ("/faults/system-bus/stalled", test_stalled);
  g_test_add_func ("/faults/system-bus/short-lived-thread", test_short_lived_thread);

  return g_test_run ();
}
