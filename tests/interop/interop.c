/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"

#include <string.h>

#define WORLD_LIMIT (60 * G_TIME_SPAN_SECOND)

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Probe         *self)
{
  g_ptr_array_add (self->messages, signal_message_ref (message));
}

static void
on_error (SignalClient *client,
          const GError *error,
          Probe        *self)
{
  g_ptr_array_add (self->errors, g_error_copy (error));
}

static void
on_connected (SignalClient *client,
              const char   *client_id,
              Probe        *self)
{
  self->n_connected++;
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 Probe        *self)
{
  g_array_append_val (self->delays, delay);
}

static void
on_disconnected (SignalClient *client,
                 const GError *error,
                 Probe        *self)
{
  self->n_disconnected++;
}

Probe *
probe_new (const char *url,
           const char *token)
{
  Probe *self = g_new0 (Probe, 1);

  self->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) signal_message_unref);
  self->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  self->delays = g_array_new (FALSE, FALSE, sizeof (guint));
  self->client = signal_client_new (url, NULL);
  g_object_set (self->client,
                "token", token,
                "base-interval", PROBE_BASE_INTERVAL,
                "max-interval", PROBE_MAX_INTERVAL,
                "jitter", 0.0,
                "max-retries", 60,
                NULL);
  g_signal_connect (self->client, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->client, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->client, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect (self->client, "reconnecting", G_CALLBACK (on_reconnecting), self);
  g_signal_connect (self->client, "disconnected", G_CALLBACK (on_disconnected), self);
  return self;
}

static void
on_connect_returned (GObject      *source,
                     GAsyncResult *result,
                     gpointer      user_data)
{
  Probe *self = user_data;

  g_assert_false (self->returned);
  self->returned = TRUE;
  signal_client_connect_finish (SIGNAL_CLIENT (source), result, &self->failure);
}

void
probe_connect (Probe *self)
{
  self->returned = FALSE;
  g_clear_error (&self->failure);
  signal_client_connect_async (self->client, NULL, NULL, on_connect_returned, self);
}

Probe *
probe_new_online (const char *url,
                  const char *token)
{
  Probe *self = probe_new (url, token);

  probe_connect (self);
  PROBE_WAIT (self->returned);
  g_assert_no_error (self->failure);
  g_assert_true (probe_is_online (self));
  return self;
}

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

void
probe_free (Probe *self)
{
  gboolean closed = FALSE;

  signal_client_disconnect_async (self->client, NULL, on_closed, &closed);
  PROBE_WAIT (closed);
  g_signal_handlers_disconnect_by_data (self->client, self);
  g_assert_finalize_object (self->client);
  g_ptr_array_unref (self->messages);
  g_ptr_array_unref (self->errors);
  g_array_unref (self->delays);
  g_clear_error (&self->failure);
  g_free (self);
}

gboolean
probe_is_online (Probe *self)
{
  return signal_client_get_state (self->client) == SIGNAL_CONNECTION_STATE_AUTHENTICATED;
}

void
probe_wait_online (Probe *self)
{
  PROBE_WAIT (probe_is_online (self));
}

void
probe_wait_failure (Probe  *self,
                    GQuark  domain,
                    int     code)
{
  PROBE_WAIT (self->returned);
  g_assert_error (self->failure, domain, code);
  g_assert_cmpint (signal_client_get_state (self->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
}

static gboolean
has_error (Probe  *self,
           GQuark  domain,
           int     code)
{
  for (guint i = 0; i < self->errors->len; i++)
    if (g_error_matches (self->errors->pdata[i], domain, code))
      return TRUE;
  return FALSE;
}

void
probe_wait_error (Probe  *self,
                  GQuark  domain,
                  int     code)
{
  PROBE_WAIT (has_error (self, domain, code));
}

void
probe_send (Probe      *self,
            const char *event,
            const char *json)
{
  g_autoptr (GError) error = NULL;

  signal_client_send_json (self->client, event, json, &error);
  g_assert_no_error (error);
}

/* order: `to` (a room), `to-user` or `broadcast`. */
void
probe_send_to (Probe      *self,
               const char *order,
               const char *to,
               const char *event,
               const char *json)
{
  g_autofree char *text = g_strdup_printf ("{\"to\":\"%s\",\"event\":\"%s\",\"data\":%s}",
                                           to, event, json);

  probe_send (self, order, text);
}

static gboolean
find (Probe      *self,
      const char *event,
      guint      *index)
{
  for (*index = 0; *index < self->messages->len; ++*index)
    if (g_str_equal (signal_message_get_event (self->messages->pdata[*index]), event))
      return TRUE;
  return FALSE;
}

guint
probe_count (Probe      *self,
             const char *event)
{
  guint count = 0;

  for (guint i = 0; i < self->messages->len; i++)
    count += g_str_equal (signal_message_get_event (self->messages->pdata[i]), event);
  return count;
}

/* The payload of the first message of that name, which is awaited and taken out. */
char *
probe_take (Probe      *self,
            const char *event)
{
  char *json;
  guint index;

  PROBE_WAIT (find (self, event, &index));
  json = g_strdup (signal_message_get_payload_json (self->messages->pdata[index]));
  g_ptr_array_remove_index (self->messages, index);
  return json;
}

char *
probe_ask (Probe      *self,
           const char *event,
           const char *json)
{
  probe_send (self, event, json);
  return probe_take (self, event);
}

void
probe_assert_heard (Probe      *self,
                    const char *event,
                    const char *json)
{
  g_autofree char *heard = probe_take (self, event);

  g_assert_cmpstr (heard, ==, json);
}

/* Whether the server has the client in the room. */
gboolean
probe_is_in (Probe      *self,
             const char *room)
{
  g_autofree char *answer = probe_ask (self, "where", NULL);
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", room);

  return strstr (answer, quoted) != NULL;
}

/* Joining is not answered: asks the server until it is done. */
void
probe_join (Probe      *self,
            const char *room)
{
  const char * const rooms[] = { room, NULL };
  g_autoptr (GError) error = NULL;

  signal_client_join_rooms (self->client, rooms, &error);
  g_assert_no_error (error);
  PROBE_WAIT (probe_is_in (self, room));
}

/* Long enough for what must not arrive to have arrived. */
void
probe_settle (Probe *self)
{
  G_GNUC_UNUSED g_autofree char *answer = probe_ask (self, "where", NULL);

  run_for (100);
}

typedef struct
{
  GDataInputStream *input;
  GOutputStream    *output;
} World;

static World *
world_get (void)
{
  static World *world;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  if (world != NULL)
    return world;

  g_assert_nonnull (g_getenv ("INTEROP_CONTROL"));
  socket = g_socket_new_from_fd (atoi (g_getenv ("INTEROP_CONTROL")), &error);
  g_assert_no_error (error);
  connection = g_socket_connection_factory_create_connection (socket);
  world = g_new0 (World, 1);
  world->input = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  world->output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  return world;
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

/* The main context goes on meanwhile. */
static char *
ask (GString *request)
{
  World *world = world_get ();
  gint64 deadline = g_get_monotonic_time () + WORLD_LIMIT;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  g_string_append_c (request, '\n');
  g_output_stream_write_all (world->output, request->str, request->len, NULL, NULL, &error);
  g_assert_no_error (error);
  g_data_input_stream_read_line_async (world->input, G_PRIORITY_DEFAULT, NULL, on_line, &line);
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
ask_words (const char *verb,
           va_list     words)
{
  g_autoptr (GString) request = g_string_new (verb);
  const char *word;

  while ((word = va_arg (words, const char *)) != NULL)
    g_string_append_printf (request, "\t%s", word);
  return ask (request);
}

char *
world_ask (const char *verb,
           ...)
{
  va_list words;
  char *answer;

  va_start (words, verb);
  answer = ask_words (verb, words);
  va_end (words);
  return answer;
}

void
world_tell (const char *verb,
            ...)
{
  va_list words;

  va_start (words, verb);
  g_free (ask_words (verb, words));
  va_end (words);
}
