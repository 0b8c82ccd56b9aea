/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-error-bar.h"

#include <signal-glib/signal-glib.h>

#include "demo-text.h"

struct _DemoErrorBar
{
  AdwBin parent_instance;
  GtkRevealer *revealer;
  GtkLabel *message;
  GtkLabel *hint;
};

G_DEFINE_FINAL_TYPE (DemoErrorBar, demo_error_bar, ADW_TYPE_BIN)

static void
demo_error_bar_class_init (DemoErrorBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_ALERT);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-error-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoErrorBar, revealer);
  gtk_widget_class_bind_template_child (widget_class, DemoErrorBar, message);
  gtk_widget_class_bind_template_child (widget_class, DemoErrorBar, hint);
  gtk_widget_class_bind_template_callback (widget_class, demo_error_bar_hide);
}

static void
demo_error_bar_init (DemoErrorBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
demo_error_bar_show (DemoErrorBar *self,
                     const GError *error)
{
  const char *advice = signal_error_get_advice (error);
  const char *hint = advice != NULL ? advice : "";
  g_autofree char *message = demo_text_sanitize (error->message);

  gtk_label_set_text (self->message, message);
  gtk_label_set_text (self->hint, hint);
  gtk_widget_set_visible (GTK_WIDGET (self->hint), advice != NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, message,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, hint,
                                  -1);
  gtk_revealer_set_reveal_child (self->revealer, TRUE);
}

void
demo_error_bar_hide (DemoErrorBar *self)
{
  gtk_revealer_set_reveal_child (self->revealer, FALSE);
}
