/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "client/signal-client-private.h"
#include "crypto/signal-secret-private.h"
#include "signal-error.h"

/* Where the token of an attempt comes from. */

void
signal_client_set_token (SignalClient *self,
                         const char   *token)
{
  char *copy = signal_secret_strdup (token);

  signal_secret_free (self->token);
  self->token = copy;
}

/* The server has refused the token, and there is somebody who may have another: asked once, until
 * the client is authenticated again. */
gboolean
signal_client_may_ask_again (SignalClient *self)
{
  return !self->has_asked_again && signal_client_has_token_source (self);
}

/* Remembers which token must not be tried again, and why. */
void
signal_client_set_refusal (SignalClient *self,
                           const GError *error)
{
  g_clear_error (&self->refusal);
  g_clear_pointer (&self->refused_token, signal_secret_free);

  if (error != NULL)
    {
      self->refusal = g_error_copy (error);
      self->refused_token = signal_secret_strdup (self->token);
    }
}

/* Asks for a token. FALSE: it will come later, by signal_client_update_token(). */
gboolean
signal_client_ask_for_token (SignalClient *self)
{
  guint turn = self->turn;
  char *token = signal_client_emit_authenticate (self);

  if (token != NULL)
    {
      if (turn == self->turn)
        signal_client_set_token (self, token);
      signal_secret_wipe (token, strlen (token));
      g_free (token);
      return TRUE;
    }

  return !signal_client_emit_token_requested (self);
}

/* Whether a token can be written into an envelope, which is JSON. */
gboolean
signal_client_validate_token (const char  *token,
                              GError     **error)
{
  if (g_utf8_validate (token, -1, NULL))
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                       _("The token is not valid UTF-8"));
  return FALSE;
}

/* Whether the token that the attempt has got is worth one. */
gboolean
signal_client_check_token (SignalClient  *self,
                           GError       **error)
{
  if (self->refusal != NULL && g_strcmp0 (self->token, self->refused_token) == 0)
    {
      self->is_refused = TRUE;
      g_propagate_error (error, g_error_copy (self->refusal));
      return FALSE;
    }

  if (self->token == NULL)
    {
      self->is_refused = TRUE;
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                           _("There is no token to authenticate with"));
      return FALSE;
    }

  if (!signal_client_validate_token (self->token, error))
    {
      self->is_refused = TRUE;
      return FALSE;
    }

  return TRUE;
}

/**
 * signal_client_update_token:
 * @self: a client
 * @token: (nullable): the new token
 *
 * Sets the token for the next attempt; the connection that is up is left alone.
 *
 * This answers [signal@Signal.Client::token-requested]; where the attempt that asked is over by then, the
 * next one uses the token and does not ask again. Where the client has stopped because the
 * server refused the token, or for want of one, and [property@Signal.Client:max-retries] is not 0, it
 * starts again at once.
 *
 * A token that is not valid UTF-8 is kept as any other, and ends the next attempt, or the one that
 * waits for it, with %SIGNAL_ERROR_INVALID_ARGUMENT. It does not start a client that has stopped:
 * [signal@Signal.Client::error] is emitted instead.
 *
 * Since: 0.1
 */
void
signal_client_update_token (SignalClient *self,
                            const char   *token)
{
  g_autoptr (GError) error = NULL;
  gboolean was_promised;

  g_return_if_fail (SIGNAL_IS_CLIENT (self));

  signal_client_set_token (self, token);
  if (token == NULL)
    return;

  was_promised = self->is_promised;
  self->is_promised = FALSE;
  if (self->is_asking)
    {
      signal_client_go_on (self);
    }
  else if (self->is_refused && self->policy.max_retries > 0)
    {
      if (signal_client_validate_token (token, &error))
        signal_client_start (self);
      else
        signal_client_report_error (self, error);
    }
  else if (was_promised)
    {
      self->has_late_token = TRUE;
    }
}
