/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* The options of the commands that connect to a server. */
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

void          cli_options_init          (CliOptions        *options,
                                         GOptionContext    *context,
                                         int                max_retries);

void          cli_options_clear         (CliOptions        *options);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliOptions, cli_options_clear)

gboolean      cli_options_check_names   (char             **names);

gboolean      cli_options_get_timeout   (double             seconds,
                                         guint             *timeout);

SignalClient *cli_options_create_client (const CliOptions  *options,
                                         const char        *url,
                                         char             **rooms);

G_END_DECLS
