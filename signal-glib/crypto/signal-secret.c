/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "crypto/signal-secret-private.h"

#include <string.h>

#include "crypto/signal-crypto-private.h"

#ifdef G_OS_UNIX
#include <sys/mman.h>
#endif

#if defined (MADV_DONTDUMP)
#define LEAVE_OUT_OF_DUMPS MADV_DONTDUMP /* Linux */
#elif defined (MADV_NOCORE)
#define LEAVE_OUT_OF_DUMPS MADV_NOCORE /* FreeBSD */
#endif

/* Before each secret, which is aligned as malloc() would. */
typedef struct
{
  _Alignas (16) gsize size; /* of the whole */
  gboolean is_mapped;
} Header;

static Header *
map_undumped (gsize size)
{
#ifdef LEAVE_OUT_OF_DUMPS
  Header *header = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

  if (header == MAP_FAILED)
    return NULL;

  /* A kernel that does not know the advice still has given the memory. */
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

/* Zeroed memory that is not part of a core dump where the platform can do that, and plain memory
 * elsewhere. It takes whole pages, so it is for the few secrets that live long. */
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

/* NULL gives NULL. */
char *
signal_secret_strdup (const char *text)
{
  gsize size = text != NULL ? strlen (text) + 1 : 0;

  return text != NULL ? memcpy (signal_secret_alloc (size), text, size) : NULL;
}

/* Wipes it, all of it. */
void
signal_secret_free (gpointer secret)
{
  Header *header;

  if (secret == NULL)
    return;

  header = (Header *) secret - 1;
  signal_crypto_wipe (secret, header->size - sizeof (Header));
  if (header->is_mapped)
    unmap (header);
  else
    g_free (header);
}
