/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What became of the numbered messages of one sender. */
typedef struct _SimLedger SimLedger;

typedef enum
{
  SIM_SENT,   /* accepted, and nobody will be told more */
  SIM_ASKED,  /* accepted, and its end will be reported */
  SIM_WRITTEN,
  SIM_UNSENT, /* reported as never sent */
  SIM_LOST,   /* reported as possibly sent */
} SimFate;

SimLedger *sim_ledger_new         (guint       id);
void       sim_ledger_free        (SimLedger  *self);
guint64    sim_ledger_accept      (SimLedger  *self,
                                   SimFate     fate);
void       sim_ledger_refuse      (SimLedger  *self,
                                   guint64     number);
void       sim_ledger_end         (SimLedger  *self,
                                   guint64     number,
                                   SimFate     fate);
void       sim_ledger_arrive      (SimLedger  *self,
                                   guint64     number);
guint64    sim_ledger_get_length  (SimLedger  *self);
void       sim_ledger_check_ended (SimLedger  *self,
                                   guint64     begin,
                                   guint64     end);
gboolean   sim_ledger_has_arrived (SimLedger  *self,
                                   guint64     number);
guint64    sim_ledger_arrived     (SimLedger  *self);
void       sim_ledger_finish      (SimLedger  *self);

G_END_DECLS
