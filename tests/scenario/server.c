/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <gio/gunixinputstream.h>
#include <signal-glib/signal-glib.h>

/* The server of the scenario. It prints its URL, reads the commands "stop", "start" and "restart
 * MILLISECONDS" from standard input, and answers each with a line. It exits at the end of its
 * input. */
typedef struct
{
  SignalServer *server;
  GMainLoop *loop;
  GDataInputStream *input;
  guint16 port;
  guint away;
} Scenario;

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token)
{
  if (g_strcmp0 (token, "greeted") == 0)
    return g_strdup (token);
  return g_strcmp0 (token, "good") == 0 ? g_strdup ("ann") : NULL;
}

/* A message that is sent here arrives in the same packet as "connected". */
static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer)
{
  g_autoptr (JsonNode) payload = json_node_init_int (json_node_alloc (), 0);
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (signal_peer_get_user_id (peer), "greeted") != 0)
    return;
  for (int i = 1; i <= 3 && error == NULL; i++)
    {
      json_node_set_int (payload, i);
      signal_server_send_to_peer (server, peer, "greeting", payload, &error);
    }
  if (error != NULL)
    g_printerr ("greeting: %s\n", error->message);
}

static void
on_echo (SignalServer  *server,
         SignalPeer    *peer,
         SignalMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_send_to_peer (server, peer, signal_message_get_event (message),
                                   signal_message_get_payload (message), &error))
    g_printerr ("echo: %s\n", error->message);
}

static void
on_say (SignalServer  *server,
        SignalPeer    *peer,
        SignalMessage *message)
{
  JsonNode *payload = signal_message_get_payload (message);
  const char *room = json_object_get_string_member (json_node_get_object (payload), "room");
  g_autoptr (GError) error = NULL;

  if (!signal_server_send_to_room (server, room, signal_message_get_event (message), payload, NULL,
                                   &error))
    g_printerr ("say: %s\n", error->message);
}

static void
on_ask (SignalServer  *server,
        SignalPeer    *peer,
        SignalMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_reply (server, peer, message, signal_message_get_payload (message), &error))
    g_printerr ("ask: %s\n", error->message);
}

static void
on_deny (SignalServer  *server,
         SignalPeer    *peer,
         SignalMessage *message)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_reply_error (server, peer, message, "Denied", &error))
    g_printerr ("deny: %s\n", error->message);
}

static void
answer (const char *text)
{
  puts (text);
  fflush (stdout);
}

static void
start (Scenario *self)
{
  g_autoptr (GError) error = NULL;

  if (!signal_server_listen (self->server, NULL, self->port, &error))
    g_error ("Cannot listen: %s", error->message);
}

static void
on_back (gpointer data)
{
  start (data);
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  Scenario *self = data;

  signal_server_stop_finish (SIGNAL_SERVER (source), result, NULL);
  if (self->away > 0)
    g_timeout_add_once (self->away, on_back, self);
  else
    answer ("stopped");
}

static void
run_command (Scenario   *self,
             const char *command)
{
  if (g_str_equal (command, "start"))
    {
      start (self);
      answer ("started");
      return;
    }

  self->away = 0;
  if (sscanf (command, "restart %u", &self->away) == 1)
    answer ("restarting");
  signal_server_stop_async (self->server, NULL, on_stopped, self);
}

static void
on_command (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  Scenario *self = data;
  g_autofree char *line = g_data_input_stream_read_line_finish (self->input, result, NULL, NULL);

  if (line == NULL)
    {
      g_main_loop_quit (self->loop);
      return;
    }
  run_command (self, line);
  g_data_input_stream_read_line_async (self->input, 0, NULL, on_command, self);
}

int
main (void)
{
  g_autoptr (GInputStream) bytes = g_unix_input_stream_new (0, FALSE);
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (bytes);
  g_autofree char *uri = NULL;
  g_autoptr (GUri) parsed = NULL;
  Scenario self = { .server = server, .loop = loop, .input = input };

  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (server, "peer-connected", G_CALLBACK (on_peer_connected), NULL);
  g_signal_connect (server, "message::ask", G_CALLBACK (on_ask), NULL);
  g_signal_connect (server, "message::deny", G_CALLBACK (on_deny), NULL);
  g_signal_connect (server, "message::echo", G_CALLBACK (on_echo), NULL);
  g_signal_connect (server, "message::say", G_CALLBACK (on_say), NULL);
  start (&self);
  uri = signal_server_get_uri (server);
  parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
  self.port = g_uri_get_port (parsed);
  answer (uri);
  g_data_input_stream_read_line_async (input, 0, NULL, on_command, &self);
  g_main_loop_run (loop);
  return 0;
}
