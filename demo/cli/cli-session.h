/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli-options.h"
#include "cli-status.h"

G_BEGIN_DECLS

/* One client, from its first attempt to a clean end. */
typedef struct
{
  SignalClient *client;
  GMainLoop *loop;
  guint max_retries;
  int exit_code;
  GTlsCertificateFlags tls_errors;  /* of the last certificate that was not accepted */
  GTlsCertificateFlags tls_advised; /* those about which advice was given */
  gboolean has_ca_file;
  gboolean leave_when_connected;
  gboolean quiet;
  gboolean stopping;
} CliSession;

void cli_session_init  (CliSession       *self,
                        SignalClient     *client,
                        const CliOptions *options,
                        gboolean          wait);

void cli_session_clear (CliSession       *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliSession, cli_session_clear)

void cli_session_start (CliSession       *self,
                        const char       *token,
                        CliStatusMode     mode);

int  cli_session_run   (CliSession       *self);

void cli_session_stop  (CliSession       *self,
                        int               exit_code);

void cli_session_fail  (CliSession       *self,
                        const GError     *error);

G_END_DECLS
