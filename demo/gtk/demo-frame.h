/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "demo/tour/tour-frame.h"

G_BEGIN_DECLS

#define DEMO_TYPE_FRAME (demo_frame_get_type ())

/* A frame as it was transferred, with its plaintext if that is known. */
G_DECLARE_FINAL_TYPE (DemoFrame, demo_frame, DEMO, FRAME, GObject)

DemoFrame  *demo_frame_new                   (const TourFrame *frame);

gboolean    demo_frame_is_encrypted          (DemoFrame       *self);

gboolean    demo_frame_is_from_client        (DemoFrame       *self);

guint       demo_frame_get_connection_id     (DemoFrame       *self);

guint64     demo_frame_get_size              (DemoFrame       *self);

gboolean    demo_frame_is_unparsed           (DemoFrame       *self);

const char *demo_frame_get_text              (DemoFrame       *self);

const char *demo_frame_get_time              (DemoFrame       *self);

gboolean    demo_frame_has_plaintext_length  (DemoFrame       *self,
                                              gsize            length);

gboolean    demo_frame_fits_plaintext_length (DemoFrame       *self,
                                              gsize            length);

const char *demo_frame_get_plaintext         (DemoFrame       *self);

void        demo_frame_set_plaintext         (DemoFrame       *self,
                                              const char      *plaintext);

G_END_DECLS
