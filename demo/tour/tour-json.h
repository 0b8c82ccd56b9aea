/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Parses JSON from untrusted peers, within limits. */

JsonNode *tour_json_parse      (const char *text);

JsonNode *tour_json_get_object (JsonNode   *node,
                                const char *name);

char     *tour_json_dup_string (JsonNode   *object,
                                const char *name);

G_END_DECLS
