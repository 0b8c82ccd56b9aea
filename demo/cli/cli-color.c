/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-color.h"

typedef enum
{
  WHEN_AUTO,
  WHEN_ALWAYS,
  WHEN_NEVER,
} When;

static const char * const words[] = { "auto", "always", "never", NULL };

static const char * const sequences[] = {
  [CLI_COLOR_OFF] = "\033[0m",
  [CLI_COLOR_GOOD] = "\033[32m",
  [CLI_COLOR_WAIT] = "\033[33m",
  [CLI_COLOR_BAD] = "\033[31m",
  [CLI_COLOR_NAME] = "\033[1m",
};

static When when = WHEN_AUTO;

/* A GOptionArgFunc. */
gboolean
cli_color_option (const char  *name,
                  const char  *value,
                  gpointer     data,
                  GError     **error)
{
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (g_str_equal (words[i], value))
        {
          when = (When) i;
          return TRUE;
        }
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("“%s” is not auto, always or never"), value);
  return FALSE;
}

/* no-color.org: any value but the empty one says no. */
static gboolean
is_wanted (int fd)
{
  const char *no_color = g_getenv ("NO_COLOR");

  if (when != WHEN_AUTO)
    return when == WHEN_ALWAYS;
  return isatty (fd)
         && (no_color == NULL || *no_color == '\0')
         && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

/* What to write to @fd before some text, CLI_COLOR_OFF after it; empty where there is no colour. */
const char *
cli_color (int      fd,
           CliColor color)
{
  return is_wanted (fd) ? sequences[color] : "";
}
