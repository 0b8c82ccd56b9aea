/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns a sentence that says what the user can do about @error. */
const char *demo_error_get_hint     (const GError *error);

/* Returns whether the connection continues in spite of @error. */
gboolean    demo_error_is_transient (const GError *error);

G_END_DECLS
