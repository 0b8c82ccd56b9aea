/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-uuid-private.h"

#include "crypto/signal-secret-private.h"

/* Returns a version 4 UUID (RFC 9562 section 5.4) in lower case that cannot be predicted.
 * g_uuid_string_random() uses a generator whose state can be computed from a few hundred
 * UUIDs. */
char *
signal_uuid_new (GError **error)
{
  guint8 b[16];

  if (!signal_random_bytes (b, sizeof b, error))
    return NULL;

  b[6] = (b[6] & 0x0f) | 0x40; /* the version */
  b[8] = (b[8] & 0x3f) | 0x80; /* the variant */
  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                          b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
                          b[12], b[13], b[14], b[15]);
}
