/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-base64-blocks-private.h"

/* Base64 with Advanced SIMD, which every 64-bit ARM processor has: characters and values are looked up in
 * tables of 64 bytes. */

#ifdef __aarch64__

#include <arm_neon.h>

#define MASK 63
#define INVALID 0x80 /* a bit that is not set in any value */

static const guint8 alphabet[64] = {
  'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
  'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
  'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
  'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/',
};

/* Of the characters 0…63, and of 64…127. */
static const guint8 values[2][64] = {
  {
    [0 ... '+' - 1] = INVALID,
    ['+'] = 62,
    ['+' + 1 ... '/' - 1] = INVALID,
    ['/'] = 63,
    ['0'] = 52, 53, 54, 55, 56, 57, 58, 59, 60, 61,
    ['9' + 1 ... 63] = INVALID,
  },
  {
    [0] = INVALID,
    ['A' - 64] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    ['Z' - 64 + 1 ... 'a' - 64 - 1] = INVALID,
    ['a' - 64] = 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
    49, 50, 51,
    ['z' - 64 + 1 ... 63] = INVALID,
  },
};

gsize
signal_base64_encode_blocks (const guint8 *data,
                             gsize         length,
                             char         *text)
{
  const uint8x16x4_t table = vld1q_u8_x4 (alphabet);
  const uint8x16_t mask = vdupq_n_u8 (MASK);
  gsize done = 0;

  for (; length - done >= 48; done += 48, text += 64)
    {
      uint8x16x3_t bytes = vld3q_u8 (data + done);
      uint8x16x4_t out;

      out.val[0] = vshrq_n_u8 (bytes.val[0], 2);
      out.val[1] = vandq_u8 (vsliq_n_u8 (vshrq_n_u8 (bytes.val[1], 4), bytes.val[0], 4), mask);
      out.val[2] = vandq_u8 (vsliq_n_u8 (vshrq_n_u8 (bytes.val[2], 6), bytes.val[1], 2), mask);
      out.val[3] = vandq_u8 (bytes.val[2], mask);
      for (guint i = 0; i < 4; i++)
        out.val[i] = vqtbl4q_u8 (table, out.val[i]);
      vst4q_u8 ((guint8 *) text, out);
    }

  for (; length - done >= 24; done += 24, text += 32)
    {
      uint8x8x3_t bytes = vld3_u8 (data + done);
      uint8x8x4_t out;

      out.val[0] = vshr_n_u8 (bytes.val[0], 2);
      out.val[1] = vand_u8 (vsli_n_u8 (vshr_n_u8 (bytes.val[1], 4), bytes.val[0], 4), vget_low_u8 (mask));
      out.val[2] = vand_u8 (vsli_n_u8 (vshr_n_u8 (bytes.val[2], 6), bytes.val[1], 2), vget_low_u8 (mask));
      out.val[3] = vand_u8 (bytes.val[2], vget_low_u8 (mask));
      for (guint i = 0; i < 4; i++)
        out.val[i] = vqtbl4_u8 (table, out.val[i]);
      vst4_u8 ((guint8 *) text, out);
    }

  return done;
}

/* A lookup of a number above 63 keeps what was looked up before, or is 0 the first time. */
static inline uint8x16_t
to_values (uint8x16_t   characters,
           uint8x16x4_t first,
           uint8x16x4_t second)
{
  uint8x16_t result = vqtbl4q_u8 (first, characters);

  result = vqtbx4q_u8 (result, second, vsubq_u8 (characters, vdupq_n_u8 (64)));

  /* Characters that are not ASCII are in neither table. */
  return vorrq_u8 (result, vandq_u8 (characters, vdupq_n_u8 (INVALID)));
}

gsize
signal_base64_decode_blocks (const char *text,
                             gsize       length,
                             guint8     *data)
{
  const uint8x16x4_t first = vld1q_u8_x4 (values[0]);
  const uint8x16x4_t second = vld1q_u8_x4 (values[1]);
  gsize done = 0;

  for (; length - done >= 64; done += 64, data += 48)
    {
      uint8x16x4_t in = vld4q_u8 ((const guint8 *) text + done);
      uint8x16x3_t out;

      for (guint i = 0; i < 4; i++)
        in.val[i] = to_values (in.val[i], first, second);
      if (vmaxvq_u8 (vorrq_u8 (vorrq_u8 (in.val[0], in.val[1]), vorrq_u8 (in.val[2], in.val[3]))) > MASK)
        break;

      out.val[0] = vsliq_n_u8 (vshrq_n_u8 (in.val[1], 4), in.val[0], 2);
      out.val[1] = vsliq_n_u8 (vshrq_n_u8 (in.val[2], 2), in.val[1], 4);
      out.val[2] = vsliq_n_u8 (in.val[3], in.val[2], 6);
      vst3q_u8 (data, out);
    }

  for (; length - done >= 32; done += 32, data += 24)
    {
      uint8x8x4_t in = vld4_u8 ((const guint8 *) text + done);
      uint8x16_t low = to_values (vcombine_u8 (in.val[0], in.val[1]), first, second);
      uint8x16_t high = to_values (vcombine_u8 (in.val[2], in.val[3]), first, second);
      uint8x8x3_t out;

      if (vmaxvq_u8 (vorrq_u8 (low, high)) > MASK)
        break;

      out.val[0] = vsli_n_u8 (vshr_n_u8 (vget_high_u8 (low), 4), vget_low_u8 (low), 2);
      out.val[1] = vsli_n_u8 (vshr_n_u8 (vget_low_u8 (high), 2), vget_high_u8 (low), 4);
      out.val[2] = vsli_n_u8 (vget_high_u8 (high), vget_low_u8 (high), 6);
      vst3_u8 (data, out);
    }

  return done;
}

#endif
