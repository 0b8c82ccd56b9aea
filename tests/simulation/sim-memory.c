/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-memory.h"

#include <errno.h>
#include <gmodule.h>
#include <malloc.h>
#include <string.h>

#include "sim-clock.h"
#include "sim-secrets.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined (__GLIBC__) && !defined (__SANITIZE_ADDRESS__) && !__has_feature (address_sanitizer)
#define IS_REPLACED 1
#else
#define IS_REPLACED 0
#endif

#define KEPT (16 * 1024 * 1024)

static gboolean is_searching;
static gssize in_use; /* also counts down for what was allocated before or in other ways */
static gssize peak;

/* From now on, secrets in freed memory are searched for. Memory is not given back to the system, which takes
 * longer than to keep it. */
void
sim_memory_start (void)
{
  mallopt (M_TRIM_THRESHOLD, KEPT);
  mallopt (M_MMAP_THRESHOLD, KEPT);
  is_searching = TRUE;
}

gssize
sim_memory_in_use (void)
{
  return in_use;
}

/* The most that has been in use since the last call. */
gssize
sim_memory_peak (void)
{
  gssize result = peak;

  peak = in_use;
  return result;
}

#if IS_REPLACED

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void  __libc_free   (void *memory);

static void *
count (void *memory)
{
  if (!sim_clock_is_active () || memory == NULL)
    return memory;

  in_use += (gssize) malloc_usable_size (memory);
  peak = MAX (peak, in_use);
  return memory;
}

G_MODULE_EXPORT void *
malloc (size_t size)
{
  return count (__libc_malloc (size));
}

G_MODULE_EXPORT void *
calloc (size_t n,
        size_t size)
{
  return count (__libc_calloc (n, size));
}

G_MODULE_EXPORT void
free (void *memory)
{
  if (memory != NULL && sim_clock_is_active ())
    {
      gsize size = malloc_usable_size (memory);

      if (is_searching)
        sim_secrets_search (memory, size);
      in_use -= (gssize) size;
    }
  __libc_free (memory);
}

/* The block that is left when it moves is freed like any other. */
G_MODULE_EXPORT void *
realloc (void   *memory,
         size_t  size)
{
  gsize before = memory != NULL ? malloc_usable_size (memory) : 0;
  void *moved;

  if (memory != NULL && size <= before && size > before / 2)
    return memory;

  moved = malloc (size);
  if (moved == NULL)
    return NULL;

  if (memory != NULL)
    memcpy (moved, memory, MIN (before, size));
  free (memory);
  return moved;
}

#endif
