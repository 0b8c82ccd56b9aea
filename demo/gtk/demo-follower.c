/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-follower.h"

struct _DemoFollower
{
  GObject parent_instance;
  GtkScrolledWindow *scroller; /* whose child is a list view, and whose owner owns us */
  gboolean at_end;
  guint turn; /* the scrolling that is due */
};

G_DEFINE_FINAL_TYPE (DemoFollower, demo_follower, G_TYPE_OBJECT)

static void
demo_follower_dispose (GObject *object)
{
  g_clear_handle_id (&DEMO_FOLLOWER (object)->turn, g_source_remove);

  G_OBJECT_CLASS (demo_follower_parent_class)->dispose (object);
}

static void
demo_follower_class_init (DemoFollowerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = demo_follower_dispose;
}

static void
demo_follower_init (DemoFollower *self)
{
  self->at_end = TRUE;
}

static gboolean
on_turn (gpointer data)
{
  DemoFollower *self = data;
  GtkWidget *list = gtk_scrolled_window_get_child (self->scroller);
  GtkSelectionModel *model = gtk_list_view_get_model (GTK_LIST_VIEW (list));
  guint n_items = model != NULL ? g_list_model_get_n_items (G_LIST_MODEL (model)) : 0;

  self->turn = 0;
  if (n_items > 0)
    gtk_widget_activate_action (list, "list.scroll-to-item", "u", n_items - 1);
  return G_SOURCE_REMOVE;
}

/* Once the list has given room to what is new in it. */
static void
follow (DemoFollower *self)
{
  if (self->at_end && self->turn == 0)
    self->turn = g_idle_add_full (GDK_PRIORITY_REDRAW + 1, on_turn, self, NULL);
}

/* Whoever scrolls back wants to stay there. */
static void
on_scrolled (DemoFollower *self)
{
  GtkAdjustment *position = gtk_scrolled_window_get_vadjustment (self->scroller);
  double page = gtk_adjustment_get_page_size (position);
  double left = gtk_adjustment_get_upper (position) - gtk_adjustment_get_value (position) - page;

  if (self->turn == 0)
    self->at_end = left < page / 4;
}

DemoFollower *
demo_follower_new (GtkScrolledWindow *scroller)
{
  DemoFollower *self = g_object_new (DEMO_TYPE_FOLLOWER, NULL);
  GtkAdjustment *position = gtk_scrolled_window_get_vadjustment (scroller);

  self->scroller = scroller;
  g_signal_connect_object (position, "changed", G_CALLBACK (follow), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (position, "value-changed", G_CALLBACK (on_scrolled), self,
                           G_CONNECT_SWAPPED);
  return self;
}

void
demo_follower_go_to_end (DemoFollower *self)
{
  self->at_end = TRUE;
  follow (self);
}
