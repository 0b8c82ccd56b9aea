/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-base64-private.h"

#include "util/signal-base64-blocks-private.h"

#define PAD '='

const char signal_base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const guint8 signal_base64_values[256] = {
  [0 ... '+' - 1] = SIGNAL_BASE64_INVALID,
  ['+'] = 62,
  ['+' + 1 ... '/' - 1] = SIGNAL_BASE64_INVALID,
  ['/'] = 63,
  ['0'] = 52, 53, 54, 55, 56, 57, 58, 59, 60, 61,
  ['9' + 1 ... 'A' - 1] = SIGNAL_BASE64_INVALID,
  ['A'] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
  ['N'] = 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
  ['Z' + 1 ... 'a' - 1] = SIGNAL_BASE64_INVALID,
  ['a'] = 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
  ['n'] = 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
  ['z' + 1 ... 255] = SIGNAL_BASE64_INVALID,
};

/* Writes SIGNAL_BASE64_ENCODED_SIZE (length) characters without a terminator. The buffers must
 * not overlap, unless data ends at least three bytes after the text: a step reads its bytes before it
 * writes at most four thirds of them, so that no byte is overwritten before it is read. */
void
signal_base64_encode (const guint8 *data,
                      gsize         length,
                      char         *text)
{
  gsize done;

  if (length == 0)
    return;

  done = signal_base64_encode_blocks (data, length, text);
  signal_base64_encode_portable (data + done, length - done, text + done / 3 * 4);
}

void
signal_base64_encode_portable (const guint8 *data,
                               gsize         length,
                               char         *text)
{
  guint32 bits;

  for (; length >= 3; data += 3, length -= 3, text += 4)
    {
      bits = (guint32) data[0] << 16 | (guint32) data[1] << 8 | data[2];
      text[0] = signal_base64_alphabet[bits >> 18];
      text[1] = signal_base64_alphabet[bits >> 12 & 63];
      text[2] = signal_base64_alphabet[bits >> 6 & 63];
      text[3] = signal_base64_alphabet[bits & 63];
    }

  if (length == 0)
    return;

  bits = (guint32) data[0] << 16 | (length == 2 ? (guint32) data[1] << 8 : 0);
  text[0] = signal_base64_alphabet[bits >> 18];
  text[1] = signal_base64_alphabet[bits >> 12 & 63];
  text[2] = (char) (length == 2 ? signal_base64_alphabet[bits >> 6 & 63] : PAD);
  text[3] = PAD;
}

/* Decodes strictly: characters outside the alphabet, missing or misplaced padding, and trailing
 * bits that are not zero are rejected, so that each sequence of bytes has exactly one encoding.
 * data must have room for SIGNAL_BASE64_DECODED_MAX (length) bytes, and may be the buffer of the
 * text itself. If FALSE is returned, its contents are undefined. */
gboolean
signal_base64_decode (const char *text,
                      gsize       length,
                      guint8     *data,
                      gsize      *data_length)
{
  gsize done = signal_base64_decode_blocks (text, length, data);
  gsize rest;

  if (done == 0)
    return signal_base64_decode_portable (text, length, data, data_length);

  *data_length = done / 4 * 3;
  if (done == length)
    return TRUE;

  if (!signal_base64_decode_portable (text + done, length - done, data + done / 4 * 3, &rest))
    return FALSE;

  *data_length += rest;

  return TRUE;
}

gboolean
signal_base64_decode_portable (const char *text,
                               gsize       length,
                               guint8     *data,
                               gsize      *data_length)
{
  const guint8 *in = (const guint8 *) text;
  guint8 *out = data;
  guint32 a, b, c, d;
  guint32 errors = 0; /* collected instead of tested at each character */
  gsize padding = 0;

  if (length % 4 != 0)
    return FALSE;

  if (length > 0 && text[length - 1] == PAD)
    padding = text[length - 2] == PAD ? 2 : 1;

  for (gsize n = length / 4 - (padding > 0); n > 0; n--, in += 4, out += 3)
    {
      a = signal_base64_values[in[0]];
      b = signal_base64_values[in[1]];
      c = signal_base64_values[in[2]];
      d = signal_base64_values[in[3]];
      errors |= a | b | c | d;
      out[0] = (guint8) (a << 2 | b >> 4);
      out[1] = (guint8) (b << 4 | c >> 2);
      out[2] = (guint8) (c << 6 | d);
    }

  if (padding > 0)
    {
      a = signal_base64_values[in[0]];
      b = signal_base64_values[in[1]];
      c = padding == 1 ? signal_base64_values[in[2]] : 0;
      errors |= a | b | c;
      if ((padding == 1 ? c << 6 : b << 4) & 0xff)
        return FALSE;

      out[0] = (guint8) (a << 2 | b >> 4);
      if (padding == 1)
        out[1] = (guint8) (b << 4 | c >> 2);
    }

  *data_length = length / 4 * 3 - padding;

  return (errors & SIGNAL_BASE64_INVALID) == 0;
}
