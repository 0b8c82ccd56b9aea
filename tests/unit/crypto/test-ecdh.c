/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/crypto-hex.h"
#include "tests/lib/crypto-vectors.h"
#include "signal-glib/protocol/signal-handshake-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/signal-error.h"

static SignalEcdhKeyPair *
key_pair_from_hex (const char *hex)
{
  g_autoptr(GError) error = NULL;
  guint8 scalar[SIGNAL_ECDH_SCALAR_SIZE];
  SignalEcdhKeyPair *key_pair;

  unhex (hex, scalar);
  key_pair = signal_ecdh_key_pair_new_from_scalar (scalar, &error);
  g_assert_no_error (error);

  return key_pair;
}

static void
assert_agrees (const SignalEcdhKeyPair *key_pair,
               const SignalEcdhKeyPair *peer,
               const char          *expected)
{
  g_autoptr(GError) error = NULL;
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  guint8 shared[SIGNAL_ECDH_SCALAR_SIZE];

  signal_ecdh_key_pair_export_public (peer, point);
  g_assert_true (signal_ecdh_key_pair_agree (key_pair, point, sizeof point, shared, &error));
  g_assert_no_error (error);
  assert_hex (shared, sizeof shared, expected);
}

static void
test_ecdh_rfc5903 (void)
{
  g_autoptr(SignalEcdhKeyPair) initiator = key_pair_from_hex (RFC5903_I);
  g_autoptr(SignalEcdhKeyPair) responder = key_pair_from_hex (RFC5903_R);
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];

  signal_ecdh_key_pair_export_public (initiator, point);
  assert_hex (point, sizeof point, RFC5903_GI);
  signal_ecdh_key_pair_export_public (responder, point);
  assert_hex (point, sizeof point, RFC5903_GR);

  assert_agrees (initiator, responder, RFC5903_GIR_X);
  assert_agrees (responder, initiator, RFC5903_GIR_X);
}

/* The x coordinate of 379 G begins with a zero byte, which must not be omitted. */
static void
test_ecdh_leading_zero (void)
{
  const char *x = "005543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a";
  g_autoptr(SignalEcdhKeyPair) one =
    key_pair_from_hex ("0000000000000000000000000000000000000000000000000000000000000001");
  g_autoptr(SignalEcdhKeyPair) other =
    key_pair_from_hex ("000000000000000000000000000000000000000000000000000000000000017b");
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];

  signal_ecdh_key_pair_export_public (one, point);
  assert_hex (point, sizeof point, "04" P256_GX P256_GY);
  signal_ecdh_key_pair_export_public (other, point);
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
  /* n − 1, whose point is −G */
  g_autoptr(SignalEcdhKeyPair) largest =
    key_pair_from_hex ("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];

  signal_ecdh_key_pair_export_public (largest, point);
  assert_hex (point + 1, 32, P256_GX);

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr(GError) error = NULL;
      guint8 scalar[SIGNAL_ECDH_SCALAR_SIZE];

      unhex (refused[i], scalar);
      g_assert_null (signal_ecdh_key_pair_new_from_scalar (scalar, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
    }
}

static void
test_point (gconstpointer user_data)
{
  const PointCase *point_case = user_data;
  g_autoptr(SignalEcdhKeyPair) key_pair = key_pair_from_hex (RFC5903_I);
  g_autoptr(SignalAead) key = NULL;
  g_autoptr(GError) agree_error = NULL;
  g_autoptr(GError) derive_error = NULL;
  gsize length = strlen (point_case->point) / 2;
  g_autofree guint8 *point = g_malloc (length);
  guint8 shared[SIGNAL_ECDH_SCALAR_SIZE] = { 0 };
  const guint8 salt[SIGNAL_HANDSHAKE_SALT_SIZE] = { 0 };

  unhex (point_case->point, point);
  key = signal_handshake_derive_key (key_pair, point, length, salt, sizeof salt, "info", &derive_error);

  if (point_case->valid)
    {
      g_assert_true (signal_ecdh_key_pair_agree (key_pair, point, length, shared, &agree_error));
      g_assert_no_error (agree_error);
      g_assert_no_error (derive_error);
      g_assert_nonnull (key);
    }
  else
    {
      g_assert_false (signal_ecdh_key_pair_agree (key_pair, point, length, shared, &agree_error));
      g_assert_error (agree_error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
      g_assert_error (derive_error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
      g_assert_null (key);
      assert_hex (shared, sizeof shared, ZERO_32);
    }
}

static void
test_shared (void)
{
  g_autoptr(SignalEcdhKeyPair) key_pair = key_pair_from_hex (RFC5903_I);

  for (gsize i = 0; i < G_N_ELEMENTS (shared_vectors); i++)
    {
      g_autoptr(GError) error = NULL;
      guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
      guint8 shared[SIGNAL_ECDH_SCALAR_SIZE];

      unhex (shared_vectors[i].point, point);
      g_assert_true (signal_ecdh_key_pair_agree (key_pair, point, sizeof point, shared, &error));
      g_assert_no_error (error);
      assert_hex (shared, sizeof shared, shared_vectors[i].x);
    }
}

static void
test_fresh_key_pairs_differ (void)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                                      (GDestroyNotify) g_bytes_unref, NULL);

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr(SignalEcdhKeyPair) key_pair = signal_ecdh_key_pair_generate (NULL);
      guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];

      signal_ecdh_key_pair_export_public (key_pair, point);
      g_assert_true (g_hash_table_add (seen, g_bytes_new (point, sizeof point)));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto/ecdh/rfc5903-8.1", test_ecdh_rfc5903);
  g_test_add_func ("/crypto/ecdh/leading-zero", test_ecdh_leading_zero);
  g_test_add_func ("/crypto/ecdh/shared", test_shared);
  g_test_add_func ("/crypto/ecdh/scalar-range", test_scalar_range);
  g_test_add_func ("/crypto/ecdh/fresh-key-pairs-differ", test_fresh_key_pairs_differ);
  for (gsize i = 0; i < G_N_ELEMENTS (point_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/crypto/ecdh/point/", point_cases[i].name, NULL);

      g_test_add_data_func (path, &point_cases[i], test_point);
    }

  return g_test_run ();
}
