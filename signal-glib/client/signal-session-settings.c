/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-session-settings-private.h"

#include <glib/gi18n-lib.h>

#include "protocol/signal-handshake-private.h"
#include "signal-error.h"
#include "websocket/signal-url-private.h"
#include "websocket/signal-websocket-client-handshake-private.h"

/* self must be zeroed. */
void
signal_session_settings_init (SignalSessionSettings *self)
{
  self->server_urls = g_new0 (char *, 1);
  self->connection = signal_connection_options_new ();
}

void
signal_session_settings_clear (SignalSessionSettings *self)
{
  g_clear_pointer (&self->server_url, g_free);
  g_clear_pointer (&self->correlation_member, g_free);
  g_clear_pointer (&self->server_urls, g_strfreev);
  g_clear_pointer (&self->connection, signal_connection_options_unref);
  signal_authenticate_options_clear (&self->authenticate);
  g_clear_object (&self->network_monitor);
}

guint
signal_session_settings_count_urls (const SignalSessionSettings *self)
{
  return g_strv_length (self->server_urls) + (self->server_url != NULL ? 1 : 0);
}

/* Returns the URL of the server with this index, or NULL if none is set. */
const char *
signal_session_settings_get_url (const SignalSessionSettings *self,
                                 guint                        index)
{
  if (self->server_url == NULL)
    return self->server_urls[index];

  return index == 0 ? self->server_url : self->server_urls[index - 1];
}

/* Returns a text for debug output that names a server, but not the path and the query of its URL. */
char *
signal_session_settings_describe_url (const SignalSessionSettings *self,
                                      guint                        index)
{
  g_autoptr (GUri) uri = signal_url_parse (signal_session_settings_get_url (self, index), TRUE, NULL);
  g_autofree char *host = uri != NULL ? signal_url_compose_host_field (uri) : g_strdup ("");

  return g_strdup_printf ("%s://%s", uri != NULL ? g_uri_get_scheme (uri) : "", host);
}

static GUri *
parse_url (SignalSessionSettings  *self,
           guint                   index,
           GError                **error)
{
  GUri *uri = signal_url_parse (signal_session_settings_get_url (self, index),
                                self->connection->allow_insecure, error);

  if (uri == NULL && signal_session_settings_count_urls (self) > 1)
    g_prefix_error (error, _("Server URL %u: "), index + 1);
  return uri;
}

/* Validates the settings of an attempt, including the URLs of all servers, so that a mistake in
 * one of them is found at once. Returns the URL with this index. */
GUri *
signal_session_settings_check (SignalSessionSettings  *self,
                               guint                   index,
                               GError                **error)
{
  SignalConnectionOptions *options = self->connection;
  g_autoptr (GUri) uri = parse_url (self, index, error);

  if (uri == NULL)
    return NULL;

  for (guint i = 0; i < signal_session_settings_count_urls (self); i++)
    {
      g_autoptr (GUri) other = i != index ? parse_url (self, i, error) : g_uri_ref (uri);

      if (other == NULL)
        return NULL;
    }

  if (!signal_handshake_check_options (&self->authenticate, error))
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
