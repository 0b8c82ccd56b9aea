/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-application.h"

#include <glib/gi18n.h>

#include "demo-notifier.h"
#include "demo-preferences.h"
#include "demo-window.h"

#define APPLICATION_ID "io.github.signal_glib.Demo"
#define QUIT_TIMEOUT_MS 1000

struct _DemoApplication
{
  AdwApplication parent_instance;
  DemoSettings *settings;
  DemoSession *session;
  DemoNotifier *notifier;
  gboolean is_held;
  guint quit_timeout;
};

G_DEFINE_FINAL_TYPE (DemoApplication, demo_application, ADW_TYPE_APPLICATION)

static GSimpleAction *
find_action (DemoApplication *self,
             const char      *name)
{
  return G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name));
}

/* The application keeps running while it is connected, even without a window. */
static void
on_session_changed (DemoApplication *self)
{
  gboolean active = demo_session_is_active (self->session);
  gboolean has_local_server = demo_session_has_local_server (self->session);

  if (active && !self->is_held)
    g_application_hold (G_APPLICATION (self));
  else if (!active && self->is_held)
    g_application_release (G_APPLICATION (self));
  self->is_held = active;

  g_simple_action_set_enabled (find_action (self, "try-it"), !active);
  g_simple_action_set_enabled (find_action (self, "disconnect"), active);
  g_simple_action_set_enabled (find_action (self, "simulate-outage"), active && has_local_server);
  if (!active)
    g_simple_action_set_state (find_action (self, "simulate-outage"),
                               g_variant_new_boolean (FALSE));
  g_simple_action_set_enabled (
    find_action (self, "try-now"),
    signal_client_get_state (demo_session_get_client (self->session))
    == SIGNAL_CONNECTION_STATE_RECONNECTING);
}

static void
present_window (DemoApplication *self)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));

  if (window == NULL)
    window = GTK_WINDOW (demo_window_new (GTK_APPLICATION (self), self->session));
  gtk_window_present (window);
}

static void
on_try_it (GSimpleAction *action,
           GVariant      *parameter,
           gpointer       data)
{
  demo_session_connect_local (DEMO_APPLICATION (data)->session);
}

static void
on_disconnect (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       data)
{
  demo_session_disconnect (DEMO_APPLICATION (data)->session);
}

static void
on_try_now (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       data)
{
  signal_client_reconnect_now (demo_session_get_client (DEMO_APPLICATION (data)->session));
}

static void
on_simulate_outage (GSimpleAction *action,
                    GVariant      *state,
                    gpointer       data)
{
  demo_session_set_blocked (DEMO_APPLICATION (data)->session, g_variant_get_boolean (state));
  g_simple_action_set_state (action, state);
}

static void
on_show_room (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  GtkWindow *window;

  present_window (data);
  window = gtk_application_get_active_window (data);
  if (DEMO_IS_WINDOW (window))
    demo_window_show_room (DEMO_WINDOW (window), g_variant_get_string (parameter, NULL));
}

static void
on_preferences (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       data)
{
  GtkWidget *preferences = demo_preferences_new (DEMO_APPLICATION (data)->settings);

  gtk_window_set_transient_for (GTK_WINDOW (preferences), gtk_application_get_active_window (data));
  gtk_window_present (GTK_WINDOW (preferences));
}

static void
on_about (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       data)
{
  adw_show_about_window (gtk_application_get_active_window (data),
                         "application-name", _("Signal Demo"),
                         "application-icon", APPLICATION_ID,
                         "version", SIGNAL_VERSION,
                         "comments", _("Exchange encrypted messages and inspect WebSocket traffic"),
                         "license-type", GTK_LICENSE_LGPL_2_1,
                         "developer-name", _("The signal-glib project"),
                         NULL);
}

static gboolean
on_quit_timeout (gpointer data)
{
  DemoApplication *self = data;

  self->quit_timeout = 0;
  g_application_quit (G_APPLICATION (self));
  return G_SOURCE_REMOVE;
}

static void
on_disconnect_done (GObject      *source,
                    GAsyncResult *result,
                    gpointer      data)
{
  g_autoptr (DemoApplication) self = data;

  signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL);
  g_application_quit (G_APPLICATION (self));
}

/* Disconnects before quitting, but does not wait long for a server that does not respond. */
static void
on_quit (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  DemoApplication *self = data;

  if (!demo_session_is_active (self->session))
    {
      g_application_quit (G_APPLICATION (self));
      return;
    }
  if (self->quit_timeout == 0)
    self->quit_timeout = g_timeout_add (QUIT_TIMEOUT_MS, on_quit_timeout, self);
  signal_client_disconnect_async (demo_session_get_client (self->session), NULL, on_disconnect_done,
                                  g_object_ref (self));
}

static void
on_color_scheme (DemoApplication *self)
{
  g_autofree char *scheme = demo_settings_dup_string (self->settings, "color-scheme");
  AdwColorScheme color_scheme = ADW_COLOR_SCHEME_DEFAULT;

  if (g_str_equal (scheme, "light"))
    color_scheme = ADW_COLOR_SCHEME_FORCE_LIGHT;
  else if (g_str_equal (scheme, "dark"))
    color_scheme = ADW_COLOR_SCHEME_FORCE_DARK;
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), color_scheme);
}

static void
set_accels (DemoApplication *self,
            const char      *action,
            const char      *accel)
{
  const char * const accels[] = { accel, NULL };

  gtk_application_set_accels_for_action (GTK_APPLICATION (self), action, accels);
}

static void
add_actions (DemoApplication *self)
{
  static const GActionEntry entries[] = {
    { .name = "try-it", .activate = on_try_it },
    { .name = "disconnect", .activate = on_disconnect },
    { .name = "try-now", .activate = on_try_now },
    { .name = "simulate-outage", .state = "false", .change_state = on_simulate_outage },
    { .name = "show-room", .activate = on_show_room, .parameter_type = "s" },
    { .name = "preferences", .activate = on_preferences },
    { .name = "about", .activate = on_about },
    { .name = "quit", .activate = on_quit },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  set_accels (self, "app.try-it", "<Control>t");
  set_accels (self, "app.disconnect", "<Control>d");
  set_accels (self, "app.try-now", "<Control>r");
  set_accels (self, "app.preferences", "<Control>comma");
  set_accels (self, "app.quit", "<Control>q");
  set_accels (self, "win.show-page::connection", "<Alt>1");
  set_accels (self, "win.show-page::messages", "<Alt>2");
  set_accels (self, "win.show-page::frames", "<Alt>3");
  set_accels (self, "win.close", "<Control>w");
}

static void
demo_application_startup (GApplication *application)
{
  DemoApplication *self = DEMO_APPLICATION (application);

  G_APPLICATION_CLASS (demo_application_parent_class)->startup (application);

  gtk_window_set_default_icon_name (APPLICATION_ID);
  self->settings = demo_settings_new ();
  g_signal_connect_object (self->settings, "notify::color-scheme", G_CALLBACK (on_color_scheme),
                           self, G_CONNECT_SWAPPED);
  on_color_scheme (self);

  self->session = demo_session_new (self->settings);
  self->notifier = demo_notifier_new (application, self->session);
  add_actions (self);
  g_signal_connect_object (demo_session_get_client (self->session), "notify::state",
                           G_CALLBACK (on_session_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::has-local-server",
                           G_CALLBACK (on_session_changed), self, G_CONNECT_SWAPPED);
  on_session_changed (self);
}

static void
demo_application_activate (GApplication *application)
{
  present_window (DEMO_APPLICATION (application));
}

static void
demo_application_window_removed (GtkApplication *application,
                                 GtkWindow      *window)
{
  DemoApplication *self = DEMO_APPLICATION (application);

  GTK_APPLICATION_CLASS (demo_application_parent_class)->window_removed (application, window);

  if (gtk_application_get_windows (application) != NULL || !demo_session_is_active (self->session))
    return;
  if (demo_settings_get_boolean (self->settings, "stay-connected"))
    demo_notifier_notify_still_connected (self->notifier);
  else
    demo_session_disconnect (self->session);
}

static void
demo_application_shutdown (GApplication *application)
{
  DemoApplication *self = DEMO_APPLICATION (application);

  /* Pending operations hold references to the session. */
  g_signal_handlers_disconnect_by_data (demo_session_get_client (self->session), self);
  g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_handle_id (&self->quit_timeout, g_source_remove);
  g_clear_object (&self->notifier);
  g_clear_object (&self->session);
  g_clear_object (&self->settings);

  G_APPLICATION_CLASS (demo_application_parent_class)->shutdown (application);
}

static void
demo_application_class_init (DemoApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = demo_application_startup;
  application_class->activate = demo_application_activate;
  application_class->shutdown = demo_application_shutdown;
  GTK_APPLICATION_CLASS (klass)->window_removed = demo_application_window_removed;
}

static void
demo_application_init (DemoApplication *self)
{
}

DemoApplication *
demo_application_new (void)
{
  return g_object_new (DEMO_TYPE_APPLICATION,
                       "application-id", APPLICATION_ID,
                       "resource-base-path", "/io/github/signal_glib/Demo",
                       NULL);
}

/* Returns %NULL before startup and after shutdown. */
DemoSession *
demo_application_get_session (DemoApplication *self)
{
  return self->session;
}
