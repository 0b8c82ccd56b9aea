/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-read-budget-private.h"

#include <time.h>

#define BUDGET_US 3000

/* Data that can be read this soon after the end of the previous data was received without the
 * main loop having to wait for it. Sources of lower priority may not have been dispatched in
 * between, so that the budget continues. */
#define PAUSE_US 500

/* After messages that took less than this time together, as many more are delivered before the time is
 * read again, because reading it takes a considerable part of the time of a small message; unless the
 * coarse time shows that one of them was slow. */
#define QUICK_US 100
#define QUICK_MESSAGES 4

/* Does nothing if reading has already begun. */
void
signal_read_budget_begin (SignalReadBudget *self,
                          gint64            now)
{
  if (self->end == 0)
    self->end = now + (now - self->paused < PAUSE_US ? self->left : BUDGET_US);
}

/* Returns a time that changes only every few milliseconds, but can be read in a fifth of the time; where
 * there is none, one that always differs. */
static gint64
get_coarse_time (void)
{
#ifdef CLOCK_MONOTONIC_COARSE
  struct timespec time = { 0 };

  clock_gettime (CLOCK_MONOTONIC_COARSE, &time);
  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
#else
  return g_get_monotonic_time ();
#endif
}

/* Returns the time after a message has been delivered, or last, the previous result, if that is good
 * enough. */
gint64
signal_read_budget_measure (SignalReadBudget *self,
                            gint64            last)
{
  gint64 now;

  if (self->n_quick > 0 && get_coarse_time () == self->coarse)
    {
      self->n_quick--;
      self->is_behind = TRUE;
      return last;
    }

  self->is_behind = FALSE;
  now = g_get_monotonic_time ();
  self->n_quick = now - last < QUICK_US ? QUICK_MESSAGES - 1 : 0;
  if (self->n_quick > 0)
    self->coarse = get_coarse_time ();
  return now;
}

/* Returns the time after something that was not quick. */
gint64
signal_read_budget_measure_slow (SignalReadBudget *self)
{
  self->n_quick = 0;
  self->is_behind = FALSE;
  return g_get_monotonic_time ();
}

/* Returns the time after the last message for now, whose handler may have been slow, or last if nothing
 * was delivered since. */
gint64
signal_read_budget_catch_up (SignalReadBudget *self,
                             gint64            last)
{
  if (!self->is_behind)
    return last;

  self->is_behind = FALSE;
  return g_get_monotonic_time ();
}

gboolean
signal_read_budget_is_over (const SignalReadBudget *self,
                            gint64                  now)
{
  return self->end != 0 && now >= self->end;
}

/* Control returns to the main loop. */
void
signal_read_budget_end (SignalReadBudget *self,
                        gint64            now)
{
  if (self->end != 0)
    {
      self->left = self->end - now;
      self->paused = self->left > 0 ? now : 0;
    }

  self->end = 0;
}
