/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-read-budget-private.h"

#define TURN_US 3000

/* What is there to read so soon after the end of what was has come without the main loop having had
 * to wait for it: perhaps nothing of lower priority has had its turn, so that the turn goes on. */
#define PAUSE_US 500

/* Does nothing if the turn has begun. */
void
signal_read_budget_begin (SignalReadBudget *self,
                          gint64            now)
{
  if (self->end == 0)
    self->end = now + (now - self->paused < PAUSE_US ? self->left : TURN_US);
}

gboolean
signal_read_budget_is_over (const SignalReadBudget *self,
                            gint64                  now)
{
  return self->end != 0 && now >= self->end;
}

/* Gives the main loop back. TRUE: because the turn was over, not for want of something to read. */
gboolean
signal_read_budget_finish (SignalReadBudget *self,
                           gint64            now)
{
  gboolean is_over = signal_read_budget_is_over (self, now);

  if (self->end != 0)
    {
      self->left = self->end - now;
      self->paused = is_over ? 0 : now;
    }
  self->end = 0;

  return is_over;
}
