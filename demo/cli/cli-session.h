/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-options.h"
#include "cli-status.h"

G_BEGIN_DECLS

/* A client, from its first attempt to connect until it has disconnected. */
typedef struct
{
  SignalClient *client;
  GMainLoop *loop;
  guint max_retries;
  int exit_code;
  GTlsCertificateFlags tls_errors;        /* of the last rejected certificate */
  GTlsCertificateFlags tls_hints_printed; /* errors for which hints were printed */
  const char *result; /* shown at the end instead of the state, if the exit code is CLI_EXIT_OK */
  gboolean has_ca_file;
  gboolean stop_when_connected;
  gboolean quiet;
  gboolean stopping;
} CliSession;

void cli_session_init           (CliSession       *self,
                                 SignalClient     *client,
                                 const CliOptions *options,
                                 gboolean          retry_first);

void cli_session_clear          (CliSession       *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliSession, cli_session_clear)

void cli_session_start          (CliSession       *self,
                                 const char       *token,
                                 CliStatusMode     mode);

int  cli_session_run            (CliSession       *self);

void cli_session_stop           (CliSession       *self,
                                 int               exit_code);

void cli_session_fail           (CliSession       *self,
                                 const GError     *error);

void cli_session_fail_operation (CliSession       *self,
                                 const GError     *error);

G_END_DECLS
