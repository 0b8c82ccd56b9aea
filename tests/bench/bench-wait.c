/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-wait.h"

#define DEADLINE_S 60

void
bench_wait_init (BenchWait *self)
{
  *self = (BenchWait) { .loop = g_main_loop_new (NULL, FALSE) };
}

void
bench_wait_clear (BenchWait *self)
{
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->error);
}

void
bench_wait_done (BenchWait *self)
{
  if (self->pending > 0 && --self->pending == 0)
    g_main_loop_quit (self->loop);
}

void
bench_wait_fail (BenchWait    *self,
                 const GError *error)
{
  if (self->error == NULL)
    self->error = g_error_copy (error);
  g_main_loop_quit (self->loop);
}

static gboolean
on_timeout (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

void
bench_wait_for (BenchWait *self,
                guint      milliseconds)
{
  guint timeout = g_timeout_add (milliseconds, on_timeout, self->loop);

  g_main_loop_run (self->loop);
  g_source_remove (timeout);
}

/* Waits until bench_wait_done() has been called @count times. @what completes the error message of
 * the deadline. */
gboolean
bench_wait_run (BenchWait   *self,
                guint        count,
                const char  *what,
                GError     **error)
{
  self->pending = count;
  if (count > 0 && self->error == NULL)
    bench_wait_for (self, DEADLINE_S * 1000);

  if (self->error != NULL)
    g_propagate_error (error, g_steal_pointer (&self->error));
  else if (self->pending > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "After %d s %u of %u have not %s",
                 DEADLINE_S, self->pending, count, what);
  else
    return TRUE;

  return FALSE;
}

/* In nanoseconds. */
gint64
bench_clock_read (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}
