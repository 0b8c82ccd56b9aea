/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "demo-application.h"
#include "demo-window.h"

G_BEGIN_DECLS

/* The application on a display of its own, run by a test. */

typedef gboolean (*StageCheck) (gconstpointer data);

int              stage_run         (void);

DemoApplication *stage_get_app     (void);

DemoSession     *stage_get_session (void);

GtkWindow       *stage_get_window  (void);

void             stage_wait        (StageCheck     check,
                                    gconstpointer  data,
                                    const char    *what);

void             stage_turn        (guint milliseconds);

void             stage_activate    (const char *action);

void             stage_show_page   (const char *page);

void             stage_try_it      (void);

void             stage_disconnect  (void);

void             stage_open        (void);

void             stage_close       (void);

gpointer         stage_find        (GType type);

GtkWidget       *stage_find_label  (GtkWidget  *root,
                                    const char *pattern);

gboolean         stage_sees        (gconstpointer pattern);

DemoRoom        *stage_find_room   (const char *name);

gboolean         stage_hears       (gconstpointer text);

void             stage_say         (const char *text);

G_END_DECLS
