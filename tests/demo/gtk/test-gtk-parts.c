/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "demo-connection-page.h"
#include "demo-conversation.h"
#include "demo-local-server.h"
#include "demo-preferences.h"
#include "demo-room-list.h"
#include "application-fixture.h"

#define NOTIFICATIONS "org.freedesktop.Notifications"

static GtkEditable *
find_entry (GType       type,
            const char *name)
{
  GtkWidget *parent = test_app_find_widget (type);
  GObject *entry = gtk_widget_get_template_child (parent, type, name);

  g_assert_true (GTK_IS_EDITABLE (entry));
  return GTK_EDITABLE (entry);
}

static void
click (GType       type,
       const char *name)
{
  GtkWidget *parent = test_app_find_widget (type);
  GtkWidget *button = GTK_WIDGET (gtk_widget_get_template_child (parent, type, name));

  g_assert_true (gtk_widget_is_sensitive (button));
  g_signal_emit_by_name (button, "clicked");
}

static void
connect_to (const char *url,
            const char *token)
{
  test_app_show_page ("connection");
  gtk_editable_set_text (find_entry (DEMO_TYPE_CONNECTION_PAGE, "server_url"), url);
  gtk_editable_set_text (find_entry (DEMO_TYPE_CONNECTION_PAGE, "token"), token);
  click (DEMO_TYPE_CONNECTION_PAGE, "connect");
}

static gboolean
is_inactive (gconstpointer data)
{
  return !demo_session_is_active (test_app_get_session ());
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token)
{
  return g_strcmp0 (token, "right") == 0 ? g_strdup ("ann") : NULL;
}

static gboolean
is_listed (gconstpointer name)
{
  return test_app_find_room (name) != NULL;
}

/* Connects to a server other than the local one. */
static void
test_connect (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;

  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  signal_server_listen (server, NULL, 0, &error);
  g_assert_no_error (error);
  url = signal_server_get_uri (server);

  connect_to ("ws://example.org/ws", "right");
  test_app_wait (test_app_shows, "begins with wss://", "the hint");
  connect_to (url, "wrong");
  test_app_wait (test_app_shows, "^Enter a token that the server accepts", "the hint");
  test_app_wait (is_inactive, NULL, "the disconnection");

  gtk_editable_set_text (find_entry (DEMO_TYPE_CONNECTION_PAGE, "rooms"), "tea, chess ,,go");
  connect_to (url, "right");
  test_app_wait (test_app_shows, "^Connected, encrypted$", "the connection");
  test_app_wait (test_app_shows, "^ann$", "the user in the statistics");
  g_assert_false (demo_session_has_local_server (test_app_get_session ()));
  g_assert_true (is_listed ("tea") && is_listed ("chess") && is_listed ("go"));
  test_app_disconnect ();
}

/* The token of the local server is random, even if the state of GRandom is known. */
static void
test_local_server_token (void)
{
  g_autoptr (DemoLocalServer) server = demo_local_server_new ();
  g_autofree char *first = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_random_set_seed (1);
      g_assert_true (demo_local_server_start (server, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (strlen (demo_local_server_get_token (server)), ==, 32);
      g_assert_cmpstr (demo_local_server_get_token (server), !=, first);
      g_free (first);
      first = g_strdup (demo_local_server_get_token (server));
    }
}

static void
test_rooms (void)
{
  test_app_try_it ();
  test_app_show_page ("messages");
  g_assert_false (is_listed ("chess"));

  gtk_editable_set_text (find_entry (DEMO_TYPE_ROOM_LIST, "name"), "ws:no room is called that");
  click (DEMO_TYPE_ROOM_LIST, "join");
  g_assert_true (gtk_widget_has_css_class (
    GTK_WIDGET (find_entry (DEMO_TYPE_ROOM_LIST, "name")), "error"));

  gtk_editable_set_text (find_entry (DEMO_TYPE_ROOM_LIST, "name"), "chess");
  click (DEMO_TYPE_ROOM_LIST, "join");
  test_app_wait (is_listed, "chess", "the room");
  test_app_wait (test_app_shows, "^Send me a message", "the greeting in the joined room");

  click (DEMO_TYPE_CONVERSATION, "leave");
  g_assert_false (is_listed ("chess"));
  g_assert_true (is_listed ("tea"));
  test_app_disconnect ();
}

static void
test_composer (void)
{
  GtkEditable *text = find_entry (DEMO_TYPE_CONVERSATION, "text");

  test_app_try_it ();
  test_app_show_page ("messages");
  gtk_editable_set_text (text, "typed by hand");
  click (DEMO_TYPE_CONVERSATION, "send");
  g_assert_cmpstr (gtk_editable_get_text (text), ==, "");
  test_app_wait (test_app_shows, "^You said: typed by hand$", "the reply");

  click (DEMO_TYPE_CONVERSATION, "as_json");
  gtk_editable_set_text (text, "{\"cups\": 2");
  click (DEMO_TYPE_CONVERSATION, "send");
  g_assert_cmpstr (gtk_editable_get_text (text), !=, "");
  test_app_wait (test_app_shows, "^The payload cannot be sent", "the error");

  gtk_editable_set_text (text, "{\"room\":\"tea\",\"cups\":9007199254740993}");
  g_assert_false (test_app_shows ("^The payload cannot be sent"));
  click (DEMO_TYPE_CONVERSATION, "send");
  test_app_wait (test_app_has_received, "\"cups\":9007199254740993", "the exact number");
  click (DEMO_TYPE_CONVERSATION, "as_json");
  test_app_disconnect ();
}

static gboolean
has_accessible_name (GtkWidget *widget)
{
  if (GTK_IS_BUTTON (widget) && gtk_button_get_label (GTK_BUTTON (widget)) != NULL)
    return TRUE;
  return gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL)
         || gtk_test_accessible_has_relation (GTK_ACCESSIBLE (widget),
                                              GTK_ACCESSIBLE_RELATION_LABELLED_BY);
}

/* Checks the widgets of the application, but not the children of toolkit widgets. */
static void
check_accessible_names (GtkWidget *root)
{
  if (GTK_IS_BUTTON (root) || GTK_IS_MENU_BUTTON (root) || GTK_IS_ENTRY (root)
      || GTK_IS_LIST_VIEW (root) || GTK_IS_LIST_BOX_ROW (root))
    {
      if (!has_accessible_name (root))
        g_error ("a %s has no accessible name", G_OBJECT_TYPE_NAME (root));
      return;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    check_accessible_names (child);
}

static void
test_accessible_names (void)
{
  static const char * const types[] = { "DemoRoomList", "DemoConversation", "DemoInspector",
                                        "DemoStatusBar", "DemoErrorBar" };

  test_app_try_it ();
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    check_accessible_names (test_app_find_widget (g_type_from_name (types[i])));
  test_app_disconnect ();
}

static GtkWindow *
find_window (GType type)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

      if (G_TYPE_CHECK_INSTANCE_TYPE (window, type) && gtk_widget_get_mapped (GTK_WIDGET (window)))
        return window;
    }
  return NULL;
}

static gboolean
is_open (gconstpointer type)
{
  return find_window (g_type_from_name (type)) != NULL;
}

static void
close_dialog (const char *type)
{
  test_app_wait (is_open, type, type);
  gtk_window_destroy (find_window (g_type_from_name (type)));
  g_assert_false (is_open (type));
}

static void
test_dialogs (void)
{
  AdwStyleManager *style = adw_style_manager_get_default ();
  GActionGroup *window = G_ACTION_GROUP (test_app_get_window ());
  GtkWidget *preferences;
  AdwComboRow *scheme;

  test_app_activate_action ("preferences");
  test_app_wait (is_open, "DemoPreferences", "the preferences");
  preferences = GTK_WIDGET (find_window (DEMO_TYPE_PREFERENCES));
  scheme = ADW_COMBO_ROW (gtk_widget_get_template_child (preferences, DEMO_TYPE_PREFERENCES,
                                                         "color_scheme"));
  adw_combo_row_set_selected (scheme, 2);
  g_assert_true (adw_style_manager_get_dark (style));
  adw_combo_row_set_selected (scheme, 1);
  g_assert_false (adw_style_manager_get_dark (style));
  adw_combo_row_set_selected (scheme, 0);
  g_assert_cmpint (adw_style_manager_get_color_scheme (style), ==, ADW_COLOR_SCHEME_DEFAULT);
  close_dialog ("DemoPreferences");

  test_app_activate_action ("about");
  close_dialog ("AdwAboutWindow");
  g_action_group_activate_action (window, "show-help-overlay", NULL);
  test_app_wait (is_open, "GtkShortcutsWindow", "the shortcuts");
  gtk_window_close (find_window (GTK_TYPE_SHORTCUTS_WINDOW));
}

static void
on_method_call (GDBusConnection       *connection,
                const char            *sender,
                const char            *path,
                const char            *interface,
                const char            *method,
                GVariant              *parameters,
                GDBusMethodInvocation *invocation,
                gpointer               data)
{
  GString *log = data;
  const char *summary;
  const char *body;

  if (g_str_equal (method, "Notify"))
    {
      g_variant_get_child (parameters, 3, "&s", &summary);
      g_variant_get_child (parameters, 4, "&s", &body);
      g_string_append_printf (log, "%s|%s\n", summary, body);
      g_dbus_method_invocation_return_value (invocation, g_variant_new ("(u)", 1));
    }
  else
    {
      g_string_append (log, "withdrawn\n");
      g_dbus_method_invocation_return_value (invocation, NULL);
    }
}

static gboolean
is_active (gconstpointer data)
{
  return gtk_window_is_active (test_app_get_window ());
}

static gboolean
was_notified (gconstpointer log)
{
  return strstr (((const GString *) log)->str,
                 "tea|\u2068Echo\u2069: You said: in the ‹b›background‹/b› ＆\n") != NULL;
}

static gboolean
was_withdrawn (gconstpointer log)
{
  return strstr (((const GString *) log)->str, "withdrawn\n") != NULL;
}

/* A notification service receives the messages that arrive while there is no window, and none that
 * arrive while there is one. */
static void
test_notifications (void)
{
  static const char xml[] =
    "<node><interface name='" NOTIFICATIONS "'><method name='Notify'>"
    "<arg type='s'/><arg type='u'/><arg type='s'/><arg type='s'/><arg type='s'/><arg type='as'/>"
    "<arg type='a{sv}'/><arg type='i'/><arg type='u' direction='out'/></method>"
    "<method name='CloseNotification'><arg type='u'/></method></interface></node>";
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, &error);
  g_autoptr (GDBusConnection) bus = NULL;
  DemoRoom *room;

  g_assert_no_error (error);
  bus = g_dbus_connection_new_for_address_sync (
    g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_register_object (bus, "/org/freedesktop/Notifications", node->interfaces[0],
                                     &vtable, log, NULL, &error);
  g_assert_no_error (error);
  g_bus_own_name_on_connection (bus, NOTIFICATIONS, 0, NULL, NULL, NULL, NULL);

  /* Without a window manager, the focus does not return from a dialog. */
  test_app_close_window ();
  test_app_open_window ();
  test_app_wait (is_active, NULL, "the focus");
  test_app_try_it ();
  room = test_app_find_room ("tea");
  test_app_wait (test_app_has_received, "Send me a message", "the greeting");
  test_app_iterate (100);
  g_assert_cmpstr (log->str, ==, "");

  demo_room_mark_read (room);
  test_app_close_window ();
  test_app_send ("in the <b>background</b> &");
  test_app_wait (was_notified, log, "the notification");
  g_assert_true (g_str_has_prefix (log->str, "Still connected|"));

  g_action_group_activate_action (G_ACTION_GROUP (test_app_get_application ()), "show-room",
                                  g_variant_new_string ("tea"));
  test_app_wait (test_app_shows, "^You said: in the <b>background</b> &$", "the message");
  test_app_wait (was_withdrawn, log, "the withdrawal of the notification");
  test_app_disconnect ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gtk/parts/connect", test_connect);
  g_test_add_func ("/gtk/parts/local-server-token", test_local_server_token);
  g_test_add_func ("/gtk/parts/rooms", test_rooms);
  g_test_add_func ("/gtk/parts/composer", test_composer);
  g_test_add_func ("/gtk/parts/accessible-names", test_accessible_names);
  g_test_add_func ("/gtk/parts/dialogs", test_dialogs);
  g_test_add_func ("/gtk/parts/notifications", test_notifications);
  return test_app_run ();
}
