/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/signal-envelope-private.h"
#include "signal-message.h"

G_BEGIN_DECLS

/* Messages are created in two steps, so that the plaintext can be decrypted directly into the
 * message: allocate it, fill its storage, and open it. A message that cannot be opened is just
 * unreffed. */
SignalMessage *signal_message_alloc    (gsize           capacity) G_GNUC_WARN_UNUSED_RESULT;
char          *signal_message_storage  (SignalMessage  *self);
gboolean       signal_message_open     (SignalMessage  *self,
                                        gsize           length,
                                        gboolean        encrypted,
                                        GError        **error);
gboolean       signal_message_set_envelope (SignalMessage         *self,
                                            const SignalEnvelope  *envelope,
                                            gsize                  length,
                                            gboolean               encrypted,
                                            GError               **error);
gsize          signal_message_get_size (SignalMessage  *self);

G_END_DECLS
