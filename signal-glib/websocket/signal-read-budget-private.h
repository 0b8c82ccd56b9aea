/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long one turn of the main loop may be spent on what comes in. Times are of
 * g_get_monotonic_time(). */
typedef struct
{
  gint64 end;    /* 0: the turn has not begun */
  gint64 left;   /* of a turn that was given back before its time */
  gint64 paused; /* when that was; 0: it took its time */
} SignalReadBudget;

void     signal_read_budget_begin   (SignalReadBudget       *self,
                                     gint64                  now);
gboolean signal_read_budget_is_over (const SignalReadBudget *self,
                                     gint64                  now);
gboolean signal_read_budget_finish  (SignalReadBudget       *self,
                                     gint64                  now);

G_END_DECLS
