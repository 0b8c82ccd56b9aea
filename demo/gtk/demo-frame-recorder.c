/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-frame-recorder.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "demo/tour/tour-relay.h"
#include "demo-text.h"

#define MAX_FRAMES 200
#define MAX_PENDING 1000
#define OPCODE_TEXT 1
#define OPCODE_CLOSE 8

struct _DemoFrameRecorder
{
  GObject parent_instance;
  TourRelay *relay;
  guint16 port;     /* where the relay listens */
  guint16 upstream; /* where the server listens, or 0 */
  gboolean recording;
  GListStore *frames;
  GQueue sent;      /* of Plaintext, whose frames have not been relayed yet */
  GQueue received;  /* of DemoFrame, whose plaintexts have not been added yet */
};

/* The part of a message that is needed to match it with a frame and to show it. */
typedef struct
{
  gsize length;
  char *text;
} Plaintext;

G_DEFINE_FINAL_TYPE (DemoFrameRecorder, demo_frame_recorder, G_TYPE_OBJECT)

static void
plaintext_free (gpointer data)
{
  Plaintext *self = data;

  g_free (self->text);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Plaintext, plaintext_free)

static void
clear_pending (DemoFrameRecorder *self)
{
  g_queue_clear_full (&self->sent, plaintext_free);
  g_queue_clear_full (&self->received, g_object_unref);
}

static void
demo_frame_recorder_finalize (GObject *object)
{
  DemoFrameRecorder *self = DEMO_FRAME_RECORDER (object);

  g_clear_pointer (&self->relay, tour_relay_free);
  clear_pending (self);
  g_object_unref (self->frames);

  G_OBJECT_CLASS (demo_frame_recorder_parent_class)->finalize (object);
}

static void
demo_frame_recorder_class_init (DemoFrameRecorderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = demo_frame_recorder_finalize;
}

static void
demo_frame_recorder_init (DemoFrameRecorder *self)
{
  self->frames = g_list_store_new (DEMO_TYPE_FRAME);
  g_queue_init (&self->sent);
  g_queue_init (&self->received);
}

DemoFrameRecorder *
demo_frame_recorder_new (void)
{
  return g_object_new (DEMO_TYPE_FRAME_RECORDER, NULL);
}

/* Pops @found, and drops the older elements before it, which can no longer be matched. */
static gpointer
pop_until (GQueue         *queue,
           GList          *found,
           GDestroyNotify  free_func)
{
  while (g_queue_peek_head_link (queue) != found)
    free_func (g_queue_pop_head (queue));
  return g_queue_pop_head (queue);
}

/* Messages that were lost with a connection have no frame, so the lengths are compared. */
static void
match_plaintext (DemoFrameRecorder *self,
                 DemoFrame         *frame)
{
  for (GList *each = self->sent.head; each != NULL; each = each->next)
    {
      if (demo_frame_has_plaintext_length (frame, ((Plaintext *) each->data)->length))
        {
          g_autoptr (Plaintext) plaintext = pop_until (&self->sent, each, plaintext_free);

          demo_frame_set_plaintext (frame, plaintext->text);
          return;
        }
    }
}

static void
on_frame (const TourFrame *tour_frame,
          gpointer         data)
{
  DemoFrameRecorder *self = data;
  g_autoptr (DemoFrame) frame = NULL;
  guint n_frames;

  if (tour_frame->opcode == OPCODE_CLOSE)
    g_queue_clear_full (&self->received, g_object_unref);
  if (tour_frame->opcode != OPCODE_TEXT)
    return;
  frame = demo_frame_new (tour_frame);
  if (demo_frame_is_encrypted (frame))
    {
      if (demo_frame_is_from_client (frame))
        match_plaintext (self, frame);
      else
        g_queue_push_tail (&self->received, g_object_ref (frame));
      if (g_queue_get_length (&self->received) > MAX_PENDING)
        g_object_unref (g_queue_pop_head (&self->received));
    }
  g_list_store_append (self->frames, frame);
  n_frames = g_list_model_get_n_items (G_LIST_MODEL (self->frames));
  if (n_frames > MAX_FRAMES)
    g_list_store_splice (self->frames, 0, n_frames - MAX_FRAMES, NULL, 0);
}

static gboolean
can_relay (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  /* The relay cannot decrypt TLS. */
  return g_str_equal (g_uri_get_scheme (uri), "ws")
         && (g_strcmp0 (host, "127.0.0.1") == 0 || g_strcmp0 (host, "localhost") == 0);
}

/* Returns the URL to connect to instead of @url in order to record its frames, or a copy of @url if
 * they cannot be recorded. */
char *
demo_frame_recorder_relay (DemoFrameRecorder  *self,
                           const char         *url,
                           GError            **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GUri) relayed = NULL;

  clear_pending (self);
  g_list_store_remove_all (self->frames);
  self->recording = uri != NULL && can_relay (uri);
  if (!self->recording)
    return g_strdup (url);
  if (self->relay == NULL)
    self->relay = tour_relay_new (on_frame, self, &self->port, error);
  if (self->relay == NULL)
    return NULL;
  self->upstream = g_uri_get_port (uri) > 0 ? (guint16) g_uri_get_port (uri) : 80;
  tour_relay_set_upstream (self->relay, self->upstream);
  relayed = g_uri_build (G_URI_FLAGS_ENCODED, "ws", NULL, "127.0.0.1", self->port,
                         g_uri_get_path (uri), g_uri_get_query (uri), NULL);
  return g_uri_to_string (relayed);
}

/* While it is blocked, the relay rejects new connections. */
void
demo_frame_recorder_set_blocked (DemoFrameRecorder *self,
                                 gboolean           blocked)
{
  if (self->relay != NULL)
    tour_relay_set_upstream (self->relay, blocked ? 0 : self->upstream);
}

GListModel *
demo_frame_recorder_get_frames (DemoFrameRecorder *self)
{
  return G_LIST_MODEL (self->frames);
}

static Plaintext *
compose (const char *event,
         const char *json)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), event);
  g_autofree char *name = json_to_string (node, FALSE);
  g_autofree char *head = g_strdup_printf ("{\"event\":%s%s", name,
                                           json != NULL ? ",\"data\":" : "");
  g_autofree char *start = g_strndup (json != NULL ? json : "", DEMO_TEXT_MAX_BYTES);
  g_autofree char *text = g_strconcat (head, start, "}", NULL);
  Plaintext *plaintext = g_new0 (Plaintext, 1);

  plaintext->length = strlen (head) + (json != NULL ? strlen (json) : 0) + 1;
  plaintext->text = demo_text_sanitize (text);
  return plaintext;
}

void
demo_frame_recorder_add_sent (DemoFrameRecorder *self,
                              const char        *event,
                              const char        *json)
{
  if (!self->recording)
    return;
  g_queue_push_tail (&self->sent, compose (event, json));
  if (g_queue_get_length (&self->sent) > MAX_PENDING)
    plaintext_free (g_queue_pop_head (&self->sent));
}

/* Returns the first frame with exactly this length, else the first that is long enough. */
static GList *
find_frame (DemoFrameRecorder *self,
            gsize              length)
{
  GList *found = NULL;

  for (GList *each = self->received.head; each != NULL; each = each->next)
    {
      if (demo_frame_has_plaintext_length (each->data, length))
        return each;
      if (found == NULL && demo_frame_fits_plaintext_length (each->data, length))
        found = each;
    }
  return found;
}

void
demo_frame_recorder_add_received (DemoFrameRecorder *self,
                                  const char        *event,
                                  const char        *json)
{
  g_autoptr (Plaintext) plaintext = compose (event, json);
  GList *found = find_frame (self, plaintext->length);
  g_autoptr (DemoFrame) frame = NULL;

  if (found == NULL)
    return;
  frame = pop_until (&self->received, found, g_object_unref);
  demo_frame_set_plaintext (frame, plaintext->text);
}
