/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

#include "cli-text.h"

G_BEGIN_DECLS

typedef enum
{
  CLI_EXIT_OK = 0,
  CLI_EXIT_FAILED = 1,
  CLI_EXIT_USAGE = 2,
  CLI_EXIT_REFUSED = 3,
  CLI_EXIT_SIGNAL = 128, /* and the number of the signal by which the program is to end */
} CliExit;

/* What the sub-commands that connect have in common. */
typedef struct
{
  char *token_file;
  char *ca_file;
  char *ecdh_info;
  gboolean allow_insecure;
  gboolean no_encryption;
  gboolean quiet;
  int max_retries;
} CliOptions;

/* Every sub-command: takes its arguments, its own name first, and returns an exit code. */
int            cli_serve                (char             **args);
int            cli_listen               (char             **args);
int            cli_send                 (char             **args);
int            cli_chat                 (char             **args);

void           cli_options_init         (CliOptions        *options,
                                         GOptionContext    *context,
                                         int                max_retries);

void           cli_options_clear        (CliOptions        *options);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliOptions, cli_options_clear)

char         **cli_parse                (GOptionContext    *context,
                                         const char        *usage,
                                         guint              n_operands,
                                         char             **args);

gboolean       cli_check_rooms          (char             **rooms);

SignalClient  *cli_client_new           (const CliOptions  *options,
                                         const char        *url,
                                         char             **rooms);

int            cli_exit_code            (const GError      *error);

char          *cli_token_find           (const char        *token_file,
                                         GError           **error);

char          *cli_token_get            (const char        *token_file,
                                         int               *exit_code);

void           cli_error                (const char        *format,
                                         ...) G_GNUC_PRINTF (1, 2);

gboolean       cli_print                (const char        *text);

G_END_DECLS
