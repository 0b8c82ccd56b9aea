/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-crypto-private.h"

#include <glib/gi18n-lib.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <string.h>

#include "crypto/signal-crypto-limbs-private.h"
#include "signal-error.h"
#include "crypto/signal-secret-private.h"

#define COORDINATE_SIZE SIGNAL_CRYPTO_LIMBS_SIZE
#define COORDINATE_LIMBS SIGNAL_CRYPTO_LIMBS
#define POINT_UNCOMPRESSED 0x04

G_STATIC_ASSERT (SIGNAL_CRYPTO_SCALAR_SIZE == COORDINATE_SIZE);
G_STATIC_ASSERT (SIGNAL_CRYPTO_PUBLIC_KEY_SIZE == 1 + 2 * COORDINATE_SIZE);

struct _SignalKeyPair
{
  struct ecc_scalar scalar; /* its limbs are in memory that is not dumped */
  guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];
};

struct _SignalSessionKey
{
  gnutls_aead_cipher_hd_t cipher;
};

static gboolean
draw (gnutls_rnd_level_t   level,
      void                *buffer,
      gsize                length,
      GError             **error)
{
  int status = gnutls_rnd (level, buffer, length);

  if (status < 0)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                   _("The system gave no random bytes: %s"), gnutls_strerror (status));
      return FALSE;
    }

  return TRUE;
}

/* Random bytes that are fit for keys. */
gboolean
signal_crypto_random (void    *buffer,
                      gsize    length,
                      GError **error)
{
  return draw (GNUTLS_RND_KEY, buffer, length, error);
}

/* Overwrites a secret; the compiler may not leave it out because nothing reads it afterwards. */
void
signal_crypto_wipe (void  *buffer,
                    gsize  length)
{
#ifndef HAVE_EXPLICIT_BZERO
  static void *(*const volatile explicit_memset) (void *, int, size_t) = memset;
#endif

  if (length == 0)
    return;

#ifdef HAVE_EXPLICIT_BZERO
  explicit_bzero (buffer, length);
#else
  explicit_memset (buffer, 0, length);
#endif
}

/* SEC 1, 2.3.4, uncompressed points only, which also leaves out infinity. ecc_point_set() refuses a
 * coordinate of p or more and a point off the curve; as the cofactor is 1, that is the full
 * validation of NIST SP 800-56A, 5.6.2.3.3. */
static gboolean
parse_point (struct ecc_point  *point,
             const guint8      *bytes,
             gsize              length,
             GError           **error)
{
  mp_limb_t x_limbs[COORDINATE_LIMBS], y_limbs[COORDINATE_LIMBS];

  if (length != SIGNAL_CRYPTO_PUBLIC_KEY_SIZE)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                   _("The public key has %zu bytes instead of %d"),
                   length, SIGNAL_CRYPTO_PUBLIC_KEY_SIZE);
      return FALSE;
    }

  if (bytes[0] != POINT_UNCOMPRESSED)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The public key is not an uncompressed point"));
      return FALSE;
    }

  const mpz_t x = MPZ_ROINIT_N (x_limbs, signal_crypto_limbs_load (x_limbs, bytes + 1));
  const mpz_t y = MPZ_ROINIT_N (y_limbs, signal_crypto_limbs_load (y_limbs, bytes + 1 + COORDINATE_SIZE));

  if (!ecc_point_set (point, x, y))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The public key is not a point of the curve P-256"));
      return FALSE;
    }

  return TRUE;
}

/* Returns NULL unless the scalar, 32 bytes big-endian, lies in [1, n − 1]. */
static SignalKeyPair *
key_pair_try_scalar (const guint8 bytes[SIGNAL_CRYPTO_SCALAR_SIZE])
{
  g_autoptr(SignalKeyPair) self = g_new0 (SignalKeyPair, 1);
  mp_limb_t limbs[COORDINATE_LIMBS];
  const mpz_t value = MPZ_ROINIT_N (limbs, signal_crypto_limbs_load (limbs, bytes));
  struct ecc_point point;
  gboolean valid;

  self->scalar.ecc = nettle_get_secp_256r1 ();
  self->scalar.p = signal_secret_alloc (COORDINATE_SIZE);
  valid = ecc_scalar_set (&self->scalar, value);
  signal_crypto_wipe (limbs, sizeof limbs);
  if (!valid)
    return NULL;

  /* An ecc_point holds plain affine coordinates, x before y. */
  ecc_point_init (&point, nettle_get_secp_256r1 ());
  ecc_point_mul_g (&point, &self->scalar);
  self->point[0] = POINT_UNCOMPRESSED;
  signal_crypto_limbs_store (self->point + 1, point.p);
  signal_crypto_limbs_store (self->point + 1 + COORDINATE_SIZE, point.p + COORDINATE_LIMBS);
  ecc_point_clear (&point);

  return g_steal_pointer (&self);
}

/* A fresh ephemeral key pair on P-256, by rejection as in NIST SP 800-56A, 5.6.1.2.2. */
SignalKeyPair *
signal_key_pair_generate (GError **error)
{
  SignalKeyPair *self = NULL;
  guint8 scalar[SIGNAL_CRYPTO_SCALAR_SIZE];

  while (self == NULL && signal_crypto_random (scalar, sizeof scalar, error))
    self = key_pair_try_scalar (scalar);

  signal_crypto_wipe (scalar, sizeof scalar);

  return self;
}

/* The key pair of a given private key: 32 bytes, big-endian. */
SignalKeyPair *
signal_key_pair_new_from_scalar (const guint8   scalar[SIGNAL_CRYPTO_SCALAR_SIZE],
                                 GError       **error)
{
  SignalKeyPair *self = key_pair_try_scalar (scalar);

  if (self == NULL)
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                         _("The private key is not in the range of the curve P-256"));

  return self;
}

void
signal_key_pair_free (SignalKeyPair *self)
{
  if (self == NULL)
    return;

  signal_secret_free (self->scalar.p);
  g_free (self);
}

/* The public key as SEC 1, 2.3.3 writes an uncompressed point: 65 bytes. */
void
signal_key_pair_export_public (const SignalKeyPair *self,
                               guint8               point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE])
{
  memcpy (point, self->point, sizeof self->point);
}

/* The shared secret of ECDH (NIST SP 800-56A, 5.7.1.2): the x coordinate, 32 bytes big-endian.
 * It is for the caller to wipe. GnuTLS has GMP, and so Nettle, wipe the scratch memory that they
 * free. */
gboolean
signal_key_pair_agree (const SignalKeyPair  *self,
                       const guint8         *peer_point,
                       gsize                 peer_point_length,
                       guint8                shared[SIGNAL_CRYPTO_SCALAR_SIZE],
                       GError              **error)
{
  struct ecc_point peer, product;
  gboolean valid;

  ecc_point_init (&peer, nettle_get_secp_256r1 ());
  ecc_point_init (&product, nettle_get_secp_256r1 ());
  valid = parse_point (&peer, peer_point, peer_point_length, error);
  if (valid)
    {
      /* Never infinity: the order of the curve is prime and the scalar is not a multiple of it. */
      ecc_point_mul (&product, &self->scalar, &peer);
      signal_crypto_limbs_store (shared, product.p);
      signal_crypto_wipe (product.p, 2 * COORDINATE_LIMBS * sizeof (mp_limb_t));
    }
  ecc_point_clear (&product);
  ecc_point_clear (&peer);

  return valid;
}

/* The AES-256 key of a connection: HKDF-SHA-256 over the ECDH shared secret. salt may have any
 * length; info is text. */
SignalSessionKey *
signal_key_pair_derive (const SignalKeyPair  *self,
                        const guint8         *peer_point,
                        gsize                 peer_point_length,
                        const guint8         *salt,
                        gsize                 salt_length,
                        const char           *info,
                        GError              **error)
{
  SignalSessionKey *session_key;
  guint8 shared[SIGNAL_CRYPTO_SCALAR_SIZE];
  guint8 key[SIGNAL_CRYPTO_KEY_SIZE];

  if (!signal_key_pair_agree (self, peer_point, peer_point_length, shared, error))
    return NULL;

  signal_crypto_hkdf_sha256 (shared, sizeof shared, salt, salt_length,
                             (const guint8 *) info, strlen (info), key, sizeof key);
  session_key = signal_session_key_new (key);
  signal_crypto_wipe (shared, sizeof shared);
  signal_crypto_wipe (key, sizeof key);

  if (session_key == NULL)
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                         _("AES-256-GCM is not available"));

  return session_key;
}

/* AES-256-GCM through GnuTLS's AEAD, which is Nettle with faster code for many processors. It wipes
 * the key schedule when it is freed. Returns NULL where GnuTLS is set up to refuse the cipher. */
SignalSessionKey *
signal_session_key_new (const guint8 key[SIGNAL_CRYPTO_KEY_SIZE])
{
  const gnutls_datum_t datum = { (guint8 *) key, SIGNAL_CRYPTO_KEY_SIZE };
  gnutls_aead_cipher_hd_t cipher;
  SignalSessionKey *self;

  if (gnutls_aead_cipher_init (&cipher, GNUTLS_CIPHER_AES_256_GCM, &datum) < 0)
    return NULL;

  self = g_new (SignalSessionKey, 1);
  self->cipher = cipher;

  return self;
}

void
signal_session_key_free (SignalSessionKey *self)
{
  if (self == NULL)
    return;

  gnutls_aead_cipher_deinit (self->cipher);
  g_free (self);
}

/* As signal_session_key_encrypt_with_iv(), with a fresh random IV (NIST SP 800-38D, 8.2.2), which
 * it writes to iv. GnuTLS's generator notices a fork and is cheaper for 12 bytes than getrandom():
 * 0.15 to 0.2 µs against 0.28. */
gboolean
signal_session_key_encrypt (SignalSessionKey  *self,
                            const guint8      *plaintext,
                            gsize              plaintext_length,
                            guint8             iv[SIGNAL_CRYPTO_IV_SIZE],
                            guint8            *ciphertext,
                            GError           **error)
{
  if (!draw (GNUTLS_RND_RANDOM, iv, SIGNAL_CRYPTO_IV_SIZE, error))
    return FALSE;

  return signal_session_key_encrypt_with_iv (self, iv, plaintext, plaintext_length, ciphertext,
                                             error);
}

/* NIST SP 800-38D, 7.1. Writes plaintext_length + 16 bytes, the tag last. The buffers may not
 * overlap. An IV may never be used twice with one key. */
gboolean
signal_session_key_encrypt_with_iv (SignalSessionKey  *self,
                                    const guint8       iv[SIGNAL_CRYPTO_IV_SIZE],
                                    const guint8      *plaintext,
                                    gsize              plaintext_length,
                                    guint8            *ciphertext,
                                    GError           **error)
{
  gsize ciphertext_length = plaintext_length + SIGNAL_CRYPTO_TAG_SIZE;
  int status;

  status = gnutls_aead_cipher_encrypt (self->cipher, iv, SIGNAL_CRYPTO_IV_SIZE, NULL, 0,
                                       SIGNAL_CRYPTO_TAG_SIZE, plaintext, plaintext_length,
                                       ciphertext, &ciphertext_length);
  if (status < 0)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                   _("The message could not be encrypted: %s"), gnutls_strerror (status));
      return FALSE;
    }

  return TRUE;
}

/* NIST SP 800-38D, 7.2. ciphertext_length counts the tag, which comes last; plaintext has room for
 * 16 bytes less and is either the buffer of the ciphertext or does not overlap it. The tag is
 * compared in constant time. Where it is wrong, those bytes of plaintext are wiped. */
gboolean
signal_session_key_decrypt (SignalSessionKey  *self,
                            const guint8       iv[SIGNAL_CRYPTO_IV_SIZE],
                            const guint8      *ciphertext,
                            gsize              ciphertext_length,
                            guint8            *plaintext,
                            GError           **error)
{
  gsize plaintext_length;
  int status;

  if (ciphertext_length < SIGNAL_CRYPTO_TAG_SIZE)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The ciphertext is too short to hold its tag"));
      return FALSE;
    }

  plaintext_length = ciphertext_length - SIGNAL_CRYPTO_TAG_SIZE;

  /* Only the first is documented to work in place; the second is up to a fifth faster. */
  if (plaintext == ciphertext)
    {
      const giovec_t span = { plaintext, plaintext_length };

      status = gnutls_aead_cipher_decryptv2 (self->cipher, iv, SIGNAL_CRYPTO_IV_SIZE, NULL, 0,
                                             &span, 1, plaintext + plaintext_length,
                                             SIGNAL_CRYPTO_TAG_SIZE);
    }
  else
    {
      gsize written = plaintext_length;

      status = gnutls_aead_cipher_decrypt (self->cipher, iv, SIGNAL_CRYPTO_IV_SIZE, NULL, 0,
                                           SIGNAL_CRYPTO_TAG_SIZE, ciphertext, ciphertext_length,
                                           plaintext, &written);
    }

  if (status < 0)
    {
      signal_crypto_wipe (plaintext, plaintext_length);
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The message is not authentic: it was altered or has another key"));
      return FALSE;
    }

  return TRUE;
}
