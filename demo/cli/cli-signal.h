/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef void (*CliSignalFunc) (int      number,
                               gpointer data);

void     cli_signal_install_handler (CliSignalFunc func,
                                     gpointer      data);

void     cli_signal_remove_handler  (void);

gboolean cli_signal_is_received     (void);

void     cli_signal_terminate       (int           number) G_GNUC_NORETURN;

G_END_DECLS
