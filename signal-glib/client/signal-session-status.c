/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-session-status-private.h"

#include <glib/gi18n-lib.h>

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
         && self->is_encrypted == other->is_encrypted
         && g_strcmp0 (self->url, other->url) == 0
         && self->failures == other->failures
         && self->retry == other->retry
         && self->retry_at == other->retry_at;
}

/* Returns a text for the user, which does not depend on the time. */
char *
signal_session_status_text (const SignalSessionStatus *self)
{
  switch (self->state)
    {
    case SIGNAL_CONNECTION_STATE_CONNECTING:
      return g_strdup (_("Connecting…"));
    case SIGNAL_CONNECTION_STATE_CONNECTED:
    case SIGNAL_CONNECTION_STATE_AUTHENTICATING:
      return g_strdup (_("Authenticating…"));
    case SIGNAL_CONNECTION_STATE_AUTHENTICATED:
      return g_strdup (self->is_encrypted ? _("Connected, encrypted") : _("Connected, not encrypted"));
    case SIGNAL_CONNECTION_STATE_RECONNECTING:
      /* Translators: an application may append the remaining seconds, as in “Reconnecting
       * (attempt 2) in 3 seconds” */
      return g_strdup_printf (_("Reconnecting (attempt %u)"), self->retry);
    case SIGNAL_CONNECTION_STATE_DISCONNECTED:
    default:
      return g_strdup (_("Not connected"));
    }
}
