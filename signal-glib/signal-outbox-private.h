/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What waits for the next connection, in order: whole envelopes, in plaintext. */
typedef struct _SignalOutbox SignalOutbox;

SignalOutbox *signal_outbox_new        (void) G_GNUC_WARN_UNUSED_RESULT;
void          signal_outbox_free       (SignalOutbox  *self);
gboolean      signal_outbox_push       (SignalOutbox  *self,
                                        const char    *envelope,
                                        gsize          length,
                                        guint          limit,
                                        GError       **error);
const char   *signal_outbox_peek       (SignalOutbox  *self,
                                        gsize         *length);
void          signal_outbox_pop        (SignalOutbox  *self);
guint         signal_outbox_get_length (SignalOutbox  *self);
void          signal_outbox_clear      (SignalOutbox  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalOutbox, signal_outbox_free)

G_END_DECLS
