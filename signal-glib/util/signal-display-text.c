/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-display-text-private.h"

/* The maximum number of characters that are copied. */
#define MAX_LENGTH 200

/* Control characters can move the cursor of a terminal or change its settings; bidirectional
 * overrides and isolates can make a line appear as a different one (Unicode Technical Report
 * 36). */
static gboolean
is_safe (gunichar character)
{
  GUnicodeType type = g_unichar_type (character);

  if (type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR
      || type == G_UNICODE_PARAGRAPH_SEPARATOR)
    return FALSE;

  return character != 0x061c && character != 0x200e && character != 0x200f
         && !(character >= 0x202a && character <= 0x202e)
         && !(character >= 0x2066 && character <= 0x2069);
}

/* Copies text from a peer, which must be valid UTF-8, for use in an error message: shortened, on
 * a single line, and with unsafe characters replaced by spaces. */
char *
signal_display_text_new (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint length = 0;

  for (; *text != '\0' && length < MAX_LENGTH; text = g_utf8_next_char (text), length++)
    {
      gunichar character = g_utf8_get_char (text);

      g_string_append_unichar (out, is_safe (character) ? character : ' ');
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}
