/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-error.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <signal-glib/signal-glib.h>

static const char *
get_signal_hint (int code)
{
  switch (code)
    {
    case SIGNAL_ERROR_AUTHENTICATION_FAILED:
      return _("Enter a token that the server accepts, then connect again.");
    case SIGNAL_ERROR_ENCRYPTION_REQUIRED:
      return _("Contact the server administrator. The server is not configured for the encryption "
               "that this application requires.");
    case SIGNAL_ERROR_INSECURE:
      return _("Use an address that begins with wss://. Without TLS, others on the network could "
               "read the token.");
    case SIGNAL_ERROR_INVALID_ARGUMENT:
      return _("Correct the settings, then try again.");
    case SIGNAL_ERROR_RETRIES_EXHAUSTED:
      return _("Check that the server is running, then connect again.");
    case SIGNAL_ERROR_OUTBOX_FULL:
      return _("Wait until the connection is restored before sending more messages.");
    case SIGNAL_ERROR_TOO_LARGE:
      return _("Send a smaller message.");
    case SIGNAL_ERROR_NOT_CONNECTED:
      return _("If the connection is not restored, check that the server is running.");
    case SIGNAL_ERROR_TIMED_OUT:
      return _("The network or the server is slow. The connection is retried automatically.");
    default:
      return _("Contact the server administrator.");
    }
}

const char *
demo_error_get_hint (const GError *error)
{
  if (error->domain == SIGNAL_ERROR)
    return get_signal_hint (error->code);
  if (error->domain == G_TLS_ERROR)
    return _("Check the address. If the server uses a private certificate authority, choose its "
             "file under “Certificate Authority”.");
  if (error->domain == G_RESOLVER_ERROR)
    return _("Check the server name and your network connection.");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    return _("Check that the server is running and that the address and port are correct.");
  return _("Check the address and your network connection.");
}

gboolean
demo_error_is_transient (const GError *error)
{
  return g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
}
