/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "protocol/signal-message-private.h"

G_BEGIN_DECLS

#define SIGNAL_ROOM_NAME_MAX_LENGTH 256 /* UTF-16 code units, as on the public server */

/* The rooms that every peer joins, in addition to the one that is its own ID. */
#define SIGNAL_ROOM_DEFAULT "ws-default"
#define SIGNAL_ROOM_NOTIFICATION "ws-notification"

gboolean   signal_room_name_check          (const char          *name,
                                            GError             **error);
gboolean   signal_room_name_check_all      (const char * const  *names,
                                            GError             **error);
GPtrArray *signal_room_name_compose_frames (const char          *event,
                                            const char * const  *names,
                                            gsize                max_size) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *signal_room_name_parse_frame    (SignalMessage       *message,
                                            guint                max_names) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
