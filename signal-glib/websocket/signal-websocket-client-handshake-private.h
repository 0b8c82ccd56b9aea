/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

gboolean  signal_websocket_client_handshake_check_headers (SoupMessageHeaders  *headers,
                                                           GError             **error);

void      signal_websocket_client_handshake_async         (GIOStream           *stream,
                                                           GUri                *uri,
                                                           SoupMessageHeaders  *headers,
                                                           GCancellable        *cancellable,
                                                           GAsyncReadyCallback  callback,
                                                           gpointer             user_data);
GBytes   *signal_websocket_client_handshake_finish        (GAsyncResult  *result,
                                                           guint         *retry_after,
                                                           GError       **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
