/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-client.h"

#include "client/signal-connection-private.h"
#include "protocol/signal-message-private.h"
#include "client/signal-outbox-private.h"
#include "client/signal-backoff-private.h"
#include "client/signal-room-set-private.h"
#include "client/signal-system-monitor-private.h"

G_BEGIN_DECLS

/* Shared by the files signal-client*.c and by nothing else. */
struct _SignalClient
{
  GObject parent_instance;

  /* What was set. */
  char *server_url;
  char *ecdh_info;
  char *token;
  SignalBackoffPolicy policy;
  guint heartbeat_interval;
  guint liveness_timeout;
  guint connect_timeout;
  guint outbox_limit;
  guint max_message_size;
  guint64 max_incoming_size;
  guint outbox_ttl;
  gboolean require_encryption;
  gboolean allow_insecure;
  GTlsDatabase *tls_database;
  GTlsCertificate *tls_certificate;
  GProxyResolver *proxy_resolver;
  SoupMessageHeaders *headers;
  GNetworkMonitor *network_monitor;

  /* What is the case. At most one of is_preparing and connection; neither, and a timer:
   * RECONNECTING; nothing: DISCONNECTED. */
  GMainContext *context;
  gboolean is_preparing; /* an attempt, which has no connection yet */
  gboolean is_asking;    /* as is_preparing, for a token that comes later */
  gboolean is_promised;  /* the token that is, or was, asked for will come */
  gboolean has_late_token; /* it came when its attempt was over */
  SignalConnection *connection;
  GSource *timer;        /* the wait before a retry, or for a token */
  SignalSystemMonitor *vigil;
  guint failures;        /* attempts in a row that failed */
  guint backoff;         /* the same, and those whose connection did not last */
  gboolean is_refused;   /* stopped for want of a new token */
  gboolean has_asked_again;
  GError *refusal;       /* of refused_token; while asking for another */
  char *refused_token;
  GTask *connecting;   /* the pending connect_async() */
  GSource *cancelled;
  SignalConnection *closing; /* the last one that was asked to close */

  SignalRoomSet *rooms;
  SignalOutbox *outbox;
  GError *last_error;

  guint64 attempts;
  guint64 reconnects;
  guint64 messages_sent;
  guint64 messages_received;
  guint64 bytes_sent; /* by connections that have ended; likewise: */
  guint64 bytes_received;
  gboolean was_connected;
  gboolean is_disposed; /* nothing begins any more */

  guint announced_length; /* of the outbox, as it was last notified */
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
  SIGNAL_CLIENT_PROP_OUTBOX_TTL,
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
  SIGNAL_CLIENT_PROP_OUTBOX_LENGTH,
  SIGNAL_CLIENT_PROP_BUFFERED_AMOUNT,
  SIGNAL_CLIENT_PROP_ATTEMPTS,
  SIGNAL_CLIENT_PROP_RECONNECTS,
  SIGNAL_CLIENT_PROP_MESSAGES_SENT,
  SIGNAL_CLIENT_PROP_MESSAGES_RECEIVED,
  SIGNAL_CLIENT_PROP_BYTES_SENT,
  SIGNAL_CLIENT_PROP_BYTES_RECEIVED,
  SIGNAL_CLIENT_PROP_ROUND_TRIP_TIME,
  SIGNAL_CLIENT_N_PROPS
};

extern GParamSpec *signal_client_properties[SIGNAL_CLIENT_N_PROPS];

/* client/signal-client-properties.c */
void signal_client_install_properties (GObjectClass *object_class);

/* client/signal-client-settings.c */
void signal_client_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec);
void signal_client_get_property (GObject      *object,
                                 guint         prop_id,
                                 GValue       *value,
                                 GParamSpec   *pspec);

/* client/signal-client-signals.c */
void      signal_client_install_signals         (GObjectClass         *object_class);
void      signal_client_emit_connected          (SignalClient         *self);
void      signal_client_emit_reconnecting       (SignalClient         *self,
                                                 guint                 attempt,
                                                 guint                 delay);
void      signal_client_emit_disconnected       (SignalClient         *self,
                                                 const GError         *error);
void      signal_client_emit_message            (SignalClient         *self,
                                                 SignalMessage        *message);
void      signal_client_emit_error              (SignalClient         *self,
                                                 const GError         *error);
gboolean  signal_client_emit_accept_certificate (SignalClient         *self,
                                                 GTlsCertificate      *certificate,
                                                 GTlsCertificateFlags  errors);
char     *signal_client_emit_authenticate       (SignalClient         *self) G_GNUC_WARN_UNUSED_RESULT;
gboolean  signal_client_emit_token_requested    (SignalClient         *self);
gboolean  signal_client_has_token_source        (SignalClient         *self);
void      signal_client_emit_drained            (SignalClient         *self);

/* client/signal-client-loop.c */
void     signal_client_start          (SignalClient *self);
void     signal_client_retry_now      (SignalClient *self);
void     signal_client_abandon        (SignalClient *self);
void     signal_client_stop           (SignalClient *self,
                                       const GError *error);
void     signal_client_go_on          (SignalClient *self);
gboolean signal_client_announce_turn  (SignalClient *self);
void     signal_client_set_last_error (SignalClient *self,
                                       const GError *error);
void     signal_client_report_error   (SignalClient *self,
                                       const GError *error);

/* client/signal-client-dial.c */
GUri     *signal_client_check_settings (SignalClient                    *self,
                                        GError                         **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean  signal_client_dial           (SignalClient                    *self,
                                        const SignalConnectionHandlers  *handlers,
                                        GError                         **error);

/* client/signal-client-messages.c */
void signal_client_send_rooms (SignalClient       *self,
                               const char         *event,
                               const char * const *rooms);

void signal_client_follow_rooms (SignalClient       *self,
                                 const char * const *before);

/* client/signal-client-world.c */
void signal_client_watch_world (SignalClient *self);

/* client/signal-client-token.c */
void     signal_client_set_token      (SignalClient  *self,
                                       const char    *token);
void     signal_client_set_refusal    (SignalClient  *self,
                                       const GError  *error);
gboolean signal_client_may_ask_again  (SignalClient  *self);
gboolean signal_client_ask_for_token  (SignalClient  *self);
gboolean signal_client_validate_token (const char    *token,
                                       GError       **error);
gboolean signal_client_check_token    (SignalClient  *self,
                                       GError       **error);

/* client/signal-client-outbox.c */
gboolean  signal_client_send_or_keep  (SignalClient      *self,
                                       const char        *envelope,
                                       gsize              length,
                                       GError           **error);
void      signal_client_flush_outbox  (SignalClient      *self);
void      signal_client_hand_over_all (SignalClient      *self);
void      signal_client_notify_outbox (SignalClient      *self);
void      signal_client_recall_outbox (SignalClient      *self,
                                       SignalConnection  *connection);
GError   *signal_client_empty_outbox  (SignalClient      *self) G_GNUC_WARN_UNUSED_RESULT;
void      signal_client_on_drained    (SignalConnection  *connection,
                                       gpointer           user_data);

/* client/signal-client-statistics.c */
void signal_client_install_statistics (void);
void signal_client_count_connection   (SignalClient     *self,
                                       SignalConnection *connection);
void signal_client_get_statistic      (SignalClient     *self,
                                       guint             prop_id,
                                       GValue           *value);

G_END_DECLS
