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

static inline gboolean
skip_scalar (SignalJsonReader *self)
{
  SignalSpan content;
  gboolean escaped;

  switch (peek (self))
    {
    case '"':
      return signal_json_reader_read_string (self, &content, &escaped);
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

static inline gboolean
read_key (SignalJsonReader *self,
          SignalSpan       *key,
          gboolean         *escaped)
{
  skip_space (self);
  if (!signal_json_reader_read_string (self, key, escaped))
    {
      self->is_in_key = TRUE;
      return FALSE;
    }

  skip_space (self);
  if (!skip_char (self, ':'))
    return fail_here (self);

  skip_space (self);

  return TRUE;
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
static inline gboolean
descend (SignalJsonReader  *self,
         SignalJsonNesting *nesting)
{
  SignalSpan key;
  gboolean escaped;

  for (;;)
    {
      gboolean object = peek (self) == '{';

      if (!object && peek (self) != '[')
        return skip_scalar (self);
      if (nesting->depth == SIGNAL_JSON_MAX_DEPTH)
        return fail (self, N_("nested too deeply"));

      nesting_push (nesting, object);
      self->pos++;
      skip_space (self);
      if (peek (self) == (object ? '}' : ']'))
        return TRUE;
      if (object && !read_key (self, &key, &escaped))
        return FALSE;
    }
}

/* Leaves the containers that end here, until the next value begins or all containers are
 * closed. */
static inline gboolean
ascend (SignalJsonReader  *self,
        SignalJsonNesting *nesting)
{
  SignalSpan key;
  gboolean escaped;

  for (; nesting->depth > 0; nesting->depth--)
    {
      gboolean object = nesting_in_object (nesting);

      skip_space (self);
      if (skip_char (self, ','))
        {
          skip_space (self);
          return !object || read_key (self, &key, &escaped);
        }
      if (!skip_char (self, object ? '}' : ']'))
        return fail_here (self);
    }

  return TRUE;
}

/* Skips values until all containers are closed. */
static inline gboolean
skip_values (SignalJsonReader  *self,
             SignalJsonNesting *nesting)
{
  do
    {
      if (G_UNLIKELY (self->pos >= self->pause && self->pos < self->end))
        {
          self->is_paused = TRUE;
          return FALSE;
        }
      if (!descend (self, nesting) || !ascend (self, nesting))
        return FALSE;
    }
  while (nesting->depth > 0);

  return TRUE;
}

static gboolean
pause_value (SignalJsonReader        *self,
             const SignalJsonNesting *nesting)
{
  if (self->is_paused)
    self->nesting = *nesting;

  return FALSE;
}

static inline gboolean
skip_value (SignalJsonReader *self)
{
  SignalJsonNesting nesting = { 0 };

  return skip_values (self, &nesting) || pause_value (self, &nesting);
}

/* Reads the rest of the key or of the scalar in which skip_value() has paused. Sets is_last if that was
 * all of the value. */
static gboolean
continue_string (SignalJsonReader  *self,
                 SignalJsonNesting *nesting,
                 gboolean          *is_last)
{
  SignalSpan content;
  gboolean escaped;

  if (self->is_in_key)
    {
      self->is_in_key = FALSE;
      return read_key (self, &content, &escaped);
    }

  if (!signal_json_reader_read_string (self, &content, &escaped) || !ascend (self, nesting))
    return FALSE;

  *is_last = nesting->depth == 0;
  return TRUE;
}

/* Continues after a pause of skip_value(). */
static gboolean
continue_value (SignalJsonReader *self)
{
  SignalJsonNesting nesting = self->nesting;
  gboolean is_last = FALSE;

  self->is_paused = FALSE;
  if (self->is_in_string && !continue_string (self, &nesting, &is_last))
    return pause_value (self, &nesting);

  return is_last || skip_values (self, &nesting) || pause_value (self, &nesting);
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
  self->pause = self->end;
  self->is_paused = self->is_in_string = self->is_in_key = FALSE;
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
  const char *start = self->is_paused ? self->value : self->pos;

  if (!(self->is_paused ? continue_value (self) : skip_value (self)))
    {
      self->value = start;
      return FALSE;
    }

  value->str = start;
  value->len = (gsize) (self->pos - start);

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
