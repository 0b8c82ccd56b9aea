/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "application-fixture.h"

#include <string.h>

#define TIMEOUT_SECONDS 20

static DemoApplication *application;
static int result;

static void
on_idle (gpointer data)
{
  result = g_test_run ();
  if (demo_session_is_active (test_app_get_session ()))
    test_app_disconnect ();
  g_application_quit (G_APPLICATION (application));
}

static void
on_first_activate (void)
{
  g_signal_handlers_disconnect_by_func (application, on_first_activate, NULL);
  g_idle_add_once (on_idle, NULL);
}

/* Runs the tests inside the application, and returns their exit code. */
int
test_app_run (void)
{
  application = demo_application_new ();
  g_signal_connect_after (application, "activate", G_CALLBACK (on_first_activate), NULL);
  g_application_run (G_APPLICATION (application), 0, NULL);
  g_clear_object (&application);
  return result;
}

DemoApplication *
test_app_get_application (void)
{
  return application;
}

DemoSession *
test_app_get_session (void)
{
  return demo_application_get_session (application);
}

/* Returns %NULL if the window is closed. */
GtkWindow *
test_app_get_window (void)
{
  return gtk_application_get_active_window (GTK_APPLICATION (application));
}

static gboolean
on_timeout (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

void
test_app_wait (TestAppCondition  check,
               gconstpointer     data,
               const char       *what)
{
  gboolean timed_out = FALSE;
  guint timeout = g_timeout_add_seconds (TIMEOUT_SECONDS, on_timeout, &timed_out);

  while (!check (data) && !timed_out)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
  if (!check (data))
    g_error ("Timed out after %d s while waiting for %s", TIMEOUT_SECONDS, what);
}

void
test_app_iterate (guint milliseconds)
{
  gboolean over = FALSE;
  guint source = g_timeout_add (milliseconds, on_timeout, &over);

  while (!over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

void
test_app_activate_action (const char *action)
{
  g_assert_true (g_action_group_get_action_enabled (G_ACTION_GROUP (application), action));
  g_action_group_activate_action (G_ACTION_GROUP (application), action, NULL);
}

void
test_app_show_page (const char *page)
{
  g_action_group_activate_action (G_ACTION_GROUP (test_app_get_window ()), "show-page",
                                  g_variant_new_string (page));
}

static gboolean
has_state (gconstpointer state)
{
  return signal_client_get_state (demo_session_get_client (test_app_get_session ()))
         == GPOINTER_TO_UINT (state);
}

void
test_app_try_it (void)
{
  test_app_activate_action ("try-it");
  test_app_wait (has_state, GUINT_TO_POINTER (SIGNAL_CONNECTION_STATE_AUTHENTICATED),
                 "the connection");
}

void
test_app_disconnect (void)
{
  demo_session_disconnect (test_app_get_session ());
  test_app_wait (has_state, GUINT_TO_POINTER (SIGNAL_CONNECTION_STATE_DISCONNECTED),
                 "the disconnection");
}

static gboolean
is_mapped (gconstpointer data)
{
  GtkWindow *window = test_app_get_window ();

  return window != NULL && gtk_widget_get_mapped (GTK_WIDGET (window));
}

static gboolean
is_closed (gconstpointer data)
{
  return test_app_get_window () == NULL;
}

void
test_app_open_window (void)
{
  g_application_activate (G_APPLICATION (application));
  test_app_wait (is_mapped, NULL, "the window");
}

void
test_app_close_window (void)
{
  gtk_window_close (test_app_get_window ());
  test_app_wait (is_closed, NULL, "the window to close");
}

static GtkWidget *
find_type (GtkWidget *root,
           GType      type)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (root, type))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_type (child, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* Returns the first widget of @type in the window. */
gpointer
test_app_find_widget (GType type)
{
  GtkWidget *found = find_type (GTK_WIDGET (test_app_get_window ()), type);

  g_assert_nonnull (found);
  return found;
}

/* Returns a mapped label in @root that matches @pattern, or %NULL. */
GtkWidget *
test_app_find_label (GtkWidget  *root,
                     const char *pattern)
{
  if (GTK_IS_LABEL (root) && gtk_widget_get_mapped (root)
      && g_regex_match_simple (pattern, gtk_label_get_text (GTK_LABEL (root)), 0, 0))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = test_app_find_label (child, pattern);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* A #TestAppCondition: whether the window shows a label that matches @pattern. */
gboolean
test_app_shows (gconstpointer pattern)
{
  return test_app_find_label (GTK_WIDGET (test_app_get_window ()), pattern) != NULL;
}

GListModel *
test_app_get_frames (void)
{
  DemoFrameRecorder *recorder = demo_session_get_recorder (test_app_get_session ());

  return demo_frame_recorder_get_frames (recorder);
}

DemoRoom *
test_app_find_room (const char *name)
{
  GListModel *rooms = demo_session_get_rooms (test_app_get_session ());

  for (guint i = 0; i < g_list_model_get_n_items (rooms); i++)
    {
      g_autoptr (DemoRoom) room = g_list_model_get_item (rooms, i);

      if (g_strcmp0 (demo_room_get_name (room), name) == 0)
        return room;
    }
  return NULL;
}

/* A #TestAppCondition: whether a message with @text was received in the room "tea". */
gboolean
test_app_has_received (gconstpointer text)
{
  GListModel *messages = demo_room_get_messages (test_app_find_room ("tea"));

  for (guint i = 0; i < g_list_model_get_n_items (messages); i++)
    {
      g_autoptr (DemoMessage) message = g_list_model_get_item (messages, i);

      if (!demo_message_is_outgoing (message)
          && strstr (demo_message_get_text (message), text) != NULL)
        return TRUE;
    }
  return FALSE;
}

/* Sends a message to the room "tea". */
void
test_app_send (const char *text)
{
  g_autoptr (GError) error = NULL;

  demo_session_send_text (test_app_get_session (), test_app_find_room ("tea"), text, &error);
  g_assert_no_error (error);
}
