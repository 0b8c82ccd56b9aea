/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "cli-color.h"
#include "cli-common.h"
#include "cli-status.h"

/* Fills in the defaults and adds the options to @context. @max_retries is only the figure
 * shown and used when the option is not given. */
void
cli_options_init (CliOptions     *options,
                  GOptionContext *context,
                  int             max_retries)
{
  const GOptionEntry entries[] = {
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &options->token_file,
      N_("Read the token from the first line of FILE"), N_("FILE") },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &options->ca_file,
      N_("Trust the certificates in FILE (PEM) instead of the system’s"), N_("FILE") },
    { "allow-insecure", 0, 0, G_OPTION_ARG_NONE, &options->allow_insecure,
      N_("Allow ws:// to another machine: the token is then sent in the clear"), NULL },
    { "ecdh-info", 0, 0, G_OPTION_ARG_STRING, &options->ecdh_info,
      N_("The key derivation text that the server uses"), N_("TEXT") },
    { "no-encryption", 0, 0, G_OPTION_ARG_NONE, &options->no_encryption,
      N_("Also talk to a server without encryption"), NULL },
    { "max-retries", 0, 0, G_OPTION_ARG_INT, &options->max_retries,
      N_("Failed attempts in a row before giving up; -1: never give up"), N_("N") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
      N_("Do not tell how the connection is; errors are still told"), NULL },
    G_OPTION_ENTRY_NULL
  };

  *options = (CliOptions) { .max_retries = max_retries };
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
}

void
cli_options_clear (CliOptions *options)
{
  g_clear_pointer (&options->token_file, g_free);
  g_clear_pointer (&options->ca_file, g_free);
  g_clear_pointer (&options->ecdh_info, g_free);
}

/* Parses @args and returns the operands; %NULL after having said what is wrong. */
char **
cli_parse (GOptionContext *context,
           const char     *usage,
           guint           n_operands,
           char          **args)
{
  g_auto (GStrv) operands = NULL;
  g_auto (GStrv) rest = g_strdupv (args);
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "color", 0, 0, G_OPTION_ARG_CALLBACK, cli_color_option,
      N_("Use colour: auto (on a terminal), always or never"), N_("WHEN") },
    /* File names, because other strings are refused where the locale is not UTF-8. */
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &operands, NULL, usage },
    G_OPTION_ENTRY_NULL
  };

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse_strv (context, &rest, &error))
    {
      cli_error (_("%s; try “%s --help”"), error->message, g_get_prgname ());
      return NULL;
    }
  if (operands == NULL)
    operands = g_new0 (char *, 1);
  if (g_strv_length (operands) != n_operands)
    {
      cli_error (_("Usage: %s [OPTION…] %s"), g_get_prgname (), usage);
      return NULL;
    }
  for (guint i = 0; i < n_operands; i++)
    {
      if (!g_utf8_validate (operands[i], -1, NULL))
        {
          cli_error (_("An argument is not valid UTF-8"));
          return NULL;
        }
    }
  return g_steal_pointer (&operands);
}

gboolean
cli_check_rooms (char **rooms)
{
  if (rooms == NULL || rooms[0] == NULL)
    {
      cli_error (_("No room given: use --room"));
      return FALSE;
    }
  for (guint i = 0; rooms[i] != NULL; i++)
    {
      if (!g_utf8_validate (rooms[i], -1, NULL))
        {
          cli_error (_("A room’s name is not valid UTF-8"));
          return FALSE;
        }
    }
  return TRUE;
}

/* A client as the options ask for; %NULL after having said what is wrong. */
SignalClient *
cli_client_new (const CliOptions *options,
                const char       *url,
                char            **rooms)
{
  g_autoptr (SignalClient) client = g_object_new (SIGNAL_TYPE_CLIENT, "server-url", url, NULL);

  g_object_set (client,
                "allow-insecure", options->allow_insecure,
                "require-encryption", !options->no_encryption,
                "auto-join-rooms", rooms,
                NULL);
  if (options->ecdh_info != NULL)
    g_object_set (client, "ecdh-info", options->ecdh_info, NULL);
  if (options->ca_file != NULL)
    {
      g_autofree char *path = g_canonicalize_filename (options->ca_file, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GTlsDatabase) database = g_tls_file_database_new (path, &error);

      if (database == NULL)
        {
          cli_error (_("Cannot read the certificates in “%s”: %s"),
                     options->ca_file, error->message);
          return NULL;
        }
      g_object_set (client, "tls-database", database, NULL);
    }
  return g_steal_pointer (&client);
}

int
cli_exit_code (const GError *error)
{
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED))
    return CLI_EXIT_REFUSED;
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT))
    return CLI_EXIT_USAGE;
  return CLI_EXIT_FAILED;
}

void
cli_error (const char *format,
           ...)
{
  va_list args;
  g_autofree char *text = NULL;
  g_autofree char *printable = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  /* Most errors quote somebody: a server, a file, the command line. */
  printable = cli_printable (text);

  cli_status_hide ();
  /* Not g_printerr(), which spoils what the locale cannot express. */
  fprintf (stderr, "%ssignal-glib:%s %s\n", cli_color (STDERR_FILENO, CLI_COLOR_BAD),
           cli_color (STDERR_FILENO, CLI_COLOR_OFF), printable);
  cli_status_show ();
}

/* Writes to standard output, around the state line; %FALSE when nobody reads there any more. */
gboolean
cli_print (const char *text)
{
  gboolean written;

  cli_status_hide ();
  written = fputs (text, stdout) != EOF && fflush (stdout) == 0;
  cli_status_show ();
  return written;
}
