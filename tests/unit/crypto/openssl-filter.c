/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>

#include "tests/lib/crypto-hex.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-hkdf-private.h"

/* A filter for tests in other languages: reads lines of hexadecimal words, and prints a line with
 * the result of each. An empty word is written as a hyphen. If the input is refused, it prints
 * `refused`. */

#define MAX_WORDS 5

typedef struct
{
  guint8 *data;
  gsize   length;
} Bytes;

static void
print_bytes (const guint8 *bytes,
             gsize         length)
{
  for (gsize i = 0; i < length; i++)
    printf ("%02x", bytes[i]);
  printf (length == 0 ? "-\n" : "\n");
}

/* SCALAR: the public key. */
static void
filter_public (const Bytes *words)
{
  g_autoptr (SignalEcdhKeyPair) key_pair = signal_ecdh_key_pair_new_from_scalar (words[0].data, NULL);
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];

  if (key_pair == NULL)
    {
      printf ("refused\n");
      return;
    }

  signal_ecdh_key_pair_export_public (key_pair, point);
  print_bytes (point, sizeof point);
}

/* SCALAR POINT: the shared secret. */
static void
filter_ecdh (const Bytes *words)
{
  g_autoptr (SignalEcdhKeyPair) key_pair = signal_ecdh_key_pair_new_from_scalar (words[0].data, NULL);
  guint8 shared[SIGNAL_ECDH_SCALAR_SIZE];

  if (signal_ecdh_key_pair_agree (key_pair, words[1].data, words[1].length, shared, NULL))
    print_bytes (shared, sizeof shared);
  else
    printf ("refused\n");
}

/* IKM SALT INFO ZEROS: as many bytes as ZEROS has. */
static void
filter_hkdf (const Bytes *words)
{
  signal_hkdf_sha256 (words[0].data, words[0].length, words[1].data, words[1].length,
                             words[2].data, words[2].length, words[3].data, words[3].length);
  print_bytes (words[3].data, words[3].length);
}

/* KEY IV PLAINTEXT: the ciphertext and its tag. */
static void
filter_encrypt (const Bytes *words)
{
  g_autoptr (SignalAead) key = signal_aead_new (words[0].data);
  g_autofree guint8 *ciphertext = g_malloc (words[2].length + SIGNAL_AEAD_TAG_SIZE);

  if (signal_aead_encrypt_with_iv (key, words[1].data, words[2].data, words[2].length, ciphertext,
                                          NULL))
    print_bytes (ciphertext, words[2].length + SIGNAL_AEAD_TAG_SIZE);
  else
    printf ("refused\n");
}

/* KEY IV CIPHERTEXT: the plaintext. */
static void
filter_decrypt (const Bytes *words)
{
  g_autoptr (SignalAead) key = signal_aead_new (words[0].data);

  if (signal_aead_decrypt (key, words[1].data, words[2].data, words[2].length, words[2].data,
                                  NULL))
    print_bytes (words[2].data, words[2].length - SIGNAL_AEAD_TAG_SIZE);
  else
    printf ("refused\n");
}

static const struct
{
  const char *name;
  guint       n_words;
  void      (*run) (const Bytes *words);
} filters[] = {
  { "public", 1, filter_public },
  { "ecdh", 2, filter_ecdh },
  { "hkdf", 4, filter_hkdf },
  { "encrypt", 3, filter_encrypt },
  { "decrypt", 3, filter_decrypt },
};

static void
filter_line (const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", MAX_WORDS);
  Bytes bytes[MAX_WORDS] = { { NULL, 0 } };

  for (guint i = 1; words[i] != NULL; i++)
    if (!g_str_equal (words[i], "-"))
      {
        bytes[i - 1].data = g_malloc (strlen (words[i]) / 2);
        bytes[i - 1].length = unhex (words[i], bytes[i - 1].data);
      }

  for (gsize i = 0; i < G_N_ELEMENTS (filters); i++)
    if (g_str_equal (words[0], filters[i].name) && g_strv_length (words) == filters[i].n_words + 1)
      filters[i].run (bytes);

  for (guint i = 0; i < MAX_WORDS; i++)
    g_free (bytes[i].data);
}

int
main (void)
{
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (0);
  char *line;
  gsize end;

  while (g_io_channel_read_line (input, &line, NULL, &end, NULL) == G_IO_STATUS_NORMAL)
    {
      line[end] = '\0';
      filter_line (line);
      g_free (line);
    }

  return 0;
}
