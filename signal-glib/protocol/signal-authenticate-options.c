/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-authenticate-options-private.h"

/* self must be zeroed or cleared. The object of the application is shared. */
void
signal_authenticate_options_copy (SignalAuthenticateOptions       *self,
                                  const SignalAuthenticateOptions *from)
{
  self->type = g_strdup (from->type);
  self->data = from->data != NULL ? json_node_ref (from->data) : NULL;
  self->public_key_member = g_strdup (from->public_key_member);
}

void
signal_authenticate_options_clear (SignalAuthenticateOptions *self)
{
  g_clear_pointer (&self->type, g_free);
  g_clear_pointer (&self->data, json_node_unref);
  g_clear_pointer (&self->public_key_member, g_free);
}
