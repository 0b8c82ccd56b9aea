/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/crypto-hex.h"
#include "tests/lib/crypto-vectors.h"
#include "signal-glib/protocol/signal-handshake-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-hkdf-private.h"

#define HKDF_MAX (255 * 32) /* RFC 5869, 2.3 */

static void
test_hkdf_vector (gconstpointer user_data)
{
  const HkdfVector *vector = user_data;
  guint8 ikm[80], salt[80], info[80], okm[82];
  gsize ikm_length = unhex (vector->ikm, ikm);
  gsize salt_length = unhex (vector->salt, salt);
  gsize info_length = unhex (vector->info, info);
  gsize okm_length = strlen (vector->okm) / 2;

  signal_hkdf_sha256 (ikm, ikm_length, salt, salt_length, info, info_length,
                             okm, okm_length);
  assert_hex (okm, okm_length, vector->okm);
}

/* A shorter output is a prefix of a longer one, and nothing is written after its end. */
static void
test_hkdf_lengths (void)
{
  g_autofree guint8 *longest = g_malloc (HKDF_MAX);
  const guint8 ikm[] = "input", salt[] = "salt", info[] = "info";

  signal_hkdf_sha256 (ikm, sizeof ikm, salt, sizeof salt, info, sizeof info, longest, HKDF_MAX);
  for (gsize length = 0; length <= 100; length++)
    {
      guint8 okm[101];

      memset (okm, 0x55, sizeof okm);
      signal_hkdf_sha256 (ikm, sizeof ikm, salt, sizeof salt, info, sizeof info, okm, length);
      g_assert_cmpmem (okm, length, longest, length);
      for (gsize i = length; i < sizeof okm; i++)
        g_assert_cmphex (okm[i], ==, 0x55);
    }
}

static void
test_hkdf_too_long (void)
{
  g_autofree guint8 *okm = g_malloc0 (HKDF_MAX + 1);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, "*okm_length*");
  signal_hkdf_sha256 (okm, 1, NULL, 0, NULL, 0, okm, HKDF_MAX + 1);
  g_test_assert_expected_messages ();
  g_assert_cmphex (okm[0], ==, 0);
}

/* Each side decrypts what the other encrypts, but only with the same salt and info. */
static void
test_derive_is_symmetric (void)
{
  g_autoptr(SignalEcdhKeyPair) alice = signal_ecdh_key_pair_generate (NULL);
  g_autoptr(SignalEcdhKeyPair) bob = signal_ecdh_key_pair_generate (NULL);
  const guint8 salt[SIGNAL_HANDSHAKE_SALT_SIZE] = { 1, 2, 3 };
  const guint8 other_salt[SIGNAL_HANDSHAKE_SALT_SIZE] = { 1, 2, 4 };
  const guint8 plaintext[] = "good morning";
  guint8 alice_point[SIGNAL_ECDH_PUBLIC_KEY_SIZE], bob_point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  guint8 ciphertext[sizeof plaintext + SIGNAL_AEAD_TAG_SIZE], decrypted[sizeof plaintext];
  g_autoptr(SignalAead) ours = NULL;
  g_autoptr(SignalAead) theirs = NULL;
  g_autoptr(SignalAead) salted = NULL;
  g_autoptr(SignalAead) named = NULL;

  signal_ecdh_key_pair_export_public (alice, alice_point);
  signal_ecdh_key_pair_export_public (bob, bob_point);

  ours = signal_handshake_derive_key (alice, bob_point, sizeof bob_point,
                                 salt, sizeof salt, "info", NULL);
  theirs = signal_handshake_derive_key (bob, alice_point, sizeof alice_point,
                                   salt, sizeof salt, "info", NULL);
  salted = signal_handshake_derive_key (bob, alice_point, sizeof alice_point,
                                   other_salt, sizeof other_salt, "info", NULL);
  named = signal_handshake_derive_key (bob, alice_point, sizeof alice_point,
                                  salt, sizeof salt, "inf", NULL);

  g_assert_true (signal_aead_encrypt (ours, plaintext, sizeof plaintext, iv, ciphertext, NULL));
  g_assert_true (signal_aead_decrypt (theirs, iv, ciphertext, sizeof ciphertext, decrypted, NULL));
  g_assert_cmpmem (decrypted, sizeof decrypted, plaintext, sizeof plaintext);

  g_assert_false (signal_aead_decrypt (salted, iv, ciphertext, sizeof ciphertext, decrypted, NULL));
  g_assert_false (signal_aead_decrypt (named, iv, ciphertext, sizeof ciphertext, decrypted, NULL));
}

/* The key of a connection is the HKDF of the shared x coordinate with the salt and the info. */
static void
test_derive_is_hkdf_of_x (void)
{
  g_autoptr(SignalEcdhKeyPair) initiator = NULL;
  g_autoptr(SignalAead) derived = NULL;
  g_autoptr(SignalAead) expected = NULL;
  const char *info = "ignis-ecdh-p256-aes-256-gcm-v1";
  const guint8 salt[SIGNAL_HANDSHAKE_SALT_SIZE] = { 4, 5, 6 };
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE], x[SIGNAL_ECDH_SCALAR_SIZE];
  guint8 scalar[SIGNAL_ECDH_SCALAR_SIZE], key[SIGNAL_AEAD_KEY_SIZE];
  guint8 iv[SIGNAL_AEAD_IV_SIZE], ciphertext[SIGNAL_AEAD_TAG_SIZE];

  unhex (RFC5903_I, scalar);
  initiator = signal_ecdh_key_pair_new_from_scalar (scalar, NULL);
  unhex (RFC5903_GR, point);
  unhex (RFC5903_GIR_X, x);
  derived = signal_handshake_derive_key (initiator, point, sizeof point, salt, sizeof salt, info, NULL);
  signal_hkdf_sha256 (x, sizeof x, salt, sizeof salt, (const guint8 *) info, strlen (info),
                             key, sizeof key);
  expected = signal_aead_new (key);

  g_assert_true (signal_aead_encrypt (derived, NULL, 0, iv, ciphertext, NULL));
  g_assert_true (signal_aead_decrypt (expected, iv, ciphertext, sizeof ciphertext, ciphertext,
                                      NULL));
}

static void
test_free_null (void)
{
  signal_ecdh_key_pair_free (NULL);
  signal_aead_free (NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (hkdf_vectors); i++)
    g_test_add_data_func (hkdf_vectors[i].name, &hkdf_vectors[i], test_hkdf_vector);

  g_test_add_func ("/crypto/hkdf/lengths", test_hkdf_lengths);
  g_test_add_func ("/crypto/hkdf/too-long", test_hkdf_too_long);
  g_test_add_func ("/crypto/derive/symmetric", test_derive_is_symmetric);
  g_test_add_func ("/crypto/derive/hkdf-of-x", test_derive_is_hkdf_of_x);
  g_test_add_func ("/crypto/free-null", test_free_null);

  return g_test_run ();
}
