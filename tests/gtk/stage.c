/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "stage.h"

#include <string.h>

#define DEADLINE_SECONDS 20

static DemoApplication *application;
static int result;

static gboolean
on_idle (gpointer data)
{
  result = g_test_run ();
  if (demo_session_is_active (stage_get_session ()))
    stage_disconnect ();
  g_application_quit (G_APPLICATION (application));
  return G_SOURCE_REMOVE;
}

static void
on_first_activate (void)
{
  g_signal_handlers_disconnect_by_func (application, on_first_activate, NULL);
  g_idle_add (on_idle, NULL);
}

/* Runs the tests inside of the application, and gives their exit code. */
int
stage_run (void)
{
  application = demo_application_new ();
  g_signal_connect_after (application, "activate", G_CALLBACK (on_first_activate), NULL);
  g_application_run (G_APPLICATION (application), 0, NULL);
  g_clear_object (&application);
  return result;
}

DemoApplication *
stage_get_app (void)
{
  return application;
}

DemoSession *
stage_get_session (void)
{
  return demo_application_get_session (application);
}

/* NULL: it is closed. */
GtkWindow *
stage_get_window (void)
{
  return gtk_application_get_active_window (GTK_APPLICATION (application));
}

static gboolean
on_deadline (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

void
stage_wait (StageCheck     check,
            gconstpointer  data,
            const char    *what)
{
  gboolean late = FALSE;
  guint deadline = g_timeout_add_seconds (DEADLINE_SECONDS, on_deadline, &late);

  while (!check (data) && !late)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
  if (!check (data))
    g_error ("%s did not come within %d s", what, DEADLINE_SECONDS);
}

void
stage_turn (guint milliseconds)
{
  gboolean over = FALSE;
  guint source = g_timeout_add (milliseconds, on_deadline, &over);

  while (!over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

void
stage_activate (const char *action)
{
  g_assert_true (g_action_group_get_action_enabled (G_ACTION_GROUP (application), action));
  g_action_group_activate_action (G_ACTION_GROUP (application), action, NULL);
}

void
stage_show_page (const char *page)
{
  g_action_group_activate_action (G_ACTION_GROUP (stage_get_window ()), "show-page",
                                  g_variant_new_string (page));
}

static gboolean
has_state (gconstpointer state)
{
  return signal_client_get_state (demo_session_get_client (stage_get_session ()))
         == GPOINTER_TO_UINT (state);
}

void
stage_try_it (void)
{
  stage_activate ("try-it");
  stage_wait (has_state, GUINT_TO_POINTER (SIGNAL_CONNECTION_STATE_AUTHENTICATED), "the connection");
}

void
stage_disconnect (void)
{
  demo_session_disconnect (stage_get_session ());
  stage_wait (has_state, GUINT_TO_POINTER (SIGNAL_CONNECTION_STATE_DISCONNECTED), "the end");
}

static gboolean
is_mapped (gconstpointer data)
{
  return stage_get_window () != NULL && gtk_widget_get_mapped (GTK_WIDGET (stage_get_window ()));
}

static gboolean
is_closed (gconstpointer data)
{
  return stage_get_window () == NULL;
}

void
stage_open (void)
{
  g_application_activate (G_APPLICATION (application));
  stage_wait (is_mapped, NULL, "the window");
}

void
stage_close (void)
{
  gtk_window_close (stage_get_window ());
  stage_wait (is_closed, NULL, "the end of the window");
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

/* The first widget of @type in the window. */
gpointer
stage_find (GType type)
{
  GtkWidget *found = find_type (GTK_WIDGET (stage_get_window ()), type);

  g_assert_nonnull (found);
  return found;
}

/* A label in @root that is on the screen and matches; NULL: there is none. */
GtkWidget *
stage_find_label (GtkWidget  *root,
                  const char *pattern)
{
  if (GTK_IS_LABEL (root) && gtk_widget_get_mapped (root)
      && g_regex_match_simple (pattern, gtk_label_get_text (GTK_LABEL (root)), 0, 0))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = stage_find_label (child, pattern);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* A #StageCheck. */
gboolean
stage_sees (gconstpointer pattern)
{
  return stage_find_label (GTK_WIDGET (stage_get_window ()), pattern) != NULL;
}

DemoRoom *
stage_find_room (const char *name)
{
  GListModel *rooms = demo_session_get_rooms (stage_get_session ());

  for (guint i = 0; i < g_list_model_get_n_items (rooms); i++)
    {
      g_autoptr (DemoRoom) room = g_list_model_get_item (rooms, i);

      if (g_strcmp0 (demo_room_get_name (room), name) == 0)
        return room;
    }
  return NULL;
}

/* A #StageCheck: whether somebody said it in the room "tea". */
gboolean
stage_hears (gconstpointer text)
{
  GListModel *messages = demo_room_get_messages (stage_find_room ("tea"));

  for (guint i = 0; i < g_list_model_get_n_items (messages); i++)
    {
      g_autoptr (DemoMessage) message = g_list_model_get_item (messages, i);

      if (!demo_message_is_outgoing (message)
          && strstr (demo_message_get_text (message), text) != NULL)
        return TRUE;
    }
  return FALSE;
}

/* Says it in the room "tea". */
void
stage_say (const char *text)
{
  g_autoptr (GError) error = NULL;

  demo_session_say (stage_get_session (), stage_find_room ("tea"), text, &error);
  g_assert_no_error (error);
}
