/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-connection-page.h"

#include <glib/gi18n.h>

#include "demo-keyring.h"
#include "demo-statistics.h"

struct _DemoConnectionPage
{
  AdwBin parent_instance;
  DemoSession *session;
  GCancellable *cancellable;
  GtkFileChooserNative *chooser; /* while it is open */
  GtkWidget *local_group;
  GtkWidget *try_row;
  GtkWidget *outage_row;
  GtkWidget *connect;
  GtkEditable *server_url;
  GtkEditable *token;
  AdwActionRow *remember_row;
  GtkSwitch *remember;
  GtkEditable *rooms;
  GtkEditable *name;
  AdwActionRow *ca_file_row;
  GtkWidget *clear_ca_file;
  DemoStatistics *statistics;
};

G_DEFINE_FINAL_TYPE (DemoConnectionPage, demo_connection_page, ADW_TYPE_BIN)

static GStrv
split_rooms (const char *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, ", \t", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (char **word = words; *word != NULL; word++)
    {
      if (**word != '\0')
        g_strv_builder_add (builder, *word);
    }
  return g_strv_builder_end (builder);
}

static void
on_token_stored (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr (DemoConnectionPage) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (!demo_keyring_store_finish (result, &error))
    text = g_strdup_printf (_("The keyring is not available: %s"), error->message);
  if (self->remember_row != NULL)
    adw_action_row_set_subtitle (self->remember_row, text != NULL ? text : "");
}

static void
on_connect_clicked (DemoConnectionPage *self)
{
  const char *url = gtk_editable_get_text (self->server_url);
  const char *token = gtk_editable_get_text (self->token);
  g_auto (GStrv) rooms = split_rooms (gtk_editable_get_text (self->rooms));
  g_autofree char *ca_file =
    demo_settings_dup_string (demo_session_get_settings (self->session), "ca-file");

  if (demo_session_is_active (self->session))
    return;
  if (gtk_switch_get_active (self->remember) && *url != '\0' && *token != '\0')
    demo_keyring_store_async (url, token, on_token_stored, g_object_ref (self));
  demo_session_connect (self->session, url, token, (const char * const *) rooms, ca_file);
}

static void
on_token_loaded (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  DemoConnectionPage *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = demo_keyring_load_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (token != NULL && *gtk_editable_get_text (self->token) == '\0')
    gtk_editable_set_text (self->token, token);
}

static void
load_token (DemoConnectionPage *self)
{
  const char *url = gtk_editable_get_text (self->server_url);

  if (gtk_switch_get_active (self->remember) && *url != '\0')
    demo_keyring_load_async (url, self->cancellable, on_token_loaded, self);
}

static void
on_remember_changed (DemoConnectionPage *self)
{
  const char *url = gtk_editable_get_text (self->server_url);

  if (!gtk_switch_get_active (self->remember) && *url != '\0')
    demo_keyring_clear (url);
}

static void
on_ca_file_chosen (DemoConnectionPage *self,
                   int                 response)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (self->chooser));
      g_autofree char *path = g_file_get_path (file);

      g_object_set (demo_session_get_settings (self->session), "ca-file", path, NULL);
    }
  g_clear_object (&self->chooser);
}

static void
on_choose_ca_file (DemoConnectionPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (self->chooser != NULL)
    return;
  self->chooser = gtk_file_chooser_native_new (_("Certificate Authority"), GTK_WINDOW (root),
                                               GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (on_ca_file_chosen), self,
                           G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
on_clear_ca_file (DemoConnectionPage *self)
{
  g_object_set (demo_session_get_settings (self->session), "ca-file", "", NULL);
}

static void
update_ca_file (DemoConnectionPage *self)
{
  g_autofree char *path =
    demo_settings_dup_string (demo_session_get_settings (self->session), "ca-file");
  gboolean chosen = *path != '\0';

  adw_action_row_set_subtitle (self->ca_file_row,
                               chosen ? path : _("Authorities trusted by the system"));
  gtk_widget_set_visible (self->clear_ca_file, chosen);
}

static void
on_state (DemoConnectionPage *self)
{
  gboolean active = demo_session_is_active (self->session);
  gboolean has_local_server = demo_session_has_local_server (self->session);

  gtk_widget_set_sensitive (self->connect, !active);
  gtk_widget_set_visible (self->try_row, !active);
  gtk_widget_set_visible (self->outage_row, active && has_local_server);
  gtk_widget_set_visible (self->local_group, !active || has_local_server);
}

static void
demo_connection_page_dispose (GObject *object)
{
  DemoConnectionPage *self = DEMO_CONNECTION_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->chooser);
  g_clear_object (&self->session);
  self->remember_row = NULL;

  G_OBJECT_CLASS (demo_connection_page_parent_class)->dispose (object);
}

static void
demo_connection_page_class_init (DemoConnectionPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = demo_connection_page_dispose;

  g_type_ensure (DEMO_TYPE_STATISTICS);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/signal_glib/Demo/demo-connection-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, local_group);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, try_row);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, outage_row);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, connect);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, server_url);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, token);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, remember_row);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, remember);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, rooms);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, name);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, ca_file_row);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, clear_ca_file);
  gtk_widget_class_bind_template_child (widget_class, DemoConnectionPage, statistics);
  gtk_widget_class_bind_template_callback (widget_class, on_connect_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_choose_ca_file);
  gtk_widget_class_bind_template_callback (widget_class, on_clear_ca_file);
}

static void
demo_connection_page_init (DemoConnectionPage *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self->remember_row), demo_keyring_is_available ());
}

void
demo_connection_page_set_session (DemoConnectionPage *self,
                                  DemoSession        *session)
{
  DemoSettings *settings = demo_session_get_settings (session);
  const GBindingFlags flags = G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL;

  g_set_object (&self->session, session);
  g_object_bind_property (settings, "server-url", self->server_url, "text", flags);
  g_object_bind_property (settings, "rooms", self->rooms, "text", flags);
  g_object_bind_property (settings, "name", self->name, "text", flags);
  g_object_bind_property (settings, "remember-token", self->remember, "active", flags);
  g_signal_connect_object (settings, "notify::ca-file", G_CALLBACK (update_ca_file), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "notify::remember-token",
                           G_CALLBACK (on_remember_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (demo_session_get_client (session), "notify::state",
                           G_CALLBACK (on_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::has-local-server", G_CALLBACK (on_state), self,
                           G_CONNECT_SWAPPED);
  demo_statistics_set_client (self->statistics, demo_session_get_client (session));
  update_ca_file (self);
  on_state (self);
  load_token (self);
}
