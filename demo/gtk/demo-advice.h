/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What somebody can do about @error, in a sentence. */
const char *demo_advice_find         (const GError *error);

/* Whether @error is of a moment: the connection goes on as it was. */
gboolean    demo_advice_is_transient (const GError *error);

G_END_DECLS
