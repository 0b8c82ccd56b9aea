/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

gboolean signal_json_append_node (GString   *out,
                                  JsonNode  *node,
                                  GError   **error);

G_END_DECLS
