/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

gboolean signal_json_reader_read_string (SignalJsonReader *self,
                                         SignalSpan       *content,
                                         gboolean         *escaped);
gboolean signal_json_reader_skip_string (SignalJsonReader *self);
gsize    signal_json_unescape           (char             *out,
                                         const char       *text,
                                         gsize             length);
char    *signal_json_dup_string         (SignalSpan        content,
                                         gboolean          escaped) G_GNUC_WARN_UNUSED_RESULT;
gboolean signal_json_equals             (SignalSpan        content,
                                         gboolean          escaped,
                                         const char       *string);
void     signal_json_mend_escapes       (char             *text,
                                         gsize             length);
void     signal_json_append_string      (GString          *out,
                                         const char       *string);

G_END_DECLS
