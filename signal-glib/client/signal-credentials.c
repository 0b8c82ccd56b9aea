/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/signal-credentials-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"

struct _SignalCredentials
{
  char *token;

  GError *refusal; /* of refused_token, while another one is requested */
  char *refused_token;
  gboolean has_asked_again;

  gboolean is_promised;    /* the requested token will be supplied later */
  gboolean has_late_token; /* it was supplied after its attempt had ended */
};

SignalCredentials *
signal_credentials_new (void)
{
  return g_new0 (SignalCredentials, 1);
}

static void
clear_refusal (SignalCredentials *self)
{
  g_clear_error (&self->refusal);
  g_clear_pointer (&self->refused_token, signal_secret_free);
}

void
signal_credentials_free (SignalCredentials *self)
{
  clear_refusal (self);
  signal_secret_free (self->token);
  g_free (self);
}

void
signal_credentials_set_token (SignalCredentials *self,
                              const char        *token)
{
  char *copy = signal_secret_strdup (token);

  signal_secret_free (self->token);
  self->token = copy;
}

const char *
signal_credentials_get_token (SignalCredentials *self)
{
  return self->token;
}

/* Checks whether the token is valid UTF-8, as required for an envelope. */
gboolean
signal_credentials_check_token (const char  *token,
                                GError     **error)
{
  if (g_utf8_validate (token, -1, NULL))
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                       _("The token is not valid UTF-8"));
  return FALSE;
}

/* Checks whether an attempt can be made with the current token. */
gboolean
signal_credentials_check (SignalCredentials  *self,
                          GError            **error)
{
  if (self->refusal != NULL && g_strcmp0 (self->token, self->refused_token) == 0)
    {
      g_propagate_error (error, g_error_copy (self->refusal));
      return FALSE;
    }

  if (self->token == NULL)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                           _("No token is set to authenticate with"));
      return FALSE;
    }

  return signal_credentials_check_token (self->token, error);
}

/* Stores the token that the server has rejected and the reason, while another one is
 * requested. */
void
signal_credentials_refuse (SignalCredentials *self,
                           const GError      *error)
{
  clear_refusal (self);
  self->refusal = g_error_copy (error);
  self->refused_token = signal_secret_strdup (self->token);
  self->has_asked_again = TRUE;
}

/* The server has accepted the token. */
void
signal_credentials_accept (SignalCredentials *self)
{
  clear_refusal (self);
  self->has_asked_again = FALSE;
  self->is_promised = FALSE;
}

/* Resets everything except the token. */
void
signal_credentials_reset (SignalCredentials *self)
{
  signal_credentials_accept (self);
  self->has_late_token = FALSE;
}

/* Returns whether to request another token after a rejection, which is done once until the next
 * authentication. */
gboolean
signal_credentials_may_ask_again (SignalCredentials *self)
{
  return !self->has_asked_again;
}

/* The token will be supplied later. */
void
signal_credentials_promise (SignalCredentials *self)
{
  self->is_promised = TRUE;
}

/* A token has been supplied, or is no longer awaited. Returns whether it was promised. */
gboolean
signal_credentials_deliver (SignalCredentials *self)
{
  gboolean was_promised = self->is_promised;

  self->is_promised = FALSE;
  return was_promised;
}

/* The token was supplied after its attempt had ended: the next one uses it without a request. */
void
signal_credentials_keep_late (SignalCredentials *self)
{
  self->has_late_token = TRUE;
}

gboolean
signal_credentials_take_late (SignalCredentials *self)
{
  gboolean has_late_token = self->has_late_token;

  self->has_late_token = FALSE;
  return has_late_token;
}
