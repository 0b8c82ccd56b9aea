/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "json/signal-json-escape-private.h"

#if defined (__SSE2__)
#include <emmintrin.h>
#elif defined (__aarch64__)
#include <arm_neon.h>
#endif
#include <string.h>

#include "json/signal-json-steps-private.h"

#define EACH_BYTE(value) (G_GUINT64_CONSTANT (0x0101010101010101) * (value))
#define ESCAPE_SIZE 6 /* \uXXXX */
#define REPLACEMENT 0xfffd

/* Marks, in eight bytes of a string, those that need attention: `"`, `\`, control characters, and
 * all that are not ASCII. The lowest mark is exact; the marks above it can be wrong, because a
 * borrow may have propagated through them. */
static inline guint64
mark_special (guint64 bytes)
{
  guint64 control = bytes - EACH_BYTE (0x20);
  guint64 quote = (bytes ^ EACH_BYTE ('"')) - EACH_BYTE (1);
  guint64 backslash = (bytes ^ EACH_BYTE ('\\')) - EACH_BYTE (1);

  return (bytes | control | quote | backslash) & EACH_BYTE (0x80);
}

static inline const char *
skip_plain (const char *pos,
            const char *end)
{
  /* Bytes that are not ASCII are negative, and so less than the first one that is not a control
   * character. */
#if defined (__SSE2__)
  for (; end - pos >= 16; pos += 16)
    {
      __m128i bytes = _mm_loadu_si128 ((const __m128i_u *) pos);
      __m128i special = _mm_or_si128 (_mm_cmplt_epi8 (bytes, _mm_set1_epi8 (0x20)),
                                      _mm_or_si128 (_mm_cmpeq_epi8 (bytes, _mm_set1_epi8 ('"')),
                                                    _mm_cmpeq_epi8 (bytes, _mm_set1_epi8 ('\\'))));
      int marks = _mm_movemask_epi8 (special);

      if (marks != 0)
        return pos + __builtin_ctz ((guint) marks);
    }
#elif defined (__aarch64__)
  for (; end - pos >= 16; pos += 16)
    {
      int8x16_t bytes = vld1q_s8 ((const gint8 *) pos);
      uint8x16_t special = vorrq_u8 (vcltq_s8 (bytes, vdupq_n_s8 (0x20)),
                                     vorrq_u8 (vceqq_s8 (bytes, vdupq_n_s8 ('"')),
                                               vceqq_s8 (bytes, vdupq_n_s8 ('\\'))));
      /* Four bits of each byte. */
      uint8x8_t narrow = vshrn_n_u16 (vreinterpretq_u16_u8 (special), 4);
      guint64 marks = vget_lane_u64 (vreinterpret_u64_u8 (narrow), 0);

      if (marks != 0)
        return pos + __builtin_ctzll (marks) / 4;
    }
#endif

  for (; end - pos >= 8; pos += 8)
    {
      guint64 bytes, marks;

      memcpy (&bytes, pos, sizeof bytes);
      marks = mark_special (GUINT64_FROM_LE (bytes));
      if (marks != 0)
        return pos + __builtin_ctzll (marks) / 8;
    }

  while (pos < end && (guchar) *pos >= 0x20 && (guchar) *pos < 0x80 && *pos != '"' && *pos != '\\')
    pos++;

  return pos;
}

/* Returns the length of the multi-byte UTF-8 sequence at pos according to table 3-7 of the
 * Unicode standard, which excludes surrogates, overlong forms and code points above U+10FFFF, or
 * 0 if it is not valid. */
static inline gsize
measure_sequence (const char *pos,
                  const char *end)
{
  const guchar *bytes = (const guchar *) pos;
  gsize available = (gsize) (end - pos);
  guchar lead = bytes[0];

  if (lead < 0xc2 || lead > 0xf4 || available < 2)
    return 0;
  if (lead < 0xe0)
    return (bytes[1] & 0xc0) == 0x80 ? 2 : 0;
  if (available < 3 || (bytes[1] & 0xc0) != 0x80 || (bytes[2] & 0xc0) != 0x80)
    return 0;
  if (lead < 0xf0)
    return (lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xed && bytes[1] > 0x9f) ? 0 : 3;
  if (available < 4 || (bytes[3] & 0xc0) != 0x80)
    return 0;

  return (lead == 0xf0 && bytes[1] < 0x90) || (lead == 0xf4 && bytes[1] > 0x8f) ? 0 : 4;
}

static inline gboolean
skip_sequences (SignalJsonReader *self,
                const char       *until)
{
  const char *pos = self->pos;

  while (pos < until && (guchar) *pos >= 0x80)
    {
      gsize length = measure_sequence (pos, self->end);

      if (length == 0)
        {
          self->pos = pos;
          return fail (self, N_("invalid UTF-8"));
        }
      pos += length;
    }

  self->pos = pos;

  return TRUE;
}

static gboolean
skip_escape (SignalJsonReader *self)
{
  guchar kind;

  self->pos++;
  kind = peek (self);
  if (kind == 'u')
    {
      for (guint i = 0; i < 4; i++)
        {
          self->pos++;
          if (!g_ascii_isxdigit (peek (self)))
            return fail (self, N_("invalid escape sequence"));
        }
    }
  else if (memchr ("\"\\/bfnrt", kind, 8) == NULL)
    {
      return fail (self, N_("invalid escape sequence"));
    }

  self->pos++;

  return TRUE;
}

/* Reads the rest of a string. Pauses at the given position, unless that is the end of the text: then,
 * is_paused is set, and FALSE is returned. */
G_ALWAYS_INLINE static inline gboolean
read_content (SignalJsonReader *self,
              const char       *start,
              const char       *pause,
              SignalSpan       *content,
              gboolean         *escaped)
{
  for (;;)
    {
      guchar special;

      self->pos = skip_plain (self->pos, self->end);
      special = peek (self);
      if (special == '"')
        break;

      if (pause != self->end && self->pos >= pause && self->pos < self->end)
        {
          self->is_paused = TRUE;
          return FALSE;
        }

      if (special == '\\')
        {
          *escaped = TRUE;
          if (!skip_escape (self))
            return FALSE;
        }
      else if (special >= 0x80)
        {
          if (!skip_sequences (self, pause))
            return FALSE;
        }
      else
        {
          return fail (self, self->pos == self->end ? N_("the text ends too early")
                                                    : N_("control character in a string"));
        }
    }

  content->str = start;
  content->len = (gsize) (self->pos++ - start);

  return TRUE;
}

/* content is set to the text between the quotes, in its escaped form. */
gboolean
signal_json_reader_read_string (SignalJsonReader *self,
                                SignalSpan       *content,
                                gboolean         *escaped)
{
  *escaped = FALSE;
  if (!skip_char (self, '"'))
    return fail_here (self);

  return read_content (self, self->pos, self->end, content, escaped);
}

/* Skips a string, or the rest of one in which it has paused. */
gboolean
signal_json_reader_skip_string (SignalJsonReader *self)
{
  SignalSpan content;
  gboolean escaped;

  if (!self->is_in_string && !skip_char (self, '"'))
    return fail_here (self);

  self->is_in_string = !read_content (self, self->pos, self->pause, &content, &escaped);
  return !self->is_in_string;
}

static gunichar
parse_hex (const char *digits)
{
  gunichar unit = 0;

  for (guint i = 0; i < 4; i++)
    unit = unit << 4 | (gunichar) g_ascii_xdigit_value (digits[i]);

  return unit;
}

/* Returns the character for \uXXXX, or for a pair of them. A lone surrogate results in U+FFFD,
 * because UTF-8 cannot represent it. */
static gunichar
parse_unicode_escape (const char *text,
                      const char *end,
                      gsize      *length)
{
  gunichar unit = parse_hex (text + 2);

  *length = ESCAPE_SIZE;
  if (unit < 0xd800 || unit > 0xdfff)
    return unit;

  if (unit < 0xdc00 && end - text >= 2 * ESCAPE_SIZE && memcmp (text + ESCAPE_SIZE, "\\u", 2) == 0)
    {
      gunichar low = parse_hex (text + ESCAPE_SIZE + 2);

      if (low >= 0xdc00 && low <= 0xdfff)
        {
          *length = 2 * ESCAPE_SIZE;
          return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
    }

  return REPLACEMENT;
}

static char
parse_short_escape (char kind)
{
  switch (kind)
    {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return kind;
    }
}

/* text is the content of a valid string, between the quotes. out must have room for length bytes
 * and may be text itself, because the result is never longer. */
gsize
signal_json_unescape (char       *out,
                      const char *text,
                      gsize       length)
{
  const char *end = text + length;
  char *to = out;

  while (text < end)
    {
      const char *backslash = memchr (text, '\\', (gsize) (end - text));
      gsize run = (gsize) ((backslash != NULL ? backslash : end) - text);

      memmove (to, text, run);
      to += run;
      text += run;
      if (backslash == NULL)
        break;

      if (text[1] == 'u')
        {
          gsize escape_length;
          gunichar character = parse_unicode_escape (text, end, &escape_length);

          to += g_unichar_to_utf8 (character, to);
          text += escape_length;
        }
      else
        {
          *to++ = parse_short_escape (text[1]);
          text += 2;
        }
    }

  return (gsize) (to - out);
}

/* Unescapes content, which is the text between the quotes of a valid string. Returns NULL if the
 * result contains NUL, which a C string cannot represent. */
char *
signal_json_dup_string (SignalSpan content,
                        gboolean   escaped)
{
  g_autofree char *text = g_malloc (content.len + 1);
  gsize length = content.len;

  if (escaped)
    length = signal_json_unescape (text, content.str, content.len);
  else
    memcpy (text, content.str, content.len);
  text[length] = '\0';

  /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not know g_autofree. */
  return memchr (text, '\0', length) == NULL ? g_steal_pointer (&text) : NULL;
}

/* Returns whether content, which is the text between the quotes of a valid string, unescapes to
 * string. */
gboolean
signal_json_equals (SignalSpan  content,
                    gboolean    escaped,
                    const char *string)
{
  gsize length = strlen (string);
  g_autofree char *plain = NULL;

  if (!escaped)
    return content.len == length && memcmp (content.str, string, length) == 0;

  /* Too long even if every byte is escaped. */
  if (content.len > length * ESCAPE_SIZE)
    return FALSE;

  plain = g_malloc (content.len);

  /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not know g_autofree. */
  return signal_json_unescape (plain, content.str, content.len) == length &&
         memcmp (plain, string, length) == 0;
}

/* Replaces escapes in valid JSON text that a C string in UTF-8 cannot represent, which are NUL
 * and lone surrogates, with \ufffd. */
void
signal_json_mend_escapes (char  *text,
                          gsize  length)
{
  char *end = text + length;
  char *pos = text;

  while ((pos = memchr (pos, '\\', (gsize) (end - pos))) != NULL)
    {
      gsize escape_length = 2;

      if (pos[1] == 'u')
        {
          gunichar character = parse_unicode_escape (pos, end, &escape_length);

          if (character == 0 || character == REPLACEMENT)
            memcpy (pos, "\\ufffd", ESCAPE_SIZE);
        }
      pos += escape_length;
    }
}

static void
append_escape (GString *out,
               guchar   character)
{
  switch (character)
    {
    case '"':
    case '\\':
      g_string_append_c (out, '\\');
      g_string_append_c (out, (char) character);
      break;
    case '\b':
      g_string_append (out, "\\b");
      break;
    case '\f':
      g_string_append (out, "\\f");
      break;
    case '\n':
      g_string_append (out, "\\n");
      break;
    case '\r':
      g_string_append (out, "\\r");
      break;
    case '\t':
      g_string_append (out, "\\t");
      break;
    default:
      g_string_append_printf (out, "\\u%04x", character);
      break;
    }
}

/* string must be valid UTF-8. */
void
signal_json_append_string (GString    *out,
                           const char *string)
{
  const char *run = string;

  g_string_append_c (out, '"');
  for (; *string != '\0'; string++)
    {
      guchar character = (guchar) *string;

      if (character >= 0x20 && character != '"' && character != '\\')
        continue;

      g_string_append_len (out, run, string - run);
      append_escape (out, character);
      run = string + 1;
    }
  g_string_append_len (out, run, string - run);
  g_string_append_c (out, '"');
}
