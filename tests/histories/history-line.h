/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* A line of the history, for the files in this folder. It has the time at which it was begun, and is written
 * by history_line_end(). All functions do nothing with NULL, which is the line if nothing is recorded. */
typedef struct _HistoryLine HistoryLine;

gboolean     history_line_is_on       (void);
void         history_line_set_folder  (const char         *folder);
HistoryLine *history_line_begin       (gpointer            actor,
                                       const char         *kind);
void         history_line_add_text    (HistoryLine        *self,
                                       const char         *name,
                                       const char         *text);
void         history_line_add_number  (HistoryLine        *self,
                                       const char         *name,
                                       guint64             number);
void         history_line_add_boolean (HistoryLine        *self,
                                       const char         *name,
                                       gboolean            value);
void         history_line_add_texts   (HistoryLine        *self,
                                       const char         *name,
                                       const char * const *texts);
void         history_line_add_payload (HistoryLine        *self,
                                       const char         *json);
void         history_line_add_message (HistoryLine        *self,
                                       SignalMessage      *message);
void         history_line_end         (HistoryLine        *self);

G_END_DECLS
