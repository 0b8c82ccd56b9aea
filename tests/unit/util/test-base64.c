/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/util/signal-base64-private.h"
#include "signal-glib/util/signal-base64-blocks-private.h"

#define LENGTHS 301

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

typedef void     (*EncodeFunc) (const guint8 *data,
                                gsize         length,
                                char         *text);
typedef gboolean (*DecodeFunc) (const char *text,
                                gsize       length,
                                guint8     *data,
                                gsize      *data_length);

/* Every test runs with both the vector code, if the processor supports it, and the portable
 * code. */
typedef struct
{
  EncodeFunc encode;
  DecodeFunc decode;
} Codec;

static const Codec chosen = { signal_base64_encode, signal_base64_decode };
static const Codec portable = { signal_base64_encode_portable, signal_base64_decode_portable };

/* Buffers have the exact size, so that a sanitizer detects any access outside of them. */
static guint8 *
random_bytes (GRand *rand,
              gsize  length)
{
  guint8 *bytes = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    bytes[i] = g_rand_int (rand) >> 16;

  return bytes;
}

/* The data ends three bytes after its text. */
static void
check_encode_in_place (const Codec  *codec,
                       const guint8 *data,
                       gsize         length,
                       const char   *expected)
{
  gsize text_length = SIGNAL_BASE64_ENCODED_SIZE (length);
  g_autofree char *text = g_malloc (text_length + 3);
  char *place = text + text_length + 3 - length;

  if (length > 0)
    memcpy (place, data, length);
  codec->encode ((guint8 *) place, length, text);
  g_assert_cmpmem (text, text_length, expected, strlen (expected));
}

static gboolean
decodes (const Codec *codec,
         const char  *text,
         gsize        length)
{
  g_autofree char *exact = g_memdup2 (text, length);
  g_autofree guint8 *data = g_malloc (SIGNAL_BASE64_DECODED_MAX (length));
  gsize data_length;

  return codec->decode (exact, length, data, &data_length);
}

/* RFC 4648, section 10. */
static void
test_rfc4648_10 (gconstpointer user_data)
{
  static const char *const vectors[][2] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
  };
  const Codec *codec = user_data;

  for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      const char *plain = vectors[i][0], *encoded = vectors[i][1];
      char text[8];
      guint8 data[6];
      gsize length = G_MAXSIZE;

      g_assert_cmpuint (SIGNAL_BASE64_ENCODED_SIZE (strlen (plain)), ==, strlen (encoded));
      codec->encode ((const guint8 *) plain, strlen (plain), text);
      g_assert_cmpmem (text, strlen (encoded), encoded, strlen (encoded));

      g_assert_true (codec->decode (encoded, strlen (encoded), data, &length));
      g_assert_cmpmem (data, length, plain, strlen (plain));
    }
}

/* Compared with GLib's encoder, and decoded again. */
static void
test_round_trip (gconstpointer user_data)
{
  const Codec *codec = user_data;
  g_autoptr(GRand) rand = g_rand_new_with_seed (1);

  for (gsize length = 0; length < LENGTHS; length++)
    for (guint round = 0; round < 20; round++)
      {
        g_autofree guint8 *data = random_bytes (rand, length);
        gsize text_length = SIGNAL_BASE64_ENCODED_SIZE (length);
        g_autofree char *text = g_malloc (text_length);
        g_autofree char *expected = g_base64_encode (data, length);
        g_autofree guint8 *decoded = g_malloc (SIGNAL_BASE64_DECODED_MAX (text_length));
        gsize decoded_length = G_MAXSIZE;

        codec->encode (data, length, text);
        g_assert_cmpmem (text, text_length, expected, strlen (expected));

        g_assert_true (codec->decode (text, text_length, decoded, &decoded_length));
        g_assert_cmpmem (decoded, decoded_length, data, length);
        check_encode_in_place (codec, data, length, expected);

        /* And in place. */
        g_assert_true (codec->decode (text, text_length, (guint8 *) text, &decoded_length));
        g_assert_cmpmem (text, decoded_length, data, length);
      }
}

static void
test_large (gconstpointer user_data)
{
  const Codec *codec = user_data;
  const gsize length = 1 << 20;
  const gsize text_length = SIGNAL_BASE64_ENCODED_SIZE (length);
  g_autoptr(GRand) rand = g_rand_new_with_seed (3);
  g_autofree guint8 *data = random_bytes (rand, length);
  g_autofree char *text = g_malloc (text_length);
  gsize decoded_length;

  codec->encode (data, length, text);
  g_assert_true (codec->decode (text, text_length, (guint8 *) text, &decoded_length));
  g_assert_cmpmem (text, decoded_length, data, length);
}

/* Every byte value at every position: a block in the middle of a vector, and the end. */
static void
test_every_byte_everywhere (gconstpointer user_data)
{
  const Codec *codec = user_data;
  char text[144];

  for (gsize i = 0; i < sizeof text; i++)
    text[i] = letters[i * 7 % 64];

  for (gsize position = 0; position < sizeof text; position++)
    for (guint byte = 0; byte < 256; byte++)
      {
        const char saved = text[position];
        const gboolean valid = byte != 0 && strchr (letters, byte) != NULL;

        /* A pad in the last position is tested with the canonical texts. */
        if (position == sizeof text - 1 && byte == '=')
          continue;

        text[position] = byte;
        g_assert_cmpint (decodes (codec, text, sizeof text), ==, valid);
        text[position] = saved;
      }
}

/* Each value of 6 bits at each position of a block, compared with GLib's decoder. */
static void
test_every_value_everywhere (gconstpointer user_data)
{
  const Codec *codec = user_data;
  char text[64 + 1] = { 0 };

  for (gsize position = 0; position < 64; position++)
    for (gsize value = 0; value < 64; value++)
      {
        g_autofree guint8 *expected = NULL;
        guint8 data[48];
        gsize length, expected_length;

        memset (text, 'A', 64);
        text[position] = letters[value];
        expected = g_base64_decode (text, &expected_length);

        g_assert_true (codec->decode (text, 64, data, &length));
        g_assert_cmpmem (data, length, expected, expected_length);
      }
}

static void
test_refused (gconstpointer user_data)
{
  static const char *const refused[] = {
    /* Missing or misplaced padding. */
    "Z", "Zg", "Zg=", "Zm8", "Zm9vY", "Zm9vYg", "Zm9vYg=",
    "=", "==", "===", "====", "Z===", "A===", "=AAA", "A=AA", "AA=A",
    "Zg==Zg==", "Zm8=Zm8=", "Zm9v====", "Zm9v=", "Zg===",
    /* Trailing bits. */
    "Zh==", "Zv==", "Z/==", "Zm9=", "Zm+=", "Zm9vZh==",
    /* White space. */
    " Zg==", "Zg== ", "Zg==\n", "Zm9v\r\n", "Zm 9v", "Z g=",
    /* Other alphabets, or none. */
    "Zm9-", "Zm9_", "Zm9.", "Zm9,", "Zm9\x80", "\xc3\xa9Zg",
  };
  const Codec *codec = user_data;

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    g_assert_false (decodes (codec, refused[i], strlen (refused[i])));

  /* NUL is a character that is not in the alphabet. */
  g_assert_false (decodes (codec, "Zm9\0", 4));
  g_assert_false (decodes (codec, "\0\0\0\0", 4));
}

/* Of all bytes before the padding, exactly the canonical ones are accepted; of those before them,
 * exactly the alphabet. */
static void
test_canonical (gconstpointer user_data)
{
  const Codec *codec = user_data;

  for (guint byte = 0; byte < 256; byte++)
    {
      const char *letter = byte == 0 ? NULL : strchr (letters, byte);
      const gboolean valid = letter != NULL;
      const char one[] = { 'Z', byte, '=', '=' };
      const char two[] = { 'Z', 'm', byte, '=' };
      const char one_before[] = { byte, 'g', '=', '=' };
      const char two_before[] = { 'Z', byte, '8', '=' };

      g_assert_cmpint (decodes (codec, one, 4), ==, valid && (letter - letters) % 16 == 0);
      g_assert_cmpint (decodes (codec, two, 4), ==, valid && (letter - letters) % 4 == 0);
      g_assert_cmpint (decodes (codec, one_before, 4), ==, valid);
      g_assert_cmpint (decodes (codec, two_before, 4), ==, valid);
    }
}

/* The vector code itself handles every letter in every position: otherwise the result is correct,
 * but slow. */
static void
test_blocks_take_every_letter (void)
{
  char text[128];
  guint8 data[96];
  gsize taken;

  memset (text, 'A', sizeof text);
  taken = signal_base64_decode_blocks (text, sizeof text, data);

  for (gsize position = 0; position < sizeof text; position++)
    for (gsize value = 0; value < 64; value++)
      {
        text[position] = letters[value];
        g_assert_cmpuint (signal_base64_decode_blocks (text, sizeof text, data), ==, taken);
        text[position] = 'A';
      }
}

/* Both decoders agree on random text that is almost base64, and return the same bytes. */
static void
test_agree_on_noise (void)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (4);
  guint taken = 0;

  for (guint round = 0; round < 20000; round++)
    {
      gsize length = g_rand_int_range (rand, 0, LENGTHS);
      g_autofree char *text = g_malloc (length);
      g_autofree guint8 *data = g_malloc (SIGNAL_BASE64_DECODED_MAX (length));
      g_autofree guint8 *expected = g_malloc (SIGNAL_BASE64_DECODED_MAX (length));
      gsize data_length, expected_length;
      gboolean valid;

      for (gsize i = 0; i < length; i++)
        text[i] = letters[g_rand_int_range (rand, 0, 64)];
      if (length > 0 && round % 3 == 0)
        text[g_rand_int_range (rand, 0, length)] = '=';
      if (length > 0 && round % 5 == 0)
        text[g_rand_int_range (rand, 0, length)] = g_rand_int (rand);

      valid = signal_base64_decode_portable (text, length, expected, &expected_length);
      g_assert_cmpint (signal_base64_decode (text, length, data, &data_length), ==, valid);
      if (valid)
        {
          g_assert_cmpmem (data, data_length, expected, expected_length);
          taken++;
        }
    }

  g_assert_cmpuint (taken, >, 1000);
}

static void
add_both (const char    *name,
          GTestDataFunc  test)
{
  g_autofree char *chosen_path = g_strdup_printf ("/base64/chosen/%s", name);
  g_autofree char *portable_path = g_strdup_printf ("/base64/portable/%s", name);

  g_test_add_data_func (chosen_path, &chosen, test);
  g_test_add_data_func (portable_path, &portable, test);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_both ("rfc4648-10", test_rfc4648_10);
  add_both ("round-trip", test_round_trip);
  add_both ("large", test_large);
  add_both ("every-byte-everywhere", test_every_byte_everywhere);
  add_both ("every-value-everywhere", test_every_value_everywhere);
  add_both ("refused", test_refused);
  add_both ("canonical", test_canonical);
  g_test_add_func ("/base64/blocks-take-every-letter", test_blocks_take_every_letter);
  g_test_add_func ("/base64/agree-on-noise", test_agree_on_noise);

  return g_test_run ();
}
