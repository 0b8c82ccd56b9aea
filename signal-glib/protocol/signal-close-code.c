/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-close-code-private.h"

#include <glib/gi18n-lib.h>

#include "signal-error.h"
#include "util/signal-display-text-private.h"

/* The text of the `error` event that the public server sends before a 4003 that is not caused by
 * the token. */
#define TEMPORARY_REFUSAL "Authentication error"

static GError *
explain_refusal (const char        *server_error,
                 SignalCloseAction *action)
{
  if (g_strcmp0 (server_error, TEMPORARY_REFUSAL) == 0)
    {
      *action = SIGNAL_CLOSE_ACTION_RETRY;
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_SERVER,
                                  _("The server is temporarily unable to check the token"));
    }

  *action = SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN;
  return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                              _("The server rejected the token; a new one is needed"));
}

static GError *
explain_encryption (const char        *server_error,
                    SignalCloseAction *action)
{
  *action = SIGNAL_CLOSE_ACTION_STOP;

  if (server_error != NULL)
    return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED,
                                _("The server rejected the encryption handshake"));

  return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED,
                              _("The server requires encryption but did not start it; check the "
                                "server's configuration"));
}

/* Returns whether the error of the transport is more specific than the close code: either no
 * close frame was received, or the code is the one that we closed with and that the peer has
 * echoed. For 1012 and 1013, libsoup adds an error that is less specific. */
static gboolean
is_ours (guint16 code)
{
  return code == SIGNAL_CLOSE_ABNORMAL || code == SIGNAL_CLOSE_PROTOCOL_ERROR
         || code == SIGNAL_CLOSE_BAD_DATA || code == SIGNAL_CLOSE_TOO_BIG;
}

static GError *
explain_code (guint16            code,
              const char        *server_error,
              SignalCloseAction *action)
{
  switch (code)
    {
    case SIGNAL_CLOSE_TOO_BIG:
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
                                  _("The server closed the connection: a message exceeded its size "
                                    "limit and was lost"));
    case SIGNAL_CLOSE_NOT_AUTHENTICATED:
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                  _("The server closed the connection: authentication took too "
                                    "long"));
    case SIGNAL_CLOSE_NO_HEARTBEAT:
      *action = SIGNAL_CLOSE_ACTION_RETRY_NOW;
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                  _("The server closed the connection: it received no heartbeat in time"));
    case SIGNAL_CLOSE_REFUSED:
      return explain_refusal (server_error, action);
    case SIGNAL_CLOSE_ENCRYPTION_REQUIRED:
      return explain_encryption (server_error, action);
    case SIGNAL_CLOSE_ABNORMAL:
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                                  _("The connection to the server was lost"));
    default:
      return g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                          _("The server closed the connection (code %u)"), code);
    }
}

/* Creates an error that explains why a connection was closed, and determines how to proceed.
 * reason is that of the close frame, in valid UTF-8, or NULL; server_error is the text of the
 * last `error` event, or NULL; transport_error is the error of the socket, or NULL. */
GError *
signal_close_code_explain (guint16            code,
                           const char        *reason,
                           const char        *server_error,
                           const GError      *transport_error,
                           SignalCloseAction *action)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *displayed = NULL;

  *action = SIGNAL_CLOSE_ACTION_RETRY;

  if (transport_error != NULL && is_ours (code))
    return g_error_copy (transport_error);

  error = explain_code (code, server_error, action);
  if (reason == NULL || *reason == '\0')
    return g_steal_pointer (&error);

  displayed = signal_display_text_new (reason);
  /* Translators: what has happened, as a sentence without a full stop, and the reason that the
   * server gave */
  return g_error_new (error->domain, error->code, _("%s: “%s”"), error->message, displayed);
}
