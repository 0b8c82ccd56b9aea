/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-hkdf-private.h"

#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/nettle-meta.h>
#include <nettle/version.h>

#include "crypto/signal-secret-private.h"

/* HKDF (RFC 5869) with SHA-256. An empty salt is equivalent to 32 zero bytes; okm_length is at
 * most 255 × 32 bytes. */
void
signal_hkdf_sha256 (const guint8 *ikm,
                    gsize         ikm_length,
                    const guint8 *salt,
                    gsize         salt_length,
                    const guint8 *info,
                    gsize         info_length,
                    guint8       *okm,
                    gsize         okm_length)
{
  const struct nettle_mac *mac = &nettle_hmac_sha256;
  struct hmac_sha256_ctx context;
  guint8 prk[SHA256_DIGEST_SIZE];

  g_return_if_fail (okm_length <= 255 * SHA256_DIGEST_SIZE);

  hmac_sha256_set_key (&context, salt_length, salt);
  /* Since Nettle 4, a digest always has its full length. */
  hkdf_extract (&context, mac->update, mac->digest,
#if NETTLE_VERSION_MAJOR < 4
                sizeof prk,
#endif
                ikm_length, ikm, prk);

  hmac_sha256_set_key (&context, sizeof prk, prk);
  hkdf_expand (&context, mac->update, mac->digest, sizeof prk, info_length, info, okm_length, okm);

  signal_secret_wipe (&context, sizeof context);
  signal_secret_wipe (prk, sizeof prk);
}
