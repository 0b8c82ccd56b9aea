/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

#include "mock-server.h"

G_BEGIN_DECLS

/* Records the signals that a client emits and the results of its asynchronous calls. */
typedef struct
{
  SignalClient *client;
  GString      *states;  /* the nick of each state that was notified, each followed by a space */
  GString      *signals; /* the name of each other signal but `message`, likewise */
  GPtrArray    *messages;
  GPtrArray    *errors;  /* GError */
  GArray       *delays;  /* guint: of each `reconnecting` */
  GArray       *attempts;
  guint         n_connected;
  guint         n_disconnected;
  GError       *disconnected;

  gboolean      is_done; /* connect_async() */
  GError       *error;
  guint         n_closed; /* disconnect_async() */

  guint         timeout; /* of each wait, in seconds */
  gboolean      disconnects_when_freed;
} Recorder;

Recorder *recorder_new             (const char           *uri);
void      recorder_free            (Recorder             *recorder);
void      recorder_start           (Recorder             *recorder);
void      recorder_connect         (Recorder             *recorder);
void      recorder_connect_fails   (Recorder             *recorder,
                                    GQuark                domain,
                                    int                   code);
void      recorder_disconnect      (Recorder             *recorder);
void      recorder_drop_client     (Recorder             *recorder);
void      recorder_wait_state      (Recorder             *recorder,
                                    SignalConnectionState state);
GError   *recorder_wait_error      (Recorder             *recorder,
                                    guint                 index);
void      recorder_on_connected    (GObject              *source,
                                    GAsyncResult         *result,
                                    gpointer              user_data);
void      recorder_on_disconnected (GObject              *source,
                                    GAsyncResult         *result,
                                    gpointer              user_data);

gboolean recorder_is_connected        (Recorder   *recorder);
void     recorder_wait_connected      (Recorder   *recorder);
void     recorder_wait_failure        (Recorder   *recorder,
                                       GQuark      domain,
                                       int         code);
void     recorder_wait_matching_error (Recorder   *recorder,
                                       GQuark      domain,
                                       int         code);
void     recorder_send                (Recorder   *recorder,
                                       const char *event,
                                       const char *json);
guint    recorder_count_messages      (Recorder   *recorder,
                                       const char *event);
char    *recorder_wait_message        (Recorder   *recorder,
                                       const char *event);
void     recorder_assert_message      (Recorder   *recorder,
                                       const char *event,
                                       const char *json);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

G_END_DECLS
