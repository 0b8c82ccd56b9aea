/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns whether the connection continues in spite of @error. */
gboolean demo_error_is_transient (const GError *error);

G_END_DECLS
