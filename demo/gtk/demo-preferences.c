/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-preferences.h"

struct _DemoPreferences
{
  AdwPreferencesWindow parent_instance;
  GtkSwitch *stay_connected;
  GtkSwitch *notifications;
  AdwComboRow *color_scheme;
  GtkSpinButton *history;
};

G_DEFINE_FINAL_TYPE (DemoPreferences, demo_preferences, ADW_TYPE_PREFERENCES_WINDOW)

/* In the order of the list in the template. */
static const char * const schemes[] = { "default", "light", "dark" };

static void
demo_preferences_class_init (DemoPreferencesClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/signal_glib/Demo/demo-preferences.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoPreferences, stay_connected);
  gtk_widget_class_bind_template_child (widget_class, DemoPreferences, notifications);
  gtk_widget_class_bind_template_child (widget_class, DemoPreferences, color_scheme);
  gtk_widget_class_bind_template_child (widget_class, DemoPreferences, history);
}

static void
demo_preferences_init (DemoPreferences *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static gboolean
scheme_to_position (GBinding     *binding,
                    const GValue *from,
                    GValue       *to,
                    gpointer      data)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      if (g_strcmp0 (g_value_get_string (from), schemes[i]) == 0)
        g_value_set_uint (to, i);
    }
  return TRUE;
}

static gboolean
position_to_scheme (GBinding     *binding,
                    const GValue *from,
                    GValue       *to,
                    gpointer      data)
{
  guint position = g_value_get_uint (from);

  if (position >= G_N_ELEMENTS (schemes))
    return FALSE;
  g_value_set_static_string (to, schemes[position]);
  return TRUE;
}

GtkWidget *
demo_preferences_new (DemoSettings *settings)
{
  DemoPreferences *self = g_object_new (DEMO_TYPE_PREFERENCES, NULL);
  const GBindingFlags flags = G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL;

  g_object_bind_property (settings, "stay-connected", self->stay_connected, "active", flags);
  g_object_bind_property (settings, "notifications", self->notifications, "active", flags);
  g_object_bind_property (settings, "history", self->history, "value", flags);
  g_object_bind_property_full (settings, "color-scheme", self->color_scheme, "selected", flags,
                               scheme_to_position, position_to_scheme, NULL, NULL);
  return GTK_WIDGET (self);
}
