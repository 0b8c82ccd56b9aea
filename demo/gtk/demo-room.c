/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-room.h"

#include <glib/gi18n.h>

struct _DemoRoom
{
  GObject parent_instance;
  char *name;
  GListStore *messages;
  guint unread;
};

enum
{
  PROP_0,
  PROP_UNREAD,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DemoRoom, demo_room, G_TYPE_OBJECT)

static void
demo_room_finalize (GObject *object)
{
  DemoRoom *self = DEMO_ROOM (object);

  g_free (self->name);
  g_object_unref (self->messages);

  G_OBJECT_CLASS (demo_room_parent_class)->finalize (object);
}

static void
demo_room_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  if (prop_id == PROP_UNREAD)
    g_value_set_uint (value, DEMO_ROOM (object)->unread);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
demo_room_class_init (DemoRoomClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = demo_room_finalize;
  object_class->get_property = demo_room_get_property;

  properties[PROP_UNREAD] =
    g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
demo_room_init (DemoRoom *self)
{
  self->messages = g_list_store_new (DEMO_TYPE_MESSAGE);
}

DemoRoom *
demo_room_new (const char *name)
{
  DemoRoom *self = g_object_new (DEMO_TYPE_ROOM, NULL);

  self->name = g_strdup (name);
  return self;
}

const char *
demo_room_get_name (DemoRoom *self)
{
  return self->name;
}

const char *
demo_room_get_title (DemoRoom *self)
{
  return self->name != NULL ? self->name : _("Other Messages");
}

GListModel *
demo_room_get_messages (DemoRoom *self)
{
  return G_LIST_MODEL (self->messages);
}

guint
demo_room_get_unread (DemoRoom *self)
{
  return self->unread;
}

static void
set_unread (DemoRoom *self,
            guint     unread)
{
  if (self->unread == unread)
    return;
  self->unread = unread;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNREAD]);
}

/* Adds @message, and removes the oldest messages if there are more than @limit. */
void
demo_room_add (DemoRoom    *self,
               DemoMessage *message,
               guint        limit)
{
  guint n_messages;

  g_list_store_append (self->messages, message);
  n_messages = g_list_model_get_n_items (G_LIST_MODEL (self->messages));
  if (n_messages > limit)
    g_list_store_splice (self->messages, 0, n_messages - limit, NULL, 0);
  if (!demo_message_is_outgoing (message))
    set_unread (self, self->unread + 1);
}

void
demo_room_mark_read (DemoRoom *self)
{
  set_unread (self, 0);
}
