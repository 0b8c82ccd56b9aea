/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-option-table.h"

#include <glib/gi18n.h>

#include "cli-output.h"

static int *
get_number (const CliOption *option,
            gpointer         values)
{
  return option->entry.arg == G_OPTION_ARG_INT ? G_STRUCT_MEMBER_P (values, option->offset) : NULL;
}

/* The other values must be 0. */
void
cli_option_table_init (const CliOption *table,
                       gpointer         values)
{
  for (const CliOption *option = table; option->entry.long_name != NULL; option++)
    {
      int *number = get_number (option, values);

      if (number != NULL)
        *number = CLI_OPTION_UNSET;
    }
}

/* Returns the entries for a #GOptionContext, which are to be freed. */
GOptionEntry *
cli_option_table_entries (const CliOption *table,
                          gpointer         values)
{
  GArray *entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  for (const CliOption *option = table; option->entry.long_name != NULL; option++)
    {
      GOptionEntry entry = option->entry;

      entry.arg_data = G_STRUCT_MEMBER_P (values, option->offset);
      g_array_append_val (entries, entry);
    }
  return (GOptionEntry *) g_array_free (entries, FALSE);
}

/* Checks the numbers, and sets those that are not given, or prints an error and returns %FALSE. */
gboolean
cli_option_table_finish (const CliOption *table,
                         gpointer         values)
{
  for (const CliOption *option = table; option->entry.long_name != NULL; option++)
    {
      int *number = get_number (option, values);

      if (number == NULL)
        continue;
      if (*number == CLI_OPTION_UNSET)
        *number = option->fallback;
      if (*number < option->minimum || *number > option->maximum)
        {
          cli_error (_("Invalid %s %d: use a number from %d to %d"), option->entry.long_name, *number,
                     option->minimum, option->maximum);
          return FALSE;
        }
    }
  return TRUE;
}
