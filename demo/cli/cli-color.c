/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-color.h"

typedef enum
{
  COLOR_MODE_AUTO,
  COLOR_MODE_ALWAYS,
  COLOR_MODE_NEVER,
} ColorMode;

static const char * const mode_names[] = { "auto", "always", "never", NULL };

static const char * const sequences[] = {
  [CLI_COLOR_OFF] = "\033[0m",
  [CLI_COLOR_GOOD] = "\033[32m",
  [CLI_COLOR_WAIT] = "\033[33m",
  [CLI_COLOR_BAD] = "\033[31m",
  [CLI_COLOR_NAME] = "\033[1m",
};

static ColorMode mode = COLOR_MODE_AUTO;

/* A GOptionArgFunc. */
gboolean
cli_color_option (const char  *name,
                  const char  *value,
                  gpointer     data,
                  GError     **error)
{
  for (guint i = 0; mode_names[i] != NULL; i++)
    {
      if (g_str_equal (mode_names[i], value))
        {
          mode = (ColorMode) i;
          return TRUE;
        }
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” is not auto, always or never"), value);
  return FALSE;
}

/* See https://no-color.org: any value except the empty string disables colors. */
static gboolean
use_color (int fd)
{
  const char *no_color = g_getenv ("NO_COLOR");

  if (mode != COLOR_MODE_AUTO)
    return mode == COLOR_MODE_ALWAYS;
  return isatty (fd)
         && (no_color == NULL || *no_color == '\0')
         && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

/* Returns the escape sequence for @color, or an empty string if @fd does not use colors. Write
 * CLI_COLOR_OFF after the text. */
const char *
cli_color (int      fd,
           CliColor color)
{
  return use_color (fd) ? sequences[color] : "";
}
