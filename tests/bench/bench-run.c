/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-run.h"

#include <time.h>

#define DEADLINE_S 60

static gint64
read_clock (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* @session is the feeder's `signal` or `replay`. */
char *
bench_task_build_uri (const BenchTask *task,
                      const char      *session)
{
  return g_strdup_printf ("%s?direction=%s&session=%s&size=%" G_GSIZE_FORMAT "&count=%u&burst=%u%s",
                          task->feeder, task->direction == BENCH_RECEIVE ? "receive" : "send",
                          session, task->size, task->count, task->burst,
                          task->is_each_written ? "&each=1" : "");
}

void
bench_run_init (BenchRun        *self,
                const BenchTask *task,
                BenchSample     *sample)
{
  self->task = task;
  self->sample = sample;
  self->loop = g_main_loop_new (NULL, FALSE);
}

void
bench_run_clear (BenchRun *self)
{
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_error (&self->error);
}

static void
send_burst (BenchRun *self)
{
  guint count = MIN (self->task->burst, self->task->count - self->done);

  for (guint i = 0; i < count; i++)
    self->send (self);
  self->done += count;
}

static void
begin (BenchRun *self)
{
  self->is_ready = TRUE;
  self->sample->wall_ns = -read_clock (CLOCK_MONOTONIC);
  self->sample->cpu_ns = -read_clock (CLOCK_PROCESS_CPUTIME_ID);
  if (self->task->direction == BENCH_RECEIVE)
    self->start (self);
  else
    send_burst (self);
}

static void
end (BenchRun *self)
{
  self->sample->cpu_ns += read_clock (CLOCK_PROCESS_CPUTIME_ID);
  self->sample->wall_ns += read_clock (CLOCK_MONOTONIC);
  self->is_over = TRUE;
  g_main_loop_quit (self->loop);
}

/* Handles a message: the feeder's `ready`, one that counts, or the answer to a burst. */
void
bench_run_arrived (BenchRun *self)
{
  if (!self->is_ready)
    begin (self);
  else if (self->task->direction == BENCH_RECEIVE)
    {
      if (++self->done == self->task->count)
        end (self);
    }
  else if (self->done == self->task->count)
    end (self);
  else
    send_burst (self);
}

void
bench_run_fail (BenchRun     *self,
                const GError *error)
{
  if (self->error == NULL)
    self->error = g_error_copy (error);
  g_main_loop_quit (self->loop);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                          "It took longer than %d s", DEADLINE_S);

  bench_run_fail (user_data, error);
  return G_SOURCE_CONTINUE;
}

/* Runs until the loop is quit. Returns FALSE on failure. */
gboolean
bench_run_wait (BenchRun *self)
{
  guint deadline = g_timeout_add_seconds (DEADLINE_S, on_deadline, self);

  g_main_loop_run (self->loop);
  g_source_remove (deadline);

  return self->error == NULL;
}
