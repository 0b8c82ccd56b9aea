/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-session-status-private.h"

/* self must be cleared or zeroed. */
void
signal_session_status_copy (SignalSessionStatus       *self,
                            const SignalSessionStatus *other)
{
  *self = *other;
  self->url = g_strdup (other->url);
}

void
signal_session_status_clear (SignalSessionStatus *self)
{
  g_clear_pointer (&self->url, g_free);
}

gboolean
signal_session_status_equal (const SignalSessionStatus *self,
                             const SignalSessionStatus *other)
{
  return self->state == other->state
         && g_strcmp0 (self->url, other->url) == 0;
}
