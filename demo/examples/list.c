/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages of a room in a GTK window, in C: list-c URL ROOM, with the token in SIGNAL_TOKEN.
 * Start a server with "signal-glib serve". When the window is closed, the program stays connected;
 * start it again to open the window, and press Ctrl+Q in the window to quit. */
#include <gtk/gtk.h>
#include <signal-glib/signal-glib.h>

#define MAX_MESSAGES 1000
#define MAX_SHOWN 500 /* bytes of a payload */

static SignalClient *client;
static SignalMessageList *messages;

static void
on_setup (GtkSignalListItemFactory *factory,
          GtkListItem              *row)
{
  gtk_list_item_set_child (row, g_object_new (GTK_TYPE_LABEL, "xalign", 0.0, "single-line-mode", TRUE,
                                              "ellipsize", PANGO_ELLIPSIZE_END, NULL));
}

static void
on_bind (GtkSignalListItemFactory *factory,
         GtkListItem              *row)
{
  SignalMessageItem *item = gtk_list_item_get_item (row);
  const char *json = signal_message_item_get_payload_json (item);
  g_autofree char *time = g_date_time_format (signal_message_item_get_time (item), "%X");
  g_autofree char *text = g_strdup_printf ("%s  %.*s", time, MAX_SHOWN, json != NULL ? json : "");
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (row)), valid);
}

static void
on_activate (GtkApplication *app)
{
  GtkWindow *window = gtk_application_get_active_window (app);

  if (window == NULL)
    {
      GtkWidget *bar = gtk_header_bar_new ();
      GtkWidget *clear = gtk_button_new_with_label ("Clear");
      GtkWidget *scrolled = gtk_scrolled_window_new ();
      GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
      GtkNoSelection *model = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (messages)));

      g_signal_connect (factory, "setup", G_CALLBACK (on_setup), NULL);
      g_signal_connect (factory, "bind", G_CALLBACK (on_bind), NULL);
      gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled),
                                     gtk_list_view_new (GTK_SELECTION_MODEL (model), factory));
      gtk_actionable_set_action_name (GTK_ACTIONABLE (clear), "app.clear");
      gtk_header_bar_pack_start (GTK_HEADER_BAR (bar), clear);
      window = g_object_new (GTK_TYPE_APPLICATION_WINDOW, "application", app, "titlebar", bar,
                             "child", scrolled, "default-width", 480, "default-height", 360, NULL);
      /* The header bar shows the title of the window. */
      g_object_bind_property (client, "status-text", window, "title", G_BINDING_SYNC_CREATE);
    }
  gtk_window_present (window);
}

static void
on_clear (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       app)
{
  signal_message_list_clear (messages);
}

static void
on_close (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       app)
{
  GtkWindow *window = gtk_application_get_active_window (app);

  if (window != NULL)
    gtk_window_close (window);
}

static void
on_quit (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       app)
{
  g_application_quit (app);
}

static void
on_items_changed (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  gpointer    clear)
{
  g_simple_action_set_enabled (clear, g_list_model_get_n_items (model) > 0);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  if (!signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error))
    g_printerr ("%s\n", error->message);
}

static void
on_startup (GtkApplication *app)
{
  const GActionEntry entries[] = { { "clear", on_clear }, { "close", on_close }, { "quit", on_quit } };
  GAction *clear;

  g_action_map_add_action_entries (G_ACTION_MAP (app), entries, G_N_ELEMENTS (entries), app);
  gtk_application_set_accels_for_action (app, "app.close", (const char *[]) { "<Control>w", NULL });
  gtk_application_set_accels_for_action (app, "app.quit", (const char *[]) { "<Control>q", NULL });
  clear = g_action_map_lookup_action (G_ACTION_MAP (app), "clear");
  g_simple_action_set_enabled (G_SIMPLE_ACTION (clear), FALSE);
  g_signal_connect (messages, "items-changed", G_CALLBACK (on_items_changed), clear);
  signal_client_connect_async (client, g_getenv ("SIGNAL_TOKEN"), NULL, on_connected, NULL);
  /* The connection outlives the window. */
  g_application_hold (G_APPLICATION (app));
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GtkApplication) app = gtk_application_new ("io.github.signal_glib.List",
                                                        G_APPLICATION_DEFAULT_FLAGS);
  int status;

  if (argc != 3)
    {
      g_printerr ("usage: %s URL ROOM\n", argv[0]);
      return 2;
    }
  client = g_object_new (SIGNAL_TYPE_CLIENT, "server-url", argv[1], "auto-join-rooms",
                         (const char *[]) { argv[2], NULL }, NULL);
  messages = signal_message_list_new (client, NULL, MAX_MESSAGES);
  g_signal_connect (app, "startup", G_CALLBACK (on_startup), NULL);
  g_signal_connect (app, "activate", G_CALLBACK (on_activate), NULL);
  status = g_application_run (G_APPLICATION (app), 1, argv);
  g_clear_object (&messages);
  g_clear_object (&client);
  return status;
}
