/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-figures.h"

#include <glib/gi18n.h>

#include "demo-text.h"

#define REFRESH_SECONDS 1

struct _DemoFigures
{
  AdwPreferencesGroup parent_instance;
  SignalClient *client;
  guint refresh; /* while it is mapped */
  AdwActionRow *client_id;
  AdwActionRow *user_id;
  AdwActionRow *attempts;
  AdwActionRow *reconnects;
  AdwActionRow *round_trip;
  AdwActionRow *sent;
  AdwActionRow *received;
};

G_DEFINE_FINAL_TYPE (DemoFigures, demo_figures, ADW_TYPE_PREFERENCES_GROUP)

static guint64
get_figure (DemoFigures *self,
            const char  *name)
{
  guint64 value;

  g_object_get (self->client, name, &value, NULL);
  return value;
}

static void
show (AdwActionRow *row,
      const char   *text)
{
  g_autofree char *shown = demo_text_shorten_name (text != NULL ? text : _("None yet"));

  if (g_strcmp0 (adw_action_row_get_subtitle (row), shown) != 0)
    adw_action_row_set_subtitle (row, shown);
}

static void
show_traffic (DemoFigures  *self,
              AdwActionRow *row,
              const char   *messages,
              const char   *bytes)
{
  guint64 n_messages = get_figure (self, messages);
  g_autofree char *count = g_strdup_printf ("%" G_GUINT64_FORMAT, n_messages);
  g_autofree char *size = g_format_size (get_figure (self, bytes));
  g_autofree char *text = g_strdup_printf (ngettext ("%s message, %s in all",
                                                     "%s messages, %s in all",
                                                     (gulong) n_messages), count, size);

  show (row, text);
}

static void
show_count (DemoFigures  *self,
            AdwActionRow *row,
            const char   *name)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, get_figure (self, name));

  show (row, text);
}

static void
show_round_trip (DemoFigures *self)
{
  gint64 round_trip;
  g_autofree char *text = NULL;

  g_object_get (self->client, "round-trip-time", &round_trip, NULL);
  if (round_trip >= 0)
    text = g_strdup_printf (_("%.1f ms"), (double) round_trip / 1000);
  show (self->round_trip, text);
}

static void
update (DemoFigures *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self), get_figure (self, "attempts") > 0);
  show (self->client_id, signal_client_get_client_id (self->client));
  show (self->user_id, signal_client_get_user_id (self->client));
  show_count (self, self->attempts, "attempts");
  show_count (self, self->reconnects, "reconnects");
  show_round_trip (self);
  show_traffic (self, self->sent, "messages-sent", "bytes-sent");
  show_traffic (self, self->received, "messages-received", "bytes-received");
}

static gboolean
on_refresh (gpointer data)
{
  update (data);
  return G_SOURCE_CONTINUE;
}

static void
demo_figures_map (GtkWidget *widget)
{
  DemoFigures *self = DEMO_FIGURES (widget);

  GTK_WIDGET_CLASS (demo_figures_parent_class)->map (widget);

  if (self->client != NULL)
    update (self);
  self->refresh = g_timeout_add_seconds (REFRESH_SECONDS, on_refresh, self);
}

static void
demo_figures_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&DEMO_FIGURES (widget)->refresh, g_source_remove);

  GTK_WIDGET_CLASS (demo_figures_parent_class)->unmap (widget);
}

static void
demo_figures_dispose (GObject *object)
{
  g_clear_object (&DEMO_FIGURES (object)->client);

  G_OBJECT_CLASS (demo_figures_parent_class)->dispose (object);
}

static void
demo_figures_class_init (DemoFiguresClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = demo_figures_dispose;
  widget_class->map = demo_figures_map;
  widget_class->unmap = demo_figures_unmap;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-figures.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoFigures, client_id);
  gtk_widget_class_bind_template_child (widget_class, DemoFigures, user_id);
  gtk_widget_class_bind_template_child (widget_class, DemoFigures, attempts);
  gtk_widget_class_bind_template_child (widget_class, DemoFigures, reconnects);
  gtk_widget_class_bind_template_child (widget_class, DemoFigures, round_trip);
  gtk_widget_class_bind_template_child (widget_class, DemoFigures, sent);
  gtk_widget_class_bind_template_child (widget_class, DemoFigures, received);
}

static void
demo_figures_init (DemoFigures *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
demo_figures_set_client (DemoFigures  *self,
                         SignalClient *client)
{
  g_set_object (&self->client, client);
  g_signal_connect_object (client, "notify::state", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
