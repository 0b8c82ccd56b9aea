/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-base64-blocks-private.h"

/* Base64 with Advanced SIMD, which every 64-bit ARM processor has: characters and values are looked up in
 * tables of 64 bytes. */

#ifdef __aarch64__

#include <arm_neon.h>

#define MASK 63

gsize
signal_base64_encode_blocks (const guint8 *data,
                             gsize         length,
                             char         *text)
{
  const uint8x16x4_t table = vld1q_u8_x4 ((const guint8 *) signal_base64_alphabet);
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
  return vorrq_u8 (result, vandq_u8 (characters, vdupq_n_u8 (SIGNAL_BASE64_INVALID)));
}

gsize
signal_base64_decode_blocks (const char *text,
                             gsize       length,
                             guint8     *data)
{
  const uint8x16x4_t first = vld1q_u8_x4 (signal_base64_values);
  const uint8x16x4_t second = vld1q_u8_x4 (signal_base64_values + 64);
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
