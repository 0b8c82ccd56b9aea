/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-frame-row.h"

#include <glib/gi18n.h>

struct _DemoFrameRow
{
  GtkBox parent_instance;
  DemoFrame *frame;
  GtkLabel *heading;
  GtkBox *columns;
  GtkLabel *plaintext;
  GtkLabel *payload;
};

enum
{
  PROP_0,
  PROP_COLUMN_ORIENTATION,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DemoFrameRow, demo_frame_row, GTK_TYPE_BOX)

static void
demo_frame_row_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  DemoFrameRow *self = DEMO_FRAME_ROW (object);

  if (prop_id == PROP_COLUMN_ORIENTATION)
    {
      GtkOrientation orientation = g_value_get_enum (value);

      gtk_orientable_set_orientation (GTK_ORIENTABLE (self->columns), orientation);
      gtk_box_set_homogeneous (self->columns, orientation == GTK_ORIENTATION_HORIZONTAL);
    }
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
demo_frame_row_dispose (GObject *object)
{
  g_clear_object (&DEMO_FRAME_ROW (object)->frame);

  G_OBJECT_CLASS (demo_frame_row_parent_class)->dispose (object);
}

static void
demo_frame_row_class_init (DemoFrameRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = demo_frame_row_dispose;
  object_class->set_property = demo_frame_row_set_property;

  /* Whether the plaintext and the frame are side by side. */
  properties[PROP_COLUMN_ORIENTATION] =
    g_param_spec_enum ("column-orientation", NULL, NULL, GTK_TYPE_ORIENTATION,
                       GTK_ORIENTATION_HORIZONTAL, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-frame-row.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoFrameRow, heading);
  gtk_widget_class_bind_template_child (widget_class, DemoFrameRow, columns);
  gtk_widget_class_bind_template_child (widget_class, DemoFrameRow, plaintext);
  gtk_widget_class_bind_template_child (widget_class, DemoFrameRow, payload);
}

static void
demo_frame_row_init (DemoFrameRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
on_plaintext (DemoFrameRow *self)
{
  const char *plaintext = demo_frame_get_plaintext (self->frame);

  if (plaintext == NULL && demo_frame_is_unparsed (self->frame))
    plaintext = _("Not available: the content is not JSON, or too large to display");
  else if (plaintext == NULL)
    plaintext = demo_frame_is_encrypted (self->frame)
                ? _("Not available: the decrypted content was not delivered")
                : _("Identical: the frame is not encrypted");
  gtk_label_set_text (self->plaintext, plaintext);
}

/* @frame can be %NULL. */
void
demo_frame_row_set_frame (DemoFrameRow *self,
                          DemoFrame    *frame)
{
  g_autofree char *size = NULL;
  g_autofree char *heading = NULL;

  if (self->frame != NULL)
    g_signal_handlers_disconnect_by_func (self->frame, on_plaintext, self);
  g_set_object (&self->frame, frame);
  if (frame == NULL)
    return;

  size = g_format_size_full (demo_frame_get_size (frame), G_FORMAT_SIZE_LONG_FORMAT);
  /* Translators: a time, a size, and the number of the connection. */
  heading = g_strdup_printf (demo_frame_is_from_client (frame)
                             ? _("%s · to the server · %s · connection %u")
                             : _("%s · from the server · %s · connection %u"),
                             demo_frame_get_time (frame), size,
                             demo_frame_get_connection_id (frame));
  gtk_label_set_text (self->heading, heading);
  gtk_label_set_text (self->payload, demo_frame_get_text (frame));
  g_signal_connect_object (frame, "notify::plaintext", G_CALLBACK (on_plaintext), self,
                           G_CONNECT_SWAPPED);
  on_plaintext (self);
}
