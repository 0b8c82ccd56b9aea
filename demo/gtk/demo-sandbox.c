/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-sandbox.h"

#include <glib/gi18n.h>
#include <signal-glib/signal-glib.h>

#include "demo/common/secret-token.h"
#include "demo-chat.h"

#define ANSWER_MS 400
#define LATE_ANSWER_MS 5000
#define CLOSE_GOING_AWAY 1001

struct _DemoSandbox
{
  GObject parent_instance;
  SignalServer *server;
  GPtrArray *peers;
  char *token;
};

/* Something that the one who answers is about to say. */
typedef struct
{
  SignalServer *server;
  SignalPeer *peer;
  char *event;
  JsonNode *payload;
} Answer;

G_DEFINE_FINAL_TYPE (DemoSandbox, demo_sandbox, G_TYPE_OBJECT)

static void
demo_sandbox_dispose (GObject *object)
{
  demo_sandbox_stop (DEMO_SANDBOX (object));

  G_OBJECT_CLASS (demo_sandbox_parent_class)->dispose (object);
}

static void
demo_sandbox_finalize (GObject *object)
{
  DemoSandbox *self = DEMO_SANDBOX (object);

  g_ptr_array_unref (self->peers);
  g_free (self->token);

  G_OBJECT_CLASS (demo_sandbox_parent_class)->finalize (object);
}

static void
demo_sandbox_class_init (DemoSandboxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = demo_sandbox_dispose;
  object_class->finalize = demo_sandbox_finalize;
}

static void
demo_sandbox_init (DemoSandbox *self)
{
  self->peers = g_ptr_array_new_with_free_func (g_object_unref);
}

DemoSandbox *
demo_sandbox_new (void)
{
  return g_object_new (DEMO_TYPE_SANDBOX, NULL);
}

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  g_object_unref (answer->server);
  g_object_unref (answer->peer);
  g_free (answer->event);
  json_node_unref (answer->payload);
  g_free (answer);
}

static gboolean
on_answer_due (gpointer data)
{
  Answer *answer = data;

  /* Fails only if the peer has gone: then nobody is there to hear it. */
  signal_server_send_to_peer (answer->server, answer->peer, answer->event, answer->payload, NULL);
  return G_SOURCE_REMOVE;
}

static void
answer_later (SignalServer *server,
              SignalPeer   *peer,
              const char   *event,
              JsonNode     *payload,
              guint         delay)
{
  Answer *answer = g_new0 (Answer, 1);

  answer->server = g_object_ref (server);
  answer->peer = g_object_ref (peer);
  answer->event = g_strdup (event);
  answer->payload = json_node_ref (payload);
  g_timeout_add_full (G_PRIORITY_DEFAULT, delay, on_answer_due, answer, answer_free);
}

static const char *
find_string (JsonNode   *payload,
             const char *name)
{
  JsonNode *node;

  if (payload == NULL || !JSON_NODE_HOLDS_OBJECT (payload))
    return NULL;
  node = json_object_get_member (json_node_get_object (payload), name);
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 DemoSandbox  *self)
{
  return secret_token_equal (self->token, token) ? g_strdup ("you") : NULL;
}

static gboolean
on_join (SignalServer *server,
         SignalPeer   *peer,
         const char   *room,
         DemoSandbox  *self)
{
  g_autoptr (JsonNode) payload =
    demo_chat_compose (room, _("Echo"),
                       _("Say something, and I will say it too. Say “later” and I will take five "
                         "seconds: time enough to close the window."));

  answer_later (server, peer, "chat", payload, ANSWER_MS);
  return TRUE;
}

/* Others in the room hear it, and it is answered: text by text, all else by the same again. */
static void
on_message (SignalServer  *server,
            SignalPeer    *peer,
            SignalMessage *message,
            DemoSandbox   *self)
{
  const char *event = signal_message_get_event (message);
  JsonNode *payload = signal_message_get_payload (message);
  const char *room = find_string (payload, "room");
  const char *text = find_string (payload, "text");
  g_autoptr (JsonNode) answer = NULL;

  if (room != NULL)
    signal_server_send_to_room (server, room, event, payload, peer, NULL);
  if (room != NULL && text != NULL)
    {
      g_autofree char *echo = g_strdup_printf (_("You said: %s"), text);

      answer = demo_chat_compose (room, _("Echo"), echo);
    }
  else if (payload != NULL)
    answer = json_node_ref (payload);
  else
    answer = json_node_new (JSON_NODE_NULL);
  answer_later (server, peer, event, answer,
                g_strcmp0 (text, "later") == 0 ? LATE_ANSWER_MS : ANSWER_MS);
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer,
                   DemoSandbox  *self)
{
  g_ptr_array_add (self->peers, g_object_ref (peer));
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer,
                      DemoSandbox  *self)
{
  g_ptr_array_remove (self->peers, peer);
}

gboolean
demo_sandbox_start (DemoSandbox  *self,
                    GError      **error)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autofree char *token = secret_token_new ();

  if (token == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                           _("The system gave no random bytes for a token"));
      return FALSE;
    }

  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), self);
  g_signal_connect (server, "join", G_CALLBACK (on_join), self);
  g_signal_connect (server, "message", G_CALLBACK (on_message), self);
  g_signal_connect (server, "peer-connected", G_CALLBACK (on_peer_connected), self);
  g_signal_connect (server, "peer-disconnected", G_CALLBACK (on_peer_disconnected), self);
  if (!signal_server_listen (server, NULL, 0, error))
    return FALSE;
  demo_sandbox_stop (self);
  g_free (self->token);
  self->token = g_steal_pointer (&token);
  self->server = g_steal_pointer (&server);
  return TRUE;
}

/* NULL: it does not run. */
char *
demo_sandbox_dup_url (DemoSandbox *self)
{
  return self->server != NULL ? signal_server_get_uri (self->server) : NULL;
}

const char *
demo_sandbox_get_token (DemoSandbox *self)
{
  return self->token;
}

/* Closes all connections, as a server does that restarts. */
void
demo_sandbox_cut (DemoSandbox *self)
{
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->peers->len; i++)
    g_ptr_array_add (peers, g_object_ref (g_ptr_array_index (self->peers, i)));
  for (guint i = 0; i < peers->len; i++)
    signal_peer_close (g_ptr_array_index (peers, i), CLOSE_GOING_AWAY, "restarting");
}

void
demo_sandbox_stop (DemoSandbox *self)
{
  if (self->server == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->server, self);
  g_ptr_array_set_size (self->peers, 0);
  signal_server_stop_async (self->server, NULL, NULL, NULL);
  g_clear_object (&self->server);
}
