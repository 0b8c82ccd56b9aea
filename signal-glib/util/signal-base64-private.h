/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RFC 4648 section 4: standard alphabet, with padding, canonical. */

#define SIGNAL_BASE64_ENCODED_SIZE(length) ((((gsize) (length)) + 2) / 3 * 4)
#define SIGNAL_BASE64_DECODED_MAX(length) (((gsize) (length)) / 4 * 3)

void     signal_base64_encode (const guint8 *data,
                               gsize         length,
                               char         *text);
gboolean signal_base64_decode (const char   *text,
                               gsize         length,
                               guint8       *data,
                               gsize        *data_length);

/* The same without vector instructions: for all processors, and for the rest of the input. */
void     signal_base64_encode_portable (const guint8 *data,
                                        gsize         length,
                                        char         *text);
gboolean signal_base64_decode_portable (const char   *text,
                                        gsize         length,
                                        guint8       *data,
                                        gsize        *data_length);

G_END_DECLS
