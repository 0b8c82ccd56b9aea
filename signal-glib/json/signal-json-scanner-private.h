/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIGNAL_JSON_MAX_DEPTH 256 /* arrays and objects inside one another */

/* Text that belongs to someone else; not NUL-terminated. */
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

gboolean  signal_json_check         (const char  *text,
                                     gsize        length,
                                     GError     **error);
gsize     signal_json_unescape      (char        *out,
                                     const char  *text,
                                     gsize        length);
char     *signal_json_dup_string    (SignalSpan   content,
                                     gboolean     escaped) G_GNUC_WARN_UNUSED_RESULT;
gboolean  signal_json_equals        (SignalSpan   content,
                                     gboolean     escaped,
                                     const char  *string);
void      signal_json_mend_escapes  (char        *text,
                                     gsize        length);
void      signal_json_append_string (GString     *out,
                                     const char  *string);

/* One object, member by member: open, then while next_member() is TRUE, read_string() or
 * read_value(), then finish. Values that are containers are read whole. */
void     signal_json_reader_init        (SignalJsonReader  *self,
                                         const char        *text,
                                         gsize              length);
gboolean signal_json_reader_open_object (SignalJsonReader  *self);
gboolean signal_json_reader_next_member (SignalJsonReader  *self,
                                         SignalSpan        *key,
                                         gboolean          *key_escaped);
gboolean signal_json_reader_at_string   (SignalJsonReader  *self);
gboolean signal_json_reader_read_string (SignalJsonReader  *self,
                                         SignalSpan        *content,
                                         gboolean          *escaped);
gboolean signal_json_reader_read_value  (SignalJsonReader  *self,
                                         SignalSpan        *value);
gboolean signal_json_reader_finish      (SignalJsonReader  *self,
                                         GError           **error);

G_END_DECLS
