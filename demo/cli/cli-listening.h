/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the command “serve” says about itself, with one process or several. */

gboolean cli_listening_print       (const char   *uri,
                                    const char   *generated_token,
                                    gboolean      json);

void     cli_listening_print_error (int           port,
                                    gboolean      has_sockets,
                                    const GError *error);

char    *cli_listening_describe    (guint64       n_peers,
                                    gboolean      is_stopping);

G_END_DECLS
