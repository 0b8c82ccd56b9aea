/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/signal-message-private.h"

G_BEGIN_DECLS

/* The id of a request inside of its payload, and of the payload of the answer, for servers that do
 * not give an envelope an id. */
char *signal_correlation_insert (const char     *json,
                                 const char     *member,
                                 const char     *id,
                                 GError        **error) G_GNUC_WARN_UNUSED_RESULT;
char *signal_correlation_find   (SignalMessage  *message,
                                 const char     *member) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
