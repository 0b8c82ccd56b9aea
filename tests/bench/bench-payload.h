/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BENCH_EVENT "bench"
#define BENCH_MIN_SIZE 16

char *bench_payload_new            (gsize size);
gsize bench_payload_get_inner_size (gsize size);
gsize bench_payload_get_frame_size (gsize size);

G_END_DECLS
