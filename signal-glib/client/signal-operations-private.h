/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/signal-operation-private.h"
#include "client/signal-sender-private.h"

G_BEGIN_DECLS

/* The pending operations of a session: messages whose outcome is awaited, flushes, and requests. */
typedef struct _SignalOperations SignalOperations;

typedef struct
{
  /* Returns the authenticated connection, or NULL. */
  SignalConnection *(*get_connection) (gpointer user_data);

  /* Messages were taken out of the queue. The function may free the operations. */
  void              (*taken_back)     (gpointer user_data);
} SignalOperationsHandlers;

SignalOperations *signal_operations_new            (GMainContext                   *context,
                                                    SignalSender                   *sender,
                                                    const SignalOperationsHandlers *handlers,
                                                    gpointer                        user_data) G_GNUC_WARN_UNUSED_RESULT;
void              signal_operations_free           (SignalOperations               *self);
void              signal_operations_add            (SignalOperations               *self,
                                                    SignalOperation                *operation);
void              signal_operations_add_request    (SignalOperations               *self,
                                                    SignalOperation                *request,
                                                    guint                           timeout);
void              signal_operations_finish         (SignalOperations               *self,
                                                    SignalOperation                *operation,
                                                    const GError                   *error);
void              signal_operations_end            (SignalOperations               *self,
                                                    SignalOperation                *operation,
                                                    SignalMessage                  *answer,
                                                    const GError                   *error);
void              signal_operations_lose_requests  (SignalOperations               *self);
gboolean          signal_operations_take_answer    (SignalOperations               *self,
                                                    SignalMessage                  *message,
                                                    const char                     *correlation_member,
                                                    const GError                   *error);
gboolean          signal_operations_is_any_pending (SignalOperations               *self);

G_END_DECLS
