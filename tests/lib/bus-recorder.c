/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-recorder.h"

static void
on_connected (SignalBus   *bus,
              GParamSpec  *pspec,
              BusRecorder *recorder)
{
  /* Each change is notified, and nothing else. */
  g_assert_cmpint (signal_bus_get_connected (bus), ==, recorder->n_connected == recorder->n_lost);
  if (signal_bus_get_connected (bus))
    recorder->n_connected++;
  else
    recorder->n_lost++;
}

static void
on_error (SignalBus    *bus,
          const GError *error,
          BusRecorder  *recorder)
{
  g_ptr_array_add (recorder->errors, g_error_copy (error));
}

BusRecorder *
bus_recorder_new_prefixed (const char *uri,
                           const char *channel_prefix)
{
  BusRecorder *recorder = g_new0 (BusRecorder, 1);

  recorder->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  recorder->bus = g_object_new (SIGNAL_TYPE_BUS, "uri", uri, "channel-prefix", channel_prefix, NULL);
  g_signal_connect (recorder->bus, "notify::connected", G_CALLBACK (on_connected), recorder);
  g_signal_connect (recorder->bus, "error", G_CALLBACK (on_error), recorder);
  return recorder;
}

BusRecorder *
bus_recorder_new (const char *uri)
{
  return bus_recorder_new_prefixed (uri, NULL);
}

/* Drops the last reference. */
void
bus_recorder_drop (BusRecorder *recorder)
{
  SignalBus *bus = g_steal_pointer (&recorder->bus);

  g_signal_handlers_disconnect_by_data (bus, recorder);
  g_assert_finalize_object (bus);
}

/* Asserts that this was the last reference to the bus. */
void
bus_recorder_free (BusRecorder *recorder)
{
  if (recorder->bus != NULL)
    bus_recorder_drop (recorder);
  g_ptr_array_unref (recorder->errors);
  g_clear_error (&recorder->error);
  g_clear_error (&recorder->close_error);
  g_free (recorder);
}

void
bus_recorder_on_connected (GObject      *source,
                           GAsyncResult *result,
                           gpointer      user_data)
{
  BusRecorder *recorder = user_data;
  gboolean ok;

  g_clear_error (&recorder->error);
  ok = signal_bus_connect_finish (SIGNAL_BUS (source), result, &recorder->error);
  g_assert_cmpint (ok, ==, recorder->error == NULL);
  g_assert_false (recorder->is_done);
  recorder->is_done = TRUE;
}

void
bus_recorder_start (BusRecorder  *recorder,
                    GCancellable *cancellable)
{
  recorder->is_done = FALSE;
  signal_bus_connect_async (recorder->bus, cancellable, bus_recorder_on_connected, recorder);
}

/* Connects, which must succeed. */
void
bus_recorder_connect (BusRecorder *recorder)
{
  bus_recorder_start (recorder, NULL);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  g_assert_true (signal_bus_get_connected (recorder->bus));
}

/* Connects, which must fail the first time. */
void
bus_recorder_connect_fails (BusRecorder *recorder,
                            GQuark       domain,
                            int          code)
{
  bus_recorder_start (recorder, NULL);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, domain, code);
  g_assert_false (signal_bus_get_connected (recorder->bus));
}

/* Waits until it has become connected as often as this. */
void
bus_recorder_wait_connected (BusRecorder *recorder,
                             guint        n_connected)
{
  WAIT_UNTIL (recorder->n_connected >= n_connected);
}

/* Waits for the next error that is not yet taken, which must be this one, and takes it. */
void
bus_recorder_wait_error (BusRecorder *recorder,
                         GQuark       domain,
                         int          code)
{
  WAIT_UNTIL (recorder->errors->len > 0);
  g_assert_error ((GError *) recorder->errors->pdata[0], domain, code);
  g_ptr_array_remove_index (recorder->errors, 0);
}

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  BusRecorder *recorder = user_data;
  gboolean ok;

  g_clear_error (&recorder->close_error);
  ok = signal_bus_close_finish (SIGNAL_BUS (source), result, &recorder->close_error);
  g_assert_cmpint (ok, ==, recorder->close_error == NULL);
  recorder->n_closed++;
}

void
bus_recorder_start_close (BusRecorder *recorder)
{
  signal_bus_close_async (recorder->bus, NULL, on_closed, recorder);
  g_assert_false (signal_bus_get_connected (recorder->bus));
}

/* Closes, which must succeed. */
void
bus_recorder_close (BusRecorder *recorder)
{
  guint n_closed = recorder->n_closed;

  bus_recorder_start_close (recorder);
  WAIT_UNTIL (recorder->n_closed > n_closed);
  g_assert_no_error (recorder->close_error);
}
