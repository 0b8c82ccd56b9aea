/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-frame.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "demo-text.h"

#define TAG_BYTES 16
#define HIDDEN "••••••••"

struct _DemoFrame
{
  GObject parent_instance;
  gboolean from_client;
  guint link;
  gsize size;
  gsize n_encrypted; /* bytes of plaintext under the encryption; 0: it is in the clear */
  char *text;
  char *clock;
  char *plaintext;
};

enum
{
  PROP_0,
  PROP_PLAINTEXT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (DemoFrame, demo_frame, G_TYPE_OBJECT)

static void
demo_frame_finalize (GObject *object)
{
  DemoFrame *self = DEMO_FRAME (object);

  g_free (self->text);
  g_free (self->clock);
  g_free (self->plaintext);

  G_OBJECT_CLASS (demo_frame_parent_class)->finalize (object);
}

static void
demo_frame_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  if (prop_id == PROP_PLAINTEXT)
    g_value_set_string (value, DEMO_FRAME (object)->plaintext);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
demo_frame_class_init (DemoFrameClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = demo_frame_finalize;
  object_class->get_property = demo_frame_get_property;

  properties[PROP_PLAINTEXT] =
    g_param_spec_string ("plaintext", NULL, NULL, NULL,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
demo_frame_init (DemoFrame *self)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  self->clock = g_date_time_format (now, "%X");
}

static gsize
count_plaintext (JsonObject *data)
{
  const char *ciphertext = json_object_get_string_member_with_default (data, "ct", "");
  gsize length = 0;
  g_autofree guchar *bytes = g_base64_decode (ciphertext, &length);

  return length > TAG_BYTES ? length - TAG_BYTES : 0;
}

/* The token is on the wire; it need not be on the screen. */
static char *
hide_token (const char *text,
            JsonObject *data)
{
  const char *token = json_object_get_string_member_with_default (data, "token", "");
  g_auto (GStrv) parts = *token != '\0' ? g_strsplit (text, token, -1) : NULL;

  return parts != NULL ? g_strjoinv (HIDDEN, parts) : g_strdup (text);
}

static void
read_envelope (DemoFrame  *self,
               const char *text)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  g_autofree char *hidden = NULL;
  JsonNode *data = NULL;

  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    data = json_object_get_member (json_node_get_object (root), "data");
  if (data != NULL && JSON_NODE_HOLDS_OBJECT (data))
    {
      const char *event =
        json_object_get_string_member_with_default (json_node_get_object (root), "event", "");

      if (g_str_equal (event, "encrypted"))
        self->n_encrypted = count_plaintext (json_node_get_object (data));
      else if (g_str_equal (event, "authenticate"))
        hidden = hide_token (text, json_node_get_object (data));
    }
  self->text = demo_text_shorten (hidden != NULL ? hidden : text);
}

DemoFrame *
demo_frame_new (const TourFrame *frame)
{
  DemoFrame *self = g_object_new (DEMO_TYPE_FRAME, NULL);

  self->from_client = frame->from_client;
  self->link = frame->link;
  self->size = frame->length;
  read_envelope (self, frame->text);
  return self;
}

gboolean
demo_frame_is_encrypted (DemoFrame *self)
{
  return self->n_encrypted > 0;
}

gboolean
demo_frame_is_from_client (DemoFrame *self)
{
  return self->from_client;
}

/* Which connection, from 1: every reconnect is a new one. */
guint
demo_frame_get_link (DemoFrame *self)
{
  return self->link;
}

gsize
demo_frame_get_size (DemoFrame *self)
{
  return self->size;
}

const char *
demo_frame_get_text (DemoFrame *self)
{
  return self->text;
}

const char *
demo_frame_get_clock (DemoFrame *self)
{
  return self->clock;
}

/* Encryption keeps the length. A server may put more into its messages than is told of. */
gboolean
demo_frame_may_hold (DemoFrame  *self,
                     const char *plaintext)
{
  gsize length = strlen (plaintext);

  return self->from_client ? self->n_encrypted == length : self->n_encrypted >= length;
}

const char *
demo_frame_get_plaintext (DemoFrame *self)
{
  return self->plaintext;
}

void
demo_frame_set_plaintext (DemoFrame  *self,
                          const char *plaintext)
{
  g_free (self->plaintext);
  self->plaintext = demo_text_shorten (plaintext);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PLAINTEXT]);
}
