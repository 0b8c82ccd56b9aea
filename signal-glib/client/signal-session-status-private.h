/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "signal-types.h"

G_BEGIN_DECLS

/* What a session is doing, as its owner shows it. The properties of the client that depend on the
 * state are functions of this alone, so that two of these determine what must be notified. */
typedef struct
{
  SignalConnectionState state;
  gboolean is_encrypted;
  char    *url;      /* of the server that is tried or connected, or NULL */
  guint    failures; /* consecutive failed attempts */
  guint    retry;    /* the number of the retry that is waited for */
  gint64   retry_at; /* monotonic time; 0 if there is no wait */
} SignalSessionStatus;

void     signal_session_status_copy  (SignalSessionStatus       *self,
                                      const SignalSessionStatus *other);
void     signal_session_status_clear (SignalSessionStatus       *self);
gboolean signal_session_status_equal (const SignalSessionStatus *self,
                                      const SignalSessionStatus *other);
char    *signal_session_status_text  (const SignalSessionStatus *self) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SignalSessionStatus, signal_session_status_clear)

G_END_DECLS
