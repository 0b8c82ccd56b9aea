/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIGNAL_GLIB_INSIDE) && !defined(SIGNAL_GLIB_COMPILATION)
#error "Only <signal-glib/signal-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <signal-glib/signal-client.h>
#include <signal-glib/signal-message-item.h>
#include <signal-glib/signal-version.h>

G_BEGIN_DECLS

#define SIGNAL_TYPE_MESSAGE_LIST (signal_message_list_get_type ())

SIGNAL_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (SignalMessageList, signal_message_list, SIGNAL, MESSAGE_LIST, GObject)

SIGNAL_AVAILABLE_IN_ALL
SignalMessageList *signal_message_list_new (SignalClient *client,
                                            const char   *event,
                                            guint         limit) G_GNUC_WARN_UNUSED_RESULT;

SIGNAL_AVAILABLE_IN_ALL
SignalClient *signal_message_list_get_client (SignalMessageList *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_message_list_set_client (SignalMessageList *self,
                                     SignalClient      *client);

SIGNAL_AVAILABLE_IN_ALL
const char *signal_message_list_get_event (SignalMessageList *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_message_list_set_event (SignalMessageList *self,
                                    const char        *event);

SIGNAL_AVAILABLE_IN_ALL
guint signal_message_list_get_limit (SignalMessageList *self);

SIGNAL_AVAILABLE_IN_ALL
void signal_message_list_set_limit (SignalMessageList *self,
                                    guint              limit);

SIGNAL_AVAILABLE_IN_ALL
void signal_message_list_clear (SignalMessageList *self);

G_END_DECLS
