/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The heads of HTTP messages, as the relay needs them. */

#define TOUR_HTTP_MAX_HEAD 16384

gsize    tour_http_find_end    (const char *bytes,
                                gsize       n_bytes);

gboolean tour_http_may_pass    (const char *request,
                                gsize       length,
                                guint16     port);

guint    tour_http_read_status (const char *answer,
                                gsize       length);

G_END_DECLS
