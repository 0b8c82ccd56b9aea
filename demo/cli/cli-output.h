/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void     cli_error (const char *format,
                    ...) G_GNUC_PRINTF (1, 2);

gboolean cli_print (const char *text);

void     cli_output_init (void);

G_END_DECLS
