/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A part of a text, which it does not own; not NUL-terminated. */
typedef struct
{
  const char *str;
  gsize       len;
} SignalSpan;

/* A strict reader of RFC 8259 text that builds nothing. After a function has returned FALSE, pos is
 * where the text stops being valid; signal_json_reader_finish() makes an error of it. */
typedef struct
{
  const char *pos;
  const char *end;
  const char *start;
  const char *problem; /* NULL: none so far */
  gboolean    first;   /* no member of the open object has been read */
} SignalJsonReader;

G_END_DECLS
