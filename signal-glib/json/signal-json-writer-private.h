/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

char *signal_json_node_write (JsonNode  *node,
                              GError   **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
