/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GUri     *signal_url_parse              (const char           *url,
                                         gboolean              allow_insecure,
                                         GError              **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean  signal_url_is_secure          (GUri                 *uri);
char     *signal_url_compose_host_field (GUri                 *uri) G_GNUC_WARN_UNUSED_RESULT;

gboolean  signal_url_check_host         (const char           *host);
gboolean  signal_url_host_is_loopback   (const char           *host);
char     *signal_url_compose_literal    (GInetSocketAddress   *address) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
