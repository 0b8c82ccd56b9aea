/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <time.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/* Runs the main loop until a number of operations has finished, one has failed, or a deadline has
 * passed. */
typedef struct
{
  GMainLoop *loop;
  guint      pending;
  GError    *error;
} BenchWait;

void     bench_wait_init  (BenchWait     *self);
void     bench_wait_clear (BenchWait     *self);
void     bench_wait_done  (BenchWait     *self);
void     bench_wait_fail  (BenchWait     *self,
                           const GError  *error);
gboolean bench_wait_run   (BenchWait     *self,
                           guint          count,
                           const char    *what,
                           GError       **error);
void     bench_wait_for   (BenchWait     *self,
                           guint          milliseconds);

gint64   bench_clock_read (clockid_t      clock);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BenchWait, bench_wait_clear)

G_END_DECLS
