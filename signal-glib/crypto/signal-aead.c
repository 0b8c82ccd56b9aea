/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-aead-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-secret-private.h"
#include "signal-error.h"

/* GnuTLS has faster code than Nettle for many processors. Nettle alone is supported as well; the
 * tests define SIGNAL_NETTLE_ONLY to test this where both are available. */
#if defined (HAVE_GNUTLS) && !defined (SIGNAL_NETTLE_ONLY)
#define USE_GNUTLS
#endif

#ifdef USE_GNUTLS
#include <gnutls/crypto.h>
#else
#include <nettle/gcm.h>
#include <nettle/memops.h>
#include <nettle/version.h>
#endif

struct _SignalAead
{
#ifdef USE_GNUTLS
  gnutls_aead_cipher_hd_t cipher; /* wipes the key schedule when it is freed */
#else
  struct gcm_aes256_ctx *context; /* in memory that is excluded from core dumps */
#endif
};

static gboolean
refuse_forged (guint8  *plaintext,
               gsize    length,
               GError **error)
{
  signal_secret_wipe (plaintext, length);
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                       _("The message failed authentication: it was altered or encrypted with a "
                         "different key"));
  return FALSE;
}

#ifdef USE_GNUTLS

static gboolean
init (SignalAead   *self,
      const guint8  key[SIGNAL_AEAD_KEY_SIZE])
{
  const gnutls_datum_t datum = { (guint8 *) key, SIGNAL_AEAD_KEY_SIZE };

  return gnutls_aead_cipher_init (&self->cipher, GNUTLS_CIPHER_AES_256_GCM, &datum) >= 0;
}

static void
clear (SignalAead *self)
{
  if (self->cipher != NULL)
    gnutls_aead_cipher_deinit (self->cipher);
}

static gboolean
encrypt (SignalAead    *self,
         const guint8   iv[SIGNAL_AEAD_IV_SIZE],
         const guint8  *plaintext,
         gsize          plaintext_length,
         guint8        *ciphertext,
         GError       **error)
{
  gsize ciphertext_length = plaintext_length + SIGNAL_AEAD_TAG_SIZE;
  int status = gnutls_aead_cipher_encrypt (self->cipher, iv, SIGNAL_AEAD_IV_SIZE, NULL, 0,
                                           SIGNAL_AEAD_TAG_SIZE, plaintext, plaintext_length,
                                           ciphertext, &ciphertext_length);

  if (status >= 0)
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
               _("Could not encrypt the message: %s"), gnutls_strerror (status));
  return FALSE;
}

/* Only the first function is documented to work in place; the second one is up to 20 % faster. */
static gboolean
decrypt (SignalAead   *self,
         const guint8  iv[SIGNAL_AEAD_IV_SIZE],
         const guint8 *ciphertext,
         guint8       *plaintext,
         gsize         plaintext_length)
{
  const giovec_t span = { plaintext, plaintext_length };
  gsize written = plaintext_length;

  if (plaintext == ciphertext)
    return gnutls_aead_cipher_decryptv2 (self->cipher, iv, SIGNAL_AEAD_IV_SIZE, NULL, 0, &span, 1,
                                         plaintext + plaintext_length, SIGNAL_AEAD_TAG_SIZE) >= 0;

  return gnutls_aead_cipher_decrypt (self->cipher, iv, SIGNAL_AEAD_IV_SIZE, NULL, 0,
                                     SIGNAL_AEAD_TAG_SIZE, ciphertext,
                                     plaintext_length + SIGNAL_AEAD_TAG_SIZE, plaintext,
                                     &written) >= 0;
}

#else /* !USE_GNUTLS */

static gboolean
init (SignalAead   *self,
      const guint8  key[SIGNAL_AEAD_KEY_SIZE])
{
  self->context = signal_secret_alloc (sizeof *self->context);
  gcm_aes256_set_key (self->context, key);
  return TRUE;
}

static void
clear (SignalAead *self)
{
  signal_secret_free (self->context);
}

/* Since Nettle 4, a digest always has its full length. */
static void
get_tag (SignalAead *self,
         guint8      tag[SIGNAL_AEAD_TAG_SIZE])
{
#if NETTLE_VERSION_MAJOR < 4
  gcm_aes256_digest (self->context, SIGNAL_AEAD_TAG_SIZE, tag);
#else
  gcm_aes256_digest (self->context, tag);
#endif
}

static gboolean
encrypt (SignalAead    *self,
         const guint8   iv[SIGNAL_AEAD_IV_SIZE],
         const guint8  *plaintext,
         gsize          plaintext_length,
         guint8        *ciphertext,
         GError       **error)
{
  gcm_aes256_set_iv (self->context, SIGNAL_AEAD_IV_SIZE, iv);
  gcm_aes256_encrypt (self->context, plaintext_length, ciphertext, plaintext);
  get_tag (self, ciphertext + plaintext_length);
  return TRUE;
}

/* Nettle does not verify the tag. The plaintext may overwrite the ciphertext, but not the tag. */
static gboolean
decrypt (SignalAead   *self,
         const guint8  iv[SIGNAL_AEAD_IV_SIZE],
         const guint8 *ciphertext,
         guint8       *plaintext,
         gsize         plaintext_length)
{
  guint8 tag[SIGNAL_AEAD_TAG_SIZE];

  gcm_aes256_set_iv (self->context, SIGNAL_AEAD_IV_SIZE, iv);
  gcm_aes256_decrypt (self->context, plaintext_length, plaintext, ciphertext);
  get_tag (self, tag);
  return memeql_sec (tag, ciphertext + plaintext_length, sizeof tag);
}

#endif /* USE_GNUTLS */

/* Creates a cipher for a key of 32 bytes. Returns NULL if GnuTLS is configured to disable the
 * cipher. */
SignalAead *
signal_aead_new (const guint8 key[SIGNAL_AEAD_KEY_SIZE])
{
  g_autoptr (SignalAead) self = g_new0 (SignalAead, 1);

  return init (self, key) ? g_steal_pointer (&self) : NULL;
}

/* NULL-safe. */
void
signal_aead_free (SignalAead *self)
{
  if (self == NULL)
    return;

  clear (self);
  g_free (self);
}

/* Like signal_aead_encrypt_with_iv(), with a new random IV of 12 bytes (NIST SP 800-38D section
 * 8.2.2), which is written to iv. */
gboolean
signal_aead_encrypt (SignalAead    *self,
                     const guint8  *plaintext,
                     gsize          plaintext_length,
                     guint8         iv[SIGNAL_AEAD_IV_SIZE],
                     guint8        *ciphertext,
                     GError       **error)
{
  return signal_random_nonce (iv, SIGNAL_AEAD_IV_SIZE, error)
         && encrypt (self, iv, plaintext, plaintext_length, ciphertext, error);
}

/* Encrypts according to NIST SP 800-38D section 7.1. Writes plaintext_length + 16 bytes: the
 * ciphertext and the tag. The buffers must not overlap. An IV must never be used twice with the
 * same key. */
gboolean
signal_aead_encrypt_with_iv (SignalAead    *self,
                             const guint8   iv[SIGNAL_AEAD_IV_SIZE],
                             const guint8  *plaintext,
                             gsize          plaintext_length,
                             guint8        *ciphertext,
                             GError       **error)
{
  return encrypt (self, iv, plaintext, plaintext_length, ciphertext, error);
}

/* Decrypts according to NIST SP 800-38D section 7.2. ciphertext_length includes the tag of 16
 * bytes at the end; plaintext must have room for 16 bytes less, and must either be the buffer of
 * the ciphertext or not overlap it. The tag is compared in constant time. If it is wrong, these
 * bytes of plaintext are wiped. */
gboolean
signal_aead_decrypt (SignalAead    *self,
                     const guint8   iv[SIGNAL_AEAD_IV_SIZE],
                     const guint8  *ciphertext,
                     gsize          ciphertext_length,
                     guint8        *plaintext,
                     GError       **error)
{
  gsize plaintext_length = ciphertext_length - SIGNAL_AEAD_TAG_SIZE;

  if (ciphertext_length < SIGNAL_AEAD_TAG_SIZE)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The ciphertext is shorter than its authentication tag"));
      return FALSE;
    }

  if (!decrypt (self, iv, ciphertext, plaintext, plaintext_length))
    return refuse_forged (plaintext, plaintext_length, error);
  return TRUE;
}
