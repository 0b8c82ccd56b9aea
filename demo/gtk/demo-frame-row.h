/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_FRAME_ROW (demo_frame_row_get_type ())

/* One frame in the list. */
G_DECLARE_FINAL_TYPE (DemoFrameRow, demo_frame_row, DEMO, FRAME_ROW, GtkBox)

void demo_frame_row_set_frame (DemoFrameRow *self,
                               DemoFrame    *frame);

G_END_DECLS
