/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Complete envelopes in plaintext, in order: first those that were passed to a connection and of
 * which no byte is known to be written, then those that are waiting for a connection. */
typedef struct _SignalOutbox SignalOutbox;

SignalOutbox *signal_outbox_new            (void) G_GNUC_WARN_UNUSED_RESULT;
void          signal_outbox_free           (SignalOutbox  *self);
gboolean      signal_outbox_push           (SignalOutbox  *self,
                                            const char    *envelope,
                                            gsize          length,
                                            guint          limit,
                                            GError       **error);
const char   *signal_outbox_peek           (SignalOutbox  *self,
                                            gsize         *length);
void          signal_outbox_drop           (SignalOutbox  *self);
void          signal_outbox_mark_in_flight (SignalOutbox  *self,
                                            guint64        offset);
void          signal_outbox_push_in_flight (SignalOutbox  *self,
                                            const char    *envelope,
                                            gsize          length,
                                            guint64        offset);
void          signal_outbox_remove_written (SignalOutbox  *self,
                                            guint64        written);
void          signal_outbox_recall         (SignalOutbox  *self);
guint         signal_outbox_expire         (SignalOutbox  *self,
                                            gint64         before);
guint         signal_outbox_get_waiting    (SignalOutbox  *self);
guint         signal_outbox_get_length     (SignalOutbox  *self);
gsize         signal_outbox_get_size       (SignalOutbox  *self);
void          signal_outbox_clear          (SignalOutbox  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalOutbox, signal_outbox_free)

G_END_DECLS
