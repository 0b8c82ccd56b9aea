/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The rooms that a client joins: those to join automatically and those joined, without those
 * left, in the order in which they were added. */
typedef struct _SignalRoomSet SignalRoomSet;

SignalRoomSet      *signal_room_set_new           (void) G_GNUC_WARN_UNUSED_RESULT;
void                signal_room_set_free          (SignalRoomSet      *self);
gboolean            signal_room_set_set_auto_join (SignalRoomSet      *self,
                                                   const char * const *names);
const char * const *signal_room_set_get_auto_join (SignalRoomSet      *self);
const char * const *signal_room_set_get_wanted    (SignalRoomSet      *self);
gboolean            signal_room_set_join          (SignalRoomSet      *self,
                                                   const char * const *names,
                                                   GStrv              *added);
gboolean            signal_room_set_leave         (SignalRoomSet      *self,
                                                   const char * const *names,
                                                   GStrv              *removed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalRoomSet, signal_room_set_free)

G_END_DECLS
