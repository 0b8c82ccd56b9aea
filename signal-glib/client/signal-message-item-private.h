/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-message-item.h"

G_BEGIN_DECLS

SignalMessageItem *signal_message_item_new (SignalMessage *message) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
