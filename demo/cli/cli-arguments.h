/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char **cli_arguments_parse          (GOptionContext  *context,
                                     const char      *usage,
                                     guint            n_operands,
                                     char           **args);

char **cli_arguments_parse_options  (GOptionContext  *context,
                                     const char      *usage,
                                     char           **args);

char **cli_arguments_check_operands (char           **operands,
                                     const char      *usage,
                                     guint            n_operands);

G_END_DECLS
