/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_WEBSOCKET (signal_websocket_get_type ())

G_DECLARE_FINAL_TYPE (SignalWebsocket, signal_websocket, SIGNAL, WEBSOCKET, GObject)

/* The callbacks to the owner of a WebSocket, which are always called from the main context and
 * never during a call of the owner. Each of them may close or drop the WebSocket, release the
 * last reference to it, or run the main loop. */
typedef struct
{
  /* A complete message has been received. data is valid until the main loop runs, or, after
   * signal_websocket_defer(), until continue_message returns TRUE. */
  void (*message) (SignalWebsocket *websocket,
                   gboolean         is_text,
                   const guint8    *data,
                   gsize            length,
                   gpointer         user_data);

  /* Processes a further part of a message that was deferred. Returns TRUE with the last part, before which
   * it calls nothing of the owner. May be NULL if no message is deferred. */
  gboolean (*continue_message) (SignalWebsocket *websocket,
                                gpointer         user_data);

  /* The connection is closed; no further callbacks follow. code is 1006 if no close frame was
   * received. reason is valid UTF-8, or NULL. error is that of the transport or of the framing,
   * or NULL. */
  void (*closed)  (SignalWebsocket *websocket,
                   guint16          code,
                   const char      *reason,
                   const GError    *error,
                   gpointer         user_data);

  /* Data that was waiting has been written to the socket. */
  void (*written) (SignalWebsocket *websocket,
                   gpointer         user_data);
} SignalWebsocketHandlers;

SignalWebsocket *signal_websocket_new                   (GIOStream                     *stream,
                                                         GUri                          *uri,
                                                         SoupWebsocketConnectionType    type,
                                                         GBytes                        *read_ahead) G_GNUC_WARN_UNUSED_RESULT;
void             signal_websocket_start                 (SignalWebsocket               *self,
                                                         const SignalWebsocketHandlers *handlers,
                                                         gpointer                       user_data);
void             signal_websocket_set_max_incoming_size (SignalWebsocket               *self,
                                                         guint64                        size);
void             signal_websocket_set_max_unsent        (SignalWebsocket               *self,
                                                         gsize                          size);
void             signal_websocket_set_user_timeout      (SignalWebsocket               *self,
                                                         guint                          ms);

void      signal_websocket_defer          (SignalWebsocket  *self);
guint8   *signal_websocket_begin_text     (SignalWebsocket  *self,
                                           gsize             length,
                                           GError          **error);
void      signal_websocket_cancel_text    (SignalWebsocket  *self);
void      signal_websocket_end_text       (SignalWebsocket  *self,
                                           gboolean          is_secret);
gboolean  signal_websocket_take_back      (SignalWebsocket  *self,
                                           guint64           position,
                                           gsize             length);
void      signal_websocket_ping           (SignalWebsocket  *self);
void      signal_websocket_close          (SignalWebsocket  *self,
                                           guint16           code,
                                           const char       *reason);
void      signal_websocket_drop           (SignalWebsocket  *self);

gboolean signal_websocket_is_connected       (SignalWebsocket *self);
gboolean signal_websocket_is_open            (SignalWebsocket *self);
gint64   signal_websocket_get_last_received  (SignalWebsocket *self);
gint64   signal_websocket_get_round_trip     (SignalWebsocket *self);
guint64  signal_websocket_get_bytes_received (SignalWebsocket *self);
guint64  signal_websocket_get_bytes_sent     (SignalWebsocket *self);
gsize    signal_websocket_get_unsent         (SignalWebsocket *self);

G_END_DECLS
