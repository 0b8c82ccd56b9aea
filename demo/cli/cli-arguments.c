/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-arguments.h"

#include <glib/gi18n.h>

#include "cli-color.h"
#include "cli-output.h"

static gboolean
is_url (const char *text)
{
  return g_str_has_prefix (text, "ws://") || g_str_has_prefix (text, "wss://");
}

/* Inserts the URL of the environment if that is all that is missing. If there is a URL already, another
 * operand is missing. */
static char **
complete_operands (char       **operands,
                   const char  *usage,
                   guint        n_operands)
{
  const char *url = g_getenv ("SIGNAL_URL");
  g_autoptr (GStrvBuilder) builder = NULL;

  if (url == NULL || *url == '\0' || !g_str_has_prefix (usage, "URL")
      || g_strv_length (operands) + 1 != n_operands || (n_operands > 1 && is_url (operands[0])))
    return operands;
  builder = g_strv_builder_new ();
  g_strv_builder_add (builder, url);
  g_strv_builder_addv (builder, (const char **) operands);
  g_strfreev (operands);
  return g_strv_builder_end (builder);
}

/* Parses @args and returns the operands, whose number is not checked, or prints an error and returns
 * %NULL. */
char **
cli_arguments_parse_options (GOptionContext *context,
                             const char     *usage,
                             char          **args)
{
  char **operands = NULL;
  g_auto (GStrv) rest = g_strdupv (args);
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "color", 0, 0, G_OPTION_ARG_CALLBACK, cli_color_option,
      N_("Use color: auto (on a terminal), always or never"), N_("WHEN") },
    /* File names, because GOption rejects other strings that are not valid in the locale. */
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &operands, NULL, usage },
    G_OPTION_ENTRY_NULL
  };

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse_strv (context, &rest, &error))
    {
      cli_error (_("%s; try “%s --help”"), error->message, g_get_prgname ());
      g_strfreev (operands);
      return NULL;
    }
  return operands != NULL ? operands : g_new0 (char *, 1);
}

/* Takes ownership of @operands. Returns the operands, with the URL of the environment if necessary, or
 * prints an error and returns %NULL. */
char **
cli_arguments_check_operands (char       **operands,
                              const char  *usage,
                              guint        n_operands)
{
  g_auto (GStrv) complete = complete_operands (operands, usage, n_operands);

  if (g_strv_length (complete) != n_operands)
    {
      cli_error (_("Usage: %s [OPTION…] %s"), g_get_prgname (), usage);
      return NULL;
    }
  for (guint i = 0; i < n_operands; i++)
    {
      if (!g_utf8_validate (complete[i], -1, NULL))
        {
          cli_error (_("An argument is not valid UTF-8"));
          return NULL;
        }
    }
  return g_steal_pointer (&complete);
}

/* Parses @args and returns the operands, or prints an error and returns %NULL. */
char **
cli_arguments_parse (GOptionContext *context,
                     const char     *usage,
                     guint           n_operands,
                     char          **args)
{
  char **operands = cli_arguments_parse_options (context, usage, args);

  return operands != NULL ? cli_arguments_check_operands (operands, usage, n_operands) : NULL;
}
