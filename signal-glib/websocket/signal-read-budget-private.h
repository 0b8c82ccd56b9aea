/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long reading may go on before the main loop gets control back. Times are of
 * g_get_monotonic_time(). */
typedef struct
{
  gint64 end;    /* 0: reading is not going on */
  gint64 left;   /* of a budget that was given back before it was used up */
  gint64 paused; /* when it was; 0: it was used up */
} SignalReadBudget;

void     signal_read_budget_begin   (SignalReadBudget       *self,
                                     gint64                  now);
gboolean signal_read_budget_is_over (const SignalReadBudget *self,
                                     gint64                  now);
void     signal_read_budget_end     (SignalReadBudget       *self,
                                     gint64                  now);

G_END_DECLS
