/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A TLS server based on GnuTLS, in threads of its own. It offers session tickets and stapled OCSP
 * responses, which GTlsServerConnection does not support, and forwards data to a server without
 * TLS. */
typedef struct _TlsRelay TlsRelay;

TlsRelay *tls_relay_new              (const char *certificate_file,
                                      const char *key_file,
                                      const char *response_file,
                                      const char *priority,
                                      guint16     target);
void      tls_relay_free             (TlsRelay   *relay);
guint16   tls_relay_get_port         (TlsRelay   *relay);
int       tls_relay_get_n_handshakes (TlsRelay   *relay);
int       tls_relay_get_n_resumed    (TlsRelay   *relay);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsRelay, tls_relay_free)

G_END_DECLS
