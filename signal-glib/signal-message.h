/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <glib-object.h>
#include <json-glib/json-glib.h>

#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_MESSAGE (signal_message_get_type ())

typedef struct _SignalMessage SignalMessage;

SIGNAL_AVAILABLE_IN_ALL
GType signal_message_get_type (void) G_GNUC_CONST;

SIGNAL_AVAILABLE_IN_ALL
SignalMessage *signal_message_ref (SignalMessage *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_message_unref (SignalMessage *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_message_get_event (SignalMessage *self);

SIGNAL_AVAILABLE_IN_ALL
JsonNode *signal_message_get_payload (SignalMessage *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_message_get_payload_json (SignalMessage *self);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_message_get_id (SignalMessage *self);

SIGNAL_AVAILABLE_IN_ALL
gboolean signal_message_is_encrypted (SignalMessage *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalMessage, signal_message_unref)

G_END_DECLS
