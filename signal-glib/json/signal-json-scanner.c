/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "json/signal-json-scanner-private.h"

#include <glib/gi18n-lib.h>

#include "json/signal-json-escape-private.h"
#include "json/signal-json-steps-private.h"
#include "signal-error.h"

static gboolean
skip_digits (SignalJsonReader *self)
{
  const char *start = self->pos;

  while (self->pos < self->end && (guchar) (*self->pos - '0') <= 9)
    self->pos++;

  return self->pos > start || fail_here (self);
}

static gboolean
skip_number (SignalJsonReader *self)
{
  skip_char (self, '-');
  if (!skip_char (self, '0') && !skip_digits (self))
    return FALSE;

  if (skip_char (self, '.') && !skip_digits (self))
    return FALSE;

  if (skip_char (self, 'e') || skip_char (self, 'E'))
    {
      if (!skip_char (self, '+'))
        skip_char (self, '-');
      return skip_digits (self);
    }

  return TRUE;
}

static gboolean
skip_word (SignalJsonReader *self,
           const char       *word)
{
  for (; *word != '\0'; word++)
    if (!skip_char (self, *word))
      return fail_here (self);

  return TRUE;
}

/* The functions with can_pause are compiled twice, because state for pauses costs a tenth of the time for a
 * small message. */

G_ALWAYS_INLINE static inline gboolean
skip_scalar (SignalJsonReader *self,
             gboolean          can_pause)
{
  SignalSpan content;
  gboolean escaped;

  switch (peek (self))
    {
    case '"':
      return can_pause ? signal_json_reader_skip_string (self)
                       : signal_json_reader_read_string (self, &content, &escaped);
    case 't':
      return skip_word (self, "true");
    case 'f':
      return skip_word (self, "false");
    case 'n':
      return skip_word (self, "null");
    default:
      return skip_number (self);
    }
}

/* Skips what is between a key and its value. */
static inline gboolean
skip_colon (SignalJsonReader *self)
{
  skip_space (self);
  if (!skip_char (self, ':'))
    return fail_here (self);

  skip_space (self);

  return TRUE;
}

static inline gboolean
read_key (SignalJsonReader *self,
          SignalSpan       *key,
          gboolean         *escaped)
{
  skip_space (self);
  return signal_json_reader_read_string (self, key, escaped) && skip_colon (self);
}

G_ALWAYS_INLINE static inline gboolean
skip_key (SignalJsonReader *self,
          gboolean          can_pause)
{
  SignalSpan key;
  gboolean escaped;

  if (!can_pause)
    return read_key (self, &key, &escaped);

  skip_space (self);
  self->is_in_key = !signal_json_reader_skip_string (self);
  return !self->is_in_key && skip_colon (self);
}

static inline gboolean
nesting_in_object (const SignalJsonNesting *self)
{
  guint level = self->depth - 1;

  return (self->objects[level / 64] >> level % 64 & 1) != 0;
}

static inline void
nesting_push (SignalJsonNesting *self,
              gboolean           object)
{
  guint64 bit = G_GUINT64_CONSTANT (1) << self->depth % 64;
  guint64 *word = &self->objects[self->depth / 64];

  *word = object ? *word | bit : *word & ~bit;
  self->depth++;
}

/* Enters containers until there is a scalar or an empty container. */
G_ALWAYS_INLINE static inline gboolean
descend (SignalJsonReader  *self,
         SignalJsonNesting *nesting,
         gboolean           can_pause)
{
  for (;;)
    {
      gboolean object = peek (self) == '{';

      if (!object && peek (self) != '[')
        return skip_scalar (self, can_pause);
      if (nesting->depth == SIGNAL_JSON_MAX_DEPTH)
        return fail (self, N_("nested too deeply"));

      nesting_push (nesting, object);
      self->pos++;
      skip_space (self);
      if (peek (self) == (object ? '}' : ']'))
        return TRUE;
      if (object && !skip_key (self, can_pause))
        return FALSE;
    }
}

/* Leaves the containers that end here, until the next value begins or all containers are
 * closed. */
G_ALWAYS_INLINE static inline gboolean
ascend (SignalJsonReader  *self,
        SignalJsonNesting *nesting,
        gboolean           can_pause)
{
  for (; nesting->depth > 0; nesting->depth--)
    {
      gboolean object = nesting_in_object (nesting);

      skip_space (self);
      if (skip_char (self, ','))
        {
          skip_space (self);
          return !object || skip_key (self, can_pause);
        }
      if (!skip_char (self, object ? '}' : ']'))
        return fail_here (self);
    }

  return TRUE;
}

/* Skips values until all containers are closed. */
G_ALWAYS_INLINE static inline gboolean
skip_values (SignalJsonReader  *self,
             SignalJsonNesting *nesting,
             gboolean           can_pause)
{
  do
    {
      if (can_pause && self->pos >= self->pause && self->pos < self->end)
        {
          self->is_paused = TRUE;
          return FALSE;
        }
      if (!descend (self, nesting, can_pause) || !ascend (self, nesting, can_pause))
        return FALSE;
    }
  while (nesting->depth > 0);

  return TRUE;
}

/* Skips the rest of the key or of the scalar in which skip_values() has paused. Sets is_last if that was all
 * of the value. */
static gboolean
continue_string (SignalJsonReader *self,
                 gboolean         *is_last)
{
  /* White space is not skipped, because it would be part of the string. */
  if (!signal_json_reader_skip_string (self))
    return FALSE;

  if (self->is_in_key)
    {
      self->is_in_key = FALSE;
      return skip_colon (self);
    }

  *is_last = ascend (self, &self->nesting, TRUE) && self->nesting.depth == 0;
  return self->problem == NULL && !self->is_paused;
}

void
signal_json_reader_init (SignalJsonReader *self,
                         const char       *text,
                         gsize             length)
{
  self->start = text;
  self->pos = text;
  self->end = text + length;
  self->problem = NULL;
  self->first = TRUE;
}

gboolean
signal_json_reader_open_object (SignalJsonReader *self)
{
  skip_space (self);
  if (!skip_char (self, '{'))
    return fail (self, N_("not an object"));

  self->first = TRUE;

  return TRUE;
}

/* Stops before the value. Returns FALSE if there is no further member, or if the text is not
 * valid. */
gboolean
signal_json_reader_next_member (SignalJsonReader *self,
                                SignalSpan       *key,
                                gboolean         *key_escaped)
{
  skip_space (self);
  if (skip_char (self, '}'))
    return FALSE;

  if (!self->first && !skip_char (self, ','))
    return fail_here (self);

  self->first = FALSE;

  return read_key (self, key, key_escaped);
}

gboolean
signal_json_reader_open_array (SignalJsonReader *self)
{
  skip_space (self);
  if (!skip_char (self, '['))
    return fail_here (self);

  self->first = TRUE;

  return TRUE;
}

/* Stops before the element. Returns FALSE if there is no further one, or if the text is not valid. */
gboolean
signal_json_reader_next_element (SignalJsonReader *self)
{
  skip_space (self);
  if (skip_char (self, ']'))
    return FALSE;

  if (!self->first && !skip_char (self, ','))
    return fail_here (self);

  self->first = FALSE;
  skip_space (self);

  return TRUE;
}

gboolean
signal_json_reader_at_string (SignalJsonReader *self)
{
  return peek (self) == '"';
}

/* The depth is relative to the value, so that an envelope around it does not count. */
gboolean
signal_json_reader_read_value (SignalJsonReader *self,
                               SignalSpan       *value)
{
  const char *start = self->pos;
  SignalJsonNesting nesting = { 0 };

  if (!skip_values (self, &nesting, FALSE))
    return FALSE;

  value->str = start;
  value->len = (gsize) (self->pos - start);

  return TRUE;
}

/* Must be called before signal_json_reader_read_value_part() is used. */
void
signal_json_reader_init_pause (SignalJsonReader *self)
{
  self->pause = self->end;
  self->is_paused = self->is_in_string = self->is_in_key = FALSE;
}

/* Like signal_json_reader_read_value(), but pauses: it then sets is_paused, returns FALSE, and is called
 * again to continue. */
gboolean
signal_json_reader_read_value_part (SignalJsonReader *self,
                                    SignalSpan       *value)
{
  gboolean is_last = FALSE;

  if (!self->is_paused)
    {
      self->value = self->pos;
      self->nesting = (SignalJsonNesting) { 0 };
    }

  self->is_paused = FALSE;
  if (self->is_in_string && !continue_string (self, &is_last))
    return FALSE;
  if (!is_last && !skip_values (self, &self->nesting, TRUE))
    return FALSE;

  value->str = self->value;
  value->len = (gsize) (self->pos - self->value);

  return TRUE;
}

/* Returns whether the text was valid, and only white space follows. */
gboolean
signal_json_reader_finish (SignalJsonReader  *self,
                           GError           **error)
{
  if (self->problem == NULL)
    {
      skip_space (self);
      if (self->pos == self->end)
        return TRUE;
      self->problem = N_("more text after the end");
    }

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
               /* Translators: %s is a phrase such as “unexpected character” */
               _("Invalid JSON at byte %zu: %s"),
               (gsize) (self->pos - self->start), _(self->problem));

  return FALSE;
}

gboolean
signal_json_check (const char  *text,
                   gsize        length,
                   GError     **error)
{
  SignalJsonReader reader;
  SignalSpan value;

  signal_json_reader_init (&reader, text, length);
  skip_space (&reader);
  signal_json_reader_read_value (&reader, &value);

  return signal_json_reader_finish (&reader, error);
}
