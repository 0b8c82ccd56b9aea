/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chat client for a room, in C: chat-c URL ROOM NAME, with the token in SIGNAL_TOKEN.
 * Start a server with "signal-glib serve". The chat ends at the end of the input. */
#include <stdio.h>

#include <gio/gunixinputstream.h>
#include <signal-glib/signal-glib.h>

typedef struct
{
  SignalClient *client;
  GDataInputStream *input;
  GMainLoop *loop;
  const char *room;
  const char *name;
  int status;
} Chat;

static void
print_line (const char *text)
{
  puts (text);
  fflush (stdout);
}

/* Returns the string member @name of @payload, without characters that a terminal could interpret,
 * or NULL. */
static char *
dup_text (JsonNode   *payload,
          const char *name)
{
  JsonNode *node = NULL;
  GString *text;

  if (payload != NULL && JSON_NODE_HOLDS_OBJECT (payload))
    node = json_object_get_member (json_node_get_object (payload), name);
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  text = g_string_new (NULL);
  for (const char *p = json_node_get_string (node); *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (text, g_unichar_isprint (c) ? c : 0xfffd);
    }
  return g_string_free (text, FALSE);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Chat          *chat)
{
  JsonNode *payload = signal_message_get_payload (message);
  g_autofree char *from = dup_text (payload, "from");
  g_autofree char *text = dup_text (payload, "text");
  g_autofree char *line = NULL;

  if (from == NULL || text == NULL)
    return;
  line = g_strdup_printf ("%s: %s", from, text);
  print_line (line);
}

static void
on_disconnected (SignalClient *client,
                 const GError *error,
                 Chat         *chat)
{
  if (error != NULL)
    {
      fprintf (stderr, "%s\n", error->message);
      chat->status = 1;
    }
  g_main_loop_quit (chat->loop);
}

static void
on_line (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Chat *chat = data;
  g_autofree char *line = g_data_input_stream_read_line_finish (chat->input, result, NULL, NULL);
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) payload = json_node_init_object (json_node_alloc (), object);
  g_autoptr (GError) error = NULL;

  if (line == NULL)
    {
      signal_client_disconnect_async (chat->client, NULL, NULL, NULL);
      return;
    }
  json_object_set_string_member (object, "room", chat->room);
  json_object_set_string_member (object, "from", chat->name);
  json_object_set_string_member (object, "text", line);
  if (!signal_client_send_message (chat->client, "chat", payload, &error))
    fprintf (stderr, "%s\n", error->message);
  g_data_input_stream_read_line_async (chat->input, G_PRIORITY_DEFAULT, NULL, on_line, chat);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  Chat *chat = data;
  g_autoptr (GError) error = NULL;

  if (!signal_client_connect_finish (chat->client, result, &error))
    {
      on_disconnected (chat->client, error, chat);
      return;
    }
  /* Reconnect from now on if the connection is lost. */
  g_object_set (chat->client, "max-retries", 20, NULL);
  g_signal_connect (chat->client, "disconnected", G_CALLBACK (on_disconnected), chat);
  print_line ("Connected");
  g_data_input_stream_read_line_async (chat->input, G_PRIORITY_DEFAULT, NULL, on_line, chat);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) bytes = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (bytes);
  g_autoptr (SignalClient) client = NULL;

  if (argc != 4)
    {
      fprintf (stderr, "usage: %s URL ROOM NAME\n", argv[0]);
      return 2;
    }
  const char *rooms[] = { argv[2], NULL };
  client = g_object_new (SIGNAL_TYPE_CLIENT, "server-url", argv[1], "auto-join-rooms", rooms,
                         "max-retries", 0, NULL);
  Chat chat = { client, input, loop, argv[2], argv[3], 0 };

  g_signal_connect (client, "message::chat", G_CALLBACK (on_message), &chat);
  signal_client_connect_async (client, g_getenv ("SIGNAL_TOKEN"), NULL, on_connected, &chat);
  g_main_loop_run (loop);
  return chat.status;
}
