/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined (__SANITIZE_ADDRESS__) || __has_feature (address_sanitizer)
#define IS_ADDRESS_SANITIZED
#endif
#if defined (IS_ADDRESS_SANITIZED) || defined (__SANITIZE_THREAD__) || __has_feature (thread_sanitizer)
#define IS_SANITIZED
#endif

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
check_not_dumped (gsize size)
{
  guint8 *secret = signal_secret_alloc (size);
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

/* In memory that it shares with other secrets, and in pages of its own. */
static void
test_secret_not_dumped (void)
{
  check_not_dumped (100);
  check_not_dumped (100000);
}

static void
test_secret_memory (void)
{
  static const gsize sizes[] = { 1, 32, 32, 33, 2048 - 32, 2048, 4096 - 32, 4096, 70000 };

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

#define N_SECRETS 2000

static void
fill (guint8 *secret,
      gsize   size,
      guint   value)
{
  for (gsize i = 0; i < size; i++)
    g_assert_cmpuint (secret[i], ==, 0);
  memset (secret, value, size);
}

static void
assert_filled (const guint8 *secret,
               gsize         size,
               guint         value)
{
  for (gsize i = 0; i < size; i++)
    g_assert_cmpuint (secret[i], ==, value);
}

/* Secrets of all sizes do not overlap, and memory that is used again is zeroed. */
static void
test_secret_many (void)
{
  guint8 *secrets[N_SECRETS] = { NULL };
  gsize sizes[N_SECRETS] = { 0 };

  for (guint n = 0; n < 10 * N_SECRETS; n++)
    {
      guint i = g_test_rand_int_range (0, N_SECRETS);

      if (secrets[i] == NULL)
        {
          sizes[i] = g_test_rand_int_range (1, n % 100 == 0 ? 5000 : 200);
          secrets[i] = signal_secret_alloc (sizes[i]);
          fill (secrets[i], sizes[i], 1 + i % 255);
        }
      else
        {
          assert_filled (secrets[i], sizes[i], 1 + i % 255);
          g_clear_pointer (&secrets[i], signal_secret_free);
        }
    }

  for (guint i = 0; i < N_SECRETS; i++)
    if (secrets[i] != NULL)
      {
        assert_filled (secrets[i], sizes[i], 1 + i % 255);
        signal_secret_free (secrets[i]);
      }
}

/* Little else than allocating and freeing, so that threads meet there. */
static gpointer
use_secrets (gpointer data)
{
  guint8 value = (guint8) GPOINTER_TO_UINT (data);
  guint8 *secrets[4];

  for (guint round = 0; round < 50000; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
        {
          secrets[i] = signal_secret_alloc (1);
          g_assert_cmpuint (*secrets[i], ==, 0);
          *secrets[i] = value;
        }
      for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
        {
          g_assert_cmpuint (*secrets[i], ==, value);
          signal_secret_free (secrets[i]);
        }
    }

  return NULL;
}

static void
test_secret_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("secrets", use_secrets, GUINT_TO_POINTER (1 + i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* AddressSanitizer reports the use of small secrets beyond their life and their size. */
#ifdef IS_ADDRESS_SANITIZED
static void
test_secret_freed (void)
{
  if (g_test_subprocess ())
    {
      guint8 *secret = signal_secret_alloc (32);
      volatile guint8 *freed = secret;

      signal_secret_free (secret);
      *freed = 1;
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*use-after-poison*");
}

static void
test_secret_overrun (void)
{
  if (g_test_subprocess ())
    {
      volatile guint8 *secret = signal_secret_alloc (33);

      secret[33] = 1;
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*use-after-poison*");
}
#endif

/* Memory that was freed is wiped, although small secrets remain mapped. AddressSanitizer would report
 * this test. */
#ifndef IS_SANITIZED
static void
test_secret_wiped (void)
{
  guint8 *secret = signal_secret_alloc (32);
  guint8 *volatile freed = secret;

  memset (secret, 0xff, 32);
  signal_secret_free (secret);
  assert_filled (freed, 32, 0);
}

/* If no page can be allocated, ordinary memory is used. A sanitizer does not work with that
 * limit. */
static void
test_secret_without_pages (void)
{
  struct rlimit before, none = { 0 };
  guint8 *secrets[1000];

  g_assert_no_errno (getrlimit (RLIMIT_AS, &before));
  none.rlim_max = before.rlim_max;
  g_assert_no_errno (setrlimit (RLIMIT_AS, &none));
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    secrets[i] = signal_secret_alloc (i == 0 ? 5000 : 100);
  g_assert_no_errno (setrlimit (RLIMIT_AS, &before));
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    fill (secrets[i], 100, 0xff);
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    signal_secret_free (secrets[i]);
}
#endif

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto/secret/not-dumped", test_secret_not_dumped);
  g_test_add_func ("/crypto/secret/memory", test_secret_memory);
  g_test_add_func ("/crypto/secret/many", test_secret_many);
  g_test_add_func ("/crypto/secret/threads", test_secret_threads);
#ifndef IS_SANITIZED
  g_test_add_func ("/crypto/secret/wiped", test_secret_wiped);
  g_test_add_func ("/crypto/secret/without-pages", test_secret_without_pages);
#endif
#ifdef IS_ADDRESS_SANITIZED
  g_test_add_func ("/crypto/secret/freed", test_secret_freed);
  g_test_add_func ("/crypto/secret/overrun", test_secret_overrun);
#endif
  g_test_add_func ("/crypto/secret/wipe", test_wipe);
  g_test_add_func ("/crypto/secret/random", test_random);
  g_test_add_func ("/crypto/secret/random/long", test_random_long);
  g_test_add_func ("/crypto/secret/no-random", test_no_random);

  return g_test_run ();
}
