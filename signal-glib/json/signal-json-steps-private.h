/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib/gi18n-lib.h>

#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

/* The steps that signal-json-scanner.c and signal-json-escape.c have in common. */

static inline gboolean
fail (SignalJsonReader *self,
      const char       *problem)
{
  self->problem = problem;

  return FALSE;
}

static inline gboolean
fail_here (SignalJsonReader *self)
{
  return fail (self, self->pos == self->end ? N_("the text ends too early")
                                            : N_("unexpected character"));
}

/* NUL represents the end, because it is not valid outside a string. */
static inline guchar
peek (const SignalJsonReader *self)
{
  return self->pos < self->end ? (guchar) *self->pos : '\0';
}

static inline gboolean
skip_char (SignalJsonReader *self,
           char              expected)
{
  if (peek (self) != (guchar) expected)
    return FALSE;

  self->pos++;

  return TRUE;
}

static inline void
skip_space (SignalJsonReader *self)
{
  while (self->pos < self->end &&
         (*self->pos == ' ' || *self->pos == '\n' || *self->pos == '\r' || *self->pos == '\t'))
    self->pos++;
}

G_END_DECLS
