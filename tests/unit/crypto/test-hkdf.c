/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <sys/resource.h>

#include "tests/lib/crypto-hex.h"
#include "tests/lib/crypto-vectors.h"
#include "signal-glib/protocol/signal-handshake-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-hkdf-private.h"
#include "signal-glib/crypto/signal-secret-private.h"
#include "signal-glib/crypto/signal-uuid-private.h"

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
  guint8 sealed[sizeof plaintext + SIGNAL_AEAD_TAG_SIZE], opened[sizeof plaintext];
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

  g_assert_true (signal_aead_encrypt (ours, plaintext, sizeof plaintext, iv, sealed, NULL));
  g_assert_true (signal_aead_decrypt (theirs, iv, sealed, sizeof sealed, opened, NULL));
  g_assert_cmpmem (opened, sizeof opened, plaintext, sizeof plaintext);

  g_assert_false (signal_aead_decrypt (salted, iv, sealed, sizeof sealed, opened, NULL));
  g_assert_false (signal_aead_decrypt (named, iv, sealed, sizeof sealed, opened, NULL));
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
  guint8 iv[SIGNAL_AEAD_IV_SIZE], sealed[SIGNAL_AEAD_TAG_SIZE];

  unhex (RFC5903_I, scalar);
  initiator = signal_ecdh_key_pair_new_from_scalar (scalar, NULL);
  unhex (RFC5903_GR, point);
  unhex (RFC5903_GIR_X, x);
  derived = signal_handshake_derive_key (initiator, point, sizeof point, salt, sizeof salt, info, NULL);
  signal_hkdf_sha256 (x, sizeof x, salt, sizeof salt, (const guint8 *) info, strlen (info),
                             key, sizeof key);
  expected = signal_aead_new (key);

  g_assert_true (signal_aead_encrypt (derived, NULL, 0, iv, sealed, NULL));
  g_assert_true (signal_aead_decrypt (expected, iv, sealed, sizeof sealed, sealed, NULL));
}

static void
test_wipe (void)
{
  guint8 secret[] = { 1, 2, 3, 4 };

  signal_secret_wipe (secret + 1, 2);
  assert_hex (secret, sizeof secret, "01000004");
  signal_secret_wipe (NULL, 0);
}

static void
test_random (void)
{
  g_autoptr(GError) error = NULL;
  guint8 first[32] = { 0 }, second[32] = { 0 };

  g_assert_true (signal_random_bytes (first, sizeof first, &error));
  g_assert_true (signal_random_bytes (second, sizeof second, &error));
  g_assert_no_error (error);
  g_assert_cmpint (memcmp (first, second, sizeof first), !=, 0);
}

/* The flags of the mapping that contains a pointer, as in proc(5), or NULL if they are not
 * available. */
static char *
read_mapping_flags (gconstpointer pointer)
{
  g_autofree char *smaps = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean is_inside = FALSE;

  if (!g_file_get_contents ("/proc/self/smaps", &smaps, NULL, NULL))
    return NULL;

  lines = g_strsplit (smaps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      guint64 start, end;

      if (sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x ", &start, &end) == 2)
        is_inside = start <= GPOINTER_TO_SIZE (pointer) && GPOINTER_TO_SIZE (pointer) < end;
      else if (is_inside && g_str_has_prefix (lines[i], "VmFlags:"))
        return g_strconcat (lines[i], " ", NULL);
    }

  return NULL;
}

static void
test_secret_not_dumped (void)
{
  guint8 *secret = signal_secret_alloc (100);
  g_autofree char *plain = g_malloc (100);
  g_autofree char *secret_flags = read_mapping_flags (secret);
  g_autofree char *plain_flags = read_mapping_flags (plain);

  if (secret_flags == NULL)
    {
      g_test_skip ("The flags of a mapping cannot be read here");
    }
  else
    {
      g_assert_nonnull (strstr (secret_flags, " dd "));
      g_assert_null (strstr (plain_flags, " dd "));
    }
  signal_secret_free (secret);
}

static void
test_secret_memory (void)
{
  static const gsize sizes[] = { 1, 32, 4096 - 32, 4096, 70000 };

  for (gsize n = 0; n < G_N_ELEMENTS (sizes); n++)
    {
      guint8 *secret = signal_secret_alloc (sizes[n]);

      g_assert_cmpuint (GPOINTER_TO_SIZE (secret) % 16, ==, 0);
      for (gsize i = 0; i < sizes[n]; i++)
        g_assert_cmpuint (secret[i], ==, 0);
      memset (secret, 0xff, sizes[n]);
      signal_secret_free (secret);
    }

  signal_secret_free (NULL);
}

/* If no page can be allocated, ordinary memory is used. A sanitizer does not work with that
 * limit. */
#ifndef __SANITIZE_ADDRESS__
static void
test_secret_without_pages (void)
{
  struct rlimit before, none = { 0 };
  guint8 *secret;

  g_assert_no_errno (getrlimit (RLIMIT_AS, &before));
  none.rlim_max = before.rlim_max;
  g_assert_no_errno (setrlimit (RLIMIT_AS, &none));
  secret = signal_secret_alloc (100);
  g_assert_no_errno (setrlimit (RLIMIT_AS, &before));
  memset (secret, 0xff, 100);
  signal_secret_free (secret);
}
#endif

static void
test_free_null (void)
{
  signal_ecdh_key_pair_free (NULL);
  signal_aead_free (NULL);
}

/* The version 4 and the variant of RFC 9562, with 122 random bits that are not from GLib's
 * generator. */
static void
test_uuid (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint32 bits_set = 0, bits_clear = 0;

  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GError) error = NULL;
      char *uuid;

      g_random_set_seed (1);
      uuid = signal_uuid_new (&error);
      g_assert_no_error (error);
      g_assert_true (g_regex_match_simple ("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                           "[0-9a-f]{12}$", uuid, 0, 0));
      bits_set |= (guint32) g_ascii_strtoull (uuid, NULL, 16);
      bits_clear |= ~(guint32) g_ascii_strtoull (uuid, NULL, 16);
      g_assert_true (g_hash_table_add (seen, uuid));
    }
  g_assert_cmphex (bits_set, ==, G_MAXUINT32);
  g_assert_cmphex (bits_clear, ==, G_MAXUINT32);
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
  g_test_add_func ("/crypto/secret/not-dumped", test_secret_not_dumped);
  g_test_add_func ("/crypto/secret/memory", test_secret_memory);
#ifndef __SANITIZE_ADDRESS__
  g_test_add_func ("/crypto/secret/without-pages", test_secret_without_pages);
#endif
  g_test_add_func ("/crypto/wipe", test_wipe);
  g_test_add_func ("/crypto/random", test_random);
  g_test_add_func ("/crypto/uuid", test_uuid);
  g_test_add_func ("/crypto/free-null", test_free_null);

  return g_test_run ();
}
