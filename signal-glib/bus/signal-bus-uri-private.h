/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GUri     *signal_bus_uri_parse     (const char  *text,
                                    GError     **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean  signal_bus_uri_is_secure (GUri        *uri);
char     *signal_bus_uri_get_label (GUri        *uri) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
