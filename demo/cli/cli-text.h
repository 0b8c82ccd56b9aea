/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean  cli_text_is_safe      (gunichar    c);

char     *cli_text_escape       (const char *text);

char     *cli_text_escape_lines (const char *text);

G_END_DECLS
