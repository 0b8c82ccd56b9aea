/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An option of a command whose options are in a table, which ends with an entry without a name. */
typedef struct
{
  GOptionEntry entry;  /* without arg_data */
  gsize offset;        /* of the value in the structure of all values */
  int minimum;         /* of a number */
  int maximum;
  int fallback;        /* if the option is not given */
  gboolean only_on_command_line; /* and not in a file of options */
} CliOption;

/* The value of a number that is not given. */
#define CLI_OPTION_UNSET G_MININT

void          cli_option_table_init    (const CliOption *table,
                                        gpointer         values);

GOptionEntry *cli_option_table_entries (const CliOption *table,
                                        gpointer         values);

gboolean      cli_option_table_finish  (const CliOption *table,
                                        gpointer         values);

G_END_DECLS
