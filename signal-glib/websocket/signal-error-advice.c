/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>

#include "signal-error.h"
#include "util/signal-i18n-private.h"

static const char *
get_signal_advice (int code)
{
  switch (code)
    {
    case SIGNAL_ERROR_AUTHENTICATION_FAILED:
      return _("Enter a token that the server accepts, then connect again.");
    case SIGNAL_ERROR_CONNECTION_LOST:
      return _("The message may or may not have arrived. Check before you send it again.");
    case SIGNAL_ERROR_ENCRYPTION_REQUIRED:
      return _("Contact the server administrator. The server is not configured for the encryption "
               "that this application requires.");
    case SIGNAL_ERROR_INSECURE:
      return _("Use an address that begins with wss://. Without TLS, others on the network could "
               "read the token.");
    case SIGNAL_ERROR_INVALID_ARGUMENT:
      return _("Correct the settings, then try again.");
    case SIGNAL_ERROR_NOT_CONNECTED:
      return _("If the connection is not restored, check that the server is running.");
    case SIGNAL_ERROR_OUTBOX_FULL:
      return _("Wait until the connection is restored before sending more messages.");
    case SIGNAL_ERROR_RETRIES_EXHAUSTED:
      return _("Check that the server is running, then connect again.");
    case SIGNAL_ERROR_TIMED_OUT:
      return _("The network or the server is slow. Check your network connection if this happens "
               "again.");
    case SIGNAL_ERROR_TOO_LARGE:
      return _("Send a smaller message.");
    default:
      return _("Contact the server administrator.");
    }
}

static const char *
get_io_advice (int code)
{
  switch (code)
    {
    case G_IO_ERROR_CANCELLED:
      return NULL;
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_CONNECTION_CLOSED:
      return _("Check that the server is running and that the address and port are correct.");
    case G_IO_ERROR_PROXY_FAILED:
    case G_IO_ERROR_PROXY_AUTH_FAILED:
    case G_IO_ERROR_PROXY_NEED_AUTH:
    case G_IO_ERROR_PROXY_NOT_ALLOWED:
      return _("Check the proxy settings.");
    default:
      return _("Check the address and your network connection.");
    }
}

/**
 * signal_error_get_advice:
 * @error: an error
 *
 * Gets a sentence that says what a person can do about an error.
 *
 * The sentence is meant to be shown below the message of an error that was reported by a
 * [class@Signal.Client], and is in the language of the user. It depends on the domain and the code
 * of the error only: besides %SIGNAL_ERROR, these are the domains of GIO and libsoup that describe
 * problems of the network, of TLS and of the upgrade request.
 *
 * Returns: (transfer none) (nullable): the advice, or %NULL if there is none, such as for an
 *   operation that was cancelled or an error of another domain
 *
 * Since: 0.1
 */
const char *
signal_error_get_advice (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  signal_i18n_init ();

  if (error->domain == SIGNAL_ERROR)
    return get_signal_advice (error->code);
  if (error->domain == G_IO_ERROR)
    return get_io_advice (error->code);
  if (error->domain == G_TLS_ERROR)
    return _("Check the address. If the server uses a private certificate authority, make sure that "
             "it is trusted.");
  if (error->domain == G_RESOLVER_ERROR)
    return _("Check the server name and your network connection.");
  if (error->domain == SOUP_WEBSOCKET_ERROR)
    return _("Check that the address is that of a Signal server, and that the server is running.");

  return NULL;
}
