/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz.h"

#include <string.h>

/* Used without libFuzzer: runs every file of the corpus unchanged, then truncated, then with
 * pseudorandom changes that are the same in every run. */

#define N_VARIATIONS 1000 /* of the whole corpus */
#define MOST_CUTS 25      /* of a file */
#define MOST_CHANGED 35   /* of a file */
#define MOST_CHANGES 4

static guint n_files;

static void
play (const guint8 *data,
      gsize         size)
{
  /* A copy of exactly this length, so that a sanitizer detects a read beyond the end. */
  g_autofree guint8 *copy = g_memdup2 (data, size);
  static const guint8 empty;

  LLVMFuzzerTestOneInput (copy != NULL ? copy : &empty, size);
}

static void
change (GByteArray *bytes,
        GRand      *rand)
{
  guint at = g_rand_int_range (rand, 0, bytes->len + 1);
  guint most = g_rand_int_range (rand, 1, 9);
  guint length = MIN (bytes->len - at, most);
  guint8 byte = g_rand_int (rand) >> 24;
  g_autofree guint8 *piece = NULL;

  switch (g_rand_int_range (rand, 0, 4))
    {
    case 0:
      if (length > 0)
        bytes->data[at] ^= 1 << byte % 8;
      break;

    case 1:
      if (length > 0)
        bytes->data[at] = byte;
      break;

    case 2:
      if (length > 0)
        g_byte_array_remove_range (bytes, at, length);
      break;

    default:
      piece = length > 0 ? g_memdup2 (bytes->data + at, length) : NULL;
      g_byte_array_append (bytes, piece, length);
    }
}

static void
test_file (gconstpointer user_data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  const guint n_variations = N_VARIATIONS / n_files;
  const guint n_cuts = MIN (MOST_CUTS, n_variations / 2);
  gsize size;

  g_file_get_contents (user_data, &text, &size, &error);
  g_assert_no_error (error);
  play ((const guint8 *) text, size);

  for (gsize cut = 0; n_cuts > 0 && cut < size; cut += size / n_cuts + 1)
    play ((const guint8 *) text, cut);

  for (guint i = 0; i < MIN (MOST_CHANGED, n_variations - n_cuts); i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      g_byte_array_append (bytes, (const guint8 *) text, size);
      for (int n = g_rand_int_range (rand, 1, MOST_CHANGES + 1); n > 0; n--)
        change (bytes, rand);
      play (bytes->data, bytes->len);
    }
}

static int
compare (gconstpointer a,
         gconstpointer b)
{
  return g_strcmp0 (*(const char * const *) a, *(const char * const *) b);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  dir = g_dir_open (argv[1], 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_assert_cmpuint (names->len, >, 0);
  g_ptr_array_sort (names, compare);
  n_files = names->len;

  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = g_strdup_printf ("/corpus/%s", (char *) names->pdata[i]);

      g_test_add_data_func_full (path, g_build_filename (argv[1], names->pdata[i], NULL),
                                 test_file, g_free);
    }
  return g_test_run ();
}
