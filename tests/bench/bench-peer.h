/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bench-run.h"

G_BEGIN_DECLS

/* A client of another stack, in a program that measures itself: see peers/README.md. */
typedef struct _BenchPeer BenchPeer;

BenchPeer            *bench_peer_new           (const char       *folder,
                                                const char       *name,
                                                char            **why_not,
                                                GError          **error);
void                  bench_peer_free          (BenchPeer        *self);
const BenchContender *bench_peer_get_contender (BenchPeer        *self);

G_END_DECLS
