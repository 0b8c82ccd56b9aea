/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/bus-recorder.h"
#include "tests/lib/mock-redis.h"
#include "tests/lib/threads.h"

/* Other threads may drop references to a bus. Everything else is refused. */

static SignalBus *
take_bus (BusRecorder *recorder)
{
  g_signal_handlers_disconnect_by_data (recorder->bus, recorder);
  return g_steal_pointer (&recorder->bus);
}

static void
test_drop_in_thread (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  run_thread (unref_in_thread, take_bus (recorder));
  WAIT_UNTIL (mock_redis_count_links (mock) == 0);
}

/* Answers are read, and attempts made, while this thread drops the bus. */
static void
test_drop_while_running (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);
      Drop drop = { NULL };
      GThread *thread;

      bus_recorder_connect (recorder);
      for (guint j = 0; j < 20; j++)
        g_assert_true (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, NULL));
      if (i % 2 > 0)
        mock_redis_kill_links (mock);
      drop.object = take_bus (recorder);
      thread = g_thread_new ("drop", drop_in_thread, &drop);
      WAIT_UNTIL (g_atomic_int_get (&drop.is_done) && mock_redis_count_links (mock) == 0);
      g_thread_join (thread);
    }
}

static void
test_drop_while_waiting (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  mock_redis_stop (mock);
  bus_recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  run_thread (unref_in_thread, take_bus (recorder));
  mock_redis_start (mock);
  run_for (300);
  g_assert_cmpuint (mock_redis_count_links (mock), ==, 0);
}

static void
on_error_drop (SignalBus    *bus,
               const GError *error,
               BusRecorder  *recorder)
{
  if (recorder->bus != NULL)
    run_thread (unref_in_thread, take_bus (recorder));
}

static void
test_drop_inside_error (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  bus_recorder_connect (recorder);
  g_signal_connect (recorder->bus, "error", G_CALLBACK (on_error_drop), recorder);
  mock_redis_kill_links (mock);
  WAIT_UNTIL (recorder->bus == NULL);
  WAIT_UNTIL (mock_redis_count_links (mock) == 0);
}

/* A bus that was constructed in the loop's thread. */
typedef struct
{
  const char *uri;
  SignalBus *bus;
  gint is_connected;
} Resident;

static void
on_resident_connected (GObject      *source,
                       GAsyncResult *result,
                       gpointer      user_data)
{
  Resident *resident = user_data;

  g_assert_true (signal_bus_connect_finish (SIGNAL_BUS (source), result, NULL));
  g_assert_true (signal_bus_broadcast (resident->bus, "e", NULL, NULL, NULL));
  g_atomic_int_set (&resident->is_connected, TRUE);
}

static gboolean
create_resident (gpointer data)
{
  Resident *resident = data;

  resident->bus = signal_bus_new (resident->uri);
  signal_bus_connect_async (resident->bus, NULL, on_resident_connected, resident);
  return G_SOURCE_REMOVE;
}

static void
test_resident (void)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MockRedis) mock = mock_redis_new ();
      g_autoptr (Loop) loop = loop_new ();
      Resident resident = { .uri = mock->uri };

      loop_start (loop);
      loop_call (loop, create_resident, &resident);
      WAIT_UNTIL (g_atomic_int_get (&resident.is_connected) && mock->n_published == 1);

      /* The second time, its thread has ended, so that its main context no longer runs. */
      if (i == 1)
        loop_quit (loop);
      g_clear_object (&resident.bus);
      WAIT_UNTIL (mock_redis_count_links (mock) == 0);
    }
}

static void
on_connect_refused (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  guint *n_refused = user_data;
  g_autoptr (GError) error = NULL;

  assert_refused (signal_bus_connect_finish (SIGNAL_BUS (source), result, &error), &error);
  ++*n_refused;
}

static void
on_close_refused (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  guint *n_refused = user_data;
  g_autoptr (GError) error = NULL;

  assert_refused (signal_bus_close_finish (SIGNAL_BUS (source), result, &error), &error);
  ++*n_refused;
}

static gpointer
call_everything (gpointer data)
{
  SignalBus *bus = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  GError *error = NULL;
  guint n_refused = 0;

  g_main_context_push_thread_default (context);
  assert_refused (signal_bus_broadcast (bus, "e", NULL, NULL, &error), &error);
  assert_refused (signal_bus_broadcast_json (bus, "e", "1", NULL, &error), &error);
  assert_refused (signal_bus_send_to_room (bus, "r", "e", NULL, NULL, &error), &error);
  assert_refused (signal_bus_send_to_user (bus, "u", "e", NULL, &error), &error);
  assert_refused (signal_bus_send_to_peer (bus, "c", "e", NULL, &error), &error);
  signal_bus_connect_async (bus, NULL, on_connect_refused, &n_refused);
  signal_bus_close_async (bus, NULL, on_close_refused, &n_refused);
  while (n_refused < 2)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_refused (void)
{
  g_autoptr (MockRedis) mock = mock_redis_new ();
  g_autoptr (BusRecorder) recorder = bus_recorder_new (mock->uri);

  run_thread (call_everything, recorder->bus);
  bus_recorder_connect (recorder);
  run_thread (call_everything, recorder->bus);
  g_assert_true (signal_bus_get_connected (recorder->bus));
  bus_recorder_close (recorder);
  g_assert_cmpuint (mock->n_published, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bus/threads/drop/in-thread", test_drop_in_thread);
  g_test_add_func ("/bus/threads/drop/while-running", test_drop_while_running);
  g_test_add_func ("/bus/threads/drop/while-waiting", test_drop_while_waiting);
  g_test_add_func ("/bus/threads/drop/inside-error", test_drop_inside_error);
  g_test_add_func ("/bus/threads/resident", test_resident);
  g_test_add_func ("/bus/threads/refused", test_refused);

  return g_test_run ();
}
