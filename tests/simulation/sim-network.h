/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The network between all sockets of the simulated thread, and the files of the system that it uses.
 * The functions of the C library for sockets are replaced, so that nothing below GIO is needed. */

/* How a connection, or an attempt to connect, turns out. In microseconds. */
typedef struct
{
  gint64 min_latency;
  gint64 max_latency;
  guint  refuse;    /* percentage of attempts that are refused */
  guint  vanish;    /* percentage of attempts that are never answered */
  guint  cut_short; /* percentage of connections that end within the first seconds */
  guint  split;     /* percentage of writes that arrive in pieces, some of them single bytes */
} SimWeather;

void   sim_network_start         (void);
void   sim_network_set_seed      (guint64           seed);
void   sim_network_set_weather   (const SimWeather *weather);
guint  sim_network_count_links   (void);
guint  sim_network_count_sockets (void);

/* What happens to one of the established connections, chosen by a number; each returns FALSE if there
 * is none. */
gboolean sim_network_cut    (guint  which); /* both sides are told at once */
gboolean sim_network_vanish (guint  which); /* nothing arrives any more, and nobody is told */
gboolean sim_network_stall  (guint  which,  /* one direction waits */
                             gint64 duration);
gboolean sim_network_slow   (guint  which,  /* one side reads little at a time */
                             gint64 duration);
void     sim_network_cut_all (void);

G_END_DECLS
