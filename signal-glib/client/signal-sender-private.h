/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/signal-connection-private.h"
#include "client/signal-operation-private.h"
#include "client/signal-room-set-private.h"
#include "client/signal-session-settings-private.h"

G_BEGIN_DECLS

/* Sends messages and rooms to the server. Each accepted message is written at most once, and one
 * that was not written is passed to the next connection. Connection arguments are the
 * authenticated connection, or NULL. */
typedef struct _SignalSender SignalSender;

/* The callbacks to the owner of a sender. They must not call the sender. */
typedef struct
{
  /* An error concerning accepted messages has occurred. */
  void (*error)    (const GError    *error,
                    gpointer         user_data);

  /* The message of an operation has been written, or never will be. For a flush, all messages
   * have been; this is called once for each of its markers. */
  void (*finished) (SignalOperation *operation,
                    const GError    *error,
                    gpointer         user_data);

  /* Messages have waited too long. The error callback has been called before. */
  void (*expired)  (gpointer         user_data);
} SignalSenderHandlers;

SignalSender *signal_sender_new  (const SignalSessionSettings *settings,
                                  const SignalSenderHandlers  *handlers,
                                  gpointer                     user_data) G_GNUC_WARN_UNUSED_RESULT;
void          signal_sender_free (SignalSender                *self);

gboolean signal_sender_send    (SignalSender      *self,
                                SignalConnection  *connection,
                                char             **envelope,
                                gsize              length,
                                SignalOperation   *operation,
                                gboolean           may_wait,
                                GError           **error);
gboolean signal_sender_cancel  (SignalSender      *self,
                                SignalConnection  *connection,
                                SignalOperation   *operation);
void     signal_sender_report_flushes (SignalSender *self);
gboolean signal_sender_is_waiting (SignalOperation *operation);
void     signal_sender_forget     (SignalOperation *operation);
void     signal_sender_watch   (SignalSender      *self,
                                SignalOperation   *operation);
void     signal_sender_unwatch (SignalSender      *self,
                                SignalOperation   *operation);
void     signal_sender_drain   (SignalSender      *self,
                                SignalConnection  *connection);
void     signal_sender_flush   (SignalSender      *self,
                                SignalConnection  *connection);
void     signal_sender_recall  (SignalSender      *self,
                                SignalConnection  *connection);
void     signal_sender_close   (SignalSender      *self,
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
