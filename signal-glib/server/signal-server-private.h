/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "bus/signal-bus-private.h"
#include "server/signal-peer-index-private.h"
#include "server/signal-peer-list-private.h"
#include "server/signal-peer-private.h"
#include "server/signal-connection-limiter-private.h"
#include "signal-server.h"
#include "util/signal-affinity-private.h"

G_BEGIN_DECLS

struct _SignalServer
{
  GObject                  parent_instance;

  /* Properties */
  char                    *path;
  char                    *ecdh_info;
  gboolean                 require_encryption;
  GStrv                    default_rooms;
  guint                    auth_timeout;
  guint                    heartbeat_timeout;
  guint                    max_message_size;
  guint                    max_peers;
  guint                    max_pending;
  guint                    max_rooms;
  guint                    max_backlog;
  GTlsCertificate         *tls_certificate;
  GStrv                    allowed_origins;
  SignalBus               *bus;           /* or NULL */
  SignalBusMember         *bus_member;    /* NULL without a bus */
  GQueue                   admissions;    /* those that wait for the bus */
  GSource                 *admission_timer;

  SignalAffinity           affinity;
  SignalConnectionLimiter *limiter;
  guint                    n_admitted;    /* peers that have been authenticated and are connected */

  /* Statistics */
  guint64                  messages_received;
  guint64                  messages_sent;
  guint64                  messages_dropped;
  guint64                  peers_accepted;
  guint64                  authentications_failed;

  /* From listen() to stop() */
  GSocket                 *socket;        /* the listening socket */
  GSource                 *listen_source;
  SoupServer              *soup;
  GTlsCertificate         *listen_certificate;
  char                    *listen_path;
  char                    *listen_name;   /* NULL if the server listens on an address */
  char                    *uri;
  GSource                 *heartbeat_check;

  GHashTable              *peers;         /* id → peer, from the upgrade to the end */
  SignalPeerIndex         *rooms;         /* of authenticated peers */
  SignalPeerIndex         *users;
  SignalPeerList          *peer_list;     /* authenticated peers, for the application */
  GPtrArray               *stop_tasks;    /* NULL unless the server is stopping or draining */

  /* While the server drains */
  GPtrArray               *drain_peers;   /* those whose turn has not come yet; NULL at other times */
  guint                    n_to_drain;    /* their number at first */
  gint64                   drain_start;
  gint64                   drain_duration; /* µs */
  gint64                   drain_turn;    /* the time at which the next connection is closed */
  GSource                 *drain_timer;
};

/* server/signal-server-properties.c */
void signal_server_init_properties    (SignalServer *self);
void signal_server_install_properties (GObjectClass *object_class);

/* server/signal-server.c */
char      *signal_server_emit_authenticate       (SignalServer  *self,
                                                  SignalPeer    *peer,
                                                  const char    *type,
                                                  const char    *token) G_GNUC_WARN_UNUSED_RESULT;
gboolean   signal_server_emit_join               (SignalServer  *self,
                                                  SignalPeer    *peer,
                                                  const char    *room);
void       signal_server_emit_connected          (SignalServer  *self,
                                                  SignalPeer    *peer);
void       signal_server_emit_disconnected       (SignalServer  *self,
                                                  SignalPeer    *peer);
void       signal_server_emit_message            (SignalServer  *self,
                                                  SignalPeer    *peer,
                                                  SignalMessage *message);
GPtrArray *signal_server_snapshot                (SignalServer  *self) G_GNUC_WARN_UNUSED_RESULT;
void       signal_server_restart_heartbeat_check (SignalServer  *self);
void       signal_server_stop_listening          (SignalServer  *self);
void       signal_server_add_stop_task           (SignalServer  *self,
                                                  GTask         *task);
void       signal_server_close_peer              (SignalPeer    *peer);
void       signal_server_finish_stop             (SignalServer  *self);
gboolean   signal_server_deliver                 (SignalServer  *self,
                                                  SignalPeer    *peer,
                                                  const char    *envelope,
                                                  gsize          length,
                                                  GError       **error);

/* server/signal-server-bus.c */
void       signal_server_bus_set             (SignalServer   *self,
                                              SignalBus      *bus);
void       signal_server_bus_close           (SignalServer   *self);
void       signal_server_bus_admit           (SignalServer   *self,
                                              SignalPeer     *peer,
                                              const char     *user_id,
                                              const char     *public_key);
void       signal_server_bus_add_peer        (SignalServer   *self,
                                              SignalPeer     *peer,
                                              const char     *user_id);
void       signal_server_bus_remove_peer     (SignalServer   *self,
                                              SignalPeer     *peer);
void       signal_server_bus_join_room       (SignalServer   *self,
                                              const char     *room);
void       signal_server_bus_leave_room      (SignalServer   *self,
                                              const char     *room);
void       signal_server_bus_publish         (SignalServer   *self,
                                              SignalBusScope  scope,
                                              const char     *target,
                                              SignalPeer     *except,
                                              const char     *envelope,
                                              gsize           length);

/* server/signal-server-drain.c */
void signal_server_end_drain (SignalServer *self);

/* server/signal-listener.c */
gboolean signal_server_open_socket  (SignalServer  *self,
                                     const char    *address,
                                     guint16        port,
                                     GError       **error);
gboolean signal_server_check_socket (GSocket       *socket,
                                     GError       **error);
gboolean signal_server_use_socket   (SignalServer  *self,
                                     GSocket       *socket,
                                     GError       **error);
void     signal_server_close_socket (SignalServer  *self);

/* server/signal-server-http.c */
void signal_server_open_http  (SignalServer *self);
void signal_server_close_http (SignalServer *self);

/* server/signal-server-protocol.c */
void signal_server_accept   (SignalServer    *self,
                             SignalWebsocket *websocket,
                             GSocketAddress  *remote_address,
                             const char      *origin);
GPtrArray *signal_server_list_first_rooms (SignalServer *self,
                                           SignalPeer   *peer) G_GNUC_WARN_UNUSED_RESULT;
void signal_server_admit    (SignalServer    *self,
                             SignalPeer      *peer,
                             const char      *user_id,
                             const char      *client_public_key);
void signal_server_add_peer (SignalServer    *self,
                             const char      *id,
                             SignalWebsocket *websocket,
                             GSocketAddress  *remote_address,
                             const char      *origin);

G_END_DECLS
