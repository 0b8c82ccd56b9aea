/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-read-budget-private.h"

#define BUDGET_US 3000

/* Data that can be read this soon after the end of the previous data was received without the
 * main loop having to wait for it. Sources of lower priority may not have been dispatched in
 * between, so that the budget continues. */
#define PAUSE_US 500

/* After messages that took less than this time together, as many more are delivered before the time is
 * read again, because reading it takes a considerable part of the time of a small message. */
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

/* Returns the time after a message has been delivered, or last, the previous result, if that is good
 * enough. */
gint64
signal_read_budget_measure (SignalReadBudget *self,
                            gint64            last)
{
  gint64 now;

  if (self->n_quick > 0)
    {
      self->n_quick--;
      self->is_behind = TRUE;
      return last;
    }

  self->is_behind = FALSE;
  now = g_get_monotonic_time ();
  if (now - last < QUICK_US)
    self->n_quick = QUICK_MESSAGES - 1;
  return now;
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
