/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include <signal-glib/signal-bus.h>
#include <signal-glib/signal-peer.h>
#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_SERVER (signal_server_get_type ())

SIGNAL_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (SignalServer, signal_server, SIGNAL, SERVER, GObject)

SIGNAL_AVAILABLE_IN_ALL
SignalServer *signal_server_new (void) G_GNUC_WARN_UNUSED_RESULT;

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_listen (SignalServer  *self,
                               const char    *address,
                               guint16        port,
                               GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_listen_socket (SignalServer  *self,
                                      GSocket       *socket,
                                      GError       **error);

SIGNAL_AVAILABLE_IN_ALL
char *signal_server_get_uri (SignalServer *self) G_GNUC_WARN_UNUSED_RESULT;

SIGNAL_AVAILABLE_IN_ALL
const char * const *signal_server_get_allowed_origins (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_allowed_origins (SignalServer       *self,
                                        const char * const *origins);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_send_to_peer (SignalServer  *self,
                                     SignalPeer    *peer,
                                     const char    *event,
                                     JsonNode      *payload,
                                     GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_reply (SignalServer   *self,
                              SignalPeer     *peer,
                              SignalMessage  *request,
                              JsonNode       *payload,
                              GError        **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_reply_error (SignalServer   *self,
                                    SignalPeer     *peer,
                                    SignalMessage  *request,
                                    const char     *message,
                                    GError        **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_send_to_user (SignalServer  *self,
                                     const char    *user_id,
                                     const char    *event,
                                     JsonNode      *payload,
                                     GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_send_to_room (SignalServer  *self,
                                     const char    *room,
                                     const char    *event,
                                     JsonNode      *payload,
                                     SignalPeer    *except,
                                     GError       **error);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_broadcast (SignalServer  *self,
                                  const char    *event,
                                  JsonNode      *payload,
                                  GError       **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_stop_async (SignalServer        *self,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_stop_finish (SignalServer  *self,
                                    GAsyncResult  *result,
                                    GError       **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_drain_async (SignalServer        *self,
                                guint                duration,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_drain_finish (SignalServer  *self,
                                     GAsyncResult  *result,
                                     GError       **error);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_server_get_path (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_path (SignalServer *self,
                             const char   *path);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_server_get_ecdh_info (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_ecdh_info (SignalServer *self,
                                  const char   *ecdh_info);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_server_get_require_encryption (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_require_encryption (SignalServer *self,
                                           gboolean      require_encryption);

SIGNAL_AVAILABLE_IN_ALL
const char * const *signal_server_get_default_rooms (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_default_rooms (SignalServer       *self,
                                      const char * const *default_rooms);

SIGNAL_AVAILABLE_IN_ALL
guint signal_server_get_auth_timeout (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_auth_timeout (SignalServer *self,
                                     guint         auth_timeout);

SIGNAL_AVAILABLE_IN_ALL
guint signal_server_get_heartbeat_timeout (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_heartbeat_timeout (SignalServer *self,
                                          guint         heartbeat_timeout);

SIGNAL_AVAILABLE_IN_ALL
guint signal_server_get_max_message_size (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_max_message_size (SignalServer *self,
                                         guint         max_message_size);

SIGNAL_AVAILABLE_IN_ALL
guint signal_server_get_max_peers (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_max_peers (SignalServer *self,
                                  guint         max_peers);

SIGNAL_AVAILABLE_IN_ALL
guint signal_server_get_max_pending (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_max_pending (SignalServer *self,
                                    guint         max_pending);

SIGNAL_AVAILABLE_IN_ALL
guint signal_server_get_max_rooms (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_max_rooms (SignalServer *self,
                                  guint         max_rooms);

SIGNAL_AVAILABLE_IN_ALL
guint signal_server_get_max_backlog (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_max_backlog (SignalServer *self,
                                    guint         max_backlog);

SIGNAL_AVAILABLE_IN_ALL
GListModel *signal_server_get_peers (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
SignalBus *signal_server_get_bus (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_bus (SignalServer *self,
                            SignalBus    *bus);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_server_get_messages_received (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_server_get_messages_sent (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_server_get_messages_dropped (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_server_get_peers_accepted (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_server_get_authentications_failed (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
GTlsCertificate *signal_server_get_tls_certificate (SignalServer *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_server_set_tls_certificate (SignalServer    *self,
                                        GTlsCertificate *tls_certificate);

G_END_DECLS
