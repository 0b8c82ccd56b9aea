/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-text.h"

#include <string.h>

#define LINE_SEPARATOR 0x2028
#define PARAGRAPH_SEPARATOR 0x2029

/* Whether @c is safe to print to a terminal. Control characters (C0, DEL, C1) and format characters,
 * such as those that change the direction of text, are not. */
gboolean
cli_text_is_safe (gunichar c)
{
  return g_unichar_isprint (c) && c != LINE_SEPARATOR && c != PARAGRAPH_SEPARATOR;
}

/* Returns @text with all characters escaped that are not safe, except for those in @kept. */
static char *
escape (const char *text,
        const char *kept)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *printable = g_string_sized_new (strlen (valid));

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (cli_text_is_safe (c) || strchr (kept, *p) != NULL)
        g_string_append_unichar (printable, c);
      else
        g_string_append_printf (printable, c <= 0xffff ? "\\u%04x" : "\\U%08x", c);
    }
  return g_string_free (printable, FALSE);
}

/* Returns @text with all characters escaped that could move the cursor or hide text on a terminal. */
char *
cli_text_escape (const char *text)
{
  return escape (text, "");
}

/* Like cli_text_escape(), for a text that can have several lines. */
char *
cli_text_escape_lines (const char *text)
{
  return escape (text, "\n\t");
}
