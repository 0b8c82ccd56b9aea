/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-secret-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "signal-error.h"

#if defined (HAVE_GNUTLS) && !defined (SIGNAL_NETTLE_ONLY)
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#define USE_GNUTLS
#else
/* Where getentropy() is declared depends on the system. */
#ifdef HAVE_SYS_RANDOM_H
#include <sys/random.h>
#endif
#include <unistd.h>
#endif

#ifdef G_OS_UNIX
#include <sys/mman.h>
#endif

#if defined (MADV_DONTDUMP)
#define LEAVE_OUT_OF_DUMPS MADV_DONTDUMP /* Linux */
#elif defined (MADV_NOCORE)
#define LEAVE_OUT_OF_DUMPS MADV_NOCORE /* FreeBSD */
#endif

/* AddressSanitizer reports the use of memory beyond a secret, or of one that has been freed, only if it is
 * told about it. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined (__SANITIZE_ADDRESS__) || __has_feature (address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISON(memory, size) ASAN_POISON_MEMORY_REGION (memory, size)
#define UNPOISON(memory, size) ASAN_UNPOISON_MEMORY_REGION (memory, size)
#else
#define POISON(memory, size)
#define UNPOISON(memory, size)
#endif

#ifdef USE_GNUTLS

static gboolean
draw (gnutls_rnd_level_t   level,
      void                *buffer,
      gsize                length,
      GError             **error)
{
  int status = gnutls_rnd (level, buffer, length);

  if (status >= 0)
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
               _("Could not get random bytes from the system: %s"), gnutls_strerror (status));
  return FALSE;
}

/* Writes random bytes that are suitable for keys. */
gboolean
signal_random_bytes (void    *buffer,
                     gsize    length,
                     GError **error)
{
  return draw (GNUTLS_RND_KEY, buffer, length, error);
}

/* Writes random bytes that do not repeat and do not need to be secret. The generator of GnuTLS
 * detects a fork and is faster for a few bytes than that of the system: 0.15 to 0.2 µs instead of
 * 0.28 µs for 12 bytes. */
gboolean
signal_random_nonce (void    *buffer,
                     gsize    length,
                     GError **error)
{
  return draw (GNUTLS_RND_RANDOM, buffer, length, error);
}

#else /* !USE_GNUTLS */

/* Writes random bytes that are suitable for keys. */
gboolean
signal_random_bytes (void    *buffer,
                     gsize    length,
                     GError **error)
{
  guint8 *at = buffer;

  while (length > 0)
    {
      /* Requests for more than 256 bytes can be interrupted, and some systems do not allow
       * them. */
      gsize size = MIN (length, 256);

      if (getentropy (at, size) != 0)
        {
          g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                       _("Could not get random bytes from the system: %s"), g_strerror (errno));
          return FALSE;
        }

      at += size;
      length -= size;
    }

  return TRUE;
}

/* Writes random bytes that do not repeat and do not need to be secret. */
gboolean
signal_random_nonce (void    *buffer,
                     gsize    length,
                     GError **error)
{
  return signal_random_bytes (buffer, length, error);
}

#endif /* USE_GNUTLS */

/* Overwrites a secret. The compiler cannot optimize this away, even though the memory is not read
 * afterwards. */
void
signal_secret_wipe (void  *buffer,
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

/* Wipes memory that was allocated with g_malloc(), and frees it. NULL-safe. */
void
signal_secret_wipe_and_free (gpointer buffer,
                             gsize    length)
{
  if (buffer != NULL)
    signal_secret_wipe (buffer, length);
  g_free (buffer);
}

/* Precedes each secret, which has the alignment that malloc() provides. */
typedef struct
{
  _Alignas (16) gsize size; /* of the whole allocation */
  enum { IN_HEAP, MAPPED, IN_POOL } place;
} Header;

static gpointer
map_undumped (gsize size)
{
#ifdef LEAVE_OUT_OF_DUMPS
  gpointer pages = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

  if (pages == MAP_FAILED)
    return NULL;

  /* If the kernel does not support the advice, the memory can be used nevertheless. */
  madvise (pages, size, LEAVE_OUT_OF_DUMPS);
  return pages;
#else
  return NULL;
#endif
}

static void
unmap (Header *header)
{
#ifdef LEAVE_OUT_OF_DUMPS
  munmap (header, header->size);
#endif
}

/* Small secrets, such as the token and the private key of each attempt to connect, share pages, because
 * mapping a page for each of them takes some microseconds. The slots of a pool have the same size. While
 * they are free, all but the header has been wiped. The pages of a pool remain mapped. */
#define MIN_SLOT_SIZE 64
#define N_POOLS 6
#define POOL_GROWTH (16 * 1024)

typedef struct _Slot Slot;

/* In place of the header while the slot is free. */
struct _Slot
{
  Slot *next;
};

G_STATIC_ASSERT (sizeof (Slot) <= sizeof (Header));

static Slot *pools[N_POOLS]; /* the free slots; each pool has slots twice as large as the one before */
static GMutex pools_lock;

/* Returns the index of the pool with the smallest slots that are large enough, or N_POOLS. */
static guint
find_pool (gsize size)
{
  guint pool = 0;

  while (pool < N_POOLS && size > (gsize) MIN_SLOT_SIZE << pool)
    pool++;
  return pool;
}

static void
put_slot (guint    pool,
          gpointer slot)
{
  ((Slot *) slot)->next = pools[pool];
  pools[pool] = slot;
  POISON (slot, (gsize) MIN_SLOT_SIZE << pool);
}

static void
grow_pool (guint pool)
{
  gsize size = (gsize) MIN_SLOT_SIZE << pool;
  guint8 *pages = map_undumped (POOL_GROWTH);

  for (gsize end = POOL_GROWTH; pages != NULL && end > 0; end -= size)
    put_slot (pool, pages + end - size);
}

/* Only that many bytes of the slot may be used. */
static gpointer
take_slot (guint pool,
           gsize size)
{
  Slot *slot;

  g_mutex_lock (&pools_lock);
  if (pools[pool] == NULL)
    grow_pool (pool);

  slot = pools[pool];
  if (slot != NULL)
    {
      UNPOISON (slot, size);
      pools[pool] = slot->next;
    }
  g_mutex_unlock (&pools_lock);

  return slot;
}

/* Allocates zeroed memory that is excluded from core dumps if the platform supports this. */
gpointer
signal_secret_alloc (gsize size)
{
  gsize whole = sizeof (Header) + size;
  guint pool = find_pool (whole);
  Header *header = pool < N_POOLS ? take_slot (pool, whole) : map_undumped (whole);
  gboolean is_undumped = header != NULL;

  if (!is_undumped)
    header = g_malloc0 (whole);
  header->size = whole;
  header->place = !is_undumped ? IN_HEAP : pool < N_POOLS ? IN_POOL : MAPPED;

  return header + 1;
}

/* Returns NULL for NULL. */
char *
signal_secret_strdup (const char *text)
{
  gsize size = text != NULL ? strlen (text) + 1 : 0;

  return text != NULL ? memcpy (signal_secret_alloc (size), text, size) : NULL;
}

static void
release_slot (Header *header)
{
  g_mutex_lock (&pools_lock);
  put_slot (find_pool (header->size), header);
  g_mutex_unlock (&pools_lock);
}

/* Wipes and frees the memory. */
void
signal_secret_free (gpointer secret)
{
  Header *header;

  if (secret == NULL)
    return;

  header = (Header *) secret - 1;
  signal_secret_wipe (secret, header->size - sizeof (Header));
  switch (header->place)
    {
    case IN_POOL:
      release_slot (header);
      break;

    case MAPPED:
      unmap (header);
      break;

    case IN_HEAP:
      g_free (header);
      break;
    }
}
