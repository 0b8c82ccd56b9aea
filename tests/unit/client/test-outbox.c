/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <signal-glib/signal-glib.h>

#include "signal-glib/client/signal-outbox-private.h"

static void
push (SignalOutbox *outbox,
      const char   *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (signal_outbox_push (outbox, text, strlen (text), 100, &error));
  g_assert_no_error (error);
}

static void
assert_first (SignalOutbox *outbox,
              const char   *expected)
{
  gsize length = 0;
  const char *text = signal_outbox_peek (outbox, &length);

  g_assert_cmpstr (text, ==, expected);
  if (expected != NULL)
    g_assert_cmpuint (length, ==, strlen (expected));
}

static void
test_order (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new ();

  assert_first (outbox, NULL);
  push (outbox, "one");
  push (outbox, "two");
  push (outbox, "");
  g_assert_cmpuint (signal_outbox_get_waiting (outbox), ==, 3);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 6);
  assert_first (outbox, "one");
  signal_outbox_drop (outbox);
  assert_first (outbox, "two");
  signal_outbox_drop (outbox);
  assert_first (outbox, "");
  signal_outbox_drop (outbox);
  assert_first (outbox, NULL);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 0);
}

static void
test_limit (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (signal_outbox_push (outbox, "1", 1, 2, NULL));
  g_assert_true (signal_outbox_push (outbox, "2", 1, 2, NULL));
  g_assert_false (signal_outbox_push (outbox, "3", 1, 2, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  g_assert_cmpuint (signal_outbox_get_waiting (outbox), ==, 2);
  signal_outbox_drop (outbox);
  g_assert_true (signal_outbox_push (outbox, "3", 1, 2, NULL));
  assert_first (outbox, "2");
}

/* A copy of the data is stored. */
static void
test_copies (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new ();
  char text[] = "first and more";

  g_assert_true (signal_outbox_push (outbox, text, 5, 1, NULL));
  memset (text, 'x', sizeof text);
  assert_first (outbox, "first");
}

/* A message of which the socket has accepted a byte is not sent again; the others are queued in
 * order, before those that were queued already. */
static void
test_requeue (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new ();

  push (outbox, "a");
  push (outbox, "b");
  signal_outbox_mark_in_flight (outbox, 0);
  signal_outbox_mark_in_flight (outbox, 100);
  signal_outbox_push_in_flight (outbox, "c", 1, 200);
  signal_outbox_push_in_flight (outbox, "d", 1, 300);
  push (outbox, "e");
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 5);
  g_assert_cmpuint (signal_outbox_get_waiting (outbox), ==, 1);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 1);

  signal_outbox_remove_written (outbox, 0);
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 5);
  signal_outbox_remove_written (outbox, 1);
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 4);
  signal_outbox_remove_written (outbox, 100);
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 4);
  signal_outbox_remove_written (outbox, 200);
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 3);

  signal_outbox_recall (outbox);
  g_assert_cmpuint (signal_outbox_get_waiting (outbox), ==, 3);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 3);
  assert_first (outbox, "c");
  signal_outbox_drop (outbox);
  assert_first (outbox, "d");
  signal_outbox_drop (outbox);
  assert_first (outbox, "e");
}

static void
test_expire (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new ();
  gint64 between;

  push (outbox, "old");
  push (outbox, "older");
  between = g_get_monotonic_time () + 1;
  while (g_get_monotonic_time () <= between)
    ;
  push (outbox, "new");
  g_assert_cmpuint (signal_outbox_expire (outbox, 0), ==, 0);
  g_assert_cmpuint (signal_outbox_expire (outbox, between), ==, 2);
  assert_first (outbox, "new");
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 3);
  g_assert_cmpuint (signal_outbox_expire (outbox, G_MAXINT64), ==, 1);
  assert_first (outbox, NULL);
}

static void
test_clear (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new ();

  push (outbox, "a");
  push (outbox, "b");
  signal_outbox_mark_in_flight (outbox, 7);
  signal_outbox_clear (outbox);
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 0);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 0);
  signal_outbox_recall (outbox);
  assert_first (outbox, NULL);
  push (outbox, "c");
  assert_first (outbox, "c");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/outbox/order", test_order);
  g_test_add_func ("/outbox/limit", test_limit);
  g_test_add_func ("/outbox/copies", test_copies);
  g_test_add_func ("/outbox/recall", test_requeue);
  g_test_add_func ("/outbox/expire", test_expire);
  g_test_add_func ("/outbox/clear", test_clear);

  return g_test_run ();
}
