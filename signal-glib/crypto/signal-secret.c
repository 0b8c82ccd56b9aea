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
#include <sys/random.h>
#endif

#ifdef G_OS_UNIX
#include <sys/mman.h>
#endif

#if defined (MADV_DONTDUMP)
#define LEAVE_OUT_OF_DUMPS MADV_DONTDUMP /* Linux */
#elif defined (MADV_NOCORE)
#define LEAVE_OUT_OF_DUMPS MADV_NOCORE /* FreeBSD */
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

/* Precedes each secret, which has the alignment that malloc() provides. */
typedef struct
{
  _Alignas (16) gsize size; /* of the whole allocation */
  gboolean is_mapped;
} Header;

static Header *
map_undumped (gsize size)
{
#ifdef LEAVE_OUT_OF_DUMPS
  Header *header = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

  if (header == MAP_FAILED)
    return NULL;

  /* If the kernel does not support the advice, the memory can be used nevertheless. */
  madvise (header, size, LEAVE_OUT_OF_DUMPS);
  header->is_mapped = TRUE;
  return header;
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

/* Allocates zeroed memory that is excluded from core dumps if the platform supports this. Whole
 * pages are allocated, so that this is meant for a few long-lived secrets. */
gpointer
signal_secret_alloc (gsize size)
{
  gsize whole = sizeof (Header) + size;
  Header *header = map_undumped (whole);

  if (header == NULL)
    header = g_malloc0 (whole);
  header->size = whole;

  return header + 1;
}

/* Returns NULL for NULL. */
char *
signal_secret_strdup (const char *text)
{
  gsize size = text != NULL ? strlen (text) + 1 : 0;

  return text != NULL ? memcpy (signal_secret_alloc (size), text, size) : NULL;
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
  if (header->is_mapped)
    unmap (header);
  else
    g_free (header);
}
