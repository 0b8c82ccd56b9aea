/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "server/signal-peer-private.h"
#include "util/signal-affinity-private.h"

G_BEGIN_DECLS

/* What the two halves of a peer share: the object and its socket. Nobody else looks in here. */

typedef enum
{
  SIGNAL_PEER_STATE_NEW,
  SIGNAL_PEER_STATE_AUTHENTICATING,
  SIGNAL_PEER_STATE_ADMITTED,
  SIGNAL_PEER_STATE_CLOSING,
  SIGNAL_PEER_STATE_GONE,
} SignalPeerState;

struct _SignalPeer
{
  GObject                   parent_instance;

  SignalPeerState           state;
  char                     *id;
  char                     *user_id;
  GPtrArray                *rooms;     /* NULL-terminated, in the order they were joined */
  GHashTable               *room_set;  /* the same names, borrowed */
  gboolean                  encrypted;
  gboolean                  announced; /* the server has told its user of this peer */
  GSocketAddress           *remote_address;
  char                     *origin;

  SignalChannel            *channel;   /* NULL: gone */
  const SignalPeerHandlers *handlers;
  gpointer                  user_data;
  SignalAffinity            affinity;
  GSource                  *deadline;  /* to authenticate, or to go without having done so */
  gint64                    deadline_time;
};

G_END_DECLS
