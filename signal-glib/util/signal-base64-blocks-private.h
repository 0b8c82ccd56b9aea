/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIGNAL_BASE64_INVALID 0x80 /* a bit that is not set in any value */

extern const char   signal_base64_alphabet[];
extern const guint8 signal_base64_values[256]; /* by character */

/* Process as much of the beginning of the input as possible with vector instructions, which may
 * be nothing. Both return how much of the input that was, in whole groups of 3 bytes or of 4
 * characters. */
gsize signal_base64_encode_blocks (const guint8 *data,
                                   gsize         length,
                                   char         *text);
gsize signal_base64_decode_blocks (const char   *text,
                                   gsize         length,
                                   guint8       *data);

G_END_DECLS
