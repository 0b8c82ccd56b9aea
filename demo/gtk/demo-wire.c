/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-wire.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "demo/tour/tour-relay.h"
#include "demo-text.h"

#define MAX_FRAMES 200
#define MAX_PENDING 1000
#define OPCODE_TEXT 1
#define OPCODE_CLOSE 8

struct _DemoWire
{
  GObject parent_instance;
  TourRelay *relay;
  guint16 port;     /* where the relay listens */
  guint16 upstream; /* where the server listens; 0: nothing is relayed */
  gboolean recording;
  GListStore *frames;
  GQueue sent;      /* Plaintext, those whose frames have not passed yet */
  GQueue received;  /* DemoFrame, those whose plaintexts have not been told of yet */
};

/* What is kept of a message: enough to find the frame, and to show. */
typedef struct
{
  gsize length;
  char *text;
} Plaintext;

G_DEFINE_FINAL_TYPE (DemoWire, demo_wire, G_TYPE_OBJECT)

static void
plaintext_free (gpointer data)
{
  Plaintext *self = data;

  g_free (self->text);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Plaintext, plaintext_free)

static void
forget_pending (DemoWire *self)
{
  g_queue_clear_full (&self->sent, plaintext_free);
  g_queue_clear_full (&self->received, g_object_unref);
}

static void
demo_wire_finalize (GObject *object)
{
  DemoWire *self = DEMO_WIRE (object);

  g_clear_pointer (&self->relay, tour_relay_free);
  forget_pending (self);
  g_object_unref (self->frames);

  G_OBJECT_CLASS (demo_wire_parent_class)->finalize (object);
}

static void
demo_wire_class_init (DemoWireClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = demo_wire_finalize;
}

static void
demo_wire_init (DemoWire *self)
{
  self->frames = g_list_store_new (DEMO_TYPE_FRAME);
  g_queue_init (&self->sent);
  g_queue_init (&self->received);
}

DemoWire *
demo_wire_new (void)
{
  return g_object_new (DEMO_TYPE_WIRE, NULL);
}

/* Drops what waits before @found, whose time has passed, and gives what is there. */
static gpointer
take (GQueue         *queue,
      GList          *found,
      GDestroyNotify  free_func)
{
  while (g_queue_peek_head_link (queue) != found)
    free_func (g_queue_pop_head (queue));
  return g_queue_pop_head (queue);
}

/* What was lost with a connection has no frame: the lengths tell. */
static void
find_plaintext (DemoWire  *self,
                DemoFrame *frame)
{
  for (GList *each = self->sent.head; each != NULL; each = each->next)
    {
      if (demo_frame_holds (frame, ((Plaintext *) each->data)->length))
        {
          g_autoptr (Plaintext) plaintext = take (&self->sent, each, plaintext_free);

          demo_frame_set_plaintext (frame, plaintext->text);
          return;
        }
    }
}

static void
on_frame (const TourFrame *seen,
          gpointer         data)
{
  DemoWire *self = data;
  g_autoptr (DemoFrame) frame = NULL;
  guint n_frames;

  if (seen->opcode == OPCODE_CLOSE)
    g_queue_clear_full (&self->received, g_object_unref);
  if (seen->opcode != OPCODE_TEXT)
    return;
  frame = demo_frame_new (seen);
  if (demo_frame_is_encrypted (frame))
    {
      if (demo_frame_is_from_client (frame))
        find_plaintext (self, frame);
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
can_record (GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  /* What is inside TLS can only be seen by its ends. */
  return g_str_equal (g_uri_get_scheme (uri), "ws")
         && (g_strcmp0 (host, "127.0.0.1") == 0 || g_strcmp0 (host, "localhost") == 0);
}

/* The URL to connect to instead of @url, so that its frames can be seen; @url itself where they
 * cannot. */
char *
demo_wire_redirect (DemoWire    *self,
                    const char  *url,
                    GError     **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GUri) relayed = NULL;

  forget_pending (self);
  g_list_store_remove_all (self->frames);
  self->recording = uri != NULL && can_record (uri);
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

/* While it is unplugged, whoever calls is turned away. */
void
demo_wire_set_unplugged (DemoWire *self,
                         gboolean  unplugged)
{
  if (self->relay != NULL)
    tour_relay_set_upstream (self->relay, unplugged ? 0 : self->upstream);
}

GListModel *
demo_wire_get_frames (DemoWire *self)
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
  plaintext->text = demo_text_shorten (text);
  return plaintext;
}

void
demo_wire_note_sent (DemoWire   *self,
                     const char *event,
                     const char *json)
{
  if (!self->recording)
    return;
  g_queue_push_tail (&self->sent, compose (event, json));
  if (g_queue_get_length (&self->sent) > MAX_PENDING)
    plaintext_free (g_queue_pop_head (&self->sent));
}

/* One that fits exactly, else one that may. */
static GList *
find_frame (DemoWire *self,
            gsize     length)
{
  GList *found = NULL;

  for (GList *each = self->received.head; each != NULL; each = each->next)
    {
      if (demo_frame_holds (each->data, length))
        return each;
      if (found == NULL && demo_frame_may_hold (each->data, length))
        found = each;
    }
  return found;
}

void
demo_wire_note_received (DemoWire   *self,
                         const char *event,
                         const char *json)
{
  g_autoptr (Plaintext) plaintext = compose (event, json);
  GList *found = find_frame (self, plaintext->length);
  g_autoptr (DemoFrame) frame = NULL;

  if (found == NULL)
    return;
  frame = take (&self->received, found, g_object_unref);
  demo_frame_set_plaintext (frame, plaintext->text);
}
