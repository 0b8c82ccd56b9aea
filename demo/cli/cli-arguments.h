/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char **cli_arguments_parse (GOptionContext  *context,
                            const char      *usage,
                            guint            n_operands,
                            char           **args);

G_END_DECLS
