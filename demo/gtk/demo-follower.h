/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DEMO_TYPE_FOLLOWER (demo_follower_get_type ())

/* Keeps a list at its end while things are added there, unless somebody has scrolled back. */
G_DECLARE_FINAL_TYPE (DemoFollower, demo_follower, DEMO, FOLLOWER, GObject)

DemoFollower *demo_follower_new       (GtkScrolledWindow *scroller);

void          demo_follower_go_to_end (DemoFollower      *self);

G_END_DECLS
