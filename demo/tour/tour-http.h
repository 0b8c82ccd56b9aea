/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The parts of HTTP headers that the relay needs. */

#define TOUR_HTTP_MAX_HEADER 16384

gsize    tour_http_get_header_length (const char *bytes,
                                      gsize       n_bytes);

gboolean tour_http_is_allowed        (const char *request,
                                      gsize       length,
                                      guint16     port);

guint    tour_http_get_status        (const char *response,
                                      gsize       length);

G_END_DECLS
