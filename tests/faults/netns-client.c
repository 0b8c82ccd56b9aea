/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>

#include <signal-glib/signal-glib.h>

/* A client with short timeouts that prints what happens to it to standard output, each line
 * beginning with `state`, `error` or `message`. It sends each line of its standard input. */

static void
print_event (const char *what,
             const char *text)
{
  printf ("%s %s\n", what, text);
  fflush (stdout);
}

static void
on_state (SignalClient *client)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);

  print_event ("state", g_enum_get_value (states, signal_client_get_state (client))->value_nick);
}

static void
on_error (SignalClient *client,
          const GError *error)
{
  print_event ("error", error->message);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message)
{
  print_event ("message", signal_message_get_payload_json (message));
}

static void
on_line (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  GDataInputStream *in = G_DATA_INPUT_STREAM (source);
  SignalClient *client = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line_finish (in, result, NULL, NULL);

  if (line == NULL)
    return;

  if (!signal_client_send_json (client, "echo", line, &error))
    print_event ("refused", error->message);
  g_data_input_stream_read_line_async (in, G_PRIORITY_DEFAULT, NULL, on_line, client);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GInputStream) input = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SignalClient) client = NULL;

  if (argc != 3)
    return 2;

  client = g_object_new (SIGNAL_TYPE_CLIENT,
                         "server-url", argv[1],
                         "token", argv[2],
                         "allow-insecure", TRUE,
                         "base-interval", 100,
                         "max-interval", 200,
                         "max-retries", G_MAXUINT,
                         "heartbeat-interval", 300,
                         "liveness-timeout", 300,
                         "connect-timeout", 500,
                         NULL);
  g_signal_connect (client, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (client, "error", G_CALLBACK (on_error), NULL);
  g_signal_connect (client, "message", G_CALLBACK (on_message), NULL);
  signal_client_connect_async (client, NULL, NULL, NULL, NULL);

  input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  lines = g_data_input_stream_new (input);
  g_data_input_stream_read_line_async (lines, G_PRIORITY_DEFAULT, NULL, on_line, client);
  g_main_loop_run (loop);
  return 0;
}
