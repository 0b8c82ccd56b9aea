/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

gboolean signal_json_check               (const char        *text,
                                          gsize              length,
                                          GError           **error);

/* Reads one object, member by member: open it, then call read_string() or read_value() while
 * next_member() returns TRUE, then finish. Values that are containers are read as a whole. Or one array,
 * with next_element(). */
void     signal_json_reader_init         (SignalJsonReader  *self,
                                          const char        *text,
                                          gsize              length);
gboolean signal_json_reader_open_object  (SignalJsonReader  *self);
gboolean signal_json_reader_next_member  (SignalJsonReader  *self,
                                          SignalSpan        *key,
                                          gboolean          *key_escaped);
gboolean signal_json_reader_open_array   (SignalJsonReader  *self);
gboolean signal_json_reader_next_element (SignalJsonReader  *self);
gboolean signal_json_reader_at_string    (SignalJsonReader  *self);
gboolean signal_json_reader_read_value   (SignalJsonReader  *self,
                                          SignalSpan        *value);
void     signal_json_reader_init_pause   (SignalJsonReader  *self);
gboolean signal_json_reader_read_value_part (SignalJsonReader  *self,
                                             SignalSpan        *value);
gboolean signal_json_reader_finish       (SignalJsonReader  *self,
                                          GError           **error);

G_END_DECLS
