/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-crypto-limbs-private.h"

/* Numbers of 256 bits between the wire, which has bytes, and Nettle, which has limbs. */

G_STATIC_ASSERT (GMP_NUMB_MASK == ~(mp_limb_t) 0);

/* Big-endian bytes to limbs. Returns how many limbs are in use, for MPZ_ROINIT_N: an integer over
 * memory of ours, which leaves no copy in memory that GMP frees without wiping. */
int
signal_crypto_limbs_load (mp_limb_t    limbs[SIGNAL_CRYPTO_LIMBS],
                          const guint8 bytes[SIGNAL_CRYPTO_LIMBS_SIZE])
{
  int used = 0;

  for (int i = 0; i < (int) SIGNAL_CRYPTO_LIMBS; i++)
    {
      const guint8 *p = bytes + SIGNAL_CRYPTO_LIMBS_SIZE - (gsize) (i + 1) * sizeof (mp_limb_t);

      limbs[i] = 0;
      for (gsize j = 0; j < sizeof (mp_limb_t); j++)
        limbs[i] = (limbs[i] << 8) | p[j];

      if (limbs[i] != 0)
        used = i + 1;
    }

  return used;
}

/* Limbs to big-endian bytes, leading zeros included: 32 bytes whatever the value. */
void
signal_crypto_limbs_store (guint8           bytes[SIGNAL_CRYPTO_LIMBS_SIZE],
                           const mp_limb_t *limbs)
{
  for (gsize i = 0; i < SIGNAL_CRYPTO_LIMBS_SIZE; i++)
    bytes[SIGNAL_CRYPTO_LIMBS_SIZE - 1 - i] =
      (guint8) (limbs[i / sizeof (mp_limb_t)] >> (i % sizeof (mp_limb_t) * 8));
}
