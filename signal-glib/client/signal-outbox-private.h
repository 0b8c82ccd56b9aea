/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/signal-operation-private.h"

G_BEGIN_DECLS

/* Complete envelopes in plaintext, in order: first those that were passed to a connection and are
 * not known to be written completely, then those that are waiting for a connection. */
typedef struct _SignalOutbox SignalOutbox;

/* What became of the envelope of an operation: error is NULL if it has been written. For a flush,
 * everything has been written or reported. The function must not call the outbox. */
typedef void (*SignalOutboxFunc) (SignalOperation *operation,
                                  const GError    *error,
                                  gpointer         user_data);

SignalOutbox *signal_outbox_new            (SignalOutboxFunc  finished,
                                            gpointer          user_data) G_GNUC_WARN_UNUSED_RESULT;
void          signal_outbox_free           (SignalOutbox     *self);
gboolean      signal_outbox_push           (SignalOutbox     *self,
                                            char            **envelope,
                                            gsize             length,
                                            SignalOperation  *operation,
                                            guint             limit,
                                            GError          **error);
const char   *signal_outbox_peek           (SignalOutbox     *self,
                                            gsize            *length);
gint64        signal_outbox_peek_added     (SignalOutbox     *self);
void          signal_outbox_drop           (SignalOutbox     *self,
                                            const GError     *error);
void          signal_outbox_mark_in_flight (SignalOutbox     *self,
                                            guint64           begin,
                                            guint64           end);
void          signal_outbox_push_in_flight (SignalOutbox     *self,
                                            char            **envelope,
                                            gsize             length,
                                            SignalOperation  *operation,
                                            guint64           begin,
                                            guint64           end);
void          signal_outbox_remove_written (SignalOutbox     *self,
                                            guint64           written);
void          signal_outbox_recall         (SignalOutbox     *self,
                                            guint64           written);
void          signal_outbox_lose           (SignalOutbox     *self,
                                            guint64           written);
SignalOutbox *signal_outbox_detach         (SignalOutbox     *self) G_GNUC_WARN_UNUSED_RESULT;
guint         signal_outbox_expire         (SignalOutbox     *self,
                                            gint64            before,
                                            const GError     *error);
gboolean      signal_outbox_locate         (SignalOutbox     *self,
                                            SignalOperation  *operation,
                                            guint64          *begin,
                                            gsize            *length);
void          signal_outbox_remove         (SignalOutbox     *self,
                                            SignalOperation  *operation);
void          signal_outbox_report_flushes (SignalOutbox     *self);
gboolean      signal_outbox_is_waiting     (SignalOperation  *operation);
void          signal_outbox_withdraw       (SignalOperation  *operation);
void          signal_outbox_forget         (SignalOperation  *operation);
void          signal_outbox_flush          (SignalOutbox     *self,
                                            SignalOperation  *operation);
void          signal_outbox_unwatch        (SignalOutbox     *self,
                                            SignalOperation  *operation);
guint         signal_outbox_get_waiting    (SignalOutbox     *self);
guint         signal_outbox_get_length     (SignalOutbox     *self);
gsize         signal_outbox_get_size       (SignalOutbox     *self);
void          signal_outbox_clear          (SignalOutbox     *self,
                                            const GError     *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalOutbox, signal_outbox_free)

G_END_DECLS
