/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-local-server.h"

#include <glib/gi18n.h>
#include <signal-glib/signal-glib.h>

#include "demo/common/secret-token.h"
#include "demo-chat-payload.h"

#define REPLY_DELAY_MS 400
#define LATE_REPLY_DELAY_MS 5000
#define CLOSE_GOING_AWAY 1001

struct _DemoLocalServer
{
  GObject parent_instance;
  SignalServer *server;
  char *token;
};

/* A reply that is pending. */
typedef struct
{
  SignalServer *server;
  SignalPeer *peer;
  char *event;
  JsonNode *payload;
} Reply;

G_DEFINE_FINAL_TYPE (DemoLocalServer, demo_local_server, G_TYPE_OBJECT)

static void
demo_local_server_dispose (GObject *object)
{
  demo_local_server_stop (DEMO_LOCAL_SERVER (object));

  G_OBJECT_CLASS (demo_local_server_parent_class)->dispose (object);
}

static void
demo_local_server_finalize (GObject *object)
{
  DemoLocalServer *self = DEMO_LOCAL_SERVER (object);

  g_free (self->token);

  G_OBJECT_CLASS (demo_local_server_parent_class)->finalize (object);
}

static void
demo_local_server_class_init (DemoLocalServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = demo_local_server_dispose;
  object_class->finalize = demo_local_server_finalize;
}

static void
demo_local_server_init (DemoLocalServer *self)
{
}

DemoLocalServer *
demo_local_server_new (void)
{
  return g_object_new (DEMO_TYPE_LOCAL_SERVER, NULL);
}

static void
reply_free (gpointer data)
{
  Reply *reply = data;

  g_object_unref (reply->server);
  g_object_unref (reply->peer);
  g_free (reply->event);
  json_node_unref (reply->payload);
  g_free (reply);
}

static gboolean
on_reply_due (gpointer data)
{
  Reply *reply = data;

  /* Fails only if the peer has disconnected. */
  signal_server_send_to_peer (reply->server, reply->peer, reply->event, reply->payload, NULL);
  return G_SOURCE_REMOVE;
}

static void
reply_later (SignalServer *server,
             SignalPeer   *peer,
             const char   *event,
             JsonNode     *payload,
             guint         delay)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->server = g_object_ref (server);
  reply->peer = g_object_ref (peer);
  reply->event = g_strdup (event);
  reply->payload = json_node_ref (payload);
  g_timeout_add_full (G_PRIORITY_DEFAULT, delay, on_reply_due, reply, reply_free);
}

static const char *
get_string_member (JsonNode   *payload,
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
on_authenticate (SignalServer    *server,
                 SignalPeer      *peer,
                 const char      *type,
                 const char      *token,
                 DemoLocalServer *self)
{
  return secret_token_equal (self->token, token) ? g_strdup ("you") : NULL;
}

static gboolean
on_join (SignalServer    *server,
         SignalPeer      *peer,
         const char      *room,
         DemoLocalServer *self)
{
  g_autoptr (JsonNode) payload =
    demo_chat_payload_new (room, _("Echo"),
                           _("Send me a message and I will repeat it. Send “later” and I will "
                             "wait five seconds, so that you can close the window before I answer."));

  reply_later (server, peer, "chat", payload, REPLY_DELAY_MS);
  return TRUE;
}

/* Forwards the message to the other members of the room, and replies to it: to a text message with
 * text, to any other with its own payload. */
static void
on_message (SignalServer    *server,
            SignalPeer      *peer,
            SignalMessage   *message,
            DemoLocalServer *self)
{
  const char *event = signal_message_get_event (message);
  JsonNode *payload = signal_message_get_payload (message);
  const char *room = get_string_member (payload, "room");
  const char *text = get_string_member (payload, "text");
  g_autoptr (JsonNode) reply = NULL;

  if (room != NULL)
    signal_server_send_to_room (server, room, event, payload, peer, NULL);
  if (room != NULL && text != NULL)
    {
      g_autofree char *echo = g_strdup_printf (_("You said: %s"), text);

      reply = demo_chat_payload_new (room, _("Echo"), echo);
    }
  else if (payload != NULL)
    reply = json_node_ref (payload);
  else
    reply = json_node_new (JSON_NODE_NULL);
  reply_later (server, peer, event, reply,
               g_strcmp0 (text, "later") == 0 ? LATE_REPLY_DELAY_MS : REPLY_DELAY_MS);
}

gboolean
demo_local_server_start (DemoLocalServer  *self,
                         GError          **error)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autofree char *token = secret_token_new ();

  if (token == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                           _("Cannot generate a token: the system provided no random data"));
      return FALSE;
    }

  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), self);
  g_signal_connect (server, "join", G_CALLBACK (on_join), self);
  g_signal_connect (server, "message", G_CALLBACK (on_message), self);
  if (!signal_server_listen (server, NULL, 0, error))
    return FALSE;
  demo_local_server_stop (self);
  g_free (self->token);
  self->token = g_steal_pointer (&token);
  self->server = g_steal_pointer (&server);
  return TRUE;
}

/* Returns the URL of the server, or %NULL if it is not running. */
char *
demo_local_server_dup_url (DemoLocalServer *self)
{
  return self->server != NULL ? signal_server_get_uri (self->server) : NULL;
}

const char *
demo_local_server_get_token (DemoLocalServer *self)
{
  return self->token;
}

/* Closes all connections, like a server that restarts. */
void
demo_local_server_disconnect_peers (DemoLocalServer *self)
{
  GListModel *peers;

  if (self->server == NULL)
    return;

  /* A peer may leave the list when it is closed. */
  peers = signal_server_get_peers (self->server);
  for (guint i = g_list_model_get_n_items (peers); i-- > 0;)
    {
      g_autoptr (SignalPeer) peer = g_list_model_get_item (peers, i);

      signal_peer_close (peer, CLOSE_GOING_AWAY, "restarting");
    }
}

void
demo_local_server_stop (DemoLocalServer *self)
{
  if (self->server == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->server, self);
  signal_server_stop_async (self->server, NULL, NULL, NULL);
  g_clear_object (&self->server);
}
