/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-bus.h"

G_BEGIN_DECLS

/* How long to wait for clients that do not answer when their connections are closed. */
#define CLI_SERVE_STOP_SECONDS 6

/* The options of the command “serve”. */
typedef struct
{
  int port;
  char *address;
  char *path;
  char *token_file;
  char *certificate_file;
  char *key_file;
  char *ecdh_info;
  char **allowed_origins;
  gboolean no_encryption;
  int max_peers;
  int drain; /* seconds */
  char *drain_event;
  char *monitor;
  int workers;
  CliBusOptions bus;
  gboolean json;
  gboolean quiet;
  char *config_file;
  gboolean only_checks;
} CliServeOptions;

gboolean cli_serve_options_parse (CliServeOptions *self,
                                  char           **args);

void     cli_serve_options_clear (CliServeOptions *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliServeOptions, cli_serve_options_clear)

G_END_DECLS
