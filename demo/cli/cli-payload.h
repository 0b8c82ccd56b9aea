/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *cli_payload_get (const char *operand,
                       gboolean    text);

G_END_DECLS
