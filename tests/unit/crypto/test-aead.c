/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/crypto-hex.h"
#include "tests/lib/crypto-vectors.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/signal-error.h"

static void
test_gcm_vector (gconstpointer user_data)
{
  const GcmVector *vector = user_data;
  g_autoptr(SignalAead) session_key = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *expected = g_strconcat (vector->ciphertext, vector->tag, NULL);
  guint8 key[SIGNAL_AEAD_KEY_SIZE], iv[SIGNAL_AEAD_IV_SIZE];
  guint8 plaintext[64], ciphertext[80], decrypted[64];
  gsize length = unhex (vector->plaintext, plaintext);
  gsize ciphertext_length = length + SIGNAL_AEAD_TAG_SIZE;

  unhex (vector->key, key);
  unhex (vector->iv, iv);
  session_key = signal_aead_new (key);
  g_assert_nonnull (session_key);

  g_assert_true (signal_aead_encrypt_with_iv (session_key, iv, plaintext, length, ciphertext,
                                                     &error));
  g_assert_no_error (error);
  assert_hex (ciphertext, ciphertext_length, expected);

  g_assert_true (signal_aead_decrypt (session_key, iv, ciphertext, ciphertext_length, decrypted,
                                             &error));
  g_assert_no_error (error);
  assert_hex (decrypted, length, vector->plaintext);

  g_assert_true (signal_aead_decrypt (session_key, iv, ciphertext, ciphertext_length, ciphertext,
                                             &error));
  g_assert_no_error (error);
  assert_hex (ciphertext, length, vector->plaintext);
}

/* Buffers have the exact size, so that a sanitizer detects any access outside of them. */

static SignalAead *
some_session_key (guint8 first)
{
  const guint8 key[SIGNAL_AEAD_KEY_SIZE] = { first, 1, 2, 3 };
  SignalAead *session_key = signal_aead_new (key);

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

/* Every length around the block sizes of the optimized code, with both functions that decrypt. */
static void
test_round_trip (void)
{
  g_autoptr(SignalAead) session_key = some_session_key (9);

  for (gsize length = 0; length <= 600; length++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree guint8 *plaintext = pattern_new (length);
      g_autofree guint8 *decrypted = g_malloc (length);
      gsize ciphertext_length = length + SIGNAL_AEAD_TAG_SIZE;
      g_autofree guint8 *ciphertext = g_malloc (ciphertext_length);
      guint8 iv[SIGNAL_AEAD_IV_SIZE];

      g_assert_true (signal_aead_encrypt (session_key, plaintext, length, iv, ciphertext,
                                                 &error));
      g_assert_no_error (error);

      g_assert_true (signal_aead_decrypt (session_key, iv, ciphertext, ciphertext_length, decrypted,
                                                 &error));
      g_assert_no_error (error);
      g_assert_cmpmem (decrypted, length, plaintext, length);

      g_assert_true (signal_aead_decrypt (session_key, iv, ciphertext, ciphertext_length,
                                          ciphertext, &error));
      g_assert_no_error (error);
      g_assert_cmpmem (ciphertext, length, plaintext, length);
    }
}

/* Decryption fails with the right error, and the plaintext is wiped, in place or not. */
static void
assert_refused (SignalAead   *session_key,
                const guint8 *iv,
                const guint8 *ciphertext,
                gsize         ciphertext_length)
{
  gsize length = ciphertext_length - SIGNAL_AEAD_TAG_SIZE;
  g_autofree guint8 *decrypted = pattern_new (length);
  g_autofree guint8 *in_place = g_memdup2 (ciphertext, ciphertext_length);
  g_autofree guint8 *zeros = g_malloc0 (length);
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) in_place_error = NULL;

  g_assert_false (signal_aead_decrypt (session_key, iv, ciphertext, ciphertext_length, decrypted,
                                              &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpmem (decrypted, length, zeros, length);

  g_assert_false (signal_aead_decrypt (session_key, iv, in_place, ciphertext_length, in_place,
                                              &in_place_error));
  g_assert_error (in_place_error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpmem (in_place, length, zeros, length);
}

static void
test_tampered (void)
{
  static const gsize lengths[] = { 0, 1, 15, 16, 17, 100, 300 };
  g_autoptr(SignalAead) session_key = some_session_key (9);
  g_autoptr(SignalAead) other_key = some_session_key (8);

  for (gsize n = 0; n < G_N_ELEMENTS (lengths); n++)
    {
      g_autofree guint8 *plaintext = pattern_new (lengths[n]);
      gsize ciphertext_length = lengths[n] + SIGNAL_AEAD_TAG_SIZE;
      g_autofree guint8 *ciphertext = g_malloc (ciphertext_length + 1);
      guint8 iv[SIGNAL_AEAD_IV_SIZE];

      g_assert_true (signal_aead_encrypt (session_key, plaintext, lengths[n], iv, ciphertext,
                                                 NULL));

      /* Each bit of the ciphertext and of the tag. */
      for (gsize bit = 0; bit < 8 * ciphertext_length; bit++)
        {
          ciphertext[bit / 8] ^= 1 << bit % 8;
          assert_refused (session_key, iv, ciphertext, ciphertext_length);
          ciphertext[bit / 8] ^= 1 << bit % 8;
        }

      /* Each bit of the IV. */
      for (gsize bit = 0; bit < 8 * sizeof iv; bit++)
        {
          iv[bit / 8] ^= 1 << bit % 8;
          assert_refused (session_key, iv, ciphertext, ciphertext_length);
          iv[bit / 8] ^= 1 << bit % 8;
        }

      /* Another key, an additional byte, a missing byte. */
      assert_refused (other_key, iv, ciphertext, ciphertext_length);
      ciphertext[ciphertext_length] = 0;
      assert_refused (session_key, iv, ciphertext, ciphertext_length + 1);
      if (lengths[n] > 0)
        assert_refused (session_key, iv, ciphertext, ciphertext_length - 1);

      /* The unmodified ciphertext is accepted. */
      g_assert_true (signal_aead_decrypt (session_key, iv, ciphertext, ciphertext_length, plaintext,
                                                 NULL));
    }
}

/* Tags with errors other than a single bit, and truncated ones. */
static void
test_other_tags (void)
{
  g_autoptr(SignalAead) session_key = some_session_key (9);
  guint8 plaintext[40] = "what came before the tag", ciphertext[sizeof plaintext + 16];
  guint8 tag[SIGNAL_AEAD_TAG_SIZE], iv[SIGNAL_AEAD_IV_SIZE];
  guint8 *end = ciphertext + sizeof plaintext;

  g_assert_true (signal_aead_encrypt (session_key, plaintext, sizeof plaintext, iv, ciphertext,
                                             NULL));
  memcpy (tag, end, sizeof tag);

  for (gsize i = 0; i < sizeof tag; i++)
    assert_refused (session_key, iv, ciphertext, sizeof plaintext + i);
  memset (end, 0x00, sizeof tag);
  assert_refused (session_key, iv, ciphertext, sizeof ciphertext);
  memset (end, 0xff, sizeof tag);
  assert_refused (session_key, iv, ciphertext, sizeof ciphertext);
  for (gsize i = 0; i < sizeof tag; i++)
    end[i] = tag[i] ^ 0xff;
  assert_refused (session_key, iv, ciphertext, sizeof ciphertext);
  for (gsize i = 0; i < sizeof tag; i++)
    end[i] = tag[sizeof tag - 1 - i];
  assert_refused (session_key, iv, ciphertext, sizeof ciphertext);
  memcpy (end, tag + 8, 8);
  memcpy (end + 8, tag, 8);
  assert_refused (session_key, iv, ciphertext, sizeof ciphertext);
}

/* Longer than the largest message, with an error in the last byte. */
static void
test_long (void)
{
  const gsize length = 20 * 1024 * 1024 + 7;
  g_autoptr(SignalAead) session_key = some_session_key (9);
  g_autofree guint8 *plaintext = pattern_new (length);
  g_autofree guint8 *ciphertext = g_malloc (length + SIGNAL_AEAD_TAG_SIZE);
  guint8 iv[SIGNAL_AEAD_IV_SIZE];

  g_assert_true (signal_aead_encrypt (session_key, plaintext, length, iv, ciphertext, NULL));
  ciphertext[length - 1] ^= 1;
  assert_refused (session_key, iv, ciphertext, length + SIGNAL_AEAD_TAG_SIZE);
  ciphertext[length - 1] ^= 1;
  g_assert_true (signal_aead_decrypt (session_key, iv, ciphertext,
                                             length + SIGNAL_AEAD_TAG_SIZE, ciphertext, NULL));
  g_assert_cmpmem (ciphertext, length, plaintext, length);
}

static void
test_shorter_than_tag (void)
{
  g_autoptr(SignalAead) session_key = some_session_key (9);
  const guint8 iv[SIGNAL_AEAD_IV_SIZE] = { 0 };

  for (gsize length = 0; length < SIGNAL_AEAD_TAG_SIZE; length++)
    {
      g_autofree guint8 *ciphertext = pattern_new (length);
      g_autoptr(GError) error = NULL;

      g_assert_false (signal_aead_decrypt (session_key, iv, ciphertext, length, ciphertext,
                                           &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
    }
}

static void
test_ivs_differ (void)
{
  g_autoptr(SignalAead) session_key = some_session_key (9);
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                                      (GDestroyNotify) g_bytes_unref, NULL);
  const guint8 plaintext[] = "the same each time";

  for (guint i = 0; i < 10000; i++)
    {
      guint8 iv[SIGNAL_AEAD_IV_SIZE];
      guint8 ciphertext[sizeof plaintext + SIGNAL_AEAD_TAG_SIZE];

      g_assert_true (signal_aead_encrypt (session_key, plaintext, sizeof plaintext, iv,
                                                 ciphertext, NULL));
      g_assert_true (g_hash_table_add (seen, g_bytes_new (iv, sizeof iv)));
    }
}

/* A child process must not use the IVs of its parent, because they share the key. */
static void
test_ivs_differ_after_fork (void)
{
  g_autoptr(SignalAead) session_key = some_session_key (9);
  guint8 ciphertext[SIGNAL_AEAD_TAG_SIZE];
  guint8 ours[SIGNAL_AEAD_IV_SIZE], theirs[SIGNAL_AEAD_IV_SIZE];
  int ends[2], status;
  pid_t child;

  g_assert_true (signal_aead_encrypt (session_key, NULL, 0, ours, ciphertext, NULL));
  g_assert_no_errno (pipe (ends));

  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      gboolean done = signal_aead_encrypt (session_key, NULL, 0, theirs, ciphertext, NULL) &&
                      write (ends[1], theirs, sizeof theirs) == sizeof theirs;
      _exit (done ? 0 : 1);
    }

  g_assert_true (signal_aead_encrypt (session_key, NULL, 0, ours, ciphertext, NULL));
  close (ends[1]);
  g_assert_cmpint (read (ends[0], theirs, sizeof theirs), ==, sizeof theirs);
  close (ends[0]);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);

  g_assert_cmpint (memcmp (ours, theirs, sizeof ours), !=, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (gcm_vectors); i++)
    g_test_add_data_func (gcm_vectors[i].name, &gcm_vectors[i], test_gcm_vector);

  g_test_add_func ("/crypto/gcm/round-trip", test_round_trip);
  g_test_add_func ("/crypto/gcm/tampered", test_tampered);
  g_test_add_func ("/crypto/gcm/other-tags", test_other_tags);
  g_test_add_func ("/crypto/gcm/long", test_long);
  g_test_add_func ("/crypto/gcm/shorter-than-tag", test_shorter_than_tag);
  g_test_add_func ("/crypto/gcm/ivs-differ", test_ivs_differ);
  g_test_add_func ("/crypto/gcm/ivs-differ-after-fork", test_ivs_differ_after_fork);

  return g_test_run ();
}
