/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-emission-private.h"

SignalEmission *
signal_emission_new (SignalEmissionType  type,
                     const GError       *error)
{
  SignalEmission *self = g_new0 (SignalEmission, 1);

  self->type = type;
  self->error = error != NULL ? g_error_copy (error) : NULL;
  return self;
}

void
signal_emission_free (SignalEmission *self)
{
  g_clear_error (&self->error);
  g_clear_object (&self->task);
  g_free (self);
}
