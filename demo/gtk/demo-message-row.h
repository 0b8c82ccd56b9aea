/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "demo-session.h"

G_BEGIN_DECLS

#define DEMO_TYPE_MESSAGE_ROW (demo_message_row_get_type ())

/* One message in the list. */
G_DECLARE_FINAL_TYPE (DemoMessageRow, demo_message_row, DEMO, MESSAGE_ROW, GtkBox)

void demo_message_row_set_message (DemoMessageRow *self,
                                   DemoMessage    *message);

G_END_DECLS
