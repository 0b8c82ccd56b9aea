/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_BUS (signal_bus_get_type ())

SIGNAL_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (SignalBus, signal_bus, SIGNAL, BUS, GObject)

SIGNAL_AVAILABLE_IN_ALL
SignalBus *signal_bus_new (const char *uri) G_GNUC_WARN_UNUSED_RESULT;

SIGNAL_AVAILABLE_IN_ALL
void signal_bus_connect_async (SignalBus           *self,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_connect_finish (SignalBus     *self,
                                    GAsyncResult  *result,
                                    GError       **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_bus_close_async (SignalBus           *self,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_close_finish (SignalBus     *self,
                                  GAsyncResult  *result,
                                  GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_send_to_room (SignalBus           *self,
                                  const char          *room,
                                  const char          *event,
                                  JsonNode            *payload,
                                  const char * const  *except,
                                  GError             **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_send_to_room_json (SignalBus           *self,
                                       const char          *room,
                                       const char          *event,
                                       const char          *json,
                                       const char * const  *except,
                                       GError             **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_send_to_user (SignalBus   *self,
                                  const char  *user_id,
                                  const char  *event,
                                  JsonNode    *payload,
                                  GError     **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_send_to_user_json (SignalBus   *self,
                                       const char  *user_id,
                                       const char  *event,
                                       const char  *json,
                                       GError     **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_send_to_peer (SignalBus   *self,
                                  const char  *client_id,
                                  const char  *event,
                                  JsonNode    *payload,
                                  GError     **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_send_to_peer_json (SignalBus   *self,
                                       const char  *client_id,
                                       const char  *event,
                                       const char  *json,
                                       GError     **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_broadcast (SignalBus           *self,
                               const char          *event,
                               JsonNode            *payload,
                               const char * const  *except,
                               GError             **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_broadcast_json (SignalBus           *self,
                                    const char          *event,
                                    const char          *json,
                                    const char * const  *except,
                                    GError             **error);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_bus_get_uri (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_bus_set_uri (SignalBus  *self,
                         const char *uri);

SIGNAL_AVAILABLE_IN_ALL
const char * const *signal_bus_get_uris (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_bus_set_uris (SignalBus          *self,
                          const char * const *uris);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_bus_get_server_id (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_bus_get_connected (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
GTlsDatabase *signal_bus_get_tls_database (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_bus_set_tls_database (SignalBus    *self,
                                  GTlsDatabase *tls_database);

SIGNAL_AVAILABLE_IN_ALL
GTlsCertificate *signal_bus_get_tls_certificate (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_bus_set_tls_certificate (SignalBus       *self,
                                     GTlsCertificate *tls_certificate);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_bus_get_channel_prefix (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
guint signal_bus_get_max_backlog (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_bus_set_max_backlog (SignalBus *self,
                                 guint      max_backlog);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_bus_get_messages_published (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_bus_get_messages_received (SignalBus *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_bus_get_messages_dropped (SignalBus *self);

G_END_DECLS
