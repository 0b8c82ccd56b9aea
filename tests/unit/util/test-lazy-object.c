/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/utils.h"

#include "signal-glib/util/signal-lazy-object-private.h"

static int n_created;
static gboolean fails;

static GObject *
create (GCancellable *cancellable)
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

static GObject *
create_slowly (GCancellable *cancellable)
{
  while (!g_cancellable_is_cancelled (cancellable))
    g_usleep (1000);
  g_usleep (100 * 1000);
  g_print ("has ended\n");
  return NULL;
}

/* Longer than the test. */
static GObject *
create_forever (GCancellable *cancellable)
{
  g_usleep (60 * G_USEC_PER_SEC);
  return NULL;
}

/* Returns TRUE in a child process, which has to exit, and FALSE when that has succeeded with the output that
 * is expected, or when there cannot be one: a program that is emulated cannot start itself. */
static gboolean
is_child (const char *output)
{
  if (g_test_subprocess ())
    return TRUE;

  if (g_getenv ("SIGNAL_TEST_EMULATED") != NULL)
    {
      g_test_skip ("A program that is emulated cannot start itself");
      return FALSE;
    }

  g_test_trap_subprocess (NULL, 10 * G_USEC_PER_SEC, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout (output);
  return FALSE;
}

/* The exit of the process cancels a construction, and waits until that has ended. */
static void
test_exit (void)
{
  static SignalLazyObject lazy = { .create = create_slowly };
  g_autoptr (GAsyncResult) result = NULL;

  if (is_child ("*has ended*"))
    {
      request (&lazy, &result);
      exit (0);
    }
}

static void
request_other (GCancellable *cancellable,
               gpointer      user_data)
{
  static GAsyncResult *result;

  request (user_data, &result);
}

static GObject *
create_cancellably (GCancellable *cancellable)
{
  static SignalLazyObject other = { .create = create_slowly };
  gulong id = g_cancellable_connect (cancellable, G_CALLBACK (request_other), &other, NULL);
  GObject *object = create_slowly (cancellable);

  g_cancellable_disconnect (cancellable, id);
  return object;
}

/* What is called when the construction is cancelled may request an object itself. */
static void
test_request_at_exit (void)
{
  static SignalLazyObject lazy = { .create = create_cancellably };
  g_autoptr (GAsyncResult) result = NULL;

  if (is_child ("*has ended*has ended*"))
    {
      request (&lazy, &result);
      g_usleep (100 * 1000);
      exit (0);
    }
}

/* It does not wait forever. */
static void
test_exit_while_blocked (void)
{
  static SignalLazyObject lazy = { .create = create_forever };
  g_autoptr (GAsyncResult) result = NULL;

  if (is_child ("*"))
    {
      request (&lazy, &result);
      exit (0);
    }
}

/* A child process does not have the thread. */
static void
test_exit_of_child (void)
{
  static SignalLazyObject lazy = { .create = create_slowly };
  g_autoptr (GAsyncResult) result = NULL;

  if (is_child ("*has ended*"))
    {
      request (&lazy, &result);
      if (fork () == 0)
        exit (0);
      exit (wait (NULL) > 0 ? 0 : 1);
    }
}

static gint is_ending; /* atomic */

/* Called when the thread ends, by whatever frees the cancellable. */
static void
on_freed (gpointer  data,
          GObject  *object)
{
  g_atomic_int_set (&is_ending, TRUE);
  g_usleep (200 * 1000);
}

static GObject *
create_watched (GCancellable *cancellable)
{
  g_object_weak_ref (G_OBJECT (cancellable), on_freed, NULL);
  return create (cancellable);
}

/* A child process exits even if it was created at the moment at which a thread ends. */
static void
test_exit_of_child_while_ending (void)
{
  static SignalLazyObject lazy = { .create = create_watched };
  g_autoptr (GAsyncResult) result = NULL;
  int status = 1;

  if (is_child ("*"))
    {
      request (&lazy, &result);
      while (!g_atomic_int_get (&is_ending))
        g_usleep (1000);
      if (fork () == 0)
        {
          alarm (5);
          exit (0);
        }
      /* LeakSanitizer may report what the thread, which the child process does not have, had. */
      exit (wait (&status) > 0 && WIFEXITED (status) ? 0 : 1);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lazy-object/shared", test_shared);
  g_test_add_func ("/lazy-object/failed", test_failed);
  g_test_add_func ("/lazy-object/exit", test_exit);
  g_test_add_func ("/lazy-object/request-at-exit", test_request_at_exit);
  g_test_add_func ("/lazy-object/exit-while-blocked", test_exit_while_blocked);
  g_test_add_func ("/lazy-object/exit-of-child", test_exit_of_child);
  g_test_add_func ("/lazy-object/exit-of-child-while-ending", test_exit_of_child_while_ending);

  return g_test_run ();
}
