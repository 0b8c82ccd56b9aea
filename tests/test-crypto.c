/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto-vectors.h"
#include "signal-glib/signal-crypto-private.h"
#include "signal-glib/signal-error.h"

/* Writes the bytes that hexadecimal text stands for; returns how many. */
static gsize
unhex (const char *hex,
       guint8     *bytes)
{
  gsize length = strlen (hex) / 2;

  for (gsize i = 0; i < length; i++)
    bytes[i] = g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]);

  return length;
}

static void
assert_hex (const guint8 *bytes,
            gsize         length,
            const char   *hex)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", bytes[i]);

  g_assert_cmpstr (text->str, ==, hex);
}

static SignalKeyPair *
key_pair_from_hex (const char *hex)
{
  g_autoptr(GError) error = NULL;
  guint8 scalar[SIGNAL_CRYPTO_SCALAR_SIZE];
  SignalKeyPair *key_pair;

  unhex (hex, scalar);
  key_pair = signal_key_pair_new_from_scalar (scalar, &error);
  g_assert_no_error (error);

  return key_pair;
}

static SignalKeyPair *
fresh_key_pair (void)
{
  g_autoptr(GError) error = NULL;
  SignalKeyPair *key_pair = signal_key_pair_generate (&error);

  g_assert_no_error (error);

  return key_pair;
}

static void
test_hkdf_vector (gconstpointer user_data)
{
  const HkdfVector *vector = user_data;
  guint8 ikm[80], salt[80], info[80], okm[82];
  gsize ikm_length = unhex (vector->ikm, ikm);
  gsize salt_length = unhex (vector->salt, salt);
  gsize info_length = unhex (vector->info, info);
  gsize okm_length = strlen (vector->okm) / 2;

  signal_crypto_hkdf_sha256 (ikm, ikm_length, salt, salt_length, info, info_length,
                             okm, okm_length);
  assert_hex (okm, okm_length, vector->okm);
}

static void
assert_agrees (const SignalKeyPair *key_pair,
               const SignalKeyPair *peer,
               const char          *expected)
{
  g_autoptr(GError) error = NULL;
  guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];
  guint8 shared[SIGNAL_CRYPTO_SCALAR_SIZE];

  signal_key_pair_export_public (peer, point);
  g_assert_true (signal_key_pair_agree (key_pair, point, sizeof point, shared, &error));
  g_assert_no_error (error);
  assert_hex (shared, sizeof shared, expected);
}

static void
test_ecdh_rfc5903 (void)
{
  g_autoptr(SignalKeyPair) initiator = key_pair_from_hex (RFC5903_I);
  g_autoptr(SignalKeyPair) responder = key_pair_from_hex (RFC5903_R);
  guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];

  signal_key_pair_export_public (initiator, point);
  assert_hex (point, sizeof point, RFC5903_GI);
  signal_key_pair_export_public (responder, point);
  assert_hex (point, sizeof point, RFC5903_GR);

  assert_agrees (initiator, responder, RFC5903_GIR_X);
  assert_agrees (responder, initiator, RFC5903_GIR_X);
}

/* The x coordinate of 379 G begins with a zero byte, which must not be lost. */
static void
test_ecdh_leading_zero (void)
{
  const char *x = "005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a";
  g_autoptr(SignalKeyPair) one =
    key_pair_from_hex ("0000000000000000000000000000000000000000000000000000000000000001");
  g_autoptr(SignalKeyPair) other =
    key_pair_from_hex ("000000000000000000000000000000000000000000000000000000000000017b");
  guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];

  signal_key_pair_export_public (one, point);
  assert_hex (point, sizeof point, "04" P256_GX P256_GY);
  signal_key_pair_export_public (other, point);
  assert_hex (point + 1, 32, x);

  assert_agrees (one, other, x);
  assert_agrees (other, one, x);
}

static void
test_scalar_range (void)
{
  static const char *const refused[] = {
    ZERO_32,
    P256_ORDER,
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552", /* n + 1 */
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  };
  /* n − 1, whose point is −G. */
  g_autoptr(SignalKeyPair) largest =
    key_pair_from_hex ("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
  guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];

  signal_key_pair_export_public (largest, point);
  assert_hex (point + 1, 32, P256_GX);

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr(GError) error = NULL;
      guint8 scalar[SIGNAL_CRYPTO_SCALAR_SIZE];

      unhex (refused[i], scalar);
      g_assert_null (signal_key_pair_new_from_scalar (scalar, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
    }
}

static void
test_point (gconstpointer user_data)
{
  const PointCase *point_case = user_data;
  g_autoptr(SignalKeyPair) key_pair = key_pair_from_hex (RFC5903_I);
  g_autoptr(SignalSessionKey) key = NULL;
  g_autoptr(GError) agree_error = NULL;
  g_autoptr(GError) derive_error = NULL;
  gsize length = strlen (point_case->point) / 2;
  g_autofree guint8 *point = g_malloc (length);
  guint8 shared[SIGNAL_CRYPTO_SCALAR_SIZE] = { 0 };
  const guint8 salt[SIGNAL_CRYPTO_SALT_SIZE] = { 0 };

  unhex (point_case->point, point);
  key = signal_key_pair_derive (key_pair, point, length, salt, sizeof salt, "info", &derive_error);

  if (point_case->valid)
    {
      g_assert_true (signal_key_pair_agree (key_pair, point, length, shared, &agree_error));
      g_assert_no_error (agree_error);
      g_assert_no_error (derive_error);
      g_assert_nonnull (key);
    }
  else
    {
      g_assert_false (signal_key_pair_agree (key_pair, point, length, shared, &agree_error));
      g_assert_error (agree_error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
      g_assert_error (derive_error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
      g_assert_null (key);
      assert_hex (shared, sizeof shared, ZERO_32);
    }
}

static void
test_fresh_key_pairs_differ (void)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                                      (GDestroyNotify) g_bytes_unref, NULL);

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr(SignalKeyPair) key_pair = fresh_key_pair ();
      guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];

      signal_key_pair_export_public (key_pair, point);
      g_assert_true (g_hash_table_add (seen, g_bytes_new (point, sizeof point)));
    }
}

static void
test_gcm_vector (gconstpointer user_data)
{
  const GcmVector *vector = user_data;
  g_autoptr(SignalSessionKey) session_key = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *expected = g_strconcat (vector->ciphertext, vector->tag, NULL);
  guint8 key[SIGNAL_CRYPTO_KEY_SIZE], iv[SIGNAL_CRYPTO_IV_SIZE];
  guint8 plaintext[64], sealed[80], opened[64];
  gsize length = unhex (vector->plaintext, plaintext);
  gsize sealed_length = length + SIGNAL_CRYPTO_TAG_SIZE;

  unhex (vector->key, key);
  unhex (vector->iv, iv);
  session_key = signal_session_key_new (key);
  g_assert_nonnull (session_key);

  g_assert_true (signal_session_key_encrypt_with_iv (session_key, iv, plaintext, length, sealed,
                                                     &error));
  g_assert_no_error (error);
  assert_hex (sealed, sealed_length, expected);

  g_assert_true (signal_session_key_decrypt (session_key, iv, sealed, sealed_length, opened,
                                             &error));
  g_assert_no_error (error);
  assert_hex (opened, length, vector->plaintext);

  g_assert_true (signal_session_key_decrypt (session_key, iv, sealed, sealed_length, sealed,
                                             &error));
  g_assert_no_error (error);
  assert_hex (sealed, length, vector->plaintext);
}

/* Buffers are allocated to the byte, so that a sanitizer sees any access outside them. */

static SignalSessionKey *
some_session_key (guint8 first)
{
  const guint8 key[SIGNAL_CRYPTO_KEY_SIZE] = { first, 1, 2, 3 };
  SignalSessionKey *session_key = signal_session_key_new (key);

  g_assert_nonnull (session_key);

  return session_key;
}

static guint8 *
pattern_new (gsize length)
{
  guint8 *bytes = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    bytes[i] = 1 + i % 255;

  return bytes;
}

/* Every length around the block sizes of the fast code, both ways to decrypt. */
static void
test_round_trip (void)
{
  g_autoptr(SignalSessionKey) session_key = some_session_key (9);

  for (gsize length = 0; length <= 600; length++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree guint8 *plaintext = pattern_new (length);
      g_autofree guint8 *opened = g_malloc (length);
      gsize sealed_length = length + SIGNAL_CRYPTO_TAG_SIZE;
      g_autofree guint8 *sealed = g_malloc (sealed_length);
      guint8 iv[SIGNAL_CRYPTO_IV_SIZE];

      g_assert_true (signal_session_key_encrypt (session_key, plaintext, length, iv, sealed,
                                                 &error));
      g_assert_no_error (error);

      g_assert_true (signal_session_key_decrypt (session_key, iv, sealed, sealed_length, opened,
                                                 &error));
      g_assert_no_error (error);
      g_assert_cmpmem (opened, length, plaintext, length);

      g_assert_true (signal_session_key_decrypt (session_key, iv, sealed, sealed_length, sealed,
                                                 &error));
      g_assert_no_error (error);
      g_assert_cmpmem (sealed, length, plaintext, length);
    }
}

/* Refused with the right error, and nothing of the plaintext is left, in place or not. */
static void
assert_refused (SignalSessionKey *session_key,
                const guint8     *iv,
                const guint8     *sealed,
                gsize             sealed_length)
{
  gsize length = sealed_length - SIGNAL_CRYPTO_TAG_SIZE;
  g_autofree guint8 *opened = pattern_new (length);
  g_autofree guint8 *in_place = g_memdup2 (sealed, sealed_length);
  g_autofree guint8 *zeros = g_malloc0 (length);
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) in_place_error = NULL;

  g_assert_false (signal_session_key_decrypt (session_key, iv, sealed, sealed_length, opened,
                                              &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpmem (opened, length, zeros, length);

  g_assert_false (signal_session_key_decrypt (session_key, iv, in_place, sealed_length, in_place,
                                              &in_place_error));
  g_assert_error (in_place_error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpmem (in_place, length, zeros, length);
}

static void
test_tampered (void)
{
  static const gsize lengths[] = { 0, 1, 15, 16, 17, 100, 300 };
  g_autoptr(SignalSessionKey) session_key = some_session_key (9);
  g_autoptr(SignalSessionKey) other_key = some_session_key (8);

  for (gsize n = 0; n < G_N_ELEMENTS (lengths); n++)
    {
      g_autofree guint8 *plaintext = pattern_new (lengths[n]);
      gsize sealed_length = lengths[n] + SIGNAL_CRYPTO_TAG_SIZE;
      g_autofree guint8 *sealed = g_malloc (sealed_length + 1);
      guint8 iv[SIGNAL_CRYPTO_IV_SIZE];

      g_assert_true (signal_session_key_encrypt (session_key, plaintext, lengths[n], iv, sealed,
                                                 NULL));

      /* Each bit of the ciphertext and of the tag. */
      for (gsize bit = 0; bit < 8 * sealed_length; bit++)
        {
          sealed[bit / 8] ^= 1 << bit % 8;
          assert_refused (session_key, iv, sealed, sealed_length);
          sealed[bit / 8] ^= 1 << bit % 8;
        }

      /* Each bit of the IV. */
      for (gsize bit = 0; bit < 8 * sizeof iv; bit++)
        {
          iv[bit / 8] ^= 1 << bit % 8;
          assert_refused (session_key, iv, sealed, sealed_length);
          iv[bit / 8] ^= 1 << bit % 8;
        }

      /* Another key, a byte more, a byte less. */
      assert_refused (other_key, iv, sealed, sealed_length);
      sealed[sealed_length] = 0;
      assert_refused (session_key, iv, sealed, sealed_length + 1);
      if (lengths[n] > 0)
        assert_refused (session_key, iv, sealed, sealed_length - 1);

      /* And unharmed it is taken. */
      g_assert_true (signal_session_key_decrypt (session_key, iv, sealed, sealed_length, plaintext,
                                                 NULL));
    }
}

static void
test_shorter_than_tag (void)
{
  g_autoptr(SignalSessionKey) session_key = some_session_key (9);
  const guint8 iv[SIGNAL_CRYPTO_IV_SIZE] = { 0 };

  for (gsize length = 0; length < SIGNAL_CRYPTO_TAG_SIZE; length++)
    {
      g_autofree guint8 *sealed = pattern_new (length);
      g_autoptr(GError) error = NULL;

      g_assert_false (signal_session_key_decrypt (session_key, iv, sealed, length, sealed, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
    }
}

static void
test_ivs_differ (void)
{
  g_autoptr(SignalSessionKey) session_key = some_session_key (9);
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                                      (GDestroyNotify) g_bytes_unref, NULL);
  const guint8 plaintext[] = "the same each time";

  for (guint i = 0; i < 10000; i++)
    {
      guint8 iv[SIGNAL_CRYPTO_IV_SIZE];
      guint8 sealed[sizeof plaintext + SIGNAL_CRYPTO_TAG_SIZE];

      g_assert_true (signal_session_key_encrypt (session_key, plaintext, sizeof plaintext, iv,
                                                 sealed, NULL));
      g_assert_true (g_hash_table_add (seen, g_bytes_new (iv, sizeof iv)));
    }
}

/* A child must not draw the IVs of its parent: they share the key. */
static void
test_ivs_differ_after_fork (void)
{
  g_autoptr(SignalSessionKey) session_key = some_session_key (9);
  guint8 sealed[SIGNAL_CRYPTO_TAG_SIZE];
  guint8 ours[SIGNAL_CRYPTO_IV_SIZE], theirs[SIGNAL_CRYPTO_IV_SIZE];
  int ends[2], status;
  pid_t child;

  g_assert_true (signal_session_key_encrypt (session_key, NULL, 0, ours, sealed, NULL));
  g_assert_no_errno (pipe (ends));

  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      gboolean done = signal_session_key_encrypt (session_key, NULL, 0, theirs, sealed, NULL) &&
                      write (ends[1], theirs, sizeof theirs) == sizeof theirs;
      _exit (done ? 0 : 1);
    }

  g_assert_true (signal_session_key_encrypt (session_key, NULL, 0, ours, sealed, NULL));
  close (ends[1]);
  g_assert_cmpint (read (ends[0], theirs, sizeof theirs), ==, sizeof theirs);
  close (ends[0]);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);

  g_assert_cmpint (memcmp (ours, theirs, sizeof ours), !=, 0);
}

/* What one side encrypts the other decrypts, and only under the same salt and info. */
static void
test_derive_is_symmetric (void)
{
  g_autoptr(SignalKeyPair) alice = fresh_key_pair ();
  g_autoptr(SignalKeyPair) bob = fresh_key_pair ();
  const guint8 salt[SIGNAL_CRYPTO_SALT_SIZE] = { 1, 2, 3 };
  const guint8 other_salt[SIGNAL_CRYPTO_SALT_SIZE] = { 1, 2, 4 };
  const guint8 plaintext[] = "good morning";
  guint8 alice_point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE], bob_point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];
  guint8 iv[SIGNAL_CRYPTO_IV_SIZE];
  guint8 sealed[sizeof plaintext + SIGNAL_CRYPTO_TAG_SIZE], opened[sizeof plaintext];
  g_autoptr(SignalSessionKey) ours = NULL;
  g_autoptr(SignalSessionKey) theirs = NULL;
  g_autoptr(SignalSessionKey) salted = NULL;
  g_autoptr(SignalSessionKey) named = NULL;

  signal_key_pair_export_public (alice, alice_point);
  signal_key_pair_export_public (bob, bob_point);

  ours = signal_key_pair_derive (alice, bob_point, sizeof bob_point,
                                 salt, sizeof salt, "info", NULL);
  theirs = signal_key_pair_derive (bob, alice_point, sizeof alice_point,
                                   salt, sizeof salt, "info", NULL);
  salted = signal_key_pair_derive (bob, alice_point, sizeof alice_point,
                                   other_salt, sizeof other_salt, "info", NULL);
  named = signal_key_pair_derive (bob, alice_point, sizeof alice_point,
                                  salt, sizeof salt, "inf", NULL);

  g_assert_true (signal_session_key_encrypt (ours, plaintext, sizeof plaintext, iv, sealed, NULL));
  g_assert_true (signal_session_key_decrypt (theirs, iv, sealed, sizeof sealed, opened, NULL));
  g_assert_cmpmem (opened, sizeof opened, plaintext, sizeof plaintext);

  assert_refused (salted, iv, sealed, sizeof sealed);
  assert_refused (named, iv, sealed, sizeof sealed);
}

/* The key of a connection, as PROTOCOL says: HKDF over the shared x with the salt and the info. */
static void
test_derive_is_hkdf_of_x (void)
{
  g_autoptr(SignalKeyPair) initiator = key_pair_from_hex (RFC5903_I);
  g_autoptr(SignalSessionKey) derived = NULL;
  g_autoptr(SignalSessionKey) expected = NULL;
  const char *info = "ignis-ecdh-p256-aes-256-gcm-v1";
  const guint8 salt[SIGNAL_CRYPTO_SALT_SIZE] = { 4, 5, 6 };
  guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE], x[SIGNAL_CRYPTO_SCALAR_SIZE];
  guint8 key[SIGNAL_CRYPTO_KEY_SIZE], iv[SIGNAL_CRYPTO_IV_SIZE], sealed[SIGNAL_CRYPTO_TAG_SIZE];

  unhex (RFC5903_GR, point);
  unhex (RFC5903_GIR_X, x);
  derived = signal_key_pair_derive (initiator, point, sizeof point, salt, sizeof salt, info, NULL);
  signal_crypto_hkdf_sha256 (x, sizeof x, salt, sizeof salt, (const guint8 *) info, strlen (info),
                             key, sizeof key);
  expected = signal_session_key_new (key);

  g_assert_true (signal_session_key_encrypt (derived, NULL, 0, iv, sealed, NULL));
  g_assert_true (signal_session_key_decrypt (expected, iv, sealed, sizeof sealed, sealed, NULL));
}

static void
test_wipe (void)
{
  guint8 secret[] = { 1, 2, 3, 4 };

  signal_crypto_wipe (secret + 1, 2);
  assert_hex (secret, sizeof secret, "01000004");
  signal_crypto_wipe (NULL, 0);
}

static void
test_random (void)
{
  g_autoptr(GError) error = NULL;
  guint8 first[32] = { 0 }, second[32] = { 0 };

  g_assert_true (signal_crypto_random (first, sizeof first, &error));
  g_assert_true (signal_crypto_random (second, sizeof second, &error));
  g_assert_no_error (error);
  g_assert_cmpint (memcmp (first, second, sizeof first), !=, 0);
}

static void
test_free_null (void)
{
  signal_key_pair_free (NULL);
  signal_session_key_free (NULL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (hkdf_vectors); i++)
    g_test_add_data_func (hkdf_vectors[i].name, &hkdf_vectors[i], test_hkdf_vector);

  g_test_add_func ("/crypto/ecdh/rfc5903-8.1", test_ecdh_rfc5903);
  g_test_add_func ("/crypto/ecdh/leading-zero", test_ecdh_leading_zero);
  g_test_add_func ("/crypto/ecdh/scalar-range", test_scalar_range);
  g_test_add_func ("/crypto/ecdh/fresh-key-pairs-differ", test_fresh_key_pairs_differ);
  for (gsize i = 0; i < G_N_ELEMENTS (point_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/crypto/ecdh/point/", point_cases[i].name, NULL);

      g_test_add_data_func (path, &point_cases[i], test_point);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (gcm_vectors); i++)
    g_test_add_data_func (gcm_vectors[i].name, &gcm_vectors[i], test_gcm_vector);

  g_test_add_func ("/crypto/gcm/round-trip", test_round_trip);
  g_test_add_func ("/crypto/gcm/tampered", test_tampered);
  g_test_add_func ("/crypto/gcm/shorter-than-tag", test_shorter_than_tag);
  g_test_add_func ("/crypto/gcm/ivs-differ", test_ivs_differ);
  g_test_add_func ("/crypto/gcm/ivs-differ-after-fork", test_ivs_differ_after_fork);
  g_test_add_func ("/crypto/derive/symmetric", test_derive_is_symmetric);
  g_test_add_func ("/crypto/derive/hkdf-of-x", test_derive_is_hkdf_of_x);
  g_test_add_func ("/crypto/wipe", test_wipe);
  g_test_add_func ("/crypto/random", test_random);
  g_test_add_func ("/crypto/free-null", test_free_null);

  return g_test_run ();
}
