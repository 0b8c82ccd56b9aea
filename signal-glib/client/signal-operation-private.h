/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "protocol/signal-message-private.h"

G_BEGIN_DECLS

typedef enum
{
  SIGNAL_OPERATION_SEND,
  SIGNAL_OPERATION_FLUSH,
  SIGNAL_OPERATION_REQUEST,
} SignalOperationType;

typedef struct _SignalOperation SignalOperation;

/* Called when the cancellable of an operation is cancelled. */
typedef void (*SignalOperationCancelledFunc) (SignalOperation *operation,
                                              gpointer         user_data);

/* A pending asynchronous operation of a client. A GTask would keep its source object, the client,
 * alive; it is therefore created when the operation returns. */
struct _SignalOperation
{
  gatomicrefcount ref_count;

  SignalOperationType type;
  GObject *source; /* not owned; must not be finalized before the operation has returned */
  gpointer tag;
  GMainContext *context; /* of the callback */
  GAsyncReadyCallback callback;
  gpointer user_data;
  gboolean is_returned;

  GCancellable *cancellable;
  gulong cancelled_id;
  GMainContext *cancelled_context;
  SignalOperationCancelledFunc cancelled; /* NULL if it must not be called any more */
  gpointer cancelled_data;

  gpointer item;   /* owned by the outbox; NULL if the message is not in it */
  guint n_markers; /* of a flush: outboxes that have not been written yet */

  char *id;                /* of a request */
  gint64 deadline;         /* likewise */
  GSequenceIter *position; /* likewise; among the deadlines, while the request is open */
};

SignalOperation *signal_operation_new          (SignalOperationType           type,
                                                gpointer                      source,
                                                gpointer                      tag,
                                                GCancellable                 *cancellable,
                                                GAsyncReadyCallback           callback,
                                                gpointer                      user_data) G_GNUC_WARN_UNUSED_RESULT;
SignalOperation *signal_operation_ref          (SignalOperation              *self);
void             signal_operation_unref        (SignalOperation              *self);
void             signal_operation_watch        (SignalOperation              *self,
                                                GMainContext                 *context,
                                                SignalOperationCancelledFunc  cancelled,
                                                gpointer                      user_data);
void             signal_operation_return       (SignalOperation              *self,
                                                SignalMessage                *answer,
                                                const GError                 *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalOperation, signal_operation_unref)

G_END_DECLS
