/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-channel-state-private.h"

#include "util/signal-base64-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"

#include <glib/gi18n-lib.h>

#define ENCRYPTED_EVENT "encrypted"

/* The text of a base64 member; unescaped into a copy when it was written with escapes. */
static SignalSpan
plain_base64 (SignalSpan   span,
              gboolean     escaped,
              char       **copy)
{
  if (!escaped)
    return span;

  *copy = g_malloc (span.len + 1);
  return (SignalSpan) { *copy, signal_json_unescape (*copy, span.str, span.len) };
}

static gboolean
decode_iv (const SignalEncryptedData *sealed,
           guint8                     iv[SIGNAL_CRYPTO_IV_SIZE])
{
  g_autofree char *copy = NULL;
  SignalSpan text = plain_base64 (sealed->iv, sealed->iv_escaped, &copy);
  gsize length;

  return text.len == SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_CRYPTO_IV_SIZE)
         && signal_base64_decode (text.str, text.len, iv, &length)
         && length == SIGNAL_CRYPTO_IV_SIZE;
}

/* Decrypts into the message's own storage, then opens the inner envelope there. */
static SignalMessage *
unseal (SignalChannel              *self,
        const SignalEncryptedData  *sealed,
        GError                    **error)
{
  g_autoptr (SignalMessage) message = NULL;
  g_autofree char *copy = NULL;
  guint8 iv[SIGNAL_CRYPTO_IV_SIZE];
  guint8 *storage;
  SignalSpan ct;
  gsize length;

  if (self->key == NULL)
    {
      self->saw_unreadable = TRUE;
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                           _("An encrypted message came before there was a key to read it with"));
      return NULL;
    }

  ct = plain_base64 (sealed->ct, sealed->ct_escaped, &copy);
  message = signal_message_alloc (SIGNAL_BASE64_DECODED_MAX (ct.len));
  storage = (guint8 *) signal_message_storage (message);

  if (!decode_iv (sealed, iv) || !signal_base64_decode (ct.str, ct.len, storage, &length))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("An encrypted message has an IV or a ciphertext that is not base64 "
                             "of the right length"));
      return NULL;
    }

  if (!signal_session_key_decrypt (self->key, iv, storage, length, storage, error))
    return NULL;

  self->key_uses++;
  if (!signal_replay_window_add (self->replay, iv))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("An encrypted message was dropped: it has come before"));
      return NULL;
    }

  if (!signal_message_open (message, length - SIGNAL_CRYPTO_TAG_SIZE, TRUE, error))
    return NULL;

  return g_steal_pointer (&message);
}

/* From the text of a frame to the message that a listener gets, decrypted if need be. */
SignalMessage *
signal_channel_receive (SignalChannel  *self,
                        const char     *text,
                        gsize           length,
                        GError        **error)
{
  g_autoptr (SignalMessage) message = NULL;
  SignalEnvelope envelope;
  SignalEncryptedData sealed;

  if (signal_envelope_match_encrypted (&sealed, text, length))
    return unseal (self, &sealed, error);

  if (!signal_envelope_parse (&envelope, text, length, error))
    return NULL;

  if (signal_envelope_is (&envelope, ENCRYPTED_EVENT))
    {
      if (!signal_envelope_parse_encrypted (&sealed, envelope.data, error))
        return NULL;
      return unseal (self, &sealed, error);
    }

  message = signal_message_alloc (length);
  memcpy (signal_message_storage (message), text, length);
  if (!signal_message_open (message, length, FALSE, error))
    return NULL;

  return g_steal_pointer (&message);
}
