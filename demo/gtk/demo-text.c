/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-text.h"

#include <string.h>

#define REPLACEMENT 0xfffd
#define FIRST_STRONG_ISOLATE "\u2068"
#define POP_DIRECTIONAL_ISOLATE "\u2069"

/* Those that turn the direction of what follows, and those that end that. */
static gboolean
is_directional (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static gboolean
is_line_end (gunichar c)
{
  return c == '\n' || c == 0x2028 || c == 0x2029;
}

/* Returns the first @max_bytes of @text in at most @max_lines lines, without what could act on the
 * text around it. */
static char *
clean (const char *text,
       gsize       max_bytes,
       guint       max_lines)
{
  gsize length = strnlen (text, max_bytes + 1);
  GString *result = g_string_sized_new (MIN (length, max_bytes));
  const char *end = text + MIN (length, max_bytes);
  guint n_lines = 1;
  const char *next;

  for (const char *p = text; p < end; p = next)
    {
      gunichar c = g_utf8_get_char_validated (p, end - p);
      gboolean cut = c == (gunichar) -2 && length > max_bytes;
      gboolean valid = c != (gunichar) -1 && c != (gunichar) -2;

      next = valid ? g_utf8_next_char (p) : cut ? end : p + 1;
      if (valid && is_line_end (c) && n_lines < max_lines)
        {
          g_string_append_c (result, '\n');
          n_lines++;
        }
      else if (valid && (is_line_end (c) || c == '\t' || c == '\r'))
        g_string_append_c (result, ' ');
      else if (valid && !g_unichar_iscntrl (c) && !is_directional (c))
        g_string_append_unichar (result, c);
      else if (!cut)
        g_string_append_unichar (result, REPLACEMENT);
    }
  if (length > max_bytes)
    g_string_append (result, "…");
  return g_string_free (result, FALSE);
}

/* Returns what can be shown of @text, which need not be UTF-8. */
char *
demo_text_shorten (const char *text)
{
  return clean (text, DEMO_TEXT_MAX_BYTES, DEMO_TEXT_MAX_LINES);
}

/* The same, on one line. */
char *
demo_text_shorten_name (const char *text)
{
  return clean (text, DEMO_TEXT_MAX_NAME_BYTES, 1);
}

/* Returns @text so that its direction does not become that of the text around it. */
char *
demo_text_isolate (const char *text)
{
  return g_strconcat (FIRST_STRONG_ISOLATE, text, POP_DIRECTIONAL_ISOLATE, NULL);
}

/* Returns @text without a character that means something in markup, for those who may or may not
 * take it for markup. */
char *
demo_text_disarm (const char *text)
{
  GString *result = g_string_new (text);

  g_string_replace (result, "<", "‹", 0);
  g_string_replace (result, ">", "›", 0);
  g_string_replace (result, "&", "＆", 0);
  return g_string_free (result, FALSE);
}
