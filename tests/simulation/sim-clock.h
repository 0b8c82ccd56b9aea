/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The clock of the simulation, in microseconds. It stands still while code runs, and advances when the
 * main loop would wait. */

/* Something that happens at a time, outside of the program. */
typedef void (*SimEventFunc) (gpointer data);

void     sim_clock_start     (void);
gboolean sim_clock_is_active (void);
gint64   sim_clock_now       (void);
void     sim_clock_suspend   (gint64         duration);
void     sim_clock_adjust    (gint64         difference);
gint64   sim_clock_boot_time (void);
void     sim_clock_at        (gint64         time,
                              SimEventFunc   func,
                              gpointer       data);
gint64   sim_clock_next      (void);
void     sim_clock_advance   (gint64         time);

/* A digest of everything that has happened, by which two runs are compared. */
void     sim_trace           (const char    *what,
                              guint64        number);
guint64  sim_trace_digest    (void);

/* Ends the process because something is wrong. */
void     sim_fail            (const char    *format,
                              ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

G_END_DECLS
