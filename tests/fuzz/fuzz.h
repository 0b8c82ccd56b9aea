/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/* The one entry of every target: libFuzzer calls it, or replay.c does with the seed corpus. A case is
 * found by a sanitizer, by a critical, or by a g_assert() of the target. */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

G_END_DECLS
