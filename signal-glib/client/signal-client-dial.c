/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "client/signal-client-private.h"
#include "signal-error.h"
#include "websocket/signal-url-private.h"
#include "websocket/signal-websocket-client-handshake-private.h"

/* From the properties to an attempt. */

/* The URL, if it and the other settings of an attempt are valid. */
GUri *
signal_client_check_settings (SignalClient  *self,
                              GError       **error)
{
  g_autoptr (GUri) uri = signal_url_parse (self->server_url, self->allow_insecure, error);

  if (uri == NULL)
    return NULL;

  if (self->headers != NULL && !signal_upgrade_check_headers (self->headers, error))
    return NULL;

  if (!g_utf8_validate (self->ecdh_info, -1, NULL))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("The info string for the key derivation is not valid UTF-8"));
      return NULL;
    }

  return g_steal_pointer (&uri);
}

/* Begins a connection, or says why there is no use in it. */
gboolean
signal_client_dial (SignalClient                    *self,
                    const SignalConnectionHandlers  *handlers,
                    GError                         **error)
{
  g_autoptr (GUri) uri = signal_client_check_settings (self, error);
  SignalConnectionOptions options = {
    .uri = uri,
    .tls_database = self->tls_database,
    .tls_certificate = self->tls_certificate,
    .proxy_resolver = self->proxy_resolver,
    .headers = self->headers,
    .allow_insecure = self->allow_insecure,
    .token = self->token,
    .ecdh_info = self->ecdh_info,
    .require_encryption = self->require_encryption,
    .connect_timeout = self->connect_timeout,
    .heartbeat_interval = self->heartbeat_interval,
    .liveness_timeout = self->liveness_timeout,
    .max_message_size = self->max_message_size,
    .max_incoming_size = self->max_incoming_size,
  };
  gboolean started;

  if (uri == NULL || !signal_client_check_token (self, error))
    return FALSE;

  g_main_context_push_thread_default (self->context);
  self->connection = signal_connection_new (handlers, self);
  started = signal_connection_start (self->connection, &options, error);
  g_main_context_pop_thread_default (self->context);

  if (started)
    self->attempts++;
  else
    g_clear_object (&self->connection);
  return started;
}
