/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-client.h"

#include "signal-connection-private.h"
#include "signal-message-private.h"
#include "signal-outbox-private.h"
#include "signal-retry-private.h"
#include "signal-rooms-private.h"

G_BEGIN_DECLS

/* Shared by the files signal-client*.c and by nothing else. */
struct _SignalClient
{
  GObject parent_instance;

  /* What was set. */
  char *server_url;
  char *ecdh_info;
  char *token;
  SignalRetryPolicy policy;
  guint heartbeat_interval;
  guint liveness_timeout;
  guint connect_timeout;
  guint outbox_limit;
  guint max_message_size;
  guint64 max_incoming_size;
  gboolean require_encryption;
  gboolean allow_insecure;
  GTlsDatabase *tls_database;
  GTlsCertificate *tls_certificate;
  GProxyResolver *proxy_resolver;
  SoupMessageHeaders *headers;
  GNetworkMonitor *network_monitor;

  /* What is the case: at most one of is_preparing, connection and retry. None: DISCONNECTED. */
  GMainContext *context;
  gboolean is_preparing; /* an attempt, which has no connection yet */
  SignalConnection *connection;
  GSource *retry;
  guint failures;        /* attempts in a row that failed */
  gboolean is_refused;   /* stopped for want of a new token */
  GTask *connecting;   /* the pending connect_async() */
  GSource *cancelled;
  SignalConnection *closing; /* the last one that was asked to close */

  SignalRooms *rooms;
  SignalOutbox *outbox;
  GError *last_error;

  SignalConnectionState announced; /* the state that was last notified */
  guint turn; /* counts transitions, so that one which a handler causes is noticed */
};

enum
{
  SIGNAL_CLIENT_PROP_0,
  SIGNAL_CLIENT_PROP_SERVER_URL,
  SIGNAL_CLIENT_PROP_ECDH_INFO,
  SIGNAL_CLIENT_PROP_TOKEN,
  SIGNAL_CLIENT_PROP_AUTO_JOIN_ROOMS,
  SIGNAL_CLIENT_PROP_MAX_RETRIES,
  SIGNAL_CLIENT_PROP_BASE_INTERVAL,
  SIGNAL_CLIENT_PROP_BACKOFF_MULTIPLIER,
  SIGNAL_CLIENT_PROP_MAX_INTERVAL,
  SIGNAL_CLIENT_PROP_JITTER,
  SIGNAL_CLIENT_PROP_HEARTBEAT_INTERVAL,
  SIGNAL_CLIENT_PROP_LIVENESS_TIMEOUT,
  SIGNAL_CLIENT_PROP_CONNECT_TIMEOUT,
  SIGNAL_CLIENT_PROP_OUTBOX_LIMIT,
  SIGNAL_CLIENT_PROP_MAX_MESSAGE_SIZE,
  SIGNAL_CLIENT_PROP_MAX_INCOMING_SIZE,
  SIGNAL_CLIENT_PROP_REQUIRE_ENCRYPTION,
  SIGNAL_CLIENT_PROP_ALLOW_INSECURE,
  SIGNAL_CLIENT_PROP_TLS_DATABASE,
  SIGNAL_CLIENT_PROP_TLS_CERTIFICATE,
  SIGNAL_CLIENT_PROP_PROXY_RESOLVER,
  SIGNAL_CLIENT_PROP_HEADERS,
  SIGNAL_CLIENT_PROP_NETWORK_MONITOR,
  SIGNAL_CLIENT_PROP_STATE,
  SIGNAL_CLIENT_PROP_CLIENT_ID,
  SIGNAL_CLIENT_PROP_USER_ID,
  SIGNAL_CLIENT_PROP_ROOMS,
  SIGNAL_CLIENT_PROP_ENCRYPTED,
  SIGNAL_CLIENT_PROP_LAST_ERROR,
  SIGNAL_CLIENT_N_PROPS
};

extern GParamSpec *signal_client_properties[SIGNAL_CLIENT_N_PROPS];

/* signal-client-properties.c */
void     signal_client_install_properties      (GObjectClass         *object_class);

/* signal-client-settings.c */
void     signal_client_set_property            (GObject              *object,
                                                guint                 prop_id,
                                                const GValue         *value,
                                                GParamSpec           *pspec);
void     signal_client_get_property            (GObject              *object,
                                                guint                 prop_id,
                                                GValue               *value,
                                                GParamSpec           *pspec);

/* signal-client-signals.c */
void     signal_client_install_signals         (GObjectClass         *object_class);
void     signal_client_emit_connected          (SignalClient         *self);
void     signal_client_emit_reconnecting       (SignalClient         *self,
                                                guint                 attempt,
                                                guint                 delay);
void     signal_client_emit_disconnected       (SignalClient         *self,
                                                const GError         *error);
void     signal_client_emit_message            (SignalClient         *self,
                                                SignalMessage        *message);
void     signal_client_emit_error              (SignalClient         *self,
                                                const GError         *error);
gboolean signal_client_emit_accept_certificate (SignalClient         *self,
                                                GTlsCertificate      *certificate,
                                                GTlsCertificateFlags  errors);
char    *signal_client_emit_authenticate       (SignalClient         *self) G_GNUC_WARN_UNUSED_RESULT;

/* signal-client-loop.c */
GUri    *signal_client_check_url               (SignalClient         *self,
                                                GError              **error) G_GNUC_WARN_UNUSED_RESULT;
void     signal_client_start                   (SignalClient         *self);
void     signal_client_retry_now               (SignalClient         *self);
void     signal_client_stop                    (SignalClient         *self,
                                                const GError         *error);
void     signal_client_report_error            (SignalClient         *self,
                                                const GError         *error);
void     signal_client_send_rooms              (SignalClient         *self,
                                                const char           *event,
                                                const char * const   *rooms);

/* signal-client.c */
void     signal_client_set_token               (SignalClient         *self,
                                                const char           *token);

G_END_DECLS
