/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/utils.h"

#include "signal-glib/util/signal-lazy-object-private.h"

static int n_created;
static gboolean fails;

static GObject *
create (void)
{
  g_atomic_int_inc (&n_created);
  return fails ? NULL : g_object_new (G_TYPE_OBJECT, NULL);
}

static void
on_got (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_set_object ((GAsyncResult **) user_data, result);
}

static void
request (SignalLazyObject  *lazy,
         GAsyncResult     **result)
{
  g_clear_object (result);
  signal_lazy_object_get_async (lazy, NULL, on_got, result);
  g_assert_null (*result);
}

static GObject *
finish (SignalLazyObject  *lazy,
        GAsyncResult     **result)
{
  g_autoptr (GError) error = NULL;
  GObject *object;

  WAIT_UNTIL (*result != NULL);
  object = signal_lazy_object_get_finish (lazy, *result, &error);
  if (object == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  else
    g_assert_no_error (error);
  return object;
}

/* All requests share one construction, before and after it has finished. */
static void
test_shared (void)
{
  static SignalLazyObject lazy = { .create = create };
  g_autoptr (GAsyncResult) first_result = NULL;
  g_autoptr (GAsyncResult) second_result = NULL;
  g_autoptr (GAsyncResult) third_result = NULL;
  g_autoptr (GObject) first = NULL;
  g_autoptr (GObject) second = NULL;
  g_autoptr (GObject) third = NULL;

  fails = FALSE;
  n_created = 0;
  request (&lazy, &first_result);
  request (&lazy, &second_result);
  first = finish (&lazy, &first_result);
  second = finish (&lazy, &second_result);
  request (&lazy, &third_result);
  third = finish (&lazy, &third_result);

  g_assert_nonnull (first);
  g_assert_true (first == second && second == third);
  g_assert_cmpint (g_atomic_int_get (&n_created), ==, 1);
  g_clear_object (&lazy.object);
}

/* A failure is remembered for a while, and then the construction is tried again. */
static void
test_failed (void)
{
  static SignalLazyObject lazy = { .create = create };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GObject) object = NULL;
  gint64 before;

  fails = TRUE;
  n_created = 0;
  before = g_get_monotonic_time ();
  request (&lazy, &result);
  g_assert_null (finish (&lazy, &result));
  g_assert_cmpint (lazy.next_time, >, before);
  g_assert_cmpint (lazy.next_time, <, before + 60 * G_USEC_PER_SEC);

  lazy.next_time = before + 60 * G_USEC_PER_SEC;
  request (&lazy, &result);
  g_assert_null (finish (&lazy, &result));
  g_assert_cmpint (g_atomic_int_get (&n_created), ==, 1);

  fails = FALSE;
  lazy.next_time = before;
  request (&lazy, &result);
  object = finish (&lazy, &result);
  g_assert_nonnull (object);
  g_assert_cmpint (g_atomic_int_get (&n_created), ==, 2);
  g_assert_cmpint (lazy.next_time, ==, 0);
  g_clear_object (&lazy.object);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lazy-object/shared", test_shared);
  g_test_add_func ("/lazy-object/failed", test_failed);

  return g_test_run ();
}
