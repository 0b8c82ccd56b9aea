/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "demo/tour/tour-frame.h"

G_BEGIN_DECLS

#define DEMO_TYPE_FRAME (demo_frame_get_type ())

/* A frame as it went over the wire, and beside it what the application said or heard. */
G_DECLARE_FINAL_TYPE (DemoFrame, demo_frame, DEMO, FRAME, GObject)

DemoFrame  *demo_frame_new            (const TourFrame *frame);

gboolean    demo_frame_is_encrypted   (DemoFrame       *self);

gboolean    demo_frame_is_from_client (DemoFrame       *self);

guint       demo_frame_get_link       (DemoFrame       *self);

guint64     demo_frame_get_size       (DemoFrame       *self);

gboolean    demo_frame_is_unread      (DemoFrame       *self);

const char *demo_frame_get_text       (DemoFrame       *self);

const char *demo_frame_get_clock      (DemoFrame       *self);

gboolean    demo_frame_holds          (DemoFrame       *self,
                                       gsize            length);

gboolean    demo_frame_may_hold       (DemoFrame       *self,
                                       gsize            length);

const char *demo_frame_get_plaintext  (DemoFrame       *self);

void        demo_frame_set_plaintext  (DemoFrame       *self,
                                       const char      *plaintext);

G_END_DECLS
