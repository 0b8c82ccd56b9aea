/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-status-bar.h"

struct _DemoStatusBar
{
  GtkBox parent_instance;
  DemoStatus *status;
  GtkImage *icon;
  GtkLabel *description;
  GtkWidget *try_now;
  GtkWidget *disconnect;
};

G_DEFINE_FINAL_TYPE (DemoStatusBar, demo_status_bar, GTK_TYPE_BOX)

static void
demo_status_bar_dispose (GObject *object)
{
  g_clear_object (&DEMO_STATUS_BAR (object)->status);

  G_OBJECT_CLASS (demo_status_bar_parent_class)->dispose (object);
}

static void
demo_status_bar_class_init (DemoStatusBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = demo_status_bar_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-status-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoStatusBar, icon);
  gtk_widget_class_bind_template_child (widget_class, DemoStatusBar, description);
  gtk_widget_class_bind_template_child (widget_class, DemoStatusBar, try_now);
  gtk_widget_class_bind_template_child (widget_class, DemoStatusBar, disconnect);
}

static void
demo_status_bar_init (DemoStatusBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* Unavailable actions are hidden to save space. */
static void
on_state (DemoStatusBar *self)
{
  SignalConnectionState state = demo_status_get_state (self->status);

  gtk_widget_set_visible (self->try_now, state == SIGNAL_CONNECTION_STATE_RECONNECTING);
  gtk_widget_set_visible (self->disconnect, state != SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

void
demo_status_bar_set_status (DemoStatusBar *self,
                            DemoStatus    *status)
{
  g_set_object (&self->status, status);
  g_object_bind_property (status, "icon-name", self->icon, "icon-name", G_BINDING_SYNC_CREATE);
  g_object_bind_property (status, "description", self->description, "label", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (status, "notify::icon-name", G_CALLBACK (on_state), self,
                           G_CONNECT_SWAPPED);
  on_state (self);
}
