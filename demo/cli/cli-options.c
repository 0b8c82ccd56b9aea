/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-options.h"

#include <glib/gi18n.h>

#include "cli-output.h"
#include "cli-tls.h"

#define MS_PER_SECOND 1000.0

/* Sets the defaults and adds the options to @context. @max_retries is the default of
 * --max-retries. */
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
      N_("Allow ws:// to other hosts; the token is then sent unencrypted"), NULL },
    { "ecdh-info", 0, 0, G_OPTION_ARG_STRING, &options->ecdh_info,
      N_("Key derivation text of the server"), N_("TEXT") },
    { "no-encryption", 0, 0, G_OPTION_ARG_NONE, &options->no_encryption,
      N_("Also accept a server that does not encrypt"), NULL },
    { "max-retries", 0, 0, G_OPTION_ARG_INT, &options->max_retries,
      N_("Maximum number of retries in a row; -1: no limit"), N_("N") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet,
      N_("Do not report the connection state; errors are still reported"), NULL },
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

/* Returns whether the names of rooms or events are valid, and prints an error if not. */
gboolean
cli_options_check_names (char **names)
{
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (!g_utf8_validate (names[i], -1, NULL))
        {
          cli_error (_("The name of a room or an event is not valid UTF-8"));
          return FALSE;
        }
    }
  return TRUE;
}

/* Sets @timeout to milliseconds, or prints an error and returns %FALSE. */
gboolean
cli_options_get_timeout (double  seconds,
                         guint  *timeout)
{
  /* Not “seconds < 0”, which is false for NaN. */
  if (!(seconds >= 0 && seconds <= G_MAXUINT / MS_PER_SECOND))
    {
      cli_error (_("--timeout requires a number of seconds that is not negative"));
      return FALSE;
    }
  *timeout = (guint) (seconds * MS_PER_SECOND);
  /* 0 is the default. */
  if (seconds > 0 && *timeout == 0)
    *timeout = 1;
  return TRUE;
}

/* Returns a client with the given options, or prints an error and returns %NULL. */
SignalClient *
cli_options_create_client (const CliOptions *options,
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
      g_autoptr (GTlsDatabase) database = cli_tls_load_database (options->ca_file);

      if (database == NULL)
        return NULL;
      g_object_set (client, "tls-database", database, NULL);
    }
  return g_steal_pointer (&client);
}
