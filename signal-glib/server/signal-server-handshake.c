/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-server-private.h"

#include <string.h>

#include "util/signal-base64-private.h"

#define POINT_TEXT_LENGTH SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_CRYPTO_PUBLIC_KEY_SIZE)

static char *
encode (const guint8 *data,
        gsize         length)
{
  char *text = g_malloc (SIGNAL_BASE64_ENCODED_SIZE (length) + 1);

  signal_base64_encode (data, length, text);
  text[SIGNAL_BASE64_ENCODED_SIZE (length)] = '\0';
  return text;
}

/* The server's half of the key agreement, with a key pair that is gone on return. NULL: what the
 * client offers is no key. Why is nothing that it needs to know. */
SignalSessionKey *
signal_server_agree_key (const char  *ecdh_info,
                         const char  *client_public_key,
                         char       **server_public_key,
                         char       **salt)
{
  g_autoptr (SignalKeyPair) pair = NULL;
  g_autoptr (SignalSessionKey) key = NULL;
  guint8 client_point[SIGNAL_BASE64_DECODED_MAX (POINT_TEXT_LENGTH)];
  guint8 server_point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];
  guint8 salt_bytes[SIGNAL_CRYPTO_SALT_SIZE];
  gsize length;

  if (strlen (client_public_key) != POINT_TEXT_LENGTH
      || !signal_base64_decode (client_public_key, POINT_TEXT_LENGTH, client_point, &length))
    return NULL;

  pair = signal_key_pair_generate (NULL);
  if (pair == NULL || !signal_crypto_random (salt_bytes, sizeof salt_bytes, NULL))
    return NULL;

  key = signal_key_pair_derive (pair, client_point, length, salt_bytes, sizeof salt_bytes,
                                ecdh_info, NULL);
  if (key == NULL)
    return NULL;

  signal_key_pair_export_public (pair, server_point);
  *server_public_key = encode (server_point, sizeof server_point);
  *salt = encode (salt_bytes, sizeof salt_bytes);
  return g_steal_pointer (&key);
}
