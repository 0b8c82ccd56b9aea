/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "memory-search.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "signal-glib/crypto/signal-secret-private.h"

/* Searches all writable memory of this process. A freed secret is rarely complete, because the next
 * user of the memory overwrites a part of it, so that eight bytes count. */

#define CHUNK (1024 * 1024)
#define PAGE 4096
#define STACK (1024 * 1024)
#define WINDOW 8
#define FRAMED_WINDOW 12 /* the 8 bytes that are each XORed with the one four bytes later */
#define WINDOW_MASK G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)
#define MAX_WINDOWS 512

typedef struct
{
  Needle  *needle;
  guint64  masked;
  gboolean is_framed;
} Window;

/* The search itself handles all memory, so its own buffer and stack are not searched. */
typedef struct
{
  Needle **needles;
  Window  windows[MAX_WINDOWS];
  guint   n_windows;
  guint8  has_windows[65536]; /* by the first two bytes: 1, or 2 for masked ones */
  guint8 *buffer;             /* CHUNK bytes, followed by the stack */
} Search;

/* Unlike that of a frame, this mask does not repeat after four bytes. Masking twice restores the
 * secret. */
void
needle_mask (guint8 *bytes,
             gsize   length)
{
  for (gsize i = 0; i < length; i++)
    bytes[i] ^= (guint8) (157 * i * i + 53 * i + 107);
}

void
needle_set (Needle     *needle,
            const void *secret,
            gsize       length)
{
  g_assert_cmpuint (length, <=, NEEDLE_MAX);
  for (gsize i = 0; i < length; i++)
    needle->masked[i] = ((const guint8 *) secret)[i];
  needle_mask (needle->masked, length);
  needle->length = length;
}

/* Wipes a copy of a secret that the test has made, and what that has left on the stack. */
void
needle_wipe (char *text,
             gsize length)
{
  guint8 dead[16384];

  signal_secret_wipe (text, length);
  signal_secret_wipe (dead, sizeof dead);
}

/* Generates a secret text, without a final NUL. The caller wipes it after use. */
void
needle_generate (Needle *needle,
                 char    text[NEEDLE_MAX])
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  for (gsize i = 0; i < NEEDLE_MAX; i++)
    text[i] = alphabet[g_random_int_range (0, sizeof alphabet - 1)];
  needle_set (needle, text, NEEDLE_MAX);
}

static inline guint64
load (const guint8 *bytes)
{
  guint64 word;

  memcpy (&word, bytes, sizeof word);
  return word;
}

/* The part of a secret that does not depend on a mask of four bytes. */
static inline guint64
load_unmasked (const guint8 *bytes)
{
  guint32 word[3];

  memcpy (word, bytes, sizeof word);
  return (word[0] ^ word[1]) | (guint64) (word[1] ^ word[2]) << 32;
}

static void
add_window (Search   *search,
            Needle   *needle,
            guint64   masked,
            gboolean  is_framed)
{
  guint16 first = (guint16) (masked ^ WINDOW_MASK);

  g_assert_cmpuint (search->n_windows, <, MAX_WINDOWS);
  search->windows[search->n_windows++] = (Window) { needle, masked, is_framed };
  search->has_windows[first] |= is_framed ? 2 : 1;
}

static void
add_needle (Search *search,
            Needle *needle)
{
  guint8 *secret = search->buffer;
  guint8 *turned = secret + NEEDLE_MAX;
  guint8 *swapped = turned + NEEDLE_MAX;

  memcpy (secret, needle->masked, needle->length);
  needle_mask (secret, needle->length);
  for (gsize i = 0; i < needle->length; i++)
    {
      turned[i] = secret[needle->length - 1 - i];
      swapped[i] = secret[i ^ 3];
    }

  for (gsize i = 0; i + WINDOW <= needle->length; i += WINDOW)
    {
      add_window (search, needle, load (secret + i) ^ WINDOW_MASK, FALSE);
      add_window (search, needle, load (turned + i) ^ WINDOW_MASK, FALSE);
      add_window (search, needle, load (swapped + i) ^ WINDOW_MASK, FALSE);
    }
  for (gsize i = 0; i + FRAMED_WINDOW <= needle->length; i += WINDOW)
    add_window (search, needle, load_unmasked (secret + i) ^ WINDOW_MASK, TRUE);
}

static void
compare (Search     *search,
         guint64     masked,
         gboolean    is_framed,
         gboolean    is_dumped,
         guint64     address,
         const char *mapping)
{
  for (guint i = 0; i < search->n_windows; i++)
    {
      Window *window = &search->windows[i];

      if (window->masked != masked || window->is_framed != is_framed)
        continue;

      if (is_framed)
        window->needle->n_framed++;
      else
        window->needle->n_found++;
      if (is_dumped && !is_framed)
        window->needle->n_dumped++;
      g_test_message ("%s%s at %#" G_GINT64_MODIFIER "x%s in %s", window->needle->name,
                      is_framed ? ", framed," : "", address, is_dumped ? "" : ", not dumped,",
                      mapping);
    }
}

static void
search_chunk (Search     *search,
              gsize       size,
              gboolean    is_dumped,
              guint64     address,
              const char *mapping)
{
  static const guint8 zeros[PAGE];

  for (gsize i = 0; i + WINDOW <= size; i++)
    {
      const guint8 *p = search->buffer + i;

      /* Most of the memory has never been used. */
      if (i % PAGE == 0 && i + PAGE <= size && memcmp (p, zeros, PAGE) == 0)
        {
          i += PAGE - FRAMED_WINDOW;
          continue;
        }

      if (search->has_windows[load (p) & 0xffff] & 1)
        compare (search, load (p) ^ WINDOW_MASK, FALSE, is_dumped, address + i, mapping);
      if (i + FRAMED_WINDOW <= size && search->has_windows[load_unmasked (p) & 0xffff] & 2)
        compare (search, load_unmasked (p) ^ WINDOW_MASK, TRUE, is_dumped, address + i, mapping);
    }
}

static void
search_mapping (Search     *search,
                int         memory,
                guint64     start,
                guint64     end,
                gboolean    is_dumped,
                const char *name)
{
  if (start <= GPOINTER_TO_SIZE (search->buffer) && GPOINTER_TO_SIZE (search->buffer) < end)
    {
      search_mapping (search, memory, start, GPOINTER_TO_SIZE (search->buffer), is_dumped, name);
      start = GPOINTER_TO_SIZE (search->buffer) + CHUNK + STACK;
    }

  while (start < end)
    {
      gssize size = pread (memory, search->buffer, MIN (CHUNK, end - start), (off_t) start);

      if (size <= 0)
        {
          start += PAGE;
          continue;
        }

      search_chunk (search, (gsize) size, is_dumped, start, name);
      if ((guint64) size == end - start)
        return;
      start += MAX (size - FRAMED_WINDOW, 1);
    }
}

/* The shadow memory of a sanitizer, of terabytes, contains no data of the process. */
static gboolean
is_searchable (const char *permissions,
               guint64     size)
{
  return g_str_has_prefix (permissions, "rw") && size < G_GUINT64_CONSTANT (0x40000000);
}

gboolean
search_is_possible (void)
{
  int memory = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);

  if (memory >= 0)
    close (memory);
  return memory >= 0 && g_file_test ("/proc/self/smaps", G_FILE_TEST_EXISTS);
}

static gpointer
search_thread (gpointer user_data)
{
  Search *search = user_data;
  int memory = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  g_autofree char *smaps = NULL;
  g_auto (GStrv) lines = NULL;
  char permissions[5] = "", name[256] = "";
  guint64 start = 0, end = 0;

  g_assert_cmpint (memory, >=, 0);
  for (guint i = 0; search->needles[i] != NULL; i++)
    {
      Needle *needle = search->needles[i];

      needle->n_found = needle->n_dumped = needle->n_framed = 0;
      add_needle (search, needle);
    }

  g_assert_true (g_file_get_contents ("/proc/self/smaps", &smaps, NULL, NULL));
  lines = g_strsplit (smaps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      /* Ends the description of a mapping, whose first line begins with an address. */
      if (g_str_has_prefix (lines[i], "VmFlags:") && is_searchable (permissions, end - start))
        search_mapping (search, memory, start, end, strstr (lines[i], " dd") == NULL, name);
      else if (g_ascii_islower (lines[i][0]) || g_ascii_isdigit (lines[i][0]))
        {
          name[0] = '\0';
          sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x %4s %*s %*s %*s %255s",
                  &start, &end, permissions, name);
        }
    }

  close (memory);
  return NULL;
}

/* Sets the results of each needle. The array ends with NULL. */
void
search_memory (Needle **needles)
{
  g_autofree Search *search = g_new0 (Search, 1);
  pthread_attr_t attributes;
  pthread_t thread;

  search->needles = needles;
  search->buffer = mmap (NULL, CHUNK + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                         -1, 0);
  g_assert_true (search->buffer != MAP_FAILED);

  pthread_attr_init (&attributes);
  g_assert_cmpint (pthread_attr_setstack (&attributes, search->buffer + CHUNK, STACK), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attributes, search_thread, search), ==, 0);
  g_assert_cmpint (pthread_join (thread, NULL), ==, 0);
  pthread_attr_destroy (&attributes);

  munmap (search->buffer, CHUNK + STACK);
}
