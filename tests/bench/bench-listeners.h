/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Clients in a thread of their own that only count the messages that they receive, so that they cost
 * next to nothing. They authenticate and join rooms, but cannot decrypt. */
typedef struct _BenchListeners BenchListeners;

BenchListeners *bench_listeners_new         (void);
void            bench_listeners_free        (BenchListeners      *self);
gboolean        bench_listeners_add         (BenchListeners      *self,
                                             const char          *uri,
                                             const char * const  *rooms,
                                             GError             **error);
void            bench_listeners_start       (BenchListeners      *self);
guint64         bench_listeners_get_count   (BenchListeners      *self);
gint64          bench_listeners_get_cpu_ns  (BenchListeners      *self);
int             bench_listeners_get_fd      (BenchListeners      *self);
void            bench_listeners_set_wake_at (BenchListeners      *self,
                                             guint64              count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchListeners, bench_listeners_free)

G_END_DECLS
