/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "signal-types.h"

G_BEGIN_DECLS

/* Makes the transitions of a session visible to developers: each is a line of debug output, and the
 * phases of an attempt are marks in a recording of sysprof. Neither contains tokens, keys, payloads
 * or text of the peer. */
typedef struct
{
  guint client;     /* the number of the client in this process */
  guint connection; /* the number of the attempt and of its connection */
  SignalConnectionState state;
  gint64 phase_begin; /* µs */
  char *failure;      /* why the attempt or the connection has ended, until the next transition */
} SignalTransitionLog;

void     signal_transition_log_init       (SignalTransitionLog   *self);
void     signal_transition_log_clear      (SignalTransitionLog   *self);
gboolean signal_transition_log_is_enabled (void);
void     signal_transition_log_fail       (SignalTransitionLog   *self,
                                           const GError          *error,
                                           guint16                close_code);
void     signal_transition_log_add        (SignalTransitionLog   *self,
                                           SignalConnectionState  state,
                                           const char            *cause);

G_END_DECLS
