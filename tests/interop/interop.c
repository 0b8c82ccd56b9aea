/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"

#include "tests/histories/history.h"

#include <string.h>

#define CONTROL_TIMEOUT (60 * G_TIME_SPAN_SECOND)

/* Like g_test_init(); the history is recorded, also by the other processes. */
void
interop_test_init (int    *argc,
                   char ***argv)
{
  const char *folder;

  g_test_init (argc, argv, NULL);
  folder = history_begin ();
  if (folder != NULL)
    processes_command ("record", folder, NULL);
}

Recorder *
interop_recorder_new (const char *url,
                      const char *token)
{
  Recorder *recorder = recorder_new (url);

  recorder->timeout = INTEROP_TIMEOUT;
  recorder->disconnects_when_freed = TRUE;
  g_object_set (recorder->client,
                "token", token,
                "base-interval", INTEROP_BASE_INTERVAL,
                "max-interval", INTEROP_MAX_INTERVAL,
                "max-retries", 60,
                NULL);
  return recorder;
}

Recorder *
interop_recorder_new_connected (const char *url,
                                const char *token)
{
  Recorder *recorder = interop_recorder_new (url, token);

  recorder_connect (recorder);
  return recorder;
}

Recorder *
interop_recorder_new_in_room (const char *url,
                              const char *token,
                              const char *room)
{
  Recorder *recorder = interop_recorder_new_connected (url, token);

  interop_join (recorder, room);
  return recorder;
}

/* @order is `to` (a room), `to-user` or `broadcast`. */
void
interop_send_to (Recorder   *recorder,
                 const char *order,
                 const char *to,
                 const char *event,
                 const char *json)
{
  g_autofree char *text = g_strdup_printf ("{\"to\":\"%s\",\"event\":\"%s\",\"data\":%s}",
                                           to, event, json);

  recorder_send (recorder, order, text);
}

/* Sends an event, and waits for the answer, which has the same name. */
char *
interop_request (Recorder   *recorder,
                 const char *event,
                 const char *json)
{
  recorder_send (recorder, event, json);
  return recorder_wait_message (recorder, event);
}

/* Whether the server has the client in the room. */
gboolean
interop_is_in_room (Recorder   *recorder,
                    const char *room)
{
  gboolean is_wanted = g_strv_contains (signal_client_get_rooms (recorder->client), room);
  g_autofree char *answer = interop_request (recorder, "where", NULL);
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", room);
  gboolean is_in_room = strstr (answer, quoted) != NULL;

  if (is_in_room && is_wanted)
    history_add_joined (recorder->client, room);
  else if (!is_in_room && !is_wanted)
    history_add_left (recorder->client, room);
  return is_in_room;
}

/* The server does not acknowledge that a client joins a room, so this asks until the client is in it. */
void
interop_join (Recorder   *recorder,
              const char *room)
{
  const char * const rooms[] = { room, NULL };
  g_autoptr (GError) error = NULL;

  signal_client_join_rooms (recorder->client, rooms, &error);
  g_assert_no_error (error);
  INTEROP_WAIT (interop_is_in_room (recorder, room));
}

/* Waits long enough for messages to arrive that must not arrive. */
void
interop_settle (Recorder *recorder)
{
  G_GNUC_UNUSED g_autofree char *answer = interop_request (recorder, "where", NULL);

  run_for (100);
}

/* The client receives this number of messages with this name, and no more. */
void
interop_assert_count (Recorder   *recorder,
                      const char *event,
                      guint       n)
{
  INTEROP_WAIT (recorder_count_messages (recorder, event) >= n);
  interop_settle (recorder);
  g_assert_cmpuint (recorder_count_messages (recorder, event), ==, n);
}

typedef struct
{
  GDataInputStream *input;
  GOutputStream    *output;
} Control;

static Control *
control_get (void)
{
  static Control *control;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  if (control != NULL)
    return control;

  g_assert_nonnull (g_getenv ("INTEROP_CONTROL"));
  socket = g_socket_new_from_fd (atoi (g_getenv ("INTEROP_CONTROL")), &error);
  g_assert_no_error (error);
  connection = g_socket_connection_factory_create_connection (socket);
  control = g_new0 (Control, 1);
  control->input =
    g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  control->output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  return control;
}

static void
on_line (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  char **line = user_data;

  *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (*line);
}

/* Runs the main context while it waits. */
static char *
send_request (GString *request)
{
  Control *control = control_get ();
  gint64 deadline = g_get_monotonic_time () + CONTROL_TIMEOUT;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  g_string_append_c (request, '\n');
  g_output_stream_write_all (control->output, request->str, request->len, NULL, NULL, &error);
  g_assert_no_error (error);
  g_data_input_stream_read_line_async (control->input, G_PRIORITY_DEFAULT, NULL, on_line, &line);
  while (line == NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      run_for_a_moment ();
    }

  if (!g_str_has_prefix (line, "ok\t"))
    g_error ("The runner could not: %s", request->str);
  return g_strdup (line + strlen ("ok\t"));
}

static char *
send_words (const char *verb,
            va_list     words)
{
  g_autoptr (GString) request = g_string_new (verb);
  const char *word;

  while ((word = va_arg (words, const char *)) != NULL)
    g_string_append_printf (request, "\t%s", word);
  return send_request (request);
}

char *
processes_query (const char *verb,
                 ...)
{
  va_list words;
  char *answer;

  va_start (words, verb);
  answer = send_words (verb, words);
  va_end (words);
  return answer;
}

void
processes_command (const char *verb,
                   ...)
{
  va_list words;

  va_start (words, verb);
  g_free (send_words (verb, words));
  va_end (words);
}
