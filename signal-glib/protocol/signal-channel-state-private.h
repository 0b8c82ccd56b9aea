/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/signal-channel-private.h"

#include "protocol/signal-replay-window-private.h"
#include "websocket/signal-websocket-connect-private.h"

G_BEGIN_DECLS

/* Both ways: a GByteArray, in which messages are collected, counts in a guint, and aborts at 4
 * GiB. */
#define SIGNAL_CHANNEL_MAX_MESSAGE (G_GUINT64_CONSTANT (1) << 30)

/* Shared by the files signal-channel*.c and by nothing else. */
struct _SignalChannel
{
  GObject parent_instance;

  GMainContext *context;
  SoupWebsocketConnection *socket;
  SignalStream *stream;
  gboolean is_client;
  SignalSessionKey *key;
  SignalReplayWindow *replay;
  guint64 key_uses;  /* messages under the key, both ways */
  guint64 key_limit;
  GByteArray *scratch; /* ciphertext on its way out */

  const SignalChannelHandlers *handlers; /* NULL: nobody listens any more */
  gpointer user_data;

  gsize max_message_size;
  gsize max_unsent;
  gboolean saw_unreadable;
  gint64 pinged;     /* when the ping that is not answered yet was sent; 0: there is none */
  gint64 round_trip; /* µs, of the last ping that was answered; -1: none was */
  gboolean is_closing; /* by us */
  GSource *close_timeout;
  GError *error; /* the first thing that the transport said */
};

SignalMessage *signal_channel_receive (SignalChannel  *self,
                                       const char     *text,
                                       gsize           length,
                                       GError        **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
