/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "application-fixture.h"

/* Saves the screenshots of the documentation: FOLDER. */

#define WIDTH 860
#define HEIGHT 560
#define NARROW 360
#define SETTLE_MS 700 /* for animations and layout */

static const char *folder;

static void
resize (int width)
{
  test_app_close_window ();
  test_app_open_window ();
  gtk_window_set_default_size (test_app_get_window (), width, HEIGHT);
  /* Without a compositor, windows have a border that they do not have on a desktop. */
  gtk_widget_remove_css_class (GTK_WIDGET (test_app_get_window ()), "solid-csd");
}

static void
save (const char *name)
{
  GtkWidget *window = GTK_WIDGET (test_app_get_window ());
  g_autofree char *path = g_strdup_printf ("%s/gtk-%s.png", folder, name);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GdkPaintable) paintable = NULL;
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  test_app_iterate (SETTLE_MS);
  paintable = gtk_widget_paintable_new (window);
  gdk_paintable_snapshot (paintable, snapshot, gdk_paintable_get_intrinsic_width (paintable),
                          gdk_paintable_get_intrinsic_height (paintable));
  node = gtk_snapshot_free_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, NULL);
  g_assert_true (gdk_texture_save_to_png (texture, path));
}

static void
set_style (const char *scheme)
{
  g_object_set (demo_session_get_settings (test_app_get_session ()), "color-scheme", scheme, NULL);
}

static void
make_screenshots (void)
{
  GActionGroup *actions = G_ACTION_GROUP (test_app_get_application ());

  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  set_style ("light");
  g_object_set (demo_session_get_settings (test_app_get_session ()), "name", "Ann", NULL);
  test_app_try_it ();
  test_app_wait (test_app_has_received, "Send me a message", "the greeting");
  test_app_send ("The kettle is on");
  test_app_wait (test_app_has_received, "kettle", "the reply");

  resize (WIDTH);
  test_app_show_page ("messages");
  save ("light");
  set_style ("dark");
  save ("dark");
  set_style ("light");
  test_app_show_page ("frames");
  save ("inspector");

  resize (NARROW);
  g_action_group_activate_action (actions, "show-room", g_variant_new_string ("tea"));
  save ("narrow");

  resize (WIDTH);
  test_app_show_page ("connection");
  g_action_group_change_action_state (actions, "simulate-outage", g_variant_new_boolean (TRUE));
  test_app_wait (test_app_shows, "\\(attempt 2\\) in 3 seconds$", "the countdown");
  save ("reconnecting");
  test_app_disconnect ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  folder = argv[1];
  g_test_add_func ("/gtk/screenshots", make_screenshots);
  return test_app_run ();
}
