/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "websocket/signal-websocket-private.h"

G_BEGIN_DECLS

/* The parameters of a connection to a server. Everything except the URI may be NULL for the
 * default. */
typedef struct
{
  GUri               *uri;
  GTlsDatabase       *tls_database;
  GTlsCertificate    *tls_certificate;
  GProxyResolver     *proxy_resolver;
  SoupMessageHeaders *headers;
  gboolean            allow_insecure;
  gboolean          (*accept_certificate) (GTlsCertificate      *certificate,
                                           GTlsCertificateFlags  errors,
                                           gpointer              user_data);
  gpointer            user_data;
} SignalWebsocketConnectOptions;

void             signal_websocket_connect_async  (const SignalWebsocketConnectOptions *options,
                                                  GCancellable                        *cancellable,
                                                  GAsyncReadyCallback                  callback,
                                                  gpointer                             user_data);
SignalWebsocket *signal_websocket_connect_finish (GAsyncResult  *result,
                                                  guint         *retry_after,
                                                  GError       **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
