/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include <signal-glib/signal-message.h>
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
void signal_client_send_message_async (SignalClient        *self,
                                       const char          *event,
                                       JsonNode            *payload,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_send_message_finish (SignalClient  *self,
                                            GAsyncResult  *result,
                                            GError       **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_send_json_async (SignalClient        *self,
                                    const char          *event,
                                    const char          *json,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_send_json_finish (SignalClient  *self,
                                         GAsyncResult  *result,
                                         GError       **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_flush_async (SignalClient        *self,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_flush_finish (SignalClient  *self,
                                     GAsyncResult  *result,
                                     GError       **error);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_request_async (SignalClient        *self,
                                  const char          *event,
                                  JsonNode            *payload,
                                  guint                timeout,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_request_json_async (SignalClient        *self,
                                       const char          *event,
                                       const char          *json,
                                       guint                timeout,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);

SIGNAL_AVAILABLE_IN_ALL
SignalMessage *signal_client_request_finish (SignalClient  *self,
                                             GAsyncResult  *result,
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
void signal_client_fail_token (SignalClient *self,
                               const GError *error);

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

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_server_url (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_server_url (SignalClient *self,
                                   const char   *server_url);

SIGNAL_AVAILABLE_IN_ALL
const char * const *signal_client_get_server_urls (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_server_urls (SignalClient       *self,
                                    const char * const *server_urls);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_current_url (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_get_is_connected (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
gint64 signal_client_get_retry_at (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_failures (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_status_text (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_ecdh_info (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_ecdh_info (SignalClient *self,
                                  const char   *ecdh_info);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_token (SignalClient *self,
                              const char   *token);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_authenticate_type (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_authenticate_type (SignalClient *self,
                                          const char   *authenticate_type);

SIGNAL_AVAILABLE_IN_ALL
JsonNode *signal_client_get_authenticate_data (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_authenticate_data (SignalClient *self,
                                          JsonNode     *authenticate_data);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_public_key_member (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_public_key_member (SignalClient *self,
                                          const char   *public_key_member);

SIGNAL_AVAILABLE_IN_ALL
const char * const *signal_client_get_auto_join_rooms (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_auto_join_rooms (SignalClient       *self,
                                        const char * const *auto_join_rooms);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_max_retries (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_max_retries (SignalClient *self,
                                    guint         max_retries);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_base_interval (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_base_interval (SignalClient *self,
                                      guint         base_interval);

SIGNAL_AVAILABLE_IN_ALL
double signal_client_get_backoff_multiplier (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_backoff_multiplier (SignalClient *self,
                                           double        backoff_multiplier);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_max_interval (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_max_interval (SignalClient *self,
                                     guint         max_interval);

SIGNAL_AVAILABLE_IN_ALL
double signal_client_get_jitter (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_jitter (SignalClient *self,
                               double        jitter);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_heartbeat_interval (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_heartbeat_interval (SignalClient *self,
                                           guint         heartbeat_interval);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_liveness_timeout (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_liveness_timeout (SignalClient *self,
                                         guint         liveness_timeout);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_connect_timeout (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_connect_timeout (SignalClient *self,
                                        guint         connect_timeout);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_outbox_limit (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_outbox_limit (SignalClient *self,
                                     guint         outbox_limit);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_outbox_ttl (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_outbox_ttl (SignalClient *self,
                                   guint         outbox_ttl);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_request_timeout (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_request_timeout (SignalClient *self,
                                        guint         request_timeout);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_client_get_correlation_member (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_correlation_member (SignalClient *self,
                                           const char   *correlation_member);

SIGNAL_AVAILABLE_IN_ALL
guint signal_client_get_max_message_size (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_max_message_size (SignalClient *self,
                                         guint         max_message_size);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_max_incoming_size (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_max_incoming_size (SignalClient *self,
                                          guint64       max_incoming_size);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_get_require_encryption (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_require_encryption (SignalClient *self,
                                           gboolean      require_encryption);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_client_get_allow_insecure (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_allow_insecure (SignalClient *self,
                                       gboolean      allow_insecure);

SIGNAL_AVAILABLE_IN_ALL
GTlsDatabase *signal_client_get_tls_database (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_tls_database (SignalClient *self,
                                     GTlsDatabase *tls_database);

SIGNAL_AVAILABLE_IN_ALL
GTlsCertificate *signal_client_get_tls_certificate (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_tls_certificate (SignalClient    *self,
                                        GTlsCertificate *tls_certificate);

SIGNAL_AVAILABLE_IN_ALL
GProxyResolver *signal_client_get_proxy_resolver (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_proxy_resolver (SignalClient   *self,
                                       GProxyResolver *proxy_resolver);

SIGNAL_AVAILABLE_IN_ALL
SoupMessageHeaders *signal_client_get_headers (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_headers (SignalClient       *self,
                                SoupMessageHeaders *headers);

SIGNAL_AVAILABLE_IN_ALL
GNetworkMonitor *signal_client_get_network_monitor (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_client_set_network_monitor (SignalClient    *self,
                                        GNetworkMonitor *network_monitor);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_attempts (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_reconnects (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_messages_sent (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_messages_received (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_bytes_sent (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
guint64 signal_client_get_bytes_received (SignalClient *self);

SIGNAL_AVAILABLE_IN_ALL
gint64 signal_client_get_round_trip_time (SignalClient *self);

G_END_DECLS
