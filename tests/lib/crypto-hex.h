/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* Decodes hexadecimal text, and returns the number of bytes. */
static inline gsize
unhex (const char *hex,
       guint8     *bytes)
{
  gsize length = strlen (hex) / 2;

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4 | g_ascii_xdigit_value (hex[2 * i + 1]));

  return length;
}

static inline void
assert_hex (const guint8 *bytes,
            gsize         length,
            const char   *hex)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", bytes[i]);

  g_assert_cmpstr (text->str, ==, hex);
}

G_END_DECLS
