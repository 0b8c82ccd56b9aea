/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_STREAM_OUTPUT (signal_stream_output_get_type ())

G_DECLARE_FINAL_TYPE (SignalStreamOutput, signal_stream_output, SIGNAL, STREAM_OUTPUT, GOutputStream)

/* All that was pending is written (error: NULL), or nothing more can be. */
typedef void (*SignalStreamFlushedFunc) (const GError *error,
                                         gpointer      user_data);

SignalStreamOutput *signal_stream_output_new         (GOutputStream           *base) G_GNUC_WARN_UNUSED_RESULT;
void                signal_stream_output_set_flushed (SignalStreamOutput      *self,
                                                      SignalStreamFlushedFunc  flushed,
                                                      gpointer                 user_data);
guint8             *signal_stream_output_begin       (SignalStreamOutput      *self,
                                                      gsize                    size);
void                signal_stream_output_set_plain   (SignalStreamOutput      *self);
void                signal_stream_output_end         (SignalStreamOutput      *self,
                                                      gsize                    size);
void                signal_stream_output_flush       (SignalStreamOutput      *self);
void                signal_stream_output_abandon     (SignalStreamOutput      *self);
guint64             signal_stream_output_get_total   (SignalStreamOutput      *self);
gsize               signal_stream_output_get_unsent  (SignalStreamOutput      *self);

G_END_DECLS
