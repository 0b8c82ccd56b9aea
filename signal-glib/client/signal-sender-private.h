/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/signal-connection-private.h"
#include "client/signal-room-set-private.h"
#include "client/signal-session-settings-private.h"

G_BEGIN_DECLS

/* Sends messages and rooms to the server. Each accepted message is written at most once, and one
 * that was not written is passed to the next connection. Connection arguments are the
 * authenticated connection, or NULL. */
typedef struct _SignalSender SignalSender;

/* Reports an error concerning accepted messages. The function must not call the sender. */
typedef void (*SignalSenderErrorFunc) (const GError *error,
                                       gpointer      user_data);

SignalSender *signal_sender_new  (const SignalSessionSettings  *settings,
                                  SignalSenderErrorFunc         report,
                                  gpointer                      user_data) G_GNUC_WARN_UNUSED_RESULT;
void          signal_sender_free (SignalSender                 *self);

gboolean signal_sender_send    (SignalSender      *self,
                                SignalConnection  *connection,
                                const char        *envelope,
                                gsize              length,
                                gboolean           may_wait,
                                GError           **error);
void     signal_sender_drain   (SignalSender      *self,
                                SignalConnection  *connection);
void     signal_sender_flush   (SignalSender      *self,
                                SignalConnection  *connection);
void     signal_sender_recall  (SignalSender      *self,
                                SignalConnection  *connection);
void     signal_sender_clear   (SignalSender      *self);
void     signal_sender_abandon (SignalSender      *self);

gboolean signal_sender_set_auto_join_rooms (SignalSender        *self,
                                            SignalConnection    *connection,
                                            const char * const  *rooms);
gboolean signal_sender_join_rooms          (SignalSender        *self,
                                            SignalConnection    *connection,
                                            const char * const  *rooms,
                                            gboolean            *is_changed,
                                            GError             **error);
gboolean signal_sender_leave_rooms         (SignalSender        *self,
                                            SignalConnection    *connection,
                                            const char * const  *rooms,
                                            gboolean            *is_changed,
                                            GError             **error);
void     signal_sender_rejoin_rooms        (SignalSender        *self,
                                            SignalConnection    *connection);

SignalRoomSet *signal_sender_get_rooms   (SignalSender *self);
guint          signal_sender_get_waiting (SignalSender *self);
guint          signal_sender_get_length  (SignalSender *self);
gsize          signal_sender_get_size    (SignalSender *self);
guint64        signal_sender_get_sent    (SignalSender *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalSender, signal_sender_free)

G_END_DECLS
