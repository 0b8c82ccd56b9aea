/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CLI_COLOR_OFF,
  CLI_COLOR_GOOD,
  CLI_COLOR_WAIT,
  CLI_COLOR_BAD,
  CLI_COLOR_NAME,
} CliColor;

gboolean     cli_color_option (const char  *name,
                               const char  *value,
                               gpointer     data,
                               GError     **error);

const char  *cli_color        (int          fd,
                               CliColor     color);

G_END_DECLS
