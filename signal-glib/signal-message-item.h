/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <glib-object.h>

#include <signal-glib/signal-message.h>
#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_MESSAGE_ITEM (signal_message_item_get_type ())

SIGNAL_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (SignalMessageItem, signal_message_item, SIGNAL, MESSAGE_ITEM, GObject)

SIGNAL_AVAILABLE_IN_ALL
SignalMessage *signal_message_item_get_message (SignalMessageItem *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_message_item_get_event (SignalMessageItem *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_message_item_get_payload_json (SignalMessageItem *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_message_item_get_id (SignalMessageItem *self);

SIGNAL_AVAILABLE_IN_ALL
GDateTime *signal_message_item_get_time (SignalMessageItem *self);

G_END_DECLS
