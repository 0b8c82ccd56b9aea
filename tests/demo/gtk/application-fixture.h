/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "demo-application.h"
#include "demo-window.h"

G_BEGIN_DECLS

/* The application, run inside a test on a virtual display. */

typedef gboolean (*TestAppCondition) (gconstpointer data);

int              test_app_run             (void);

DemoApplication *test_app_get_application (void);

DemoSession     *test_app_get_session     (void);

GtkWindow       *test_app_get_window      (void);

void             test_app_wait            (TestAppCondition  check,
                                           gconstpointer     data,
                                           const char       *what);

void             test_app_iterate         (guint             milliseconds);

void             test_app_activate_action (const char       *action);

void             test_app_show_page       (const char       *page);

void             test_app_try_it          (void);

void             test_app_disconnect      (void);

void             test_app_open_window     (void);

void             test_app_close_window    (void);

gpointer         test_app_find_widget     (GType             type);

GtkWidget       *test_app_find_label      (GtkWidget        *root,
                                           const char       *pattern);

gboolean         test_app_shows           (gconstpointer     pattern);

GListModel      *test_app_get_frames      (void);

DemoRoom        *test_app_find_room       (const char       *name);

gboolean         test_app_has_received    (gconstpointer     text);

void             test_app_send            (const char       *text);

G_END_DECLS
