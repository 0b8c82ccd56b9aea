/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-message.h"

#include <string.h>

#include <glib/gi18n.h>

#include "demo/tour/tour-json.h"
#include "demo-text.h"

/* A room name has at most 256 characters. */
#define MAX_ROOM_BYTES (256 * 6)

struct _DemoMessage
{
  GObject parent_instance;
  char *room;
  char *author;
  char *text;
  char *time;
  gboolean outgoing;
  gboolean encrypted;
};

G_DEFINE_FINAL_TYPE (DemoMessage, demo_message, G_TYPE_OBJECT)

static void
demo_message_finalize (GObject *object)
{
  DemoMessage *self = DEMO_MESSAGE (object);

  g_free (self->room);
  g_free (self->author);
  g_free (self->text);
  g_free (self->time);

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

  self->time = g_date_time_format (now, "%X");
}

/* Returns the event, and as much of @json as is shown. */
static char *
compose_text (const char *event,
              const char *json)
{
  g_autofree char *name = demo_text_sanitize_line (event);
  g_autofree char *isolated = demo_text_isolate (name);
  g_autofree char *text = demo_text_sanitize (json != NULL ? json : "");

  return g_strchomp (g_strdup_printf ("%s %s", isolated, text));
}

/* @json is the payload, or %NULL. If it has a "text" member, that is shown; otherwise, and if it is
 * too large to be parsed, the beginning of the JSON is shown. */
DemoMessage *
demo_message_new (const char *event,
                  const char *json,
                  gboolean    outgoing,
                  gboolean    encrypted)
{
  DemoMessage *self = g_object_new (DEMO_TYPE_MESSAGE, NULL);
  g_autoptr (JsonNode) payload = json != NULL ? tour_json_parse (json) : NULL;
  g_autofree char *author = tour_json_dup_string (payload, "from");
  g_autofree char *text = tour_json_dup_string (payload, "text");

  self->outgoing = outgoing;
  self->encrypted = encrypted;
  self->room = tour_json_dup_string (payload, "room");
  if (self->room != NULL && strlen (self->room) > MAX_ROOM_BYTES)
    g_clear_pointer (&self->room, g_free);
  self->text = text != NULL ? demo_text_sanitize (text) : compose_text (event, json);
  if (outgoing)
    self->author = g_strdup (_("You"));
  else
    self->author = author != NULL ? demo_text_sanitize_line (author)
                                  : g_strdup (_("Unknown sender"));
  return self;
}

/* Returns the room in the payload, or %NULL. */
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
demo_message_get_time (DemoMessage *self)
{
  return self->time;
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
