/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-conversation.h"

#include <glib/gi18n.h>

#include "demo-auto-scroller.h"
#include "demo-message-row.h"

struct _DemoConversation
{
  GtkBox parent_instance;
  DemoSession *session;
  DemoRoom *room;
  DemoAutoScroller *auto_scroller;
  GtkWidget *back;
  GtkLabel *title;
  GtkWidget *leave;
  GtkStack *stack;
  GtkScrolledWindow *scroller;
  GtkListView *list;
  GtkEditable *event;
  GtkToggleButton *as_json;
  GtkEditable *text;
  GtkWidget *send;
  GtkLabel *error_label;
};

enum
{
  PROP_0,
  PROP_FOLDED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DemoConversation, demo_conversation, GTK_TYPE_BOX)

static void
set_error (DemoConversation *self,
           const char       *text)
{
  gtk_label_set_text (self->error_label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), text != NULL);
  if (text != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->text), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->text), "error");
}

static void
update_composer (DemoConversation *self)
{
  gboolean active = self->session != NULL && demo_session_is_active (self->session);

  gtk_widget_set_sensitive (self->send, active && *gtk_editable_get_text (self->text) != '\0');
}

static void
on_changed (DemoConversation *self)
{
  set_error (self, NULL);
  update_composer (self);
}

static void
on_as_json (DemoConversation *self)
{
  gboolean as_json = gtk_toggle_button_get_active (self->as_json);
  const char *placeholder = as_json ? _("JSON, for example {\"cups\": 2}") : _("Write a message");

  gtk_entry_set_placeholder_text (GTK_ENTRY (self->text), placeholder);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->text), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  placeholder, -1);
  on_changed (self);
}

static void
on_send (DemoConversation *self)
{
  const char *text = gtk_editable_get_text (self->text);
  g_autoptr (GError) error = NULL;
  gboolean sent;

  if (*text == '\0' || self->room == NULL)
    return;
  if (gtk_toggle_button_get_active (self->as_json))
    sent = demo_session_send_json (self->session, self->room, gtk_editable_get_text (self->event),
                                   text, &error);
  else
    sent = demo_session_send_text (self->session, self->room, text, &error);
  if (sent)
    gtk_editable_set_text (self->text, "");
  else
    set_error (self, error->message);
}

static void
on_leave (DemoConversation *self)
{
  demo_session_leave (self->session, self->room);
}

static void
on_messages_changed (DemoConversation *self)
{
  gboolean empty = g_list_model_get_n_items (demo_room_get_messages (self->room)) == 0;

  gtk_stack_set_visible_child_name (self->stack, empty ? "empty" : "messages");
}

static void
on_setup_row (GtkSignalListItemFactory *factory,
              GtkListItem              *item)
{
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_child (item, g_object_new (DEMO_TYPE_MESSAGE_ROW, NULL));
}

static void
on_bind_row (GtkSignalListItemFactory *factory,
             GtkListItem              *item)
{
  demo_message_row_set_message (DEMO_MESSAGE_ROW (gtk_list_item_get_child (item)),
                                gtk_list_item_get_item (item));
}

static void
demo_conversation_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  if (prop_id == PROP_FOLDED)
    gtk_widget_set_visible (DEMO_CONVERSATION (object)->back, g_value_get_boolean (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
demo_conversation_dispose (GObject *object)
{
  DemoConversation *self = DEMO_CONVERSATION (object);

  g_clear_object (&self->auto_scroller);
  g_clear_object (&self->room);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (demo_conversation_parent_class)->dispose (object);
}

static void
demo_conversation_class_init (DemoConversationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = demo_conversation_dispose;
  object_class->set_property = demo_conversation_set_property;

  /* DemoConversation:folded: whether the list of rooms is on another page. */
  properties[PROP_FOLDED] = g_param_spec_boolean ("folded", NULL, NULL, FALSE,
                                                  G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/signal_glib/Demo/demo-conversation.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, back);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, title);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, leave);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, stack);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, scroller);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, list);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, event);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, as_json);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, text);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, send);
  gtk_widget_class_bind_template_child (widget_class, DemoConversation, error_label);
  gtk_widget_class_bind_template_callback (widget_class, on_leave);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_as_json);
  gtk_widget_class_bind_template_callback (widget_class, on_send);
}

static void
demo_conversation_init (DemoConversation *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->auto_scroller = demo_auto_scroller_new (self->scroller);
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup_row), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind_row), NULL);
  gtk_list_view_set_factory (self->list, factory);
  on_as_json (self);
}

void
demo_conversation_set_session (DemoConversation *self,
                               DemoSession      *session)
{
  g_set_object (&self->session, session);
  g_signal_connect_object (demo_session_get_client (session), "notify::state",
                           G_CALLBACK (update_composer), self, G_CONNECT_SWAPPED);
  update_composer (self);
}

void
demo_conversation_set_room (DemoConversation *self,
                            DemoRoom         *room)
{
  GListModel *messages = demo_room_get_messages (room);
  g_autoptr (GtkNoSelection) selection = gtk_no_selection_new (g_object_ref (messages));

  if (self->room != NULL)
    g_signal_handlers_disconnect_by_func (demo_room_get_messages (self->room), on_messages_changed,
                                          self);
  g_set_object (&self->room, room);
  gtk_label_set_text (self->title, demo_room_get_title (room));
  gtk_widget_set_visible (self->leave, demo_room_get_name (room) != NULL);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (messages, "items-changed", G_CALLBACK (on_messages_changed), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  on_messages_changed (self);
  demo_auto_scroller_scroll_to_end (self->auto_scroller);
}
