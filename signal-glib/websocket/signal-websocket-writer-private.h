/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_WEBSOCKET_WRITER (signal_websocket_writer_get_type ())

G_DECLARE_FINAL_TYPE (SignalWebsocketWriter, signal_websocket_writer, SIGNAL, WEBSOCKET_WRITER, GOutputStream)

/* Called when pending data has been written (error is NULL), or when writing has failed. */
typedef void (*SignalWebsocketWriterFunc) (const GError *error,
                                         gpointer      user_data);

SignalWebsocketWriter *signal_websocket_writer_new         (GOutputStream             *base) G_GNUC_WARN_UNUSED_RESULT;
void                   signal_websocket_writer_set_written (SignalWebsocketWriter     *self,
                                                            SignalWebsocketWriterFunc  written,
                                                            gpointer                   user_data);
void                   signal_websocket_writer_set_must_repeat (SignalWebsocketWriter *self,
                                                                gboolean               must_repeat);
guint8                *signal_websocket_writer_begin       (SignalWebsocketWriter     *self,
                                                            gsize                      size);
void                   signal_websocket_writer_cancel      (SignalWebsocketWriter     *self,
                                                            gsize                      size);
void                   signal_websocket_writer_end         (SignalWebsocketWriter     *self,
                                                            gsize                      size,
                                                            gboolean                   is_secret);
gboolean               signal_websocket_writer_remove      (SignalWebsocketWriter     *self,
                                                            guint64                    offset,
                                                            gsize                      size);
void                   signal_websocket_writer_flush       (SignalWebsocketWriter     *self);
void                   signal_websocket_writer_abandon     (SignalWebsocketWriter     *self);
guint64                signal_websocket_writer_get_total   (SignalWebsocketWriter     *self);
gsize                  signal_websocket_writer_get_unsent  (SignalWebsocketWriter     *self);

G_END_DECLS
