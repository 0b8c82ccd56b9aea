/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A generator of its own for each thing that decides something, so that one does not depend on how
 * often another is asked. */
typedef struct
{
  guint64 state;
} SimRandom;

void    sim_random_init    (SimRandom *self,
                            guint64    seed);
guint64 sim_random_next    (SimRandom *self);
guint   sim_random_below   (SimRandom *self,
                            guint      end);
gint64  sim_random_between (SimRandom *self,
                            gint64     least,
                            gint64     most);
gboolean sim_random_chance (SimRandom *self,
                            guint      percent);

/* Makes all random numbers of the process depend on the seed. */
void    sim_random_seed_process (guint64 seed);

G_END_DECLS
