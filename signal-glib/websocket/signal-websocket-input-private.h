/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_STREAM_INPUT (signal_stream_input_get_type ())

G_DECLARE_FINAL_TYPE (SignalStreamInput, signal_stream_input, SIGNAL, STREAM_INPUT, GInputStream)

/* text: borrowed, not terminated, and not checked for anything. */
typedef void (*SignalStreamTextFunc)     (const char *text,
                                          gsize       length,
                                          gpointer    user_data);
typedef void (*SignalStreamOverflowFunc) (gpointer user_data);

SignalStreamInput *signal_stream_input_new            (GInputStream             *base,
                                                       int                       fd,
                                                       GBytes                   *read_ahead) G_GNUC_WARN_UNUSED_RESULT;
void               signal_stream_input_set_must_mask  (SignalStreamInput        *self,
                                                       gboolean                  must_mask);
void               signal_stream_input_set_text       (SignalStreamInput        *self,
                                                       SignalStreamTextFunc      text,
                                                       gpointer                  user_data);
const char        *signal_stream_input_get_fault      (SignalStreamInput        *self);
void               signal_stream_input_set_limit      (SignalStreamInput        *self,
                                                       guint64                   limit);
void               signal_stream_input_set_overflow   (SignalStreamInput        *self,
                                                       SignalStreamOverflowFunc  overflow,
                                                       gpointer                  user_data);
void               signal_stream_input_fail           (SignalStreamInput        *self,
                                                       const GError             *error);
void               signal_stream_input_abandon        (SignalStreamInput        *self);
void               signal_stream_input_set_delivering (SignalStreamInput        *self,
                                                       gboolean                  is_delivering);
guint64            signal_stream_input_get_total      (SignalStreamInput        *self);
gint64             signal_stream_input_get_last       (SignalStreamInput        *self);

G_END_DECLS
