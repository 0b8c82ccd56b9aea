/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>

#include <signal-glib/signal-glib.h>

#define SECONDS 20

typedef struct
{
  SignalClient *client;
  SignalBus *bus;
  GQueue arrived;
  const char *url;
  const char *token;
} Runner;

typedef void (*StepFunc) (Runner *self, JsonObject *step);

static void
check (gboolean    is_right,
       const char *what,
       const char *detail)
{
  if (is_right)
    return;
  fprintf (stderr, "%s: %s\n", what, detail);
  exit (1);
}

static void
check_error (const GError *error,
             JsonObject   *step)
{
  const char *nick = json_object_get_string_member_with_default (step, "fails", NULL);
  g_autoptr (GEnumClass) codes = NULL;

  if (nick == NULL)
    {
      check (error == NULL, "failed", error != NULL ? error->message : "");
      return;
    }
  check (error != NULL && error->domain == SIGNAL_ERROR, "did not fail with", nick);
  codes = g_type_class_ref (SIGNAL_TYPE_ERROR);
  check (error->code == g_enum_get_value_by_nick (codes, nick)->value, error->message, nick);
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            Runner        *self)
{
  g_queue_push_tail (&self->arrived, signal_message_ref (message));
}

static void
on_finished (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
begin_connect (Runner       *self,
               const char   *token,
               GCancellable *cancellable)
{
  GAsyncResult *result = NULL;

  signal_client_connect_async (self->client, token, cancellable, on_finished, &result);
  while (result == NULL)
    {
      if (cancellable != NULL
          && signal_client_get_state (self->client) == SIGNAL_CONNECTION_STATE_RECONNECTING)
        g_cancellable_cancel (cancellable);
      g_main_context_iteration (NULL, TRUE);
    }
  return result;
}

static void
do_connect (Runner     *self,
            JsonObject *step)
{
  g_autoptr (GAsyncResult) result =
    begin_connect (self, json_object_get_string_member (step, "token"), NULL);
  g_autoptr (GError) error = NULL;

  signal_client_connect_finish (self->client, result, &error);
  check_error (error, step);
}

static void
on_fetched (gpointer data)
{
  Runner *self = data;

  signal_client_update_token (self->client, self->token);
}

static gboolean
on_token_requested (SignalClient *client,
                    gpointer      data)
{
  g_timeout_add_once (5, on_fetched, data);
  return TRUE;
}

static void
do_fetch (Runner     *self,
          JsonObject *step)
{
  gulong handler = g_signal_connect (self->client, "token-requested", G_CALLBACK (on_token_requested), self);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  self->token = json_object_get_string_member (step, "token");
  result = begin_connect (self, NULL, NULL);
  signal_client_connect_finish (self->client, result, &error);
  check_error (error, step);
  g_signal_handler_disconnect (self->client, handler);
}

static void
do_cancel (Runner     *self,
           JsonObject *step)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result =
    begin_connect (self, json_object_get_string_member (step, "token"), cancellable);
  g_autoptr (GError) error = NULL;

  signal_client_connect_finish (self->client, result, &error);
  check (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED), "cancel", "was not cancelled");
  check (signal_client_get_state (self->client) == SIGNAL_CONNECTION_STATE_DISCONNECTED, "cancel",
         "the client goes on");
}

static void
do_disconnect (Runner     *self,
               JsonObject *step)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  signal_client_disconnect_async (self->client, NULL, on_finished, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  signal_client_disconnect_finish (self->client, result, &error);
  check_error (error, step);
}

static void
do_send (Runner     *self,
         JsonObject *step)
{
  g_autoptr (GError) error = NULL;

  signal_client_send_message (self->client, json_object_get_string_member (step, "event"),
                              json_object_get_member (step, "payload"), &error);
  check_error (error, step);
}

static void
do_write (Runner     *self,
          JsonObject *step)
{
  GAsyncResult *result = NULL;
  g_autoptr (GAsyncResult) written = NULL;
  g_autoptr (GAsyncResult) flushed = NULL;
  g_autoptr (GError) error = NULL;

  signal_client_send_message_async (self->client, json_object_get_string_member (step, "event"),
                                    json_object_get_member (step, "payload"), NULL, on_finished, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  written = g_steal_pointer (&result);
  signal_client_send_message_finish (self->client, written, &error);
  check_error (error, step);

  signal_client_flush_async (self->client, NULL, on_finished, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  flushed = result;
  check (signal_client_flush_finish (self->client, flushed, NULL), "flush", "failed");
}

static void
do_request (Runner     *self,
            JsonObject *step)
{
  const char *event = json_object_get_string_member (step, "event");
  JsonNode *payload = json_object_get_member (step, "payload");
  gint64 timeout = json_object_get_int_member_with_default (step, "timeout", 0);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (SignalMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  signal_client_request_async (self->client, event, payload, (guint) timeout, NULL, on_finished, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  message = signal_client_request_finish (self->client, result, &error);
  check_error (error, step);
  check (message == NULL
         || (g_str_equal (signal_message_get_event (message), event)
             && json_node_equal (signal_message_get_payload (message), payload)),
         "request", "unexpected answer");
}

static void
expect (Runner     *self,
        const char *event,
        JsonNode   *payload)
{
  g_autoptr (SignalMessage) message = NULL;

  while ((message = g_queue_pop_head (&self->arrived)) == NULL)
    g_main_context_iteration (NULL, TRUE);
  check (g_str_equal (signal_message_get_event (message), event)
         && json_node_equal (signal_message_get_payload (message), payload),
         "unexpected message", signal_message_get_payload_json (message));
}

static void
do_expect (Runner     *self,
           JsonObject *step)
{
  expect (self, json_object_get_string_member (step, "event"),
          json_object_get_member (step, "payload"));
}

static void
do_echo (Runner     *self,
         JsonObject *step)
{
  JsonArray *values = json_object_get_array_member (step, "values");
  gint64 count = json_object_get_int_member (step, "count");
  g_autoptr (GPtrArray) sent = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);

  for (gint64 i = 0; i < count; i++)
    {
      g_autoptr (JsonObject) object = json_object_new ();
      g_autoptr (GError) error = NULL;

      json_object_set_int_member (object, "n", i);
      json_object_set_member (object, "value",
                              json_array_dup_element (values, i % json_array_get_length (values)));
      g_ptr_array_add (sent, json_node_init_object (json_node_alloc (), object));
      signal_client_send_message (self->client, "echo", g_ptr_array_index (sent, i), &error);
      check (error == NULL, "echo", error != NULL ? error->message : "");
    }
  for (guint i = 0; i < sent->len; i++)
    expect (self, "echo", g_ptr_array_index (sent, i));
}

static char **
get_rooms (JsonObject *step)
{
  JsonArray *rooms = json_object_get_array_member (step, "rooms");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < json_array_get_length (rooms); i++)
    g_strv_builder_add (builder, json_array_get_string_element (rooms, i));
  return g_strv_builder_end (builder);
}

static void
do_join (Runner     *self,
         JsonObject *step)
{
  g_auto (GStrv) rooms = get_rooms (step);

  check (signal_client_join_rooms (self->client, (const char *const *) rooms, NULL), "join", "failed");
}

static void
do_leave (Runner     *self,
          JsonObject *step)
{
  g_auto (GStrv) rooms = get_rooms (step);

  check (signal_client_leave_rooms (self->client, (const char *const *) rooms, NULL), "leave",
         "failed");
}

static void
do_wait (Runner     *self,
         JsonObject *step)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (SIGNAL_TYPE_CONNECTION_STATE);
  const char *nick = json_object_get_string_member (step, "state");
  GEnumValue *wanted = g_enum_get_value_by_nick (states, nick);

  while ((int) signal_client_get_state (self->client) != wanted->value)
    g_main_context_iteration (NULL, TRUE);
}

/* Afterwards, the server of the scenario is a further one. */
static void
do_prepend (Runner     *self,
            JsonObject *step)
{
  const char * const urls[] = { self->url, NULL };

  signal_client_set_server_urls (self->client, urls);
  signal_client_set_server_url (self->client, json_object_get_string_member (step, "url"));
}

static void
do_status (Runner     *self,
           JsonObject *step)
{
  gboolean is_connected = json_object_get_boolean_member (step, "connected");
  const char *text = signal_client_get_status_text (self->client);

  check (g_str_equal (text, json_object_get_string_member (step, "text")), "status", text);
  check (signal_client_get_is_connected (self->client) == is_connected, "is-connected", text);
  check (g_strcmp0 (signal_client_get_current_url (self->client), is_connected ? self->url : NULL) == 0,
         "current-url", text);
  check (signal_client_get_retry_at (self->client) == 0 && signal_client_get_failures (self->client) == 0,
         "failures", text);
}

static void
do_advice (Runner     *self,
           JsonObject *step)
{
  const char *advice = signal_error_get_advice (signal_client_get_last_error (self->client));

  check (g_strcmp0 (advice, json_object_get_string_member (step, "text")) == 0, "advice", advice);
}

static void
do_server (Runner     *self,
           JsonObject *step)
{
  char line[64];

  printf ("server %s\n", json_object_get_string_member (step, "command"));
  fflush (stdout);
  check (fgets (line, sizeof line, stdin) != NULL, "server", "did not obey");
}

static void
do_bus (Runner     *self,
        JsonObject *step)
{
  const char *uri = json_object_get_string_member (step, "uri");
  g_autoptr (SignalServer) server = signal_server_new ();

  g_clear_object (&self->bus);
  self->bus = signal_bus_new (uri);
  check (g_strcmp0 (signal_bus_get_uri (self->bus), uri) == 0 && !signal_bus_get_connected (self->bus), "bus",
         uri);
  signal_server_set_bus (server, self->bus);
  check (signal_server_get_bus (server) == self->bus, "bus", "that of the server");
  signal_server_set_bus (server, NULL);
  check (signal_server_get_bus (server) == NULL, "bus", "still that of the server");
}

static void
do_bus_connect (Runner     *self,
                JsonObject *step)
{
  GAsyncResult *result = NULL;
  g_autoptr (GAsyncResult) finished = NULL;
  g_autoptr (GError) error = NULL;

  signal_bus_connect_async (self->bus, NULL, on_finished, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  finished = result;
  check (!signal_bus_connect_finish (self->bus, finished, &error), "bus", "is connected");
  /* Without Redis in the library. */
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED))
    return;
  if (g_str_equal (json_object_get_string_member (step, "fails"), "connection-refused"))
    check (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED), "bus", error->message);
  else
    check_error (error, step);
}

static void
do_bus_send (Runner     *self,
             JsonObject *step)
{
  const char *event = json_object_get_string_member (step, "event");
  JsonNode *payload = json_object_get_member (step, "payload");
  const char * const except[] = { "c1", NULL };
  g_autoptr (GError) to_room = NULL;
  g_autoptr (GError) to_user = NULL;
  g_autoptr (GError) to_peer = NULL;
  g_autoptr (GError) to_all = NULL;

  signal_bus_send_to_room (self->bus, "tea", event, payload, except, &to_room);
  check_error (to_room, step);
  signal_bus_send_to_user (self->bus, "ann", event, payload, &to_user);
  check_error (to_user, step);
  signal_bus_send_to_peer (self->bus, "c1", event, payload, &to_peer);
  check_error (to_peer, step);
  signal_bus_broadcast (self->bus, event, payload, except, &to_all);
  check_error (to_all, step);
}

static void
do_bus_close (Runner     *self,
              JsonObject *step)
{
  GAsyncResult *result = NULL;
  g_autoptr (GAsyncResult) finished = NULL;

  signal_bus_close_async (self->bus, NULL, on_finished, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  finished = result;
  check (signal_bus_close_finish (self->bus, finished, NULL), "bus", "is not closed");
}

static const struct
{
  const char *name;
  StepFunc func;
} steps[] = {
  { "advice", do_advice },
  { "bus", do_bus },
  { "bus_close", do_bus_close },
  { "bus_connect", do_bus_connect },
  { "bus_send", do_bus_send },
  { "cancel", do_cancel },
  { "connect", do_connect },
  { "disconnect", do_disconnect },
  { "echo", do_echo },
  { "expect", do_expect },
  { "fetch", do_fetch },
  { "join", do_join },
  { "leave", do_leave },
  { "prepend", do_prepend },
  { "request", do_request },
  { "send", do_send },
  { "server", do_server },
  { "status", do_status },
  { "wait", do_wait },
  { "write", do_write },
};

static void
do_step (JsonArray *array,
         guint      index,
         JsonNode  *element,
         gpointer   data)
{
  JsonObject *step = json_node_get_object (element);
  const char *name = json_object_get_string_member (step, "do");
  guint i = 0;

  while (i < G_N_ELEMENTS (steps) && !g_str_equal (steps[i].name, name))
    i++;
  check (i < G_N_ELEMENTS (steps), "unknown step", name);
  steps[i].func (data, step);
  printf ("step %u: %s\n", index + 1, name);
}

static void
on_deadline (gpointer data)
{
  check (FALSE, "a step", "took too long");
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GProxyResolver) direct = g_simple_proxy_resolver_new (NULL, NULL);
  g_autoptr (SignalClient) client = NULL;
  Runner self = { .arrived = G_QUEUE_INIT, .url = argv[argc - 1] };

  check (argc == 3, argv[0], "SCENARIO URL");
  check (json_parser_load_from_file (parser, argv[1], NULL), argv[1], "cannot be read");
  g_timeout_add_once (SECONDS * 1000, on_deadline, NULL);
  client = g_object_new (SIGNAL_TYPE_CLIENT,
                         "server-url", argv[2],
                         "outbox-limit", 1000,
                         "base-interval", 100,
                         "jitter", 0.0,
                         "proxy-resolver", direct,
                         NULL);
  self.client = client;
  g_signal_connect (client, "message", G_CALLBACK (on_message), &self);
  json_array_foreach_element (json_node_get_array (json_parser_get_root (parser)), do_step, &self);
  g_clear_object (&self.bus);
  return 0;
}
