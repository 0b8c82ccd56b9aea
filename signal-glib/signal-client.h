/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include <signal-glib/signal-types.h>
#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_CLIENT (signal_client_get_type ())

SIGNAL_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (SignalClient, signal_client, SIGNAL, CLIENT, GObject)

SIGNAL_AVAILABLE_IN_ALL
SignalClient *signal_client_new (const char *server_url,
                                 const char *ecdh_info) G_GNUC_WARN_UNUSED_RESULT;

SIGNAL_AVAILABLE_IN_ALL
void signal_client_connect_async (SignalClient        *self,
                                  const char          *token,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_connect_finish (SignalClient  *self,
                                       GAsyncResult  *result,
                                       GError       **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_disconnect_async (SignalClient        *self,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_disconnect_finish (SignalClient  *self,
                                          GAsyncResult  *result,
                                          GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_send_message (SignalClient  *self,
                                     const char    *event,
                                     JsonNode      *payload,
                                     GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_send_json (SignalClient  *self,
                                  const char    *event,
                                  const char    *json,
                                  GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_join_rooms (SignalClient        *self,
                                   const char * const  *rooms,
                                   GError             **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_leave_rooms (SignalClient        *self,
                                    const char * const  *rooms,
                                    GError             **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_update_token (SignalClient *self,
                                 const char   *token);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_reconnect_now (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
SignalConnectionState signal_client_get_state (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_client_id (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_user_id (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
const char * const *signal_client_get_rooms (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_get_encrypted (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
const GError *signal_client_get_last_error (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_outbox_length (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_buffered_amount (SignalClient *self);

G_END_DECLS
