/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mock-server.h"

#include "signal-glib/protocol/signal-channel-private.h"

G_BEGIN_DECLS

/* Two channels over a socket pair, or a channel and libsoup's WebSocket. */
typedef struct
{
  SignalChannel   *channel;
  SignalWebsocket *websocket; /* of the channel */
  GPtrArray       *messages;
  GPtrArray       *errors;
  gboolean         is_closed;
  guint16          code;
  char            *reason;
  GError          *error;
  guint            n_written;
  guint            n_key_worn;
  gboolean         drops;     /* drops the channel in the first handler that is called */
  gboolean         echoes;    /* sends a message for each one that is received */
  guint            n_quick;   /* if not 0, each message after that many takes 20 ms */
  gint64           handled;   /* when the last message had been handled */
} ChannelEnd;

typedef struct
{
  ChannelEnd               client;
  ChannelEnd               server;
  SoupWebsocketConnection *bare;   /* instead of the server's channel */
} ChannelPair;

ChannelPair *channel_pair_new      (gboolean                    is_bare);
void         channel_pair_free     (ChannelPair                *pair);
void         channel_pair_set_keys (ChannelPair                *pair);
void         channel_end_open      (ChannelEnd                 *end,
                                    GIOStream                  *stream,
                                    SoupWebsocketConnectionType type);
void         channel_end_clear     (ChannelEnd                 *end);
void         channel_end_send      (ChannelEnd                 *end,
                                    const char                 *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ChannelPair, channel_pair_free)

G_END_DECLS
