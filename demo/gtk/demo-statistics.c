/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-statistics.h"

#include <glib/gi18n.h>

#include "demo-text.h"

#define REFRESH_SECONDS 1

struct _DemoStatistics
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

G_DEFINE_FINAL_TYPE (DemoStatistics, demo_statistics, ADW_TYPE_PREFERENCES_GROUP)

static guint64
get_counter (DemoStatistics *self,
             const char     *name)
{
  guint64 value;

  g_object_get (self->client, name, &value, NULL);
  return value;
}

static void
set_value (AdwActionRow *row,
           const char   *text)
{
  g_autofree char *shown = demo_text_sanitize_line (text != NULL ? text : _("None yet"));

  if (g_strcmp0 (adw_action_row_get_subtitle (row), shown) != 0)
    adw_action_row_set_subtitle (row, shown);
}

static void
set_traffic (DemoStatistics *self,
             AdwActionRow   *row,
             const char     *messages,
             const char     *bytes)
{
  guint64 n_messages = get_counter (self, messages);
  g_autofree char *count = g_strdup_printf ("%" G_GUINT64_FORMAT, n_messages);
  g_autofree char *size = g_format_size (get_counter (self, bytes));
  g_autofree char *text = g_strdup_printf (ngettext ("%s message, %s in total",
                                                     "%s messages, %s in total",
                                                     (gulong) n_messages), count, size);

  set_value (row, text);
}

static void
set_counter (DemoStatistics *self,
             AdwActionRow   *row,
             const char     *name)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, get_counter (self, name));

  set_value (row, text);
}

static void
set_round_trip (DemoStatistics *self)
{
  gint64 round_trip;
  g_autofree char *text = NULL;

  g_object_get (self->client, "round-trip-time", &round_trip, NULL);
  if (round_trip >= 0)
    text = g_strdup_printf (_("%.1f ms"), (double) round_trip / 1000);
  set_value (self->round_trip, text);
}

static void
update (DemoStatistics *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self), get_counter (self, "attempts") > 0);
  set_value (self->client_id, signal_client_get_client_id (self->client));
  set_value (self->user_id, signal_client_get_user_id (self->client));
  set_counter (self, self->attempts, "attempts");
  set_counter (self, self->reconnects, "reconnects");
  set_round_trip (self);
  set_traffic (self, self->sent, "messages-sent", "bytes-sent");
  set_traffic (self, self->received, "messages-received", "bytes-received");
}

static gboolean
on_refresh (gpointer data)
{
  update (data);
  return G_SOURCE_CONTINUE;
}

static void
demo_statistics_map (GtkWidget *widget)
{
  DemoStatistics *self = DEMO_STATISTICS (widget);

  GTK_WIDGET_CLASS (demo_statistics_parent_class)->map (widget);

  if (self->client != NULL)
    update (self);
  self->refresh = g_timeout_add_seconds (REFRESH_SECONDS, on_refresh, self);
}

static void
demo_statistics_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&DEMO_STATISTICS (widget)->refresh, g_source_remove);

  GTK_WIDGET_CLASS (demo_statistics_parent_class)->unmap (widget);
}

static void
demo_statistics_dispose (GObject *object)
{
  g_clear_object (&DEMO_STATISTICS (object)->client);

  G_OBJECT_CLASS (demo_statistics_parent_class)->dispose (object);
}

static void
demo_statistics_class_init (DemoStatisticsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = demo_statistics_dispose;
  widget_class->map = demo_statistics_map;
  widget_class->unmap = demo_statistics_unmap;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-statistics.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoStatistics, client_id);
  gtk_widget_class_bind_template_child (widget_class, DemoStatistics, user_id);
  gtk_widget_class_bind_template_child (widget_class, DemoStatistics, attempts);
  gtk_widget_class_bind_template_child (widget_class, DemoStatistics, reconnects);
  gtk_widget_class_bind_template_child (widget_class, DemoStatistics, round_trip);
  gtk_widget_class_bind_template_child (widget_class, DemoStatistics, sent);
  gtk_widget_class_bind_template_child (widget_class, DemoStatistics, received);
}

static void
demo_statistics_init (DemoStatistics *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
demo_statistics_set_client (DemoStatistics *self,
                            SignalClient   *client)
{
  g_set_object (&self->client, client);
  g_signal_connect_object (client, "notify::state", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
