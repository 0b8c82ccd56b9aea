/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "crypto/signal-aead-private.h"
#include "protocol/signal-message-private.h"
#include "websocket/signal-websocket-private.h"

G_BEGIN_DECLS

/* The maximum size of a frame to a client, unless the client has another limit. */
#define SIGNAL_CHANNEL_MAX_FRAME_SIZE (16 * 1024 * 1024)

#define SIGNAL_TYPE_CHANNEL (signal_channel_get_type ())

G_DECLARE_FINAL_TYPE (SignalChannel, signal_channel, SIGNAL, CHANNEL, GObject)

/* The callbacks to the owner of a channel, which are always called from the main context. Each of
 * them may drop the channel, release the last reference to it, or run the main loop. */
typedef struct
{
  /* A message has been received, and decrypted if it was encrypted. This includes control
   * events. */
  void (*message) (SignalChannel *channel,
                   SignalMessage *message,
                   gpointer       user_data);

  /* A message was ignored, and the channel continues. */
  void (*fault)   (SignalChannel *channel,
                   const GError  *error,
                   gpointer       user_data);

  /* The connection is closed; no further callbacks follow. See SignalWebsocketHandlers.closed. */
  void (*closed)  (SignalChannel *channel,
                   guint16        code,
                   const char    *reason,
                   const GError  *error,
                   gpointer       user_data);

  /* Data that was waiting has been written to the socket. May be NULL. */
  void (*written) (SignalChannel *channel,
                   gpointer       user_data);

  /* The key has reached its usage limit, and a new connection with a new key should be opened.
   * Called for each further message, while it is being sent or received, so that the owner must
   * defer what it does. May be NULL. */
  void (*key_limit_reached) (SignalChannel *channel,
                    gpointer       user_data);
} SignalChannelHandlers;

SignalChannel   *signal_channel_new                  (SignalWebsocket              *websocket,
                                                      const SignalChannelHandlers  *handlers,
                                                      gpointer                      user_data) G_GNUC_WARN_UNUSED_RESULT;
SignalWebsocket *signal_channel_get_websocket        (SignalChannel                *self);
void             signal_channel_take_key             (SignalChannel                *self,
                                                      SignalAead                   *key);
gboolean         signal_channel_is_encrypted         (SignalChannel                *self);
void             signal_channel_set_key_limit        (SignalChannel                *self,
                                                      guint64                       limit);
gboolean         signal_channel_saw_unreadable       (SignalChannel                *self);
void             signal_channel_set_max_message_size (SignalChannel                *self,
                                                      gsize                         size);
gboolean         signal_channel_send_plain           (SignalChannel                *self,
                                                      const char                   *text,
                                                      gsize                         length,
                                                      GError                      **error);
gboolean         signal_channel_send                 (SignalChannel                *self,
                                                      const char                   *inner,
                                                      gsize                         length,
                                                      GError                      **error);
gboolean         signal_channel_take_back            (SignalChannel                *self,
                                                      guint64                       position,
                                                      gsize                         length);
void             signal_channel_drop                 (SignalChannel                *self);

gboolean signal_channel_check_size (gsize    size,
                                    gsize    limit,
                                    GError **error);

G_END_DECLS
