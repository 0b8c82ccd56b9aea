/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whom to trust. All but the URI may be %NULL. */
typedef struct
{
  GUri            *uri;         /* whose host the certificate must be for */
  GTlsDatabase    *database;    /* %NULL for the system's */
  GTlsCertificate *certificate; /* to send when the server asks for one */
  gboolean       (*accept_certificate) (GTlsCertificate      *certificate,
                                        GTlsCertificateFlags  errors,
                                        gpointer              user_data);
  gpointer         user_data;   /* until the callback of the call has been called */
} SignalWebsocketTlsOptions;

void               signal_websocket_tls_async  (GSocketConnection                *connection,
                                                const SignalWebsocketTlsOptions  *options,
                                                GCancellable                     *cancellable,
                                                GAsyncReadyCallback               callback,
                                                gpointer                          user_data);
GSocketConnection *signal_websocket_tls_finish (GAsyncResult                     *result,
                                                GError                          **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
