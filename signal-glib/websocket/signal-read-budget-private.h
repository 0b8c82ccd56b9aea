/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Limits how long reading continues before control returns to the main loop. Times are those of
 * g_get_monotonic_time(). */
typedef struct
{
  gint64 end;         /* 0 while not reading */
  gint64 left;        /* of a budget that was not used up */
  gint64 paused;      /* when reading paused; 0 if the budget was used up */
  guint n_quick;      /* the messages after which the time is not read */
  gint64 coarse;      /* the coarse time when the time was read */
  gboolean is_behind; /* the time was not read after the last message */
} SignalReadBudget;

void     signal_read_budget_begin        (SignalReadBudget       *self,
                                         gint64                  now);
gint64   signal_read_budget_measure      (SignalReadBudget       *self,
                                         gint64                  last);
gint64   signal_read_budget_measure_slow (SignalReadBudget       *self);
gint64   signal_read_budget_catch_up     (SignalReadBudget       *self,
                                         gint64                  last);
gboolean signal_read_budget_is_over      (const SignalReadBudget *self,
                                         gint64                  now);
void     signal_read_budget_end          (SignalReadBudget       *self,
                                         gint64                  now);

G_END_DECLS
