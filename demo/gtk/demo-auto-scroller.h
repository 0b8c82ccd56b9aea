/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DEMO_TYPE_AUTO_SCROLLER (demo_auto_scroller_get_type ())

/* Keeps a list scrolled to its end while rows are added, unless the user has scrolled back. */
G_DECLARE_FINAL_TYPE (DemoAutoScroller, demo_auto_scroller, DEMO, AUTO_SCROLLER, GObject)

DemoAutoScroller *demo_auto_scroller_new           (GtkScrolledWindow *scrolled_window);

void              demo_auto_scroller_scroll_to_end (DemoAutoScroller  *self);

G_END_DECLS
