/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "json/signal-json-scanner-private.h"

#include <glib/gi18n-lib.h>

#include "json/signal-json-escape-private.h"
#include "json/signal-json-steps-private.h"
#include "signal-error.h"

/* The containers around the current position: one bit for each level, which is set for an
 * object. */
typedef struct
{
  guint64 objects[SIGNAL_JSON_MAX_DEPTH / 64];
  guint   depth;
} Nesting;

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
    return FALSE;

  skip_space (self);
  if (!skip_char (self, ':'))
    return fail_here (self);

  skip_space (self);

  return TRUE;
}

static inline gboolean
nesting_in_object (const Nesting *self)
{
  guint level = self->depth - 1;

  return (self->objects[level / 64] >> level % 64 & 1) != 0;
}

static inline void
nesting_push (Nesting  *self,
              gboolean  object)
{
  guint64 bit = G_GUINT64_CONSTANT (1) << self->depth % 64;
  guint64 *word = &self->objects[self->depth / 64];

  *word = object ? *word | bit : *word & ~bit;
  self->depth++;
}

/* Enters containers until there is a scalar or an empty container. */
static inline gboolean
descend (SignalJsonReader *self,
         Nesting          *nesting)
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
ascend (SignalJsonReader *self,
        Nesting          *nesting)
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

static inline gboolean
skip_value (SignalJsonReader *self)
{
  Nesting nesting = { 0 };

  do
    {
      if (!descend (self, &nesting) || !ascend (self, &nesting))
        return FALSE;
    }
  while (nesting.depth > 0);

  return TRUE;
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

  if (!skip_value (self))
    return FALSE;

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
