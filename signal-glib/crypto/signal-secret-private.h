/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gpointer  signal_secret_alloc  (gsize       size) G_GNUC_MALLOC G_GNUC_WARN_UNUSED_RESULT;
char     *signal_secret_strdup (const char *text) G_GNUC_WARN_UNUSED_RESULT;
void      signal_secret_free   (gpointer    secret);

G_END_DECLS
