/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIGNAL_ROOMS_NAME_MAX 256 /* UTF-16 code units: what the public server counts */

/* The rooms that a client wants to be in: auto-join + joined − left, in the order they were named. */
typedef struct _SignalRooms SignalRooms;

SignalRooms        *signal_rooms_new           (void) G_GNUC_WARN_UNUSED_RESULT;
void                signal_rooms_free          (SignalRooms        *self);
gboolean            signal_rooms_set_auto_join (SignalRooms        *self,
                                                const char * const *names);
const char * const *signal_rooms_get_auto_join (SignalRooms        *self);
const char * const *signal_rooms_get_wanted    (SignalRooms        *self);
gboolean            signal_rooms_join          (SignalRooms        *self,
                                                const char * const *names,
                                                GStrv              *added);
gboolean            signal_rooms_leave         (SignalRooms        *self,
                                                const char * const *names,
                                                GStrv              *removed);

gboolean            signal_rooms_check_name    (const char         *name,
                                                GError            **error);
gboolean            signal_rooms_check_names   (const char * const *names,
                                                GError            **error);
GPtrArray          *signal_rooms_compose       (const char         *event,
                                                const char * const *names,
                                                gsize               max_size) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalRooms, signal_rooms_free)

G_END_DECLS
