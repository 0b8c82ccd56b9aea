/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "demo-error-bar.h"
#include "application-fixture.h"

#define MAX_WIDTH 360
#define N_TIMES 20
#define SECRET "The secret of the tea is 4711"

static void
test_try_it (void)
{
  g_assert_true (gtk_widget_get_mapped (GTK_WIDGET (test_app_get_window ())));
  g_assert_true (test_app_shows ("^Not connected$"));

  test_app_try_it ();
  test_app_wait (test_app_shows, "^Connected, encrypted$", "the state");
  g_assert_true (test_app_shows ("^Disconnect$"));
  g_assert_true (test_app_shows ("^[0-9a-f-]{36}$")); /* the client ID in the statistics */
  g_assert_true (demo_session_has_local_server (test_app_get_session ()));

  test_app_disconnect ();
  test_app_wait (test_app_shows, "^Not connected$", "the state");
  g_assert_false (test_app_shows ("^Disconnect$"));
}

static void
test_reopen (void)
{
  SignalClient *client = demo_session_get_client (test_app_get_session ());
  g_autofree char *id = NULL;

  test_app_try_it ();
  id = g_strdup (signal_client_get_client_id (client));
  for (guint i = 1; i <= N_TIMES; i++)
    {
      g_autofree char *text = g_strdup_printf ("sent without a window, %u", i);
      g_autofree char *pattern = g_strdup_printf ("You said: %s$", text);

      test_app_close_window ();
      test_app_send (text);
      if (i == 1 || i == N_TIMES)
        test_app_wait (test_app_has_received, text, "the reply");
      test_app_open_window ();
      g_assert_cmpstr (signal_client_get_client_id (client), ==, id);
      if (i == 1 || i == N_TIMES)
        {
          test_app_show_page ("messages");
          test_app_wait (test_app_shows, pattern, "the message sent without a window");
        }
    }
  for (guint i = 1; i <= N_TIMES; i++)
    {
      g_autofree char *text = g_strdup_printf ("sent without a window, %u", i);

      g_assert_true (test_app_has_received (text));
    }
  test_app_disconnect ();
}

static void
test_reconnecting (void)
{
  GActionGroup *actions = G_ACTION_GROUP (test_app_get_application ());
  GtkWidget *error_bar;
  g_autofree char *id = NULL;
  SignalClient *client = demo_session_get_client (test_app_get_session ());

  test_app_try_it ();
  id = g_strdup (signal_client_get_client_id (client));
  g_assert_false (g_action_group_get_action_enabled (actions, "try-now"));

  g_action_group_change_action_state (actions, "simulate-outage", g_variant_new_boolean (TRUE));
  test_app_wait (test_app_shows, "\\(attempt [0-9]+\\) in 2 seconds$", "the countdown");
  test_app_wait (test_app_shows, "\\(attempt [0-9]+\\) in 1 second$", "the next second");
  g_assert_true (test_app_shows ("^Try Now$"));
  test_app_wait (test_app_shows, "check that the server is running", "the hint");

  test_app_close_window ();
  test_app_open_window ();
  error_bar = gtk_widget_get_first_child (test_app_find_widget (DEMO_TYPE_ERROR_BAR));
  g_assert_true (gtk_revealer_get_reveal_child (GTK_REVEALER (error_bar)));
  test_app_wait (test_app_shows, "\\(attempt [0-9]+\\) in [0-9]+ seconds?$", "the countdown again");

  g_action_group_change_action_state (actions, "simulate-outage", g_variant_new_boolean (FALSE));
  test_app_activate_action ("try-now");
  test_app_wait (test_app_shows, "^Connected, encrypted$", "the connection");
  g_assert_cmpstr (signal_client_get_client_id (client), !=, id);
  g_assert_false (gtk_revealer_get_reveal_child (GTK_REVEALER (error_bar)));
  test_app_disconnect ();
}

/* Returns the content, without the border that a window has if there is no compositor. */
static GtkWidget *
get_content (void)
{
  return adw_application_window_get_content (ADW_APPLICATION_WINDOW (test_app_get_window ()));
}

static gboolean
is_narrow (gconstpointer data)
{
  return gtk_widget_get_width (get_content ()) <= MAX_WIDTH;
}

static void
test_narrow (void)
{
  static const char * const pages[] = { "connection", "messages", "frames" };
  GActionGroup *actions = G_ACTION_GROUP (test_app_get_application ());

  test_app_try_it ();
  test_app_send ("AnUncommonlyLongWordWithoutASpaceAnywhereInItThatWouldNotFitIntoSuchANarrowWindow");
  test_app_wait (test_app_has_received, "AnUncommonly", "the reply");
  g_action_group_change_action_state (actions, "simulate-outage", g_variant_new_boolean (TRUE));
  test_app_wait (test_app_shows, "^Reconnecting .* in [0-9]", "the countdown");
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      int minimum;

      test_app_show_page (pages[i]);
      test_app_iterate (100);
      gtk_widget_measure (get_content (), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL,
                          NULL);
      g_assert_cmpint (minimum, <=, MAX_WIDTH);
    }

  gtk_window_set_default_size (test_app_get_window (), MAX_WIDTH, 600);
  test_app_wait (is_narrow, NULL, "the narrow window");
  test_app_disconnect ();

  /* Without animations, a resize during size allocation causes a warning. */
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  test_app_close_window ();
  test_app_open_window ();
  gtk_window_set_default_size (test_app_get_window (), MAX_WIDTH, 600);
  test_app_wait (is_narrow, NULL, "the narrow window");
  test_app_iterate (300);
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", TRUE, NULL);
  test_app_close_window ();
  test_app_open_window ();
}

static gboolean
has_plaintexts (gconstpointer data)
{
  GListModel *frames = test_app_get_frames ();
  guint n_found = 0;

  for (guint i = 0; i < g_list_model_get_n_items (frames); i++)
    {
      g_autoptr (DemoFrame) frame = g_list_model_get_item (frames, i);
      const char *plaintext = demo_frame_get_plaintext (frame);

      n_found += plaintext != NULL && strstr (plaintext, SECRET) != NULL;
    }
  return n_found == 2;
}

/* The plaintext is matched with the frames that were sent and received. */
static void
test_inspector (void)
{
  GListModel *frames = test_app_get_frames ();
  guint n_encrypted = 0;

  test_app_try_it ();
  test_app_show_page ("frames");
  test_app_send (SECRET);
  test_app_wait (has_plaintexts, NULL, "the frames with their plaintexts");
  for (guint i = 0; i < g_list_model_get_n_items (frames); i++)
    {
      g_autoptr (DemoFrame) frame = g_list_model_get_item (frames, i);
      const char *text = demo_frame_get_text (frame);

      g_assert_null (strstr (text, "4711"));
      if (demo_frame_is_encrypted (frame))
        {
          n_encrypted++;
          g_assert_nonnull (demo_frame_get_plaintext (frame));
          g_assert_true (g_str_has_prefix (text, "{\"event\":\"encrypted\""));
          g_assert_null (strstr (text, "chat"));
        }
      else if (strstr (text, "\"authenticate\"") != NULL)
        g_assert_nonnull (strstr (text, "\"token\":\"••••••••\""));
    }
  g_assert_cmpuint (n_encrypted, >=, 2);
  test_app_wait (test_app_shows, SECRET, "the plaintext");
  g_assert_true (test_app_shows ("^\\{\"event\":\"encrypted\",\"data\":\\{\"iv\":"));
  test_app_disconnect ();
}

/* The number and the size of stored messages and frames are limited. */
static void
test_bounded (void)
{
  DemoSettings *settings = demo_session_get_settings (test_app_get_session ());
  GListModel *frames = test_app_get_frames ();
  g_autofree char *large = g_strnfill (80000, 'x');
  GListModel *messages;

  g_object_set (settings, "history", 10, NULL);
  test_app_try_it ();
  messages = demo_room_get_messages (test_app_find_room ("tea"));
  for (guint i = 0; i < 150; i++)
    test_app_send ("one of many");
  test_app_send (large);
  test_app_send ("the last");
  test_app_wait (test_app_has_received, "the last", "the reply");
  g_assert_cmpuint (g_list_model_get_n_items (messages), ==, 10);
  g_assert_cmpuint (g_list_model_get_n_items (frames), ==, 200);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (DemoMessage) message = g_list_model_get_item (messages, i);

      g_assert_cmpuint (strlen (demo_message_get_text (message)), <, 2000);
    }
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (DemoFrame) frame = g_list_model_get_item (frames, i);
      const char *plaintext = demo_frame_get_plaintext (frame);

      /* That of the last frames may not be known yet. */
      g_assert_cmpuint (strlen (demo_frame_get_text (frame)), <, 2000);
      g_assert_cmpuint (plaintext != NULL ? strlen (plaintext) : 0, <, 2000);
    }
  g_object_set (settings, "history", 500, NULL);
  test_app_disconnect ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gtk/window/try-it", test_try_it);
  g_test_add_func ("/gtk/window/reopen", test_reopen);
  g_test_add_func ("/gtk/window/reconnecting", test_reconnecting);
  g_test_add_func ("/gtk/window/narrow", test_narrow);
  g_test_add_func ("/gtk/window/inspector", test_inspector);
  g_test_add_func ("/gtk/window/bounded", test_bounded);
  return test_app_run ();
}
