/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-stream-input-private.h"
#include "signal-stream-output-private.h"

G_BEGIN_DECLS

#define SIGNAL_TYPE_STREAM (signal_stream_get_type ())

G_DECLARE_FINAL_TYPE (SignalStream, signal_stream, SIGNAL, STREAM, GIOStream)

SignalStream       *signal_stream_new        (GIOStream    *base,
                                              GBytes       *read_ahead) G_GNUC_WARN_UNUSED_RESULT;
SignalStreamInput  *signal_stream_get_input  (SignalStream *self);
SignalStreamOutput *signal_stream_get_output (SignalStream *self);
void                signal_stream_abandon    (SignalStream *self);

G_END_DECLS
