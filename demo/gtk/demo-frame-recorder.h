/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "demo-frame.h"

G_BEGIN_DECLS

#define DEMO_TYPE_FRAME_RECORDER (demo_frame_recorder_get_type ())

/* Records the frames between the client and a server on this machine with a relay, and matches them
 * with their plaintexts. */
G_DECLARE_FINAL_TYPE (DemoFrameRecorder, demo_frame_recorder, DEMO, FRAME_RECORDER, GObject)

DemoFrameRecorder *demo_frame_recorder_new          (void);

char              *demo_frame_recorder_relay        (DemoFrameRecorder  *self,
                                                     const char         *url,
                                                     GError            **error);

void               demo_frame_recorder_set_blocked  (DemoFrameRecorder  *self,
                                                     gboolean            blocked);

GListModel        *demo_frame_recorder_get_frames   (DemoFrameRecorder  *self);

void               demo_frame_recorder_add_sent     (DemoFrameRecorder  *self,
                                                     const char         *event,
                                                     const char         *json);

void               demo_frame_recorder_add_received (DemoFrameRecorder  *self,
                                                     const char         *event,
                                                     const char         *json);

G_END_DECLS
