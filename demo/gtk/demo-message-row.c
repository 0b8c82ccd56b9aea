/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-message-row.h"

#include <glib/gi18n.h>

struct _DemoMessageRow
{
  GtkBox parent_instance;
  GtkLabel *author;
  GtkLabel *time;
  GtkImage *lock;
  GtkLabel *text;
};

G_DEFINE_FINAL_TYPE (DemoMessageRow, demo_message_row, GTK_TYPE_BOX)

static void
demo_message_row_class_init (DemoMessageRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-message-row.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoMessageRow, author);
  gtk_widget_class_bind_template_child (widget_class, DemoMessageRow, time);
  gtk_widget_class_bind_template_child (widget_class, DemoMessageRow, lock);
  gtk_widget_class_bind_template_child (widget_class, DemoMessageRow, text);
}

static void
demo_message_row_init (DemoMessageRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
demo_message_row_set_message (DemoMessageRow *self,
                              DemoMessage    *message)
{
  gboolean encrypted = demo_message_is_encrypted (message);
  const char *description = encrypted ? _("Received encrypted") : _("Received unencrypted");

  if (demo_message_is_outgoing (message))
    {
      description = _("Sent encrypted");
      gtk_widget_add_css_class (GTK_WIDGET (self), "outgoing");
    }
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "outgoing");
  gtk_label_set_text (self->author, demo_message_get_author (message));
  gtk_label_set_text (self->time, demo_message_get_time (message));
  gtk_label_set_text (self->text, demo_message_get_text (message));
  gtk_image_set_from_icon_name (self->lock, encrypted ? "demo-authenticated-symbolic"
                                                      : "demo-disconnected-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->lock), description);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->lock), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  description, -1);
}
