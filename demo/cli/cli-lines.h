/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The lines of standard input, each of which is a payload. */
typedef struct _CliLines CliLines;

/* Called with a payload, or with NULL and the exit code at the end of the input. */
typedef void (*CliLinesFunc) (const char *json,
                              int         exit_code,
                              gpointer    data);

CliLines *cli_lines_new          (gboolean        text,
                                  CliLinesFunc    func,
                                  gpointer        data);

void      cli_lines_free         (CliLines       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliLines, cli_lines_free)

void      cli_lines_next         (CliLines       *self);

void      cli_lines_prefix_error (const CliLines *self,
                                  GError        **error);

G_END_DECLS
