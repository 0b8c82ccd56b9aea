/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <nettle/bignum.h>

G_BEGIN_DECLS

#define SIGNAL_CRYPTO_LIMBS_SIZE 32 /* of a coordinate or a scalar of P-256, in bytes */
#define SIGNAL_CRYPTO_LIMBS (SIGNAL_CRYPTO_LIMBS_SIZE / sizeof (mp_limb_t))

int  signal_crypto_limbs_load  (mp_limb_t        limbs[SIGNAL_CRYPTO_LIMBS],
                                const guint8     bytes[SIGNAL_CRYPTO_LIMBS_SIZE]);
void signal_crypto_limbs_store (guint8           bytes[SIGNAL_CRYPTO_LIMBS_SIZE],
                                const mp_limb_t *limbs);

G_END_DECLS
