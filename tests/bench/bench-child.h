/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A program that prints a line with its URI, and runs until its standard input is closed. @argument may be
 * NULL. */
GSubprocess *bench_child_start (const char   *program,
                                const char   *argument,
                                char        **uri,
                                GError      **error);
void         bench_child_stop  (GSubprocess  *child);

G_END_DECLS
