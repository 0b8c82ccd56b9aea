/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "config.h"

#include "tests/lib/crypto-hex.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-secret-private.h"
#include "signal-glib/crypto/signal-uuid-private.h"
#include "signal-glib/signal-error.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

/* The library calls this function, instead of that of GnuTLS or of the C library. */

static gboolean has_no_random;

#if defined (HAVE_GNUTLS) && !defined (SIGNAL_NETTLE_ONLY)
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

int
gnutls_rnd (gnutls_rnd_level_t  level,
            void               *data,
            size_t              length)
{
  int (*real) (gnutls_rnd_level_t, void *, size_t) = dlsym (RTLD_NEXT, "gnutls_rnd");

  return has_no_random ? GNUTLS_E_RANDOM_FAILED : real (level, data, length);
}
#else
int
getentropy (void   *data,
            size_t  length)
{
  int (*real) (void *, size_t) = dlsym (RTLD_NEXT, "getentropy");

  if (!has_no_random)
    return real (data, length);

  errno = ENOSYS;
  return -1;
}
#endif

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

/* More than the system returns at once. */
static void
test_random_long (void)
{
  g_autoptr (GError) error = NULL;
  guint8 bytes[1000] = { 0 };

  g_assert_true (signal_random_bytes (bytes, sizeof bytes, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < sizeof bytes; i += 20)
    g_assert_cmpint (memcmp (bytes + i, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20), !=, 0);
}

static void
assert_no_random (GError **error)
{
  g_assert_error (*error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_nonnull (strstr ((*error)->message, "random"));
  g_clear_error (error);
}

/* Nothing is made from the bytes that are missing. */
static void
test_no_random (void)
{
  static const guint8 key[SIGNAL_AEAD_KEY_SIZE];
  g_autoptr (SignalAead) aead = signal_aead_new (key);
  g_autoptr (GError) error = NULL;
  guint8 iv[SIGNAL_AEAD_IV_SIZE], sealed[1 + SIGNAL_AEAD_TAG_SIZE];

  has_no_random = TRUE;
  g_assert_false (signal_random_bytes (iv, sizeof iv, &error));
  assert_no_random (&error);
  g_assert_false (signal_random_nonce (iv, sizeof iv, &error));
  assert_no_random (&error);
  g_assert_null (signal_uuid_new (&error));
  assert_no_random (&error);
  g_assert_null (signal_ecdh_key_pair_generate (&error));
  assert_no_random (&error);
  g_assert_false (signal_aead_encrypt (aead, (const guint8 *) "x", 1, iv, sealed, &error));
  assert_no_random (&error);
  has_no_random = FALSE;
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

/* An emulator, whose flags are those of the machine that it runs on, does not report this. */
static gboolean
is_exclusion_reported (void)
{
#ifdef MADV_DONTDUMP
  gsize size = (gsize) sysconf (_SC_PAGESIZE);
  gpointer page = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_autofree char *flags = NULL;

  g_assert_true (page != MAP_FAILED);
  g_assert_no_errno (madvise (page, size, MADV_DONTDUMP));
  flags = read_mapping_flags (page);
  munmap (page, size);
  return flags != NULL && strstr (flags, " dd ") != NULL;
#else
  return FALSE;
#endif
}

static void
test_secret_not_dumped (void)
{
  guint8 *secret = signal_secret_alloc (100);
  g_autofree char *plain = g_malloc (100);
  g_autofree char *secret_flags = read_mapping_flags (secret);
  g_autofree char *plain_flags = read_mapping_flags (plain);

  if (!is_exclusion_reported ())
    {
      g_test_skip ("Whether a mapping is dumped is not reported here");
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

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto/secret/not-dumped", test_secret_not_dumped);
  g_test_add_func ("/crypto/secret/memory", test_secret_memory);
#ifndef __SANITIZE_ADDRESS__
  g_test_add_func ("/crypto/secret/without-pages", test_secret_without_pages);
#endif
  g_test_add_func ("/crypto/secret/wipe", test_wipe);
  g_test_add_func ("/crypto/secret/random", test_random);
  g_test_add_func ("/crypto/secret/random/long", test_random_long);
  g_test_add_func ("/crypto/secret/no-random", test_no_random);

  return g_test_run ();
}
