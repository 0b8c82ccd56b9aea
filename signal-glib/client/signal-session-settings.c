/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-session-settings-private.h"

#include <glib/gi18n-lib.h>

#include "signal-error.h"
#include "websocket/signal-url-private.h"
#include "websocket/signal-websocket-client-handshake-private.h"

/* self must be zeroed. */
void
signal_session_settings_init (SignalSessionSettings *self)
{
  self->connection = signal_connection_options_new ();
}

void
signal_session_settings_clear (SignalSessionSettings *self)
{
  g_clear_pointer (&self->server_url, g_free);
  g_clear_pointer (&self->correlation_member, g_free);
  g_clear_pointer (&self->connection, signal_connection_options_unref);
  g_clear_object (&self->network_monitor);
}

/* Validates the settings of an attempt. Returns the URL. */
GUri *
signal_session_settings_check (SignalSessionSettings  *self,
                               GError                **error)
{
  SignalConnectionOptions *options = self->connection;
  g_autoptr (GUri) uri = signal_url_parse (self->server_url, options->allow_insecure, error);

  if (uri == NULL)
    return NULL;

  if (options->headers != NULL && !signal_websocket_client_handshake_check_headers (options->headers, error))
    return NULL;

  if (!g_utf8_validate (options->ecdh_info, -1, NULL))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("The info string for the key derivation is not valid UTF-8"));
      return NULL;
    }

  return g_steal_pointer (&uri);
}
