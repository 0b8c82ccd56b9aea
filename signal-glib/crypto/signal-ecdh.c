/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-ecdh-private.h"

#include <glib/gi18n-lib.h>
#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <string.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"

/* The size of a coordinate or a scalar, in bytes and in GMP limbs. */
#define COORDINATE_SIZE 32
#define COORDINATE_LIMBS (COORDINATE_SIZE / sizeof (mp_limb_t))

#define POINT_UNCOMPRESSED 0x04

G_STATIC_ASSERT (SIGNAL_ECDH_SCALAR_SIZE == COORDINATE_SIZE);
G_STATIC_ASSERT (SIGNAL_ECDH_SHARED_SECRET_SIZE == COORDINATE_SIZE);
G_STATIC_ASSERT (SIGNAL_ECDH_PUBLIC_KEY_SIZE == 1 + 2 * COORDINATE_SIZE);
G_STATIC_ASSERT (GMP_NUMB_MASK == ~(mp_limb_t) 0);

struct _SignalEcdhKeyPair
{
  struct ecc_scalar scalar; /* its limbs are in memory that is excluded from core dumps */
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
};

/* Converts big-endian bytes to limbs. Returns the number of limbs in use, for MPZ_ROINIT_N: an
 * integer over memory of the caller, which leaves no copy in memory that GMP frees without wiping
 * it. */
static int
load_limbs (mp_limb_t    limbs[COORDINATE_LIMBS],
            const guint8 bytes[COORDINATE_SIZE])
{
  int used = 0;

  for (int i = 0; i < (int) COORDINATE_LIMBS; i++)
    {
      const guint8 *p = bytes + COORDINATE_SIZE - (gsize) (i + 1) * sizeof (mp_limb_t);

      limbs[i] = 0;
      for (gsize j = 0; j < sizeof (mp_limb_t); j++)
        limbs[i] = (limbs[i] << 8) | p[j];

      if (limbs[i] != 0)
        used = i + 1;
    }

  return used;
}

/* Converts limbs to 32 big-endian bytes, including leading zeros. */
static void
store_limbs (guint8           bytes[COORDINATE_SIZE],
             const mp_limb_t *limbs)
{
  for (gsize i = 0; i < COORDINATE_SIZE; i++)
    bytes[COORDINATE_SIZE - 1 - i] =
      (guint8) (limbs[i / sizeof (mp_limb_t)] >> (i % sizeof (mp_limb_t) * 8));
}

/* Parses an uncompressed point (SEC 1 section 2.3.4), which excludes the point at infinity.
 * ecc_point_set() rejects coordinates that are not less than p and points that are not on the
 * curve; because the cofactor is 1, that is the full public-key validation of NIST SP 800-56A
 * section 5.6.2.3.3. */
static gboolean
parse_point (struct ecc_point  *point,
             const guint8      *bytes,
             gsize              length,
             GError           **error)
{
  mp_limb_t x_limbs[COORDINATE_LIMBS], y_limbs[COORDINATE_LIMBS];

  if (length != SIGNAL_ECDH_PUBLIC_KEY_SIZE)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                   _("The public key has %zu bytes instead of %d"),
                   length, SIGNAL_ECDH_PUBLIC_KEY_SIZE);
      return FALSE;
    }

  if (bytes[0] != POINT_UNCOMPRESSED)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The public key is not an uncompressed point"));
      return FALSE;
    }

  const mpz_t x = MPZ_ROINIT_N (x_limbs, load_limbs (x_limbs, bytes + 1));
  const mpz_t y = MPZ_ROINIT_N (y_limbs, load_limbs (y_limbs, bytes + 1 + COORDINATE_SIZE));

  if (!ecc_point_set (point, x, y))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The public key is not a point on the P-256 curve"));
      return FALSE;
    }

  return TRUE;
}

/* Returns NULL unless the scalar, 32 bytes in big-endian order, is in [1, n − 1]. */
static SignalEcdhKeyPair *
key_pair_try_scalar (const guint8 bytes[SIGNAL_ECDH_SCALAR_SIZE])
{
  g_autoptr (SignalEcdhKeyPair) self = g_new0 (SignalEcdhKeyPair, 1);
  mp_limb_t limbs[COORDINATE_LIMBS];
  const mpz_t value = MPZ_ROINIT_N (limbs, load_limbs (limbs, bytes));
  struct ecc_point point;
  gboolean valid;

  self->scalar.ecc = nettle_get_secp_256r1 ();
  self->scalar.p = signal_secret_alloc (COORDINATE_SIZE);
  valid = ecc_scalar_set (&self->scalar, value);
  signal_secret_wipe (limbs, sizeof limbs);
  if (!valid)
    return NULL;

  /* An ecc_point contains affine coordinates, x before y. */
  ecc_point_init (&point, nettle_get_secp_256r1 ());
  ecc_point_mul_g (&point, &self->scalar);
  self->point[0] = POINT_UNCOMPRESSED;
  store_limbs (self->point + 1, point.p);
  store_limbs (self->point + 1 + COORDINATE_SIZE, point.p + COORDINATE_LIMBS);
  ecc_point_clear (&point);

  return g_steal_pointer (&self);
}

/* Generates an ephemeral key pair on P-256 by rejection sampling, as in NIST SP 800-56A section
 * 5.6.1.2.2. */
SignalEcdhKeyPair *
signal_ecdh_key_pair_generate (GError **error)
{
  SignalEcdhKeyPair *self = NULL;
  guint8 scalar[SIGNAL_ECDH_SCALAR_SIZE];

  while (self == NULL && signal_random_bytes (scalar, sizeof scalar, error))
    self = key_pair_try_scalar (scalar);

  signal_secret_wipe (scalar, sizeof scalar);

  return self;
}

/* Creates a key pair from a private key of 32 bytes in big-endian order. */
SignalEcdhKeyPair *
signal_ecdh_key_pair_new_from_scalar (const guint8   scalar[SIGNAL_ECDH_SCALAR_SIZE],
                                      GError       **error)
{
  SignalEcdhKeyPair *self = key_pair_try_scalar (scalar);

  if (self == NULL)
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                         _("The private key is out of range for the P-256 curve"));

  return self;
}

void
signal_ecdh_key_pair_free (SignalEcdhKeyPair *self)
{
  if (self == NULL)
    return;

  signal_secret_free (self->scalar.p);
  g_free (self);
}

/* Writes the public key as an uncompressed point of 65 bytes (SEC 1 section 2.3.3). */
void
signal_ecdh_key_pair_export_public (const SignalEcdhKeyPair *self,
                                    guint8                   point[SIGNAL_ECDH_PUBLIC_KEY_SIZE])
{
  memcpy (point, self->point, sizeof self->point);
}

/* Computes the ECDH shared secret (NIST SP 800-56A section 5.7.1.2): the x coordinate, 32 bytes
 * in big-endian order. The caller must wipe it. If GnuTLS is loaded, GMP and therefore Nettle
 * wipe the scratch memory that they free. */
gboolean
signal_ecdh_key_pair_agree (const SignalEcdhKeyPair  *self,
                            const guint8             *peer_point,
                            gsize                     peer_point_length,
                            guint8                    shared[SIGNAL_ECDH_SHARED_SECRET_SIZE],
                            GError                  **error)
{
  struct ecc_point peer, product;
  gboolean valid;

  ecc_point_init (&peer, nettle_get_secp_256r1 ());
  ecc_point_init (&product, nettle_get_secp_256r1 ());
  valid = parse_point (&peer, peer_point, peer_point_length, error);
  if (valid)
    {
      /* Never the point at infinity: the order of the curve is prime, and the scalar is not a
       * multiple of it. */
      ecc_point_mul (&product, &self->scalar, &peer);
      store_limbs (shared, product.p);
      signal_secret_wipe (product.p, 2 * COORDINATE_LIMBS * sizeof (mp_limb_t));
    }
  ecc_point_clear (&product);
  ecc_point_clear (&peer);

  return valid;
}
