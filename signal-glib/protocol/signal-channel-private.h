/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "crypto/signal-crypto-private.h"
#include "protocol/signal-message-private.h"

G_BEGIN_DECLS

#define SIGNAL_TYPE_CHANNEL (signal_channel_get_type ())

G_DECLARE_FINAL_TYPE (SignalChannel, signal_channel, SIGNAL, CHANNEL, GObject)

/* What a channel tells its one owner. Any of them may drop the last reference or detach. */
typedef struct
{
  /* A whole message, decrypted if it was encrypted; borrowed. Control events come here too. */
  void (*message) (SignalChannel *channel,
                   SignalMessage *message,
                   gpointer       user_data);

  /* A frame was dropped and the channel goes on. */
  void (*fault)   (SignalChannel *channel,
                   const GError  *error,
                   gpointer       user_data);

  /* The socket is closed; nothing comes after it. code: 1006 without a close frame. error: what the
   * transport said, or NULL. */
  void (*closed)  (SignalChannel *channel,
                   guint16        code,
                   const char    *reason,
                   const GError  *error,
                   gpointer       user_data);

  /* All that had to wait for the socket is written. May be NULL. */
  void (*drained) (SignalChannel *channel,
                   gpointer       user_data);
} SignalChannelHandlers;

SignalChannel *signal_channel_new                   (SoupWebsocketConnection      *socket,
                                                     const SignalChannelHandlers  *handlers,
                                                     gpointer                      user_data) G_GNUC_WARN_UNUSED_RESULT;
void           signal_channel_detach                (SignalChannel                *self);
void           signal_channel_take_key              (SignalChannel                *self,
                                                     SignalSessionKey             *key);
gboolean       signal_channel_is_encrypted          (SignalChannel                *self);
gboolean       signal_channel_is_worn               (SignalChannel                *self);
void           signal_channel_set_key_limit         (SignalChannel                *self,
                                                     guint64                       limit);
gboolean       signal_channel_saw_unreadable        (SignalChannel                *self);
void           signal_channel_set_max_message_size  (SignalChannel                *self,
                                                     gsize                         size);
void           signal_channel_set_max_unsent        (SignalChannel                *self,
                                                     gsize                         size);
void           signal_channel_set_max_incoming_size (SignalChannel                *self,
                                                     guint64                       size);
gboolean       signal_channel_send_plain            (SignalChannel                *self,
                                                     const char                   *text,
                                                     gsize                         length,
                                                     GError                      **error);
gboolean       signal_channel_send                  (SignalChannel                *self,
                                                     const char                   *inner,
                                                     gsize                         length,
                                                     GError                      **error);
void           signal_channel_ping                  (SignalChannel                *self);
void           signal_channel_close                 (SignalChannel                *self,
                                                     guint16                       code,
                                                     const char                   *reason);
void           signal_channel_drop                  (SignalChannel                *self);
gboolean       signal_channel_is_connected          (SignalChannel                *self);
gboolean       signal_channel_is_open               (SignalChannel                *self);
gint64         signal_channel_get_last_received     (SignalChannel                *self);
guint64        signal_channel_get_bytes_received    (SignalChannel                *self);
guint64        signal_channel_get_bytes_sent        (SignalChannel                *self);
gsize          signal_channel_get_unsent            (SignalChannel                *self);
gint64         signal_channel_get_round_trip        (SignalChannel                *self);
void           signal_channel_set_user_timeout      (SignalChannel                *self,
                                                     guint                         ms);

G_END_DECLS
