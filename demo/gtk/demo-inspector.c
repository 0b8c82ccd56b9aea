/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-inspector.h"

#include "demo-auto-scroller.h"
#include "demo-frame-row.h"

/* Below this width, the two columns of a frame are stacked. */
#define MIN_WIDTH_SIDE_BY_SIDE 560

struct _DemoInspector
{
  AdwBin parent_instance;
  DemoSession *session;
  GtkStack *stack;
  GtkScrolledWindow *scroller;
  GtkListView *list;
  DemoAutoScroller *auto_scroller;
  GtkOrientation orientation;
  guint idle_id; /* of the pending change of the orientation */
};

enum
{
  PROP_0,
  PROP_ORIENTATION,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DemoInspector, demo_inspector, ADW_TYPE_BIN)

static gboolean
on_idle (gpointer data)
{
  DemoInspector *self = data;
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (self->scroller);
  GtkOrientation orientation = gtk_adjustment_get_page_size (adjustment) < MIN_WIDTH_SIDE_BY_SIDE
                               ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL;

  self->idle_id = 0;
  if (self->orientation != orientation)
    {
      self->orientation = orientation;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ORIENTATION]);
    }
  return G_SOURCE_REMOVE;
}

/* Emitted during size allocation, when a new size cannot be requested. */
static void
on_page_size_changed (DemoInspector *self)
{
  if (self->idle_id == 0)
    self->idle_id = g_idle_add (on_idle, self);
}

static void
on_setup_row (GtkSignalListItemFactory *factory,
              GtkListItem              *item,
              DemoInspector            *self)
{
  GtkWidget *row = g_object_new (DEMO_TYPE_FRAME_ROW, NULL);

  g_object_bind_property (self, "orientation", row, "column-orientation", G_BINDING_SYNC_CREATE);
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_child (item, row);
}

static void
on_bind_row (GtkSignalListItemFactory *factory,
             GtkListItem              *item)
{
  demo_frame_row_set_frame (DEMO_FRAME_ROW (gtk_list_item_get_child (item)),
                            gtk_list_item_get_item (item));
}

static void
on_unbind_row (GtkSignalListItemFactory *factory,
               GtkListItem              *item)
{
  demo_frame_row_set_frame (DEMO_FRAME_ROW (gtk_list_item_get_child (item)), NULL);
}

static void
on_frames_changed (DemoInspector *self)
{
  GListModel *frames = demo_frame_recorder_get_frames (demo_session_get_recorder (self->session));

  gtk_stack_set_visible_child_name (self->stack,
                                    g_list_model_get_n_items (frames) > 0 ? "frames" : "empty");
}

static void
demo_inspector_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  if (prop_id == PROP_ORIENTATION)
    g_value_set_enum (value, DEMO_INSPECTOR (object)->orientation);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
demo_inspector_dispose (GObject *object)
{
  DemoInspector *self = DEMO_INSPECTOR (object);

  g_clear_handle_id (&self->idle_id, g_source_remove);
  g_clear_object (&self->auto_scroller);
  g_clear_object (&self->session);

  G_OBJECT_CLASS (demo_inspector_parent_class)->dispose (object);
}

static void
demo_inspector_class_init (DemoInspectorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = demo_inspector_dispose;
  object_class->get_property = demo_inspector_get_property;

  properties[PROP_ORIENTATION] =
    g_param_spec_enum ("orientation", NULL, NULL, GTK_TYPE_ORIENTATION, GTK_ORIENTATION_HORIZONTAL,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/signal_glib/Demo/demo-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, DemoInspector, stack);
  gtk_widget_class_bind_template_child (widget_class, DemoInspector, scroller);
  gtk_widget_class_bind_template_child (widget_class, DemoInspector, list);
}

static void
demo_inspector_init (DemoInspector *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->auto_scroller = demo_auto_scroller_new (self->scroller);
  g_signal_connect_object (factory, "setup", G_CALLBACK (on_setup_row), self, 0);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind_row), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind_row), NULL);
  gtk_list_view_set_factory (self->list, factory);
  g_signal_connect_object (gtk_scrolled_window_get_hadjustment (self->scroller),
                           "notify::page-size", G_CALLBACK (on_page_size_changed), self,
                           G_CONNECT_SWAPPED);
}

void
demo_inspector_set_session (DemoInspector *self,
                            DemoSession   *session)
{
  GListModel *frames = demo_frame_recorder_get_frames (demo_session_get_recorder (session));
  g_autoptr (GtkNoSelection) selection = gtk_no_selection_new (g_object_ref (frames));

  g_set_object (&self->session, session);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (frames, "items-changed", G_CALLBACK (on_frames_changed), self,
                           G_CONNECT_SWAPPED);
  on_frames_changed (self);
}
