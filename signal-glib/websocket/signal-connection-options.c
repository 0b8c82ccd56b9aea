/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-connection-options-private.h"

SignalConnectionOptions *
signal_connection_options_new (void)
{
  SignalConnectionOptions *self = g_new0 (SignalConnectionOptions, 1);

  g_atomic_ref_count_init (&self->ref_count);
  return self;
}

SignalConnectionOptions *
signal_connection_options_ref (SignalConnectionOptions *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
signal_connection_options_unref (SignalConnectionOptions *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_object (&self->tls_database);
  g_clear_object (&self->tls_certificate);
  g_clear_object (&self->proxy_resolver);
  g_clear_pointer (&self->headers, soup_message_headers_unref);
  g_free (self->ecdh_info);
  g_free (self);
}

static SignalConnectionOptions *
copy (const SignalConnectionOptions *self)
{
  SignalConnectionOptions *result = g_memdup2 (self, sizeof *self);

  g_atomic_ref_count_init (&result->ref_count);
  if (self->tls_database != NULL)
    g_object_ref (self->tls_database);
  if (self->tls_certificate != NULL)
    g_object_ref (self->tls_certificate);
  if (self->proxy_resolver != NULL)
    g_object_ref (self->proxy_resolver);
  if (self->headers != NULL)
    soup_message_headers_ref (self->headers);
  result->ecdh_info = g_strdup (self->ecdh_info);

  return result;
}

/* Replaces options that are shared with a connection by a copy. Returns options that can be
 * modified. */
SignalConnectionOptions *
signal_connection_options_make_writable (SignalConnectionOptions **self)
{
  if (!g_atomic_ref_count_compare (&(*self)->ref_count, 1))
    {
      SignalConnectionOptions *writable = copy (*self);

      signal_connection_options_unref (*self);
      *self = writable;
    }

  return *self;
}
