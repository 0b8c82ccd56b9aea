/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GTlsDatabase    *cli_tls_load_database    (const char           *file);

GTlsCertificate *cli_tls_load_certificate (const char           *certificate_file,
                                           const char           *key_file);

void             cli_tls_print_hints      (GTlsCertificateFlags  errors,
                                           gboolean              has_ca_file);

G_END_DECLS
