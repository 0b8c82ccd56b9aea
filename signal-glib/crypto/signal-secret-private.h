/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean signal_random_bytes (void    *buffer,
                              gsize    length,
                              GError **error);
gboolean signal_random_nonce (void    *buffer,
                              gsize    length,
                              GError **error);

void      signal_secret_wipe          (void       *buffer,
                                       gsize       length);
void      signal_secret_wipe_and_free (gpointer    buffer,
                                       gsize       length);
gpointer  signal_secret_alloc         (gsize       size) G_GNUC_MALLOC G_GNUC_WARN_UNUSED_RESULT;
char     *signal_secret_strdup        (const char *text) G_GNUC_WARN_UNUSED_RESULT;
void      signal_secret_free          (gpointer    secret);

G_END_DECLS
