/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/bus-recorder.h"

#include <string.h>

/* A bus of a library that was built without hiredis, which says so. */

static void
test_connect (void)
{
  g_autoptr (BusRecorder) recorder = bus_recorder_new ("redis://127.0.0.1:1");
  g_autoptr (GError) error = NULL;

  bus_recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  g_assert_nonnull (strstr (recorder->error->message, "-Dredis"));
  g_assert_false (signal_bus_broadcast (recorder->bus, "e", NULL, NULL, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  bus_recorder_close (recorder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bus/unavailable", test_connect);

  return g_test_run ();
}
