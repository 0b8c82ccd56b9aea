/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char     *secret_token_new   (void);

gboolean  secret_token_equal (const char *expected,
                              const char *given);

G_END_DECLS
