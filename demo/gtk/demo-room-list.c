/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-room-list.h"

#include <glib/gi18n.h>

struct _DemoRoomList
{
  GtkBox parent_instance;
  DemoSession *session;
  GtkListBox *list;
  GtkEditable *name;
  GtkWidget *join;
};

enum
{
  ROOM_CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DemoRoomList, demo_room_list, GTK_TYPE_BOX)

/* The list holds a reference. */
static DemoRoom *
get_room (DemoRoomList *self,
          int           position)
{
  g_autoptr (DemoRoom) room =
    g_list_model_get_item (demo_session_get_rooms (self->session), (guint) position);

  return room;
}

static void
select_room (DemoRoomList *self,
             int           position)
{
  gtk_list_box_select_row (self->list, gtk_list_box_get_row_at_index (self->list, position));
  g_signal_emit (self, signals[ROOM_CHOSEN], 0, get_room (self, position));
}

static void
on_row_activated (DemoRoomList  *self,
                  GtkListBoxRow *row)
{
  select_room (self, gtk_list_box_row_get_index (row));
  gtk_widget_activate_action (GTK_WIDGET (self), "win.forward", NULL);
}

static void
on_name_changed (DemoRoomList *self)
{
  gtk_widget_remove_css_class (GTK_WIDGET (self->name), "error");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->name), NULL);
  gtk_widget_set_sensitive (self->join, *gtk_editable_get_text (self->name) != '\0');
}

static void
on_join (DemoRoomList *self)
{
  g_autofree char *name = g_strstrip (g_strdup (gtk_editable_get_text (self->name)));
  g_autoptr (GError) error = NULL;

  if (*name == '\0')
    return;
  if (!demo_session_join (self->session, name, &error))
    {
      gtk_widget_add_css_class (GTK_WIDGET (self->name), "error");
      gtk_widget_set_tooltip_text (GTK_WIDGET (self->name), error->message);
      g_signal_emit_by_name (self->session, "problem", error);
      return;
    }
  gtk_editable_set_text (self->name, "");
  demo_room_list_select (self, name);
}

static gboolean
unread_to_label (GBinding     *binding,
                 const GValue *from,
                 GValue       *to,
                 gpointer      data)
{
  guint unread = g_value_get_uint (from);

  g_value_take_string (to, unread > 0 ? g_strdup_printf ("%u", unread) : g_strdup (""));
  return TRUE;
}

static void
on_unread (DemoRoom   *room,
           GParamSpec *pspec,
           GtkWidget  *row)
{
  guint unread = demo_room_get_unread (room);
  g_autofree char *text =
    unread > 0 ? g_strdup_printf (ngettext ("%s, %u new message", "%s, %u new messages", unread),
                                  demo_room_get_title (room), unread)
               : g_strdup (demo_room_get_title (room));

  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static GtkWidget *
create_row (gpointer item,
            gpointer data)
{
  DemoRoom *room = item;
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *title = gtk_label_new (demo_room_get_title (room));
  GtkWidget *unread = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_widget_set_valign (unread, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (unread, "demo-badge");
  gtk_widget_add_css_class (unread, "numeric");
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), unread);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  g_object_bind_property_full (room, "unread", unread, "label", G_BINDING_SYNC_CREATE,
                               unread_to_label, NULL, NULL, NULL);
  g_object_bind_property (room, "unread", unread, "visible", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (room, "notify::unread", G_CALLBACK (on_unread), row, 0);
  on_unread (room, NULL, row);
  return row;
}

/* Selects the first room with a name if the selected room was removed. */
static void
on_rooms_changed (DemoRoomList *self)
{
  guint n_rooms = g_list_model_get_n_items (demo_session_get_rooms (self->session));
  DemoRoom *selected = demo_room_list_get_selected (self);

  if (selected == NULL || (demo_room_get_name (selected) == NULL && n_rooms > 1))
    select_room (self, n_rooms > 1 ? 1 : 0);
}

static void
demo_room_list_dispose (GObject *object)
{
  DemoRoomList *self = DEMO_ROOM_LIST (object);

  g_clear_object (&self->session);

  G_OBJECT_CLASS (demo_room_list_parent_class)->dispose (object);
}

static void
demo_room_list_class_init (DemoRoomListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = demo_room_list_dispose;

  signals[ROOM_CHOSEN] =
    g_signal_new ("room-chosen", DEMO_TYPE_ROOM_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, DEMO_TYPE_ROOM);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-room-list.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoRoomList, list);
  gtk_widget_class_bind_template_child (widget_class, DemoRoomList, name);
  gtk_widget_class_bind_template_child (widget_class, DemoRoomList, join);
  gtk_widget_class_bind_template_callback (widget_class, on_row_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_join);
  gtk_widget_class_bind_template_callback (widget_class, on_name_changed);
}

static void
demo_room_list_init (DemoRoomList *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
demo_room_list_set_session (DemoRoomList *self,
                            DemoSession  *session)
{
  g_set_object (&self->session, session);
  gtk_list_box_bind_model (self->list, demo_session_get_rooms (session), create_row, NULL, NULL);
  g_signal_connect_object (demo_session_get_rooms (session), "items-changed",
                           G_CALLBACK (on_rooms_changed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  on_rooms_changed (self);
}

DemoRoom *
demo_room_list_get_selected (DemoRoomList *self)
{
  GtkListBoxRow *row = gtk_list_box_get_selected_row (self->list);

  return row != NULL ? get_room (self, gtk_list_box_row_get_index (row)) : NULL;
}

/* @name can be %NULL for the room without a name. */
void
demo_room_list_select (DemoRoomList *self,
                       const char   *name)
{
  GListModel *rooms = demo_session_get_rooms (self->session);

  for (guint i = 0; i < g_list_model_get_n_items (rooms); i++)
    {
      if (g_strcmp0 (demo_room_get_name (get_room (self, (int) i)), name) == 0)
        select_room (self, (int) i);
    }
  gtk_widget_activate_action (GTK_WIDGET (self), "win.forward", NULL);
}
