/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-exit-code.h"

G_BEGIN_DECLS

char *cli_token_find             (const char   *token_file,
                                  GError      **error);

char *cli_token_find_or_generate (const char   *token_file,
                                  gboolean     *generated,
                                  CliExitCode  *exit_code);

char *cli_token_get              (const char   *token_file,
                                  CliExitCode  *exit_code);

G_END_DECLS
