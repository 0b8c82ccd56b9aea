/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-text.h"

#include <string.h>

#define REPLACEMENT 0xfffd
#define FIRST_STRONG_ISOLATE "\u2068"
#define POP_DIRECTIONAL_ISOLATE "\u2069"

/* Whether @c is a directional embedding, override or isolate, or terminates one. */
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

/* Returns the first @max_bytes of @text in at most @max_lines lines, without characters that affect
 * the text around it. */
static char *
sanitize (const char *text,
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
      gboolean truncated = c == (gunichar) -2 && length > max_bytes;
      gboolean valid = c != (gunichar) -1 && c != (gunichar) -2;

      next = valid ? g_utf8_next_char (p) : truncated ? end : p + 1;
      if (valid && is_line_end (c) && n_lines < max_lines)
        {
          g_string_append_c (result, '\n');
          n_lines++;
        }
      else if (valid && (is_line_end (c) || c == '\t' || c == '\r'))
        g_string_append_c (result, ' ');
      else if (valid && !g_unichar_iscntrl (c) && !is_directional (c))
        g_string_append_unichar (result, c);
      else if (!truncated)
        g_string_append_unichar (result, REPLACEMENT);
    }
  if (length > max_bytes)
    g_string_append (result, "…");
  return g_string_free (result, FALSE);
}

/* Returns @text, which does not have to be UTF-8, in a form that is safe to display. */
char *
demo_text_sanitize (const char *text)
{
  return sanitize (text, DEMO_TEXT_MAX_BYTES, DEMO_TEXT_MAX_LINES);
}

/* Like demo_text_sanitize(), but on a single line. */
char *
demo_text_sanitize_line (const char *text)
{
  return sanitize (text, DEMO_TEXT_MAX_LINE_BYTES, 1);
}

/* Returns @text in a directional isolate, so that it does not affect the text around it. */
char *
demo_text_isolate (const char *text)
{
  return g_strconcat (FIRST_STRONG_ISOLATE, text, POP_DIRECTIONAL_ISOLATE, NULL);
}

/* Returns @text with the special characters of markup replaced by similar ones, for services that
 * may or may not interpret markup. */
char *
demo_text_replace_markup (const char *text)
{
  GString *result = g_string_new (text);

  g_string_replace (result, "<", "‹", 0);
  g_string_replace (result, ">", "›", 0);
  g_string_replace (result, "&", "＆", 0);
  return g_string_free (result, FALSE);
}
