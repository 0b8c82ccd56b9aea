/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-base64-blocks-private.h"

/* Base64 with AVX2, selected at run time, according to W. Muła and D. Lemire, "Faster Base64
 * Encoding and Decoding Using AVX2 Instructions", ACM Transactions on the Web 12 (2018). */

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__ ((target ("avx2")))

/* The same 16 bytes in both lanes. */
#define LANES(...) _mm256_broadcastsi128_si256 (_mm_setr_epi8 (__VA_ARGS__))

/* Converts 24 bytes, 12 in each lane, to 32 values of 6 bits. */
AVX2 static inline __m256i
split_groups (__m256i bytes)
{
  __m256i high, low;

  /* Each group of bytes a, b, c becomes the four bytes b, a, c, b. */
  bytes = _mm256_shuffle_epi8 (bytes, LANES (1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));

  /* Multiplications replace shifts by different amounts. */
  high = _mm256_mulhi_epu16 (_mm256_and_si256 (bytes, _mm256_set1_epi32 (0x0fc0fc00)),
                             _mm256_set1_epi32 (0x04000040));
  low = _mm256_mullo_epi16 (_mm256_and_si256 (bytes, _mm256_set1_epi32 (0x003f03f0)),
                            _mm256_set1_epi32 (0x01000010));

  return _mm256_or_si256 (high, low);
}

/* Converts 32 values of 6 bits to characters. */
AVX2 static inline __m256i
to_characters (__m256i values)
{
  /* What is added to a value, by its range: 26…51, 52…61 one by one, 62, 63, 0…25. */
  const __m256i offsets = LANES ('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                 '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62,
                                 '/' - 63, 'A', 0, 0);
  __m256i range = _mm256_subs_epu8 (values, _mm256_set1_epi8 (51));
  __m256i upper = _mm256_cmpgt_epi8 (_mm256_set1_epi8 (26), values);

  range = _mm256_or_si256 (range, _mm256_and_si256 (upper, _mm256_set1_epi8 (13)));

  return _mm256_add_epi8 (values, _mm256_shuffle_epi8 (offsets, range));
}

AVX2 static gsize
encode_avx2 (const guint8 *data,
             gsize         length,
             char         *text)
{
  gsize done = 0;

  /* Process 24 bytes at a time, with two loads, of which the second one reads four bytes more. */
  for (; length - done >= 28; done += 24, text += 32)
    {
      __m128i first = _mm_loadu_si128 ((const __m128i_u *) (data + done));
      __m128i second = _mm_loadu_si128 ((const __m128i_u *) (data + done + 12));
      __m256i values = split_groups (_mm256_set_m128i (second, first));

      _mm256_storeu_si256 ((__m256i_u *) text, to_characters (values));
    }

  /* Then 12 bytes at a time, which are loaded exactly. The other lane is not used. */
  for (; length - done >= 12; done += 12, text += 16)
    {
      __m128i bytes = _mm_loadl_epi64 ((const __m128i_u *) (data + done));
      int last;

      memcpy (&last, data + done + 8, sizeof last);
      bytes = _mm_insert_epi32 (bytes, last, 2);
      _mm_storeu_si128 ((__m128i_u *) text, _mm256_castsi256_si128 (
                          to_characters (split_groups (_mm256_castsi128_si256 (bytes)))));
    }

  return done;
}

/* Converts 32 characters to values of 6 bits. Returns FALSE if a character is not in the
 * alphabet. */
AVX2 static inline gboolean
to_values (__m256i *characters)
{
  /* A bit for each kind of high nibble, which is set for the low nibbles that it must not be
   * combined with: 0x01 for 2, 0x02 for 3, 0x04 for 4 and 6, 0x08 for 5 and 7, and 0x10, which is
   * never allowed, for all others. */
  const __m256i refused = LANES (0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
  const __m256i kinds = LANES (0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
                               0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  /* What is added, by the high nibble; the one before that of '/' is used for '/'. */
  const __m256i offsets = LANES (0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a',
                                 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i nibble = _mm256_set1_epi8 (0x0f);
  __m256i high = _mm256_and_si256 (_mm256_srli_epi32 (*characters, 4), nibble);
  __m256i low = _mm256_and_si256 (*characters, nibble);
  __m256i slash = _mm256_cmpeq_epi8 (*characters, _mm256_set1_epi8 ('/'));

  if (!_mm256_testz_si256 (_mm256_shuffle_epi8 (refused, low), _mm256_shuffle_epi8 (kinds, high)))
    return FALSE;

  *characters = _mm256_add_epi8 (*characters,
                                 _mm256_shuffle_epi8 (offsets, _mm256_add_epi8 (high, slash)));
  return TRUE;
}

/* Converts 32 values of 6 bits to 24 bytes at the beginning of the result. */
AVX2 static inline __m256i
join_groups (__m256i values)
{
  __m256i pairs = _mm256_maddubs_epi16 (values, _mm256_set1_epi32 (0x01400140));
  __m256i groups = _mm256_madd_epi16 (pairs, _mm256_set1_epi32 (0x00011000));

  groups = _mm256_shuffle_epi8 (groups,
                                LANES (2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));

  return _mm256_permutevar8x32_epi32 (groups, _mm256_setr_epi32 (0, 1, 2, 4, 5, 6, 3, 7));
}

AVX2 static gsize
decode_avx2 (const char *text,
             gsize       length,
             guint8     *data)
{
  gsize done = 0;

  /* Process 32 characters at a time. A store writes 8 bytes more than the 24 that are needed;
   * they fit if there are at least 48 characters, and when decoding in place they do not
   * overwrite input that has not been read yet. */
  for (; length - done >= 48; done += 32, data += 24)
    {
      __m256i block = _mm256_loadu_si256 ((const __m256i_u *) (text + done));

      if (!to_values (&block))
        break;

      _mm256_storeu_si256 ((__m256i_u *) data, join_groups (block));
    }

  /* Then 16 characters at a time, of which exactly 12 bytes are stored. The other lane is not used, and
   * is filled with a character of the alphabet. */
  for (; length - done >= 16; done += 16, data += 12)
    {
      __m128i characters = _mm_loadu_si128 ((const __m128i_u *) (text + done));
      __m256i block = _mm256_set_m128i (_mm_set1_epi8 ('A'), characters);
      __m128i bytes;
      int last;

      if (!to_values (&block))
        break;

      bytes = _mm256_castsi256_si128 (join_groups (block));
      last = _mm_extract_epi32 (bytes, 2);
      _mm_storel_epi64 ((__m128i_u *) data, bytes);
      memcpy (data + 8, &last, sizeof last);
    }

  return done;
}

#endif

#ifndef __aarch64__

gsize
signal_base64_encode_blocks (const guint8 *data,
                             gsize         length,
                             char         *text)
{
#ifdef AVX2
  if (__builtin_cpu_supports ("avx2"))
    return encode_avx2 (data, length, text);
#endif

  return 0;
}

gsize
signal_base64_decode_blocks (const char *text,
                             gsize       length,
                             guint8     *data)
{
#ifdef AVX2
  if (__builtin_cpu_supports ("avx2"))
    return decode_avx2 (text, length, data);
#endif

  return 0;
}

#endif
