/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/signal-channel-private.h"
#include "signal-peer.h"

G_BEGIN_DECLS

/* The callbacks to the owner of a peer. Each of them may release the last reference. */
typedef struct
{
  void (*message) (SignalPeer    *peer,
                   SignalMessage *message,
                   gpointer       user_data);

  /* A frame was ignored, and the peer remains connected. */
  void (*fault)   (SignalPeer   *peer,
                   const GError *error,
                   gpointer      user_data);

  /* Authentication, which was deferred, has been decided. user_id is NULL to refuse the peer. */
  void (*decided) (SignalPeer *peer,
                   const char *user_id,
                   gpointer    user_data);

  /* The connection is closed; no further callbacks follow. */
  void (*closed)  (SignalPeer *peer,
                   gpointer    user_data);
} SignalPeerHandlers;

/* The parameters of a peer. The peer takes a reference to the WebSocket. */
typedef struct
{
  const char              *id;
  SignalWebsocket         *websocket;
  GSocketAddress          *remote_address;
  const char              *origin;            /* NULL if the request had none */
  guint                    auth_timeout;      /* ms */
  guint64                  max_incoming_size;
  gsize                    max_backlog;
} SignalPeerOptions;

SignalPeer *signal_peer_new    (const SignalPeerOptions  *options,
                                const SignalPeerHandlers *handlers,
                                gpointer                  user_data) G_GNUC_WARN_UNUSED_RESULT;
void        signal_peer_detach (SignalPeer               *self);

gboolean signal_peer_is_open              (SignalPeer *self);
gboolean signal_peer_is_admitted          (SignalPeer *self);
gboolean signal_peer_exceeds_limit        (SignalPeer *self);
gboolean signal_peer_begin_authentication (SignalPeer *self);
void     signal_peer_begin_asking         (SignalPeer *self,
                                           gint64      timeout);
void     signal_peer_end_asking           (SignalPeer *self);
gboolean signal_peer_is_deferred          (SignalPeer *self);
void     signal_peer_wait_for_decision    (SignalPeer *self,
                                           const char *public_key);
const char *signal_peer_get_public_key    (SignalPeer *self);
gboolean signal_peer_admit                (SignalPeer *self,
                                           const char *user_id,
                                           SignalAead *key,
                                           guint64     max_incoming_size,
                                           const char *connected,
                                           gsize       length);
gboolean signal_peer_set_reported         (SignalPeer *self,
                                           gboolean    is_reported);

gboolean signal_peer_send              (SignalPeer  *self,
                                        const char  *text,
                                        gsize        length,
                                        GError     **error);
void     signal_peer_send_error        (SignalPeer *self,
                                        const char *text);
void     signal_peer_close_with_code   (SignalPeer *self,
                                        guint16     code,
                                        const char *reason);
gint64   signal_peer_get_last_received (SignalPeer  *self);

gboolean signal_peer_has_room    (SignalPeer *self,
                                  const char *room);
guint    signal_peer_count_rooms (SignalPeer *self);
gboolean signal_peer_add_room    (SignalPeer *self,
                                  const char *room);
gboolean signal_peer_remove_room (SignalPeer *self,
                                  const char *room);

G_END_DECLS
