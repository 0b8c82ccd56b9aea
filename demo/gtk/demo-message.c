/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-message.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

#include "demo-text.h"

struct _DemoMessage
{
  GObject parent_instance;
  char *event;
  char *room;
  char *author;
  char *text;
  char *clock;
  gboolean outgoing;
  gboolean encrypted;
};

G_DEFINE_FINAL_TYPE (DemoMessage, demo_message, G_TYPE_OBJECT)

static void
demo_message_finalize (GObject *object)
{
  DemoMessage *self = DEMO_MESSAGE (object);

  g_free (self->event);
  g_free (self->room);
  g_free (self->author);
  g_free (self->text);
  g_free (self->clock);

  G_OBJECT_CLASS (demo_message_parent_class)->finalize (object);
}

static void
demo_message_class_init (DemoMessageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = demo_message_finalize;
}

static void
demo_message_init (DemoMessage *self)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  self->clock = g_date_time_format (now, "%X");
}

static char *
dup_member (JsonObject *object,
            const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_dup_string (node);
}

/* @json: the payload, or NULL for none. One with a text shows that; of any other all is shown. */
DemoMessage *
demo_message_new (const char *event,
                  const char *json,
                  gboolean    outgoing,
                  gboolean    encrypted)
{
  DemoMessage *self = g_object_new (DEMO_TYPE_MESSAGE, NULL);
  g_autoptr (JsonNode) payload = json != NULL ? json_from_string (json, NULL) : NULL;
  g_autofree char *text = NULL;

  self->event = g_strdup (event);
  self->outgoing = outgoing;
  self->encrypted = encrypted;
  if (payload != NULL && JSON_NODE_HOLDS_OBJECT (payload))
    {
      JsonObject *object = json_node_get_object (payload);

      self->room = dup_member (object, "room");
      self->author = dup_member (object, "from");
      text = dup_member (object, "text");
    }
  if (text == NULL)
    text = json != NULL ? g_strdup_printf ("%s %s", event, json) : g_strdup (event);
  self->text = demo_text_shorten (text);
  if (outgoing || self->author == NULL)
    {
      g_free (self->author);
      self->author = g_strdup (outgoing ? _("You") : _("Somebody"));
    }
  return self;
}

const char *
demo_message_get_event (DemoMessage *self)
{
  return self->event;
}

/* The room that the payload names, or NULL. */
const char *
demo_message_get_room (DemoMessage *self)
{
  return self->room;
}

const char *
demo_message_get_author (DemoMessage *self)
{
  return self->author;
}

const char *
demo_message_get_text (DemoMessage *self)
{
  return self->text;
}

const char *
demo_message_get_clock (DemoMessage *self)
{
  return self->clock;
}

gboolean
demo_message_is_outgoing (DemoMessage *self)
{
  return self->outgoing;
}

gboolean
demo_message_is_encrypted (DemoMessage *self)
{
  return self->encrypted;
}
