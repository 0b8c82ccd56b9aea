/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

void signal_marshal_set_for_message (guint signal_id,
                                     GType type);

G_END_DECLS
