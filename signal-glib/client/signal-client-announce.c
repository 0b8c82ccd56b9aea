/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-client-private.h"

/* Says what has become of the client, after the facts were changed. */

/* Notifies of the state, and of what comes and goes with it. */
static void
announce (SignalClient *self)
{
  GObject *object = G_OBJECT (self);
  SignalConnectionState state = signal_client_get_state (self);
  gboolean was_authenticated = self->announced == SIGNAL_CONNECTION_STATE_AUTHENTICATED;

  if (state == self->announced)
    return;

  self->announced = state;
  g_object_freeze_notify (object);
  g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_STATE]);
  if (was_authenticated || state == SIGNAL_CONNECTION_STATE_AUTHENTICATED)
    {
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_CLIENT_ID]);
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_USER_ID]);
      g_object_notify_by_pspec (object, signal_client_properties[SIGNAL_CLIENT_PROP_ENCRYPTED]);
    }
  g_object_thaw_notify (object);
}

/* Announces a transition. FALSE: a handler has caused another one. */
gboolean
signal_client_announce_turn (SignalClient *self)
{
  guint turn = ++self->turn;

  announce (self);
  return turn == self->turn;
}

void
signal_client_set_last_error (SignalClient *self,
                              const GError *error)
{
  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self),
                            signal_client_properties[SIGNAL_CLIENT_PROP_LAST_ERROR]);
}

void
signal_client_report_error (SignalClient *self,
                            const GError *error)
{
  signal_client_set_last_error (self, error);
  signal_client_emit_error (self, error);
}
