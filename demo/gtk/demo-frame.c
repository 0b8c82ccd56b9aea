/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-frame.h"

#include "demo/tour/tour-json.h"
#include "demo-text.h"

#define TAG_BYTES 16
#define HIDDEN "••••••••"

struct _DemoFrame
{
  GObject parent_instance;
  gboolean from_client;
  guint connection_id;
  guint64 size;
  gboolean unread;
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
count_plaintext (JsonNode *data)
{
  g_autofree char *ciphertext = tour_json_dup_string (data, "ct");
  gsize length = 0;
  g_autofree guchar *bytes = NULL;

  if (ciphertext != NULL)
    bytes = g_base64_decode (ciphertext, &length);
  return length > TAG_BYTES ? length - TAG_BYTES : 0;
}

/* The token is on the wire; it need not be on the screen. */
static char *
hide_token (JsonNode *root,
            JsonNode *data)
{
  if (data == NULL)
    return g_strdup (HIDDEN);
  json_object_set_string_member (json_node_get_object (data), "token", HIDDEN);
  return json_to_string (root, FALSE);
}

/* No tree is made of a frame that is large or deep, which may come from anybody. If it is a
 * client's, a token may be in it. */
static void
read_envelope (DemoFrame       *self,
               const TourFrame *frame)
{
  g_autoptr (JsonNode) root =
    frame->n_payload == frame->length ? tour_json_parse (frame->payload) : NULL;
  JsonNode *data = tour_json_get_object (root, "data");
  g_autofree char *event = tour_json_dup_string (root, "event");
  g_autofree char *hidden = NULL;

  self->unread = root == NULL;
  if (g_strcmp0 (event, "encrypted") == 0)
    self->n_encrypted = count_plaintext (data);
  else if (frame->from_client && (root == NULL || g_strcmp0 (event, "authenticate") == 0))
    hidden = hide_token (root, data);
  self->text = demo_text_shorten (hidden != NULL ? hidden : frame->payload);
}

DemoFrame *
demo_frame_new (const TourFrame *frame)
{
  DemoFrame *self = g_object_new (DEMO_TYPE_FRAME, NULL);

  self->from_client = frame->from_client;
  self->connection_id = frame->connection_id;
  self->size = frame->length;
  read_envelope (self, frame);
  return self;
}

/* Whether it is not known what is in it, because it is no JSON or too much of it. */
gboolean
demo_frame_is_unread (DemoFrame *self)
{
  return self->unread;
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
  return self->connection_id;
}

guint64
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

/* Whether a plaintext of @length bytes fits: encryption keeps the length. */
gboolean
demo_frame_holds (DemoFrame *self,
                  gsize      length)
{
  return self->n_encrypted == length;
}

/* The same, if there may be more in it than is told of. */
gboolean
demo_frame_may_hold (DemoFrame *self,
                     gsize      length)
{
  return self->n_encrypted >= length;
}

const char *
demo_frame_get_plaintext (DemoFrame *self)
{
  return self->plaintext;
}

/* @plaintext was made fit to be shown. */
void
demo_frame_set_plaintext (DemoFrame  *self,
                          const char *plaintext)
{
  g_free (self->plaintext);
  self->plaintext = g_strdup (plaintext);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PLAINTEXT]);
}
