/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mock-server.h"

#include "signal-glib/protocol/signal-channel-private.h"

G_BEGIN_DECLS

/* Two channels over a socket pair, or one and a bare WebSocket. */
typedef struct
{
  SignalChannel *channel;
  SignalWebsocket *websocket; /* of the channel */
  GPtrArray     *messages;
  GPtrArray     *errors;
  gboolean       is_closed;
  guint16        code;
  char          *reason;
  GError        *error;
  guint          n_drained;
  guint          n_worn;
  gboolean       drops; /* the channel, in whatever it is told first */
  gboolean       echoes; /* sends something as soon as a message comes */
} End;

typedef struct
{
  End                      client;
  End                      server;
  SoupWebsocketConnection *bare; /* instead of the server's channel */
} Pair;

Pair *pair_new       (gboolean                     is_bare);
void  pair_free      (Pair                        *pair);
void  pair_take_keys (Pair                        *pair);
void  end_open       (End                         *end,
                      GIOStream                   *stream,
                      SoupWebsocketConnectionType  type);
void  end_clear      (End                         *end);
void  end_send       (End                         *end,
                      const char                  *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

G_END_DECLS
