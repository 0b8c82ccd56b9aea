/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "websocket/signal-websocket-input-private.h"
#include "websocket/signal-websocket-writer-private.h"

G_BEGIN_DECLS

#define SIGNAL_TYPE_STREAM (signal_stream_get_type ())

G_DECLARE_FINAL_TYPE (SignalStream, signal_stream, SIGNAL, STREAM, GIOStream)

/* All that was handed over is written. */
typedef void (*SignalStreamDrainedFunc) (gpointer user_data);

SignalStream       *signal_stream_new              (GIOStream               *base,
                                                    GBytes                  *read_ahead) G_GNUC_WARN_UNUSED_RESULT;
SignalStreamInput  *signal_stream_get_input        (SignalStream            *self);
SignalStreamOutput *signal_stream_get_output       (SignalStream            *self);
void                signal_stream_set_drained      (SignalStream            *self,
                                                    SignalStreamDrainedFunc  drained,
                                                    gpointer                 user_data);
void                signal_stream_set_user_timeout (SignalStream            *self,
                                                    guint                    ms);
void                signal_stream_abandon          (SignalStream            *self);

G_END_DECLS
