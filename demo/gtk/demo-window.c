/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-window.h"

#include "demo-connection-page.h"
#include "demo-conversation.h"
#include "demo-error-bar.h"
#include "demo-error.h"
#include "demo-inspector.h"
#include "demo-room-list.h"
#include "demo-status-bar.h"
#include "demo-text.h"

struct _DemoWindow
{
  AdwApplicationWindow parent_instance;
  DemoSession *session;
  guint idle_id; /* of the pending update of the switcher bar */
  AdwToastOverlay *toasts;
  AdwToast *toast; /* while it is shown */
  DemoErrorBar *error_bar;
  AdwViewSwitcherTitle *switcher_title;
  AdwViewSwitcherBar *switcher_bar;
  AdwViewStack *stack;
  AdwViewStackPage *messages_page;
  DemoConnectionPage *connection_page;
  AdwLeaflet *leaflet;
  DemoRoomList *room_list;
  DemoConversation *conversation;
  DemoInspector *inspector;
  DemoStatusBar *status_bar;
};

G_DEFINE_FINAL_TYPE (DemoWindow, demo_window, ADW_TYPE_APPLICATION_WINDOW)

static gboolean
is_room_visible (DemoWindow *self,
                 DemoRoom   *room)
{
  return gtk_window_is_active (GTK_WINDOW (self))
         && g_strcmp0 (adw_view_stack_get_visible_child_name (self->stack), "messages") == 0
         && demo_room_list_get_selected (self->room_list) == room;
}

/* Marks the visible room as read, and shows the number of other unread messages. */
static void
update_unread (DemoWindow *self)
{
  GListModel *rooms = demo_session_get_rooms (self->session);
  guint unread = 0;

  for (guint i = 0; i < g_list_model_get_n_items (rooms); i++)
    {
      g_autoptr (DemoRoom) room = g_list_model_get_item (rooms, i);

      if (is_room_visible (self, room))
        demo_room_mark_read (room);
      unread += demo_room_get_unread (room);
    }
  adw_view_stack_page_set_badge_number (self->messages_page, unread);
}

static void
on_room_chosen (DemoRoomList *list,
                DemoRoom     *room,
                DemoWindow   *self)
{
  demo_conversation_set_room (self->conversation, room);
  update_unread (self);
}

static void
on_toast_dismissed (DemoWindow *self)
{
  self->toast = NULL;
}

/* A server can send many errors, so there is a single toast, with the last one. Its title is
 * markup. */
static void
show_toast (DemoWindow *self,
            const char *text)
{
  g_autofree char *line = demo_text_sanitize_line (text);
  g_autofree char *title = g_markup_escape_text (line, -1);

  if (self->toast != NULL)
    {
      adw_toast_set_title (self->toast, title);
      return;
    }
  self->toast = adw_toast_new (title);
  g_signal_connect_object (self->toast, "dismissed", G_CALLBACK (on_toast_dismissed), self,
                           G_CONNECT_SWAPPED);
  adw_toast_overlay_add_toast (self->toasts, self->toast);
}

static void
on_problem (DemoSession  *session,
            const GError *error,
            DemoWindow   *self)
{
  if (demo_error_is_transient (error))
    show_toast (self, error->message);
  else
    demo_error_bar_show (self->error_bar, error);
}

static void
on_connected (DemoWindow *self)
{
  demo_error_bar_hide (self->error_bar);
}

static gboolean
on_idle (gpointer data)
{
  DemoWindow *self = data;

  self->idle_id = 0;
  adw_view_switcher_bar_set_reveal (
    self->switcher_bar, adw_view_switcher_title_get_title_visible (self->switcher_title));
  return G_SOURCE_REMOVE;
}

/* Emitted during size allocation, when a new size cannot be requested. */
static void
on_title_visible (DemoWindow *self)
{
  if (self->idle_id == 0)
    self->idle_id = g_idle_add (on_idle, self);
}

static void
on_back (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       data)
{
  adw_leaflet_navigate (DEMO_WINDOW (data)->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
}

static void
on_forward (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       data)
{
  adw_leaflet_navigate (DEMO_WINDOW (data)->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
}

static void
on_show_page (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       data)
{
  adw_view_stack_set_visible_child_name (DEMO_WINDOW (data)->stack,
                                         g_variant_get_string (parameter, NULL));
}

static void
on_close (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       data)
{
  gtk_window_close (data);
}

static void
demo_window_dispose (GObject *object)
{
  g_clear_handle_id (&DEMO_WINDOW (object)->idle_id, g_source_remove);
  g_clear_object (&DEMO_WINDOW (object)->session);

  G_OBJECT_CLASS (demo_window_parent_class)->dispose (object);
}

static void
demo_window_class_init (DemoWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = demo_window_dispose;

  g_type_ensure (DEMO_TYPE_CONNECTION_PAGE);
  g_type_ensure (DEMO_TYPE_CONVERSATION);
  g_type_ensure (DEMO_TYPE_ERROR_BAR);
  g_type_ensure (DEMO_TYPE_INSPECTOR);
  g_type_ensure (DEMO_TYPE_ROOM_LIST);
  g_type_ensure (DEMO_TYPE_STATUS_BAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-window.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, error_bar);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, switcher_title);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, switcher_bar);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, stack);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, messages_page);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, connection_page);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, leaflet);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, room_list);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, conversation);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, inspector);
  gtk_widget_class_bind_template_child (widget_class, DemoWindow, status_bar);
}

static void
demo_window_init (DemoWindow *self)
{
  static const GActionEntry entries[] = {
    { .name = "back", .activate = on_back },
    { .name = "forward", .activate = on_forward },
    { .name = "show-page", .activate = on_show_page, .parameter_type = "s" },
    { .name = "close", .activate = on_close },
  };

  gtk_widget_init_template (GTK_WIDGET (self));
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}

/* Shows the current error, if any, in a new window. */
static void
sync_state (DemoWindow *self)
{
  SignalClient *client = demo_session_get_client (self->session);

  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_RECONNECTING)
    on_problem (self->session, signal_client_get_last_error (client), self);
  on_title_visible (self);
  update_unread (self);
}

DemoWindow *
demo_window_new (GtkApplication *application,
                 DemoSession    *session)
{
  DemoWindow *self = g_object_new (DEMO_TYPE_WINDOW, "application", application, NULL);

  self->session = g_object_ref (session);
  demo_connection_page_set_session (self->connection_page, session);
  demo_conversation_set_session (self->conversation, session);
  demo_inspector_set_session (self->inspector, session);
  demo_status_bar_set_status (self->status_bar, demo_session_get_status (session));
  g_signal_connect_object (self->room_list, "room-chosen", G_CALLBACK (on_room_chosen), self, 0);
  demo_room_list_set_session (self->room_list, session);
  g_object_bind_property (self->leaflet, "folded", self->conversation, "folded",
                          G_BINDING_SYNC_CREATE);

  g_signal_connect_object (session, "problem", G_CALLBACK (on_problem), self, 0);
  g_signal_connect_object (session, "message", G_CALLBACK (update_unread), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (demo_session_get_client (session), "connected",
                           G_CALLBACK (on_connected), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->stack, "notify::visible-child", G_CALLBACK (update_unread), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::is-active", G_CALLBACK (update_unread), NULL);
  g_signal_connect_object (self->switcher_title, "notify::title-visible",
                           G_CALLBACK (on_title_visible), self, G_CONNECT_SWAPPED);
  sync_state (self);
  return self;
}

/* Shows the messages of the room @name, or those without a room if it is empty. */
void
demo_window_show_room (DemoWindow *self,
                       const char *name)
{
  adw_view_stack_set_visible_child_name (self->stack, "messages");
  demo_room_list_select (self->room_list, *name != '\0' ? name : NULL);
}
