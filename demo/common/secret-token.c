/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "secret-token.h"

#include <string.h>
#include <unistd.h>

#define TOKEN_BYTES 24

/* Returns a random token without characters that are special in a shell or a URL, or %NULL if the
 * system has no random bytes. g_random_int() and g_uuid_string_random() are predictable. */
char *
secret_token_new (void)
{
  guint8 bytes[TOKEN_BYTES];
  char *token;

  if (getentropy (bytes, sizeof bytes) != 0)
    return NULL;

  /* 24 bytes need no padding. */
  token = g_base64_encode (bytes, sizeof bytes);
  g_strdelimit (token, "+", '-');
  return g_strdelimit (token, "/", '_');
}

/* Compares in constant time, which does not reveal how much of @given matches. */
gboolean
secret_token_equal (const char *expected,
                    const char *given)
{
  gsize length = strlen (given);
  guint8 difference = strlen (expected) != length;

  for (gsize i = 0; expected[i] != '\0'; i++)
    difference |= (guint8) expected[i] ^ (guint8) given[length > 0 ? i % length : 0];

  return difference == 0;
}
