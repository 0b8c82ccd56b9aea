/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/* The entry point of every target, called by libFuzzer, or by replay.c with the seed corpus. A
 * failure is detected by a sanitizer, a critical warning or a g_assert() of the target. */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

/* Called once by libFuzzer, before. */
int LLVMFuzzerInitialize (int    *argc,
                          char ***argv);

G_END_DECLS
