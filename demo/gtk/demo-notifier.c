/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-notifier.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>

#include "demo-text.h"

/* Messages may come faster than anybody reads. */
#define PAUSE_MS 1000
#define STAYING_ID "staying"

/* Who shows notifications, of which GIO complains when there is nobody. */
#define DAEMON "org.freedesktop.Notifications"
#define SANDBOX_DAEMON "org.freedesktop.portal.Desktop"
#define SANDBOX_FILE "/.flatpak-info"

struct _DemoNotifier
{
  GObject parent_instance;
  GApplication *application; /* which owns us */
  DemoSession *session;
  GHashTable *waiting; /* DemoRoom → the last DemoMessage in it that was not told of */
  guint pause;
  guint watch;
  gboolean has_daemon;
  gboolean told_of_staying;
};

G_DEFINE_FINAL_TYPE (DemoNotifier, demo_notifier, G_TYPE_OBJECT)

static void
demo_notifier_dispose (GObject *object)
{
  DemoNotifier *self = DEMO_NOTIFIER (object);

  g_clear_handle_id (&self->pause, g_source_remove);
  g_clear_handle_id (&self->watch, g_bus_unwatch_name);
  g_clear_pointer (&self->waiting, g_hash_table_unref);
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
  self->waiting = g_hash_table_new_full (NULL, NULL, g_object_unref, g_object_unref);
}

static char *
dup_id (DemoRoom *room)
{
  const char *name = demo_room_get_name (room);

  return g_strdup_printf ("room-%s", name != NULL ? name : "");
}

/* What was read needs no telling of. */
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

/* Some of those who show notifications take the text for markup, with links and images, and some do
 * not. */
static char *
describe (DemoMessage *message)
{
  g_autofree char *author = demo_text_isolate (demo_message_get_author (message));
  g_autofree char *text = g_strdup_printf ("%s: %s", author, demo_message_get_text (message));

  return demo_text_disarm (text);
}

static void
notify (DemoNotifier *self,
        DemoRoom     *room,
        DemoMessage  *message)
{
  guint unread = demo_room_get_unread (room);
  const char *name = demo_room_get_name (room);
  g_autofree char *title = demo_text_disarm (demo_room_get_title (room));
  g_autoptr (GNotification) notification = g_notification_new (title);
  g_autofree char *id = dup_id (room);
  g_autofree char *body = NULL;

  if (unread > 1)
    body = g_strdup_printf (ngettext ("%u new message", "%u new messages", unread), unread);
  else
    body = describe (message);
  g_notification_set_body (notification, body);
  g_notification_set_default_action_and_target (notification, "app.show-room", "s",
                                                name != NULL ? name : "");
  g_application_send_notification (self->application, id, notification);
  g_signal_handlers_disconnect_by_func (room, on_unread, self);
  g_signal_connect_object (room, "notify::unread", G_CALLBACK (on_unread), self, 0);
}

static gboolean
on_pause_over (gpointer data)
{
  DemoNotifier *self = data;
  GHashTableIter iter;
  gpointer room;
  gpointer message;

  if (g_hash_table_size (self->waiting) == 0)
    {
      self->pause = 0;
      return G_SOURCE_REMOVE;
    }
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, &room, &message))
    notify (self, room, message);
  g_hash_table_remove_all (self->waiting);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_wanted (DemoNotifier *self)
{
  return self->has_daemon
         && demo_settings_get_boolean (demo_session_get_settings (self->session), "notifications");
}

static gboolean
is_looked_at (DemoNotifier *self)
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
  if (!is_wanted (self) || is_looked_at (self))
    return;
  if (self->pause != 0)
    {
      g_hash_table_replace (self->waiting, g_object_ref (room), g_object_ref (message));
      return;
    }
  notify (self, room, message);
  self->pause = g_timeout_add (PAUSE_MS, on_pause_over, self);
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

  self->application = application;
  self->session = g_object_ref (session);
  self->watch = g_bus_watch_name (G_BUS_TYPE_SESSION,
                                  g_file_test (SANDBOX_FILE, G_FILE_TEST_EXISTS) ? SANDBOX_DAEMON
                                                                                 : DAEMON,
                                  G_BUS_NAME_WATCHER_FLAGS_AUTO_START, on_daemon_appeared,
                                  on_daemon_vanished, self, NULL);
  g_signal_connect_object (session, "message", G_CALLBACK (on_message), self, 0);
  return self;
}

/* Once: that the window is gone and the connection is not. */
void
demo_notifier_tell_of_staying (DemoNotifier *self)
{
  g_autoptr (GNotification) notification = NULL;

  if (self->told_of_staying || !is_wanted (self))
    return;
  self->told_of_staying = TRUE;
  notification = g_notification_new (_("Still connected"));
  g_notification_set_body (notification, _("The window is closed; the connection is kept."));
  g_notification_add_button (notification, _("Quit"), "app.quit");
  g_application_send_notification (self->application, STAYING_ID, notification);
}
