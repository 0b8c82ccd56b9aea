/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How to verify the server. All pointers except the URI may be NULL. */
typedef struct
{
  GUri            *uri;         /* with the host that the certificate must be valid for */
  GTlsDatabase    *database;    /* NULL for that of the system */
  GTlsCertificate *certificate; /* sent if the server requests one */
  gboolean       (*accept_certificate) (GTlsCertificate      *certificate,
                                        GTlsCertificateFlags  errors,
                                        gpointer              user_data);
  gpointer         user_data;   /* valid until the callback has been called */
} SignalWebsocketTlsOptions;

void               signal_websocket_tls_async  (GSocketConnection                *connection,
                                                const SignalWebsocketTlsOptions  *options,
                                                GCancellable                     *cancellable,
                                                GAsyncReadyCallback               callback,
                                                gpointer                          user_data);
GSocketConnection *signal_websocket_tls_finish (GAsyncResult                     *result,
                                                GError                          **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
