/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-notifier.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>

#include "demo-text.h"

/* Messages can arrive faster than a user reads: at most one notification per room and interval. */
#define INTERVAL_MS 1000
#define STILL_CONNECTED_ID "still-connected"

/* The services that show notifications. GIO warns if there is none. */
#define NOTIFICATIONS_NAME "org.freedesktop.Notifications"
#define PORTAL_NAME "org.freedesktop.portal.Desktop"
#define FLATPAK_INFO_FILE "/.flatpak-info"

struct _DemoNotifier
{
  GObject parent_instance;
  GApplication *application; /* unowned: it owns this object */
  DemoSession *session;
  GHashTable *pending; /* DemoRoom → its last DemoMessage without a notification */
  guint interval_id;
  guint watch_id;
  gboolean has_daemon;
  gboolean notified_still_connected;
};

G_DEFINE_FINAL_TYPE (DemoNotifier, demo_notifier, G_TYPE_OBJECT)

static void
demo_notifier_dispose (GObject *object)
{
  DemoNotifier *self = DEMO_NOTIFIER (object);

  g_clear_handle_id (&self->interval_id, g_source_remove);
  g_clear_handle_id (&self->watch_id, g_bus_unwatch_name);
  g_clear_pointer (&self->pending, g_hash_table_unref);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (demo_notifier_parent_class)->dispose (object);
}

static void
demo_notifier_class_init (DemoNotifierClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = demo_notifier_dispose;
}

static void
demo_notifier_init (DemoNotifier *self)
{
  self->pending = g_hash_table_new_full (NULL, NULL, g_object_unref, g_object_unref);
}

static char *
dup_id (DemoRoom *room)
{
  const char *name = demo_room_get_name (room);

  return g_strdup_printf ("room-%s", name != NULL ? name : "");
}

/* Withdraws the notification of a room once its messages have been read. */
static void
on_unread (DemoRoom     *room,
           GParamSpec   *pspec,
           DemoNotifier *self)
{
  g_autofree char *id = dup_id (room);

  if (demo_room_get_unread (room) > 0)
    return;
  g_signal_handlers_disconnect_by_func (room, on_unread, self);
  g_application_withdraw_notification (self->application, id);
}

/* Some notification services interpret markup in the body, including links and images; others show
 * it as text. */
static char *
format_body (DemoMessage *message)
{
  g_autofree char *author = demo_text_isolate (demo_message_get_author (message));
  g_autofree char *text = g_strdup_printf ("%s: %s", author, demo_message_get_text (message));

  return demo_text_replace_markup (text);
}

static void
send_notification (DemoNotifier *self,
                   DemoRoom     *room,
                   DemoMessage  *message)
{
  guint unread = demo_room_get_unread (room);
  const char *name = demo_room_get_name (room);
  g_autofree char *title = demo_text_replace_markup (demo_room_get_title (room));
  g_autoptr (GNotification) notification = g_notification_new (title);
  g_autofree char *id = dup_id (room);
  g_autofree char *body = NULL;

  if (unread > 1)
    body = g_strdup_printf (ngettext ("%u new message", "%u new messages", unread), unread);
  else
    body = format_body (message);
  g_notification_set_body (notification, body);
  g_notification_set_default_action_and_target (notification, "app.show-room", "s",
                                                name != NULL ? name : "");
  g_application_send_notification (self->application, id, notification);
  g_signal_handlers_disconnect_by_func (room, on_unread, self);
  g_signal_connect_object (room, "notify::unread", G_CALLBACK (on_unread), self, 0);
}

static gboolean
on_interval (gpointer data)
{
  DemoNotifier *self = data;
  GHashTableIter iter;
  gpointer room;
  gpointer message;

  if (g_hash_table_size (self->pending) == 0)
    {
      self->interval_id = 0;
      return G_SOURCE_REMOVE;
    }
  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, &room, &message))
    send_notification (self, room, message);
  g_hash_table_remove_all (self->pending);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_enabled (DemoNotifier *self)
{
  return self->has_daemon
         && demo_settings_get_boolean (demo_session_get_settings (self->session), "notifications");
}

static gboolean
is_window_active (DemoNotifier *self)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self->application));

  return window != NULL && gtk_window_is_active (window);
}

static void
on_message (DemoSession  *session,
            DemoRoom     *room,
            DemoMessage  *message,
            DemoNotifier *self)
{
  if (!is_enabled (self) || is_window_active (self))
    return;
  if (self->interval_id != 0)
    {
      g_hash_table_replace (self->pending, g_object_ref (room), g_object_ref (message));
      return;
    }
  send_notification (self, room, message);
  self->interval_id = g_timeout_add (INTERVAL_MS, on_interval, self);
}

static void
on_daemon_appeared (GDBusConnection *connection,
                    const char      *name,
                    const char      *owner,
                    gpointer         data)
{
  DEMO_NOTIFIER (data)->has_daemon = TRUE;
}

static void
on_daemon_vanished (GDBusConnection *connection,
                    const char      *name,
                    gpointer         data)
{
  DEMO_NOTIFIER (data)->has_daemon = FALSE;
}

DemoNotifier *
demo_notifier_new (GApplication *application,
                   DemoSession  *session)
{
  DemoNotifier *self = g_object_new (DEMO_TYPE_NOTIFIER, NULL);
  gboolean in_flatpak = g_file_test (FLATPAK_INFO_FILE, G_FILE_TEST_EXISTS);
  const char *name = in_flatpak ? PORTAL_NAME : NOTIFICATIONS_NAME;

  self->application = application;
  self->session = g_object_ref (session);
  self->watch_id = g_bus_watch_name (G_BUS_TYPE_SESSION, name, G_BUS_NAME_WATCHER_FLAGS_AUTO_START,
                                     on_daemon_appeared, on_daemon_vanished, self, NULL);
  g_signal_connect_object (session, "message", G_CALLBACK (on_message), self, 0);
  return self;
}

/* Notifies the user once that the connection continues after the window was closed. */
void
demo_notifier_notify_still_connected (DemoNotifier *self)
{
  g_autoptr (GNotification) notification = NULL;

  if (self->notified_still_connected || !is_enabled (self))
    return;
  self->notified_still_connected = TRUE;
  notification = g_notification_new (_("Still connected"));
  g_notification_set_body (notification, _("The connection stays open while the window is closed."));
  g_notification_add_button (notification, _("Quit"), "app.quit");
  g_application_send_notification (self->application, STILL_CONNECTED_ID, notification);
}
