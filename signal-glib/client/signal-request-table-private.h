/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/signal-operation-private.h"

G_BEGIN_DECLS

/* The requests that wait for an answer, by their ids and by their deadlines. */
typedef struct _SignalRequestTable SignalRequestTable;

/* The deadlines of requests, which are no longer in the table, have passed. The function may free the
 * table. */
typedef void (*SignalRequestTableFunc) (GPtrArray *requests,
                                        gpointer   user_data);

SignalRequestTable *signal_request_table_new         (GMainContext           *context,
                                                      SignalRequestTableFunc  timed_out,
                                                      gpointer                user_data) G_GNUC_WARN_UNUSED_RESULT;
void                signal_request_table_free        (SignalRequestTable     *self);
void                signal_request_table_add         (SignalRequestTable     *self,
                                                      SignalOperation        *request,
                                                      guint                   timeout);
void                signal_request_table_remove      (SignalRequestTable     *self,
                                                      SignalOperation        *request);
void                signal_request_table_expect_late (SignalRequestTable     *self,
                                                      SignalOperation        *request);
void                signal_request_table_forget_late (SignalRequestTable     *self);
SignalOperation    *signal_request_table_find        (SignalRequestTable     *self,
                                                      const char             *id);
gboolean            signal_request_table_is_late     (SignalRequestTable     *self,
                                                      const char             *id);
gboolean            signal_request_table_is_unused   (SignalRequestTable     *self);
GPtrArray          *signal_request_table_list        (SignalRequestTable     *self) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalRequestTable, signal_request_table_free)

G_END_DECLS
