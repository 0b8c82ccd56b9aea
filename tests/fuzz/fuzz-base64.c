/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "fuzz.h"

#include "signal-glib/util/signal-base64-private.h"

/* The vector code and the portable code agree with each other and with GLib, and only canonical
 * text is decoded. */
static void
check_decode (const char *text,
              gsize       size)
{
  g_autofree guint8 *fast = g_malloc (SIGNAL_BASE64_DECODED_MAX (size));
  g_autofree guint8 *slow = g_malloc (SIGNAL_BASE64_DECODED_MAX (size));
  g_autofree guint8 *theirs = NULL;
  g_autofree char *copy = NULL;
  g_autofree char *again = NULL;
  gsize fast_length = 0, slow_length = 0, their_length;
  gboolean valid = signal_base64_decode (text, size, fast, &fast_length);

  g_assert_cmpint (valid, ==, signal_base64_decode_portable (text, size, slow, &slow_length));
  if (!valid)
    return;

  g_assert_cmpmem (fast, fast_length, slow, slow_length);
  copy = g_strndup (text, size);
  theirs = g_base64_decode (copy, &their_length);
  g_assert_cmpmem (fast, fast_length, theirs, their_length);
  again = g_base64_encode (fast, fast_length);
  g_assert_cmpstr (again, ==, copy);
}

static void
check_encode (const guint8 *data,
              gsize         size)
{
  gsize length = SIGNAL_BASE64_ENCODED_SIZE (size);
  g_autofree char *fast = g_malloc (length);
  g_autofree char *slow = g_malloc (length);
  g_autofree guint8 *back = g_malloc (SIGNAL_BASE64_DECODED_MAX (length));
  g_autofree char *theirs = g_base64_encode (data, size);
  gsize back_length;

  signal_base64_encode (data, size, fast);
  signal_base64_encode_portable (data, size, slow);
  g_assert_cmpmem (fast, length, slow, length);
  g_assert_cmpmem (fast, length, theirs, strlen (theirs));
  g_assert_true (signal_base64_decode (fast, length, back, &back_length));
  g_assert_cmpmem (back, back_length, data, size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  check_decode ((const char *) data, size);
  check_encode (data, size);
  return 0;
}
