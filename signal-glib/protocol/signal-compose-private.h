/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* From what a program wants to send to the envelope: everything is checked here, and what is wrong
 * is SIGNAL_ERROR_INVALID_ARGUMENT. */
char *signal_envelope_compose_json (const char  *event,
                                    const char  *json,
                                    gsize       *length,
                                    GError     **error) G_GNUC_WARN_UNUSED_RESULT;
char *signal_envelope_compose_node (const char  *event,
                                    JsonNode    *payload,
                                    gsize       *length,
                                    GError     **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
