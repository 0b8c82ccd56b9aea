/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

#include "demo-frame-recorder.h"
#include "demo-room.h"
#include "demo-settings.h"
#include "demo-status.h"

G_BEGIN_DECLS

#define DEMO_TYPE_SESSION (demo_session_get_type ())

/* The connection and the messages received from it. It outlives the windows. */
G_DECLARE_FINAL_TYPE (DemoSession, demo_session, DEMO, SESSION, GObject)

DemoSession       *demo_session_new              (DemoSettings        *settings);

SignalClient      *demo_session_get_client       (DemoSession         *self);

DemoSettings      *demo_session_get_settings     (DemoSession         *self);

DemoStatus        *demo_session_get_status       (DemoSession         *self);

DemoFrameRecorder *demo_session_get_recorder     (DemoSession         *self);

GListModel        *demo_session_get_rooms        (DemoSession         *self);

gboolean           demo_session_is_active        (DemoSession         *self);

void               demo_session_connect          (DemoSession         *self,
                                                  const char          *url,
                                                  const char          *token,
                                                  const char * const  *rooms,
                                                  const char          *ca_file);

void               demo_session_connect_local    (DemoSession         *self);

void               demo_session_disconnect       (DemoSession         *self);

gboolean           demo_session_has_local_server (DemoSession         *self);

void               demo_session_set_blocked      (DemoSession         *self,
                                                  gboolean             blocked);

gboolean           demo_session_join             (DemoSession         *self,
                                                  const char          *room,
                                                  GError             **error);

void               demo_session_leave            (DemoSession         *self,
                                                  DemoRoom            *room);

gboolean           demo_session_send_text        (DemoSession         *self,
                                                  DemoRoom            *room,
                                                  const char          *text,
                                                  GError             **error);

gboolean           demo_session_send_json        (DemoSession         *self,
                                                  DemoRoom            *room,
                                                  const char          *event,
                                                  const char          *json,
                                                  GError             **error);

G_END_DECLS
