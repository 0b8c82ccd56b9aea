/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <signal-glib/signal-glib.h>

#include "signal-glib/client/signal-outbox-private.h"

/* What has been reported: the number of each operation, and the code of its error. */
static GString *reported;

static void
on_finished (SignalOperation *operation,
             const GError    *error,
             gpointer         user_data)
{
  g_string_append_printf (reported, "%s%d", operation->id, error != NULL ? error->code : -1);
  g_string_append_c (reported, ' ');
}

static void
assert_reported (const char *expected)
{
  g_assert_cmpstr (reported->str, ==, expected);
  g_string_truncate (reported, 0);
}

static SignalOperation *
operation_new (const char *name)
{
  SignalOperation *operation = signal_operation_new (SIGNAL_OPERATION_SEND, NULL, NULL, NULL, NULL, NULL);

  operation->id = g_strdup (name);
  return operation;
}

static gboolean
push_text (SignalOutbox     *outbox,
           const char       *text,
           SignalOperation  *operation,
           guint             limit,
           GError          **error)
{
  g_autofree char *envelope = g_strdup (text);
  gboolean is_accepted = signal_outbox_push (outbox, &envelope, strlen (text), operation, limit, error);

  g_assert_cmpstr (envelope, ==, is_accepted ? NULL : text);
  return is_accepted;
}

static void
push_in_flight (SignalOutbox    *outbox,
                const char      *text,
                SignalOperation *operation,
                guint64          begin,
                guint64          end)
{
  char *envelope = g_strdup (text);

  signal_outbox_push_in_flight (outbox, &envelope, strlen (text), operation, begin, end);
  g_assert_null (envelope);
}

static void
push (SignalOutbox *outbox,
      const char   *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (push_text (outbox, text, NULL, 100, &error));
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
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);

  assert_first (outbox, NULL);
  push (outbox, "one");
  push (outbox, "two");
  push (outbox, "");
  g_assert_cmpuint (signal_outbox_get_waiting (outbox), ==, 3);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 6);
  assert_first (outbox, "one");
  signal_outbox_drop (outbox, NULL);
  assert_first (outbox, "two");
  signal_outbox_drop (outbox, NULL);
  assert_first (outbox, "");
  signal_outbox_drop (outbox, NULL);
  assert_first (outbox, NULL);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 0);
}

static void
test_limit (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (push_text (outbox, "1", NULL, 2, NULL));
  g_assert_true (push_text (outbox, "2", NULL, 2, NULL));
  g_assert_false (push_text (outbox, "3", NULL, 2, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  g_assert_cmpuint (signal_outbox_get_waiting (outbox), ==, 2);
  signal_outbox_drop (outbox, NULL);
  g_assert_true (push_text (outbox, "3", NULL, 2, NULL));
  assert_first (outbox, "2");
}

/* The envelope is not copied. */
static void
test_steals (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);
  char *envelope = g_strdup ("first");
  const char *text = envelope;
  gsize length;

  g_assert_true (signal_outbox_push (outbox, &envelope, 5, NULL, 1, NULL));
  g_assert_null (envelope);
  g_assert_true (signal_outbox_peek (outbox, &length) == text);
  g_assert_cmpuint (length, ==, 5);
}

/* A message of which the socket has accepted a byte is not sent again; the others are queued in
 * order, before those that were queued already. */
static void
test_requeue (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);

  push (outbox, "a");
  push (outbox, "b");
  signal_outbox_mark_in_flight (outbox, 0, 100);
  signal_outbox_mark_in_flight (outbox, 100, 200);
  push_in_flight (outbox, "c", NULL, 200, 300);
  push_in_flight (outbox, "d", NULL, 300, 400);
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

  signal_outbox_recall (outbox, 101);
  g_assert_cmpuint (signal_outbox_get_waiting (outbox), ==, 3);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 3);
  assert_first (outbox, "c");
  signal_outbox_drop (outbox, NULL);
  assert_first (outbox, "d");
  signal_outbox_drop (outbox, NULL);
  assert_first (outbox, "e");
}

static void
test_expire (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);
  gint64 between;

  push (outbox, "old");
  push (outbox, "older");
  between = g_get_monotonic_time () + 1;
  while (g_get_monotonic_time () <= between)
    ;
  push (outbox, "new");
  g_assert_cmpuint (signal_outbox_expire (outbox, 0, NULL), ==, 0);
  g_assert_cmpuint (signal_outbox_expire (outbox, between, NULL), ==, 2);
  assert_first (outbox, "new");
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 3);
  g_assert_cmpuint (signal_outbox_expire (outbox, G_MAXINT64, NULL), ==, 1);
  assert_first (outbox, NULL);
}

static void
test_clear (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);

  push (outbox, "a");
  push (outbox, "b");
  signal_outbox_mark_in_flight (outbox, 7, 8);
  signal_outbox_lose (outbox, 0);
  signal_outbox_clear (outbox, NULL);
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 0);
  g_assert_cmpuint (signal_outbox_get_size (outbox), ==, 0);
  signal_outbox_recall (outbox, 0);
  assert_first (outbox, NULL);
  push (outbox, "c");
  assert_first (outbox, "c");
}

static void
push_for (SignalOutbox    *outbox,
          SignalOperation *operation)
{
  g_assert_true (push_text (outbox, "x", operation, 100, NULL));
  g_assert_true (signal_outbox_is_waiting (operation));
}

/* Each operation is reported once: written, lost with a part of it written, or dropped. */
static void
test_outcomes (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);
  g_autoptr (SignalOperation) a = operation_new ("a");
  g_autoptr (SignalOperation) b = operation_new ("b");
  g_autoptr (SignalOperation) c = operation_new ("c");
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED, "gone");

  push_for (outbox, a);
  push_for (outbox, b);
  push_for (outbox, c);
  signal_outbox_mark_in_flight (outbox, 0, 10);
  signal_outbox_mark_in_flight (outbox, 10, 20);
  signal_outbox_mark_in_flight (outbox, 20, 30);
  g_assert_false (signal_outbox_is_waiting (a));
  signal_outbox_remove_written (outbox, 9);
  assert_reported ("");
  signal_outbox_remove_written (outbox, 10);
  assert_reported ("a-1 ");
  signal_outbox_recall (outbox, 11);
  assert_reported ("b13 ");
  g_assert_true (signal_outbox_is_waiting (c));
  signal_outbox_clear (outbox, error);
  assert_reported ("c1 ");
  g_assert_null (a->item);
  g_assert_null (c->item);
}

/* The frames behind one that is taken back move to the front. */
static void
test_remove (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);
  g_autoptr (SignalOperation) a = operation_new ("a");
  g_autoptr (SignalOperation) b = operation_new ("b");
  g_autoptr (SignalOperation) c = operation_new ("c");
  guint64 begin;
  gsize length;

  push_in_flight (outbox, "a", a, 0, 10);
  push_in_flight (outbox, "b", b, 10, 30);
  push_in_flight (outbox, "c", c, 30, 40);
  g_assert_true (signal_outbox_locate (outbox, b, &begin, &length));
  g_assert_cmpuint (begin, ==, 10);
  g_assert_cmpuint (length, ==, 1);
  signal_outbox_remove (outbox, b);
  g_assert_false (signal_outbox_locate (outbox, b, &begin, &length));
  g_assert_true (signal_outbox_locate (outbox, c, &begin, &length));
  g_assert_cmpuint (begin, ==, 10);
  signal_outbox_remove_written (outbox, 20);
  assert_reported ("a-1 c-1 ");
}

/* A flush is reported when everything before it is gone, whatever is added later. */
static void
test_flush (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);
  g_autoptr (SignalOutbox) closing = NULL;
  g_autoptr (SignalOperation) flush = operation_new ("f");
  g_autoptr (SignalOperation) a = operation_new ("a");

  signal_outbox_flush (outbox, flush);
  assert_reported ("f-1 ");
  push_for (outbox, a);
  signal_outbox_flush (outbox, flush);
  push (outbox, "b");
  assert_reported ("");
  signal_outbox_remove (outbox, a);
  assert_reported ("");
  signal_outbox_report_flushes (outbox);
  assert_reported ("f-1 ");

  signal_outbox_mark_in_flight (outbox, 0, 10);
  signal_outbox_flush (outbox, flush);
  closing = signal_outbox_detach (outbox);
  g_assert_cmpuint (signal_outbox_get_length (outbox), ==, 0);
  assert_reported ("");
  signal_outbox_recall (closing, 10);
  assert_reported ("f-1 ");
}

/* A flush that waits for envelopes in flight and for others is reported by both outboxes. */
static void
test_flush_detached (void)
{
  g_autoptr (SignalOutbox) outbox = signal_outbox_new (on_finished, NULL);
  g_autoptr (SignalOutbox) closing = NULL;
  g_autoptr (SignalOutbox) empty = NULL;
  g_autoptr (SignalOperation) flush = operation_new ("f");

  push (outbox, "a");
  push (outbox, "b");
  signal_outbox_mark_in_flight (outbox, 0, 10);
  signal_outbox_flush (outbox, flush);
  flush->n_markers = 1;
  closing = signal_outbox_detach (outbox);
  g_assert_cmpuint (flush->n_markers, ==, 2);
  empty = signal_outbox_detach (outbox);
  g_assert_cmpuint (flush->n_markers, ==, 2);
  assert_reported ("");
  signal_outbox_clear (outbox, NULL);
  assert_reported ("f-1 ");
  signal_outbox_recall (closing, 10);
  assert_reported ("f-1 ");
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  reported = g_string_new (NULL);

  g_test_add_func ("/outbox/order", test_order);
  g_test_add_func ("/outbox/limit", test_limit);
  g_test_add_func ("/outbox/steals", test_steals);
  g_test_add_func ("/outbox/recall", test_requeue);
  g_test_add_func ("/outbox/expire", test_expire);
  g_test_add_func ("/outbox/clear", test_clear);
  g_test_add_func ("/outbox/outcomes", test_outcomes);
  g_test_add_func ("/outbox/remove", test_remove);
  g_test_add_func ("/outbox/flush", test_flush);
  g_test_add_func ("/outbox/flush-detached", test_flush_detached);

  result = g_test_run ();
  g_string_free (reported, TRUE);
  return result;
}
