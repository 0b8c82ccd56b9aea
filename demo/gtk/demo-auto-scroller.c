/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-auto-scroller.h"

struct _DemoAutoScroller
{
  GObject parent_instance;
  GtkScrolledWindow *scrolled_window; /* unowned; its child is a GtkListView */
  gboolean at_end;
  guint idle_id; /* of the pending scroll */
};

G_DEFINE_FINAL_TYPE (DemoAutoScroller, demo_auto_scroller, G_TYPE_OBJECT)

static void
demo_auto_scroller_dispose (GObject *object)
{
  g_clear_handle_id (&DEMO_AUTO_SCROLLER (object)->idle_id, g_source_remove);

  G_OBJECT_CLASS (demo_auto_scroller_parent_class)->dispose (object);
}

static void
demo_auto_scroller_class_init (DemoAutoScrollerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = demo_auto_scroller_dispose;
}

static void
demo_auto_scroller_init (DemoAutoScroller *self)
{
  self->at_end = TRUE;
}

static gboolean
on_idle (gpointer data)
{
  DemoAutoScroller *self = data;
  GtkWidget *list = gtk_scrolled_window_get_child (self->scrolled_window);
  GtkSelectionModel *model = gtk_list_view_get_model (GTK_LIST_VIEW (list));
  guint n_items = model != NULL ? g_list_model_get_n_items (G_LIST_MODEL (model)) : 0;

  self->idle_id = 0;
  if (n_items > 0)
    gtk_widget_activate_action (list, "list.scroll-to-item", "u", n_items - 1);
  return G_SOURCE_REMOVE;
}

/* Scrolls after the list has allocated its new rows. */
static void
queue_scroll (DemoAutoScroller *self)
{
  if (self->at_end && self->idle_id == 0)
    self->idle_id = g_idle_add_full (GDK_PRIORITY_REDRAW + 1, on_idle, self, NULL);
}

/* Keeps the position of a user who has scrolled back. */
static void
on_value_changed (DemoAutoScroller *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled_window);
  double page_size = gtk_adjustment_get_page_size (adjustment);
  double distance = gtk_adjustment_get_upper (adjustment) - page_size
                    - gtk_adjustment_get_value (adjustment);

  if (self->idle_id == 0)
    self->at_end = distance < page_size / 4;
}

DemoAutoScroller *
demo_auto_scroller_new (GtkScrolledWindow *scrolled_window)
{
  DemoAutoScroller *self = g_object_new (DEMO_TYPE_AUTO_SCROLLER, NULL);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (scrolled_window);

  self->scrolled_window = scrolled_window;
  g_signal_connect_object (adjustment, "changed", G_CALLBACK (queue_scroll), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (on_value_changed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

void
demo_auto_scroller_scroll_to_end (DemoAutoScroller *self)
{
  self->at_end = TRUE;
  queue_scroll (self);
}
