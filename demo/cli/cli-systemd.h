/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns a text without newlines, which is to be freed. */
typedef char *(*CliSystemdStatusFunc) (gpointer data);

void       cli_systemd_init           (void);

GPtrArray *cli_systemd_take_sockets   (GError             **error) G_GNUC_WARN_UNUSED_RESULT;

gint64     cli_systemd_get_watchdog   (void);

void       cli_systemd_start          (CliSystemdStatusFunc func,
                                       gpointer             data);

void       cli_systemd_notify_stopping (void);

void       cli_systemd_stop           (void);

G_END_DECLS
