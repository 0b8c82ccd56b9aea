/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-ledger.h"

#include "sim-clock.h"

struct _SimLedger
{
  guint   id;
  GArray *fates;   /* of SimFate */
  GArray *arrived; /* of gboolean */
  guint64 n_arrived;
  guint   n_open;  /* whose end has not been reported */
};

SimLedger *
sim_ledger_new (guint id)
{
  SimLedger *self = g_new0 (SimLedger, 1);

  self->id = id;
  self->fates = g_array_new (FALSE, TRUE, sizeof (SimFate));
  self->arrived = g_array_new (FALSE, TRUE, sizeof (gboolean));
  return self;
}

void
sim_ledger_free (SimLedger *self)
{
  g_array_unref (self->fates);
  g_array_unref (self->arrived);
  g_free (self);
}

/* Returns the number of the message, which is about to be sent. */
guint64
sim_ledger_accept (SimLedger *self,
                   SimFate    fate)
{
  gboolean arrived = FALSE;

  g_array_append_val (self->fates, fate);
  g_array_append_val (self->arrived, arrived);
  self->n_open += fate == SIM_ASKED;
  return self->fates->len - 1;
}

/* The message was not accepted after all. */
void
sim_ledger_refuse (SimLedger *self,
                   guint64    number)
{
  g_array_index (self->fates, SimFate, number) = SIM_UNSENT;
}

void
sim_ledger_end (SimLedger *self,
                guint64    number,
                SimFate    fate)
{
  SimFate before = g_array_index (self->fates, SimFate, number);

  if (before != SIM_ASKED)
    sim_fail ("message %u/%" G_GUINT64_FORMAT " has ended twice (%d, then %d)", self->id, number,
              before, fate);
  if (fate == SIM_UNSENT && g_array_index (self->arrived, gboolean, number))
    sim_fail ("message %u/%" G_GUINT64_FORMAT " has arrived and is reported as not sent", self->id, number);

  g_array_index (self->fates, SimFate, number) = fate;
  self->n_open--;
}

void
sim_ledger_arrive (SimLedger *self,
                   guint64    number)
{
  if (number >= self->fates->len)
    sim_fail ("message %u/%" G_GUINT64_FORMAT " was never sent", self->id, number);
  if (g_array_index (self->arrived, gboolean, number))
    sim_fail ("message %u/%" G_GUINT64_FORMAT " has arrived twice", self->id, number);
  if (g_array_index (self->fates, SimFate, number) == SIM_UNSENT)
    sim_fail ("message %u/%" G_GUINT64_FORMAT " was reported as not sent and arrives", self->id, number);

  g_array_index (self->arrived, gboolean, number) = TRUE;
  self->n_arrived++;
}

guint64
sim_ledger_get_length (SimLedger *self)
{
  return self->fates->len;
}

/* The end of each of the messages from begin to end must have been reported. */
void
sim_ledger_check_ended (SimLedger *self,
                        guint64    begin,
                        guint64    end)
{
  for (guint64 number = begin; number < end; number++)
    if (g_array_index (self->fates, SimFate, number) == SIM_ASKED)
      sim_fail ("a flush has ended before message %u/%" G_GUINT64_FORMAT, self->id, number);
}

gboolean
sim_ledger_has_arrived (SimLedger *self,
                        guint64    number)
{
  return g_array_index (self->arrived, gboolean, number);
}

guint64
sim_ledger_arrived (SimLedger *self)
{
  return self->n_arrived;
}

/* The end of each message must have been reported. */
void
sim_ledger_finish (SimLedger *self)
{
  if (self->n_open > 0)
    sim_fail ("the end of %u messages of client %u was never reported", self->n_open, self->id);
}
