/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-close-code-private.h"

#include <glib/gi18n-lib.h>

#include "signal-error.h"
#include "util/signal-display-text-private.h"

#define CLOSE_ABNORMAL 1006
#define CLOSE_PROTOCOL_ERROR 1002
#define CLOSE_BAD_DATA 1007
#define CLOSE_TOO_BIG 1009
#define CLOSE_NOT_IN_TIME 4001
#define CLOSE_NO_TRAFFIC 4002
#define CLOSE_REFUSED 4003
#define CLOSE_ENCRYPTION 4004

/* What the public server says before a 4003 that is not about the token. */
#define TEMPORARY_REFUSAL "Authentication error"

static GError *
explain_refusal (const char        *server_error,
                 SignalCloseAction *verdict)
{
  if (g_strcmp0 (server_error, TEMPORARY_REFUSAL) == 0)
    {
      *verdict = SIGNAL_CLOSE_ACTION_RETRY;
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_SERVER,
                                  _("The server could not check the token for now"));
    }

  *verdict = SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN;
  return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                              _("The server refused the token; a new one is needed"));
}

static GError *
explain_encryption (const char        *server_error,
                    SignalCloseAction *verdict)
{
  *verdict = SIGNAL_CLOSE_ACTION_STOP;

  if (server_error != NULL)
    return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED,
                                _("The server refused the encryption handshake"));

  return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED,
                              _("The server requires encryption and did not begin it; "
                                "its configuration is at fault"));
}

/* Whether an error of the transport tells more than the code: there was none, or it is the one that
 * we closed with and the peer sent back. libsoup adds an error to 1012 and 1013 that tells less. */
static gboolean
is_ours (guint16 code)
{
  return code == CLOSE_ABNORMAL || code == CLOSE_PROTOCOL_ERROR || code == CLOSE_BAD_DATA
         || code == CLOSE_TOO_BIG;
}

static GError *
explain_code (guint16            code,
              const char        *server_error,
              SignalCloseAction *verdict)
{
  switch (code)
    {
    case CLOSE_TOO_BIG:
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
                                  _("The server closed the connection: a message was larger than "
                                    "it takes, and is lost"));
    case CLOSE_NOT_IN_TIME:
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                  _("The server closed the connection: authentication took too "
                                    "long"));
    case CLOSE_NO_TRAFFIC:
      *verdict = SIGNAL_CLOSE_ACTION_RETRY_NOW;
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT,
                                  _("The server closed the connection: it heard nothing for too "
                                    "long"));
    case CLOSE_REFUSED:
      return explain_refusal (server_error, verdict);
    case CLOSE_ENCRYPTION:
      return explain_encryption (server_error, verdict);
    case CLOSE_ABNORMAL:
      return g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                                  _("The connection to the server was lost"));
    default:
      return g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                          _("The server closed the connection (code %u)"), code);
    }
}

/* What a close code of PROTOCOL's table means, as an error for people and as a verdict. code: 1006
 * where there was no close frame. reason: that of the close frame, valid UTF-8, or NULL.
 * server_error: the text of the last `error` event, or NULL. transport_error: what the socket said,
 * or NULL. */
GError *
signal_close_code_explain (guint16            code,
                           const char        *reason,
                           const char        *server_error,
                           const GError      *transport_error,
                           SignalCloseAction *verdict)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *displayed = NULL;

  *verdict = SIGNAL_CLOSE_ACTION_RETRY;

  if (transport_error != NULL && is_ours (code))
    return g_error_copy (transport_error);

  error = explain_code (code, server_error, verdict);
  if (reason == NULL || *reason == '\0')
    return g_steal_pointer (&error);

  displayed = signal_display_text_new (reason);
  /* Translators: what has happened, as a sentence without a full stop, and the reason that the
   * server gave */
  return g_error_new (error->domain, error->code, _("%s: “%s”"), error->message, displayed);
}
