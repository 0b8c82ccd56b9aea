/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/signal-connection-private.h"

#include "protocol/signal-channel-private.h"
#include "client/signal-keepalive-private.h"

G_BEGIN_DECLS

/* Shared by the files signal-connection*.c and by nothing else. */
struct _SignalConnection
{
  GObject parent_instance;

  const SignalConnectionHandlers *handlers; /* NULL: nobody listens any more */
  gpointer user_data;

  GMainContext *context;
  SignalConnectionState phase;
  GCancellable *dialing; /* NULL once the socket is open, or given up */
  SignalChannel *channel;
  SignalKeyPair *key_pair;
  SignalKeepalive *pulse;
  GSource *deadline;
  gint64 deadline_time;
  GQueue closing; /* of GTask */

  char *token;
  char *ecdh_info;
  gboolean require_encryption;
  guint heartbeat_interval;
  guint liveness_timeout;
  guint max_message_size;
  guint64 max_incoming_size;

  char *client_id;
  char *user_id;
  char *server_error; /* the text of the last `error` event */
  gint64 authenticated;
};

/* client/signal-connection.c */
void signal_connection_report_fault (SignalConnection  *self,
                                     const GError      *error);
void signal_connection_set_deadline (SignalConnection  *self,
                                     guint              ms);
void signal_connection_settle       (SignalConnection  *self);
void signal_connection_end          (SignalConnection  *self,
                                     const GError      *error,
                                     SignalCloseAction  verdict,
                                     guint              retry_after);

/* client/signal-connection-receive.c */
void signal_connection_on_message (SignalChannel *channel,
                                   SignalMessage *message,
                                   gpointer       user_data);
void signal_connection_on_fault   (SignalChannel *channel,
                                   const GError  *error,
                                   gpointer       user_data);

G_END_DECLS
