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
      return _("Enter a token that the server knows, and connect again.");
    case SIGNAL_ERROR_ENCRYPTION_REQUIRED:
      return _("Ask whoever runs the server: it is set up without the encryption that this "
               "program wants.");
    case SIGNAL_ERROR_INSECURE:
      return _("Use an address that begins with wss://. Without TLS everybody on the way could "
               "read the token.");
    case SIGNAL_ERROR_INVALID_ARGUMENT:
      return _("Correct what you entered, and try again.");
    case SIGNAL_ERROR_RETRIES_EXHAUSTED:
      return _("See whether the server runs, then connect again.");
    case SIGNAL_ERROR_OUTBOX_FULL:
      return _("Wait until the connection is back before you send more.");
    case SIGNAL_ERROR_TOO_LARGE:
      return _("Send less at a time.");
    case SIGNAL_ERROR_NOT_CONNECTED:
      return _("If it does not come back, see whether the server runs.");
    case SIGNAL_ERROR_TIMED_OUT:
      return _("The network or the server is slow. It will be tried again.");
    default:
      return _("Whoever runs the server may know more.");
    }
}

const char *
demo_error_get_hint (const GError *error)
{
  if (error->domain == SIGNAL_ERROR)
    return get_signal_hint (error->code);
  if (error->domain == G_TLS_ERROR)
    return _("Check the address. If the server has a certificate of its own, choose the file of its "
             "authority under “Certificate authority”.");
  if (error->domain == G_RESOLVER_ERROR)
    return _("Check the name of the server and your network.");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    return _("See whether the server runs, and whether the address and the port are right.");
  return _("Check the address and your network.");
}

gboolean
demo_error_is_transient (const GError *error)
{
  return g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL)
         || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
}
