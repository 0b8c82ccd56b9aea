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

#define SIGNAL_JSON_MAX_DEPTH 256 /* the maximum nesting of arrays and objects */

/* The containers around the current position: one bit for each level, which is set for an
 * object. */
typedef struct
{
  guint64 objects[SIGNAL_JSON_MAX_DEPTH / 64];
  guint   depth;
} SignalJsonNesting;

/* A strict reader of RFC 8259 text that builds nothing. After a function has returned FALSE, pos is
 * where the text stops being valid; signal_json_reader_finish() makes an error of it. */
typedef struct
{
  const char *pos;
  const char *end;
  const char *start;
  const char *problem; /* NULL: none so far */
  gboolean    first;   /* no member of the open object has been read */

  /* Where signal_json_reader_read_value_part() pauses: near this position. The following are used by that
   * function only. */
  const char *pause;
  gboolean    is_paused;
  gboolean    is_in_string; /* paused in a string, which may be a key */
  gboolean    is_in_key;
  const char *value;
  SignalJsonNesting nesting;
} SignalJsonReader;

G_END_DECLS
