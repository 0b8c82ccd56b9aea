/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/signal-authenticate-options-private.h"
#include "protocol/signal-channel-private.h"
#include "protocol/signal-close-code-private.h"
#include "signal-types.h"
#include "websocket/signal-connection-options-private.h"

G_BEGIN_DECLS

#define SIGNAL_TYPE_CONNECTION (signal_connection_get_type ())

G_DECLARE_FINAL_TYPE (SignalConnection, signal_connection, SIGNAL, CONNECTION, GObject)

/* The callbacks to the owner of a connection. Each of them may release the last reference, or
 * close the connection. */
typedef struct
{
  /* CONNECTED, AUTHENTICATING and AUTHENTICATED, each of them once and in this order. */
  void     (*phase)              (SignalConnection      *connection,
                                  SignalConnectionState  phase,
                                  gpointer               user_data);

  /* An application message has been received. */
  void     (*message)            (SignalConnection      *connection,
                                  SignalMessage         *message,
                                  gpointer               user_data);

  /* The server has reported an error, and the connection continues. Returns whether it is the
   * answer to a request; if not, the fault callback follows. */
  gboolean (*answer)             (SignalConnection      *connection,
                                  SignalMessage         *message,
                                  const GError          *error,
                                  gpointer               user_data);

  /* An error has occurred, and the connection continues. */
  void     (*fault)              (SignalConnection      *connection,
                                  const GError          *error,
                                  gpointer               user_data);

  /* The connection has ended; no further callbacks follow. retry_after is the delay in ms that
   * the server has asked for, or 0. */
  void     (*ended)              (SignalConnection      *connection,
                                  const GError          *error,
                                  SignalCloseAction      action,
                                  guint                  retry_after,
                                  gpointer               user_data);

  /* Data that was waiting has been written to the socket. */
  void     (*written)            (SignalConnection      *connection,
                                  gpointer               user_data);

  gboolean (*accept_certificate) (SignalConnection      *connection,
                                  GTlsCertificate       *certificate,
                                  GTlsCertificateFlags   errors,
                                  gpointer               user_data);
} SignalConnectionHandlers;

SignalConnection *signal_connection_new          (const SignalConnectionHandlers  *handlers,
                                                  gpointer                         user_data) G_GNUC_WARN_UNUSED_RESULT;
gboolean          signal_connection_start        (SignalConnection                *self,
                                                  SignalConnectionOptions         *options,
                                                  GUri                            *uri,
                                                  const SignalAuthenticateOptions *authenticate,
                                                  const char                      *token,
                                                  GError                         **error);
void              signal_connection_close_async  (SignalConnection                *self,
                                                  GCancellable                    *cancellable,
                                                  GAsyncReadyCallback              callback,
                                                  gpointer                         user_data);
gboolean          signal_connection_close_finish (SignalConnection                *self,
                                                  GAsyncResult                    *result,
                                                  GError                         **error);
void              signal_connection_drop         (SignalConnection                *self);

SignalConnectionState  signal_connection_get_phase      (SignalConnection *self);
SignalChannel         *signal_connection_get_channel    (SignalConnection *self);
const char            *signal_connection_get_client_id  (SignalConnection *self);
const char            *signal_connection_get_user_id    (SignalConnection *self);
gboolean               signal_connection_is_encrypted   (SignalConnection *self);
gboolean               signal_connection_can_send       (SignalConnection *self);
gint64                 signal_connection_get_age        (SignalConnection *self);
gint64                 signal_connection_get_round_trip (SignalConnection *self);
guint16                signal_connection_get_close_code (SignalConnection *self);
guint64                signal_connection_get_received   (SignalConnection *self);
guint64                signal_connection_get_written    (SignalConnection *self);
gsize                  signal_connection_get_unsent     (SignalConnection *self);

void signal_connection_probe (SignalConnection *self);
void signal_connection_renew (SignalConnection *self,
                              const GError     *error);

gboolean signal_connection_send       (SignalConnection  *self,
                                       const char        *envelope,
                                       gsize              length,
                                       GError           **error);
gboolean signal_connection_take_back  (SignalConnection  *self,
                                       guint64            position,
                                       gsize              length);
gboolean signal_connection_send_plain (SignalConnection  *self,
                                       const char        *envelope,
                                       GError           **error);

G_END_DECLS
