/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "client/signal-connection-private.h"
#include "client/signal-operation-private.h"
#include "client/signal-room-set-private.h"
#include "client/signal-session-settings-private.h"
#include "client/signal-session-status-private.h"
#include "client/signal-system-monitor-private.h"
#include "protocol/signal-message-private.h"
#include "signal-types.h"

G_BEGIN_DECLS

#define SIGNAL_TYPE_SESSION (signal_session_get_type ())

G_DECLARE_FINAL_TYPE (SignalSession, signal_session, SIGNAL, SESSION, GObject)

/* The callbacks to the owner of a session. Each of them may call any function of the session, and
 * may release the last reference to the owner. */
typedef struct
{
  void     (*status_changed)     (gpointer                   owner,
                                  const SignalSessionStatus *before,
                                  const SignalSessionStatus *now);
  void     (*outbox_changed)     (gpointer              owner);

  void     (*connected)          (gpointer              owner);
  void     (*reconnecting)       (gpointer              owner,
                                  guint                 attempt,
                                  guint                 delay);
  void     (*disconnected)       (gpointer              owner,
                                  const GError         *error);
  void     (*message)            (gpointer              owner,
                                  SignalMessage        *message);
  void     (*error)              (gpointer              owner,
                                  const GError         *error);
  void     (*drained)            (gpointer              owner);

  gboolean (*accept_certificate) (gpointer              owner,
                                  GTlsCertificate      *certificate,
                                  GTlsCertificateFlags  errors);

  /* Returns a token (transfer full), or NULL. */
  char    *(*authenticate)       (gpointer              owner);

  /* Returns whether signal_session_update_token() or signal_session_fail_token() will be called
   * later. */
  gboolean (*request_token)      (gpointer              owner);

  /* Returns whether there is a handler for one of the two callbacks above. */
  gboolean (*has_token_source)   (gpointer              owner);
} SignalSessionHandlers;

typedef struct
{
  guint64 attempts;
  guint64 reconnects;
  guint64 messages_sent;
  guint64 messages_received;
  guint64 bytes_sent;
  guint64 bytes_received;
} SignalSessionStatistics;

SignalSession         *signal_session_new          (const SignalSessionHandlers  *handlers,
                                                    GObject                      *owner) G_GNUC_WARN_UNUSED_RESULT;
SignalSessionSettings *signal_session_get_settings (SignalSession                *self);

void signal_session_connect       (SignalSession *self,
                                   const char    *token,
                                   GTask         *task);
void signal_session_disconnect    (SignalSession *self,
                                   GTask         *task);
void signal_session_abandon       (SignalSession *self);
void signal_session_reconnect_now (SignalSession *self);
void signal_session_update_token  (SignalSession *self,
                                   const char    *token);
void signal_session_fail_token    (SignalSession *self,
                                   const GError  *error);

gboolean signal_session_send                (SignalSession       *self,
                                             char               **envelope,
                                             gsize                length,
                                             GError             **error);
gboolean signal_session_check_usable       (SignalSession       *self,
                                            GError             **error);
void     signal_session_start_send          (SignalSession       *self,
                                             char               **envelope,
                                             gsize                length,
                                             SignalOperation     *operation);
void     signal_session_start_request       (SignalSession       *self,
                                             char               **envelope,
                                             gsize                length,
                                             guint                timeout,
                                             SignalOperation     *operation);
void     signal_session_start_flush         (SignalSession       *self,
                                             SignalOperation     *operation);
gboolean signal_session_set_auto_join_rooms (SignalSession       *self,
                                             const char * const  *rooms);
gboolean signal_session_join_rooms          (SignalSession       *self,
                                             const char * const  *rooms,
                                             gboolean            *is_changed,
                                             GError             **error);
gboolean signal_session_leave_rooms         (SignalSession       *self,
                                             const char * const  *rooms,
                                             gboolean            *is_changed,
                                             GError             **error);

SignalConnectionState  signal_session_get_state           (SignalSession           *self);
const char            *signal_session_get_url             (SignalSession           *self);
guint                  signal_session_get_failures        (SignalSession           *self);
gint64                 signal_session_get_retry_at        (SignalSession           *self);
char                  *signal_session_get_status_text     (SignalSession           *self) G_GNUC_WARN_UNUSED_RESULT;
SignalConnection      *signal_session_get_connection      (SignalSession           *self);
SignalConnection      *signal_session_get_authenticated   (SignalSession           *self);
SignalRoomSet         *signal_session_get_rooms           (SignalSession           *self);
guint                  signal_session_get_outbox_length   (SignalSession           *self);
guint64                signal_session_get_buffered_amount (SignalSession           *self);
void                   signal_session_get_statistics      (SignalSession           *self,
                                                           SignalSessionStatistics *statistics);

/* For tests. */
SignalSystemMonitor *signal_session_get_system_monitor (SignalSession *self);
gboolean             signal_session_is_consistent      (SignalSession *self,
                                                        gboolean       is_idle);

G_END_DECLS
