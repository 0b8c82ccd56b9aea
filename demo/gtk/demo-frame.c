/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-frame.h"

#include "demo/tour/tour-json.h"
#include "demo-text.h"

#define TAG_LENGTH 16
#define PLACEHOLDER "••••••••"

struct _DemoFrame
{
  GObject parent_instance;
  gboolean from_client;
  guint connection_id;
  guint64 size;
  gboolean unparsed;
  gsize plaintext_length; /* in bytes; 0 if the frame is not encrypted */
  char *text;
  char *time;
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
  g_free (self->time);
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

  self->time = g_date_time_format (now, "%X");
}

static gsize
get_plaintext_length (JsonNode *data)
{
  g_autofree char *ciphertext = tour_json_dup_string (data, "ct");
  gsize length = 0;
  g_autofree guchar *bytes = NULL;

  if (ciphertext != NULL)
    bytes = g_base64_decode (ciphertext, &length);
  return length > TAG_LENGTH ? length - TAG_LENGTH : 0;
}

/* Tokens are not shown on the screen. */
static char *
redact_token (JsonNode *root,
              JsonNode *data)
{
  if (data == NULL)
    return g_strdup (PLACEHOLDER);
  json_object_set_string_member (json_node_get_object (data), "token", PLACEHOLDER);
  return json_to_string (root, FALSE);
}

/* Large and deeply nested frames are not parsed, as they can come from any peer. Those of a client
 * can contain a token, so they are not shown. */
static void
parse_envelope (DemoFrame       *self,
                const TourFrame *frame)
{
  g_autoptr (JsonNode) root =
    frame->n_payload == frame->length ? tour_json_parse (frame->payload) : NULL;
  JsonNode *data = tour_json_get_object (root, "data");
  g_autofree char *event = tour_json_dup_string (root, "event");
  g_autofree char *redacted = NULL;

  self->unparsed = root == NULL;
  if (g_strcmp0 (event, "encrypted") == 0)
    self->plaintext_length = get_plaintext_length (data);
  else if (frame->from_client && (root == NULL || g_strcmp0 (event, "authenticate") == 0))
    redacted = redact_token (root, data);
  self->text = demo_text_sanitize (redacted != NULL ? redacted : frame->payload);
}

DemoFrame *
demo_frame_new (const TourFrame *frame)
{
  DemoFrame *self = g_object_new (DEMO_TYPE_FRAME, NULL);

  self->from_client = frame->from_client;
  self->connection_id = frame->connection_id;
  self->size = frame->length;
  parse_envelope (self, frame);
  return self;
}

/* Whether the frame was not parsed, because it is not JSON or too large. */
gboolean
demo_frame_is_unparsed (DemoFrame *self)
{
  return self->unparsed;
}

gboolean
demo_frame_is_encrypted (DemoFrame *self)
{
  return self->plaintext_length > 0;
}

gboolean
demo_frame_is_from_client (DemoFrame *self)
{
  return self->from_client;
}

/* Returns the number of the connection, which starts at 1 and grows with every reconnect. */
guint
demo_frame_get_connection_id (DemoFrame *self)
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
demo_frame_get_time (DemoFrame *self)
{
  return self->time;
}

/* Whether the plaintext has @length bytes. Encryption does not change the length. */
gboolean
demo_frame_has_plaintext_length (DemoFrame *self,
                                 gsize      length)
{
  return self->plaintext_length == length;
}

/* Whether the plaintext has at least @length bytes, as an envelope can have other members. */
gboolean
demo_frame_fits_plaintext_length (DemoFrame *self,
                                  gsize      length)
{
  return self->plaintext_length >= length;
}

const char *
demo_frame_get_plaintext (DemoFrame *self)
{
  return self->plaintext;
}

/* @plaintext must have been sanitized. */
void
demo_frame_set_plaintext (DemoFrame  *self,
                          const char *plaintext)
{
  g_free (self->plaintext);
  self->plaintext = g_strdup (plaintext);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PLAINTEXT]);
}
