/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>

#include "api-input.h"
#include "fuzz.h"
#include "wire.h"

#include "signal-glib/signal-glib.h"
#include "tests/faults/invariants.h"
#include "tests/lib/fake-monitor.h"

/* Sequences of public calls, from outside and from inside of signal handlers and callbacks, with
 * arguments that the documentation permits. Clients and the server are in this thread and connected
 * over the loopback interface; there is no Redis server. */

#define N_SLOTS 2     /* for objects of each type */
#define N_KEPT 4      /* messages and peers */
#define MOST_CALLS 150
#define MAX_DEPTH 2
#define CLEANUP (10 * G_TIME_SPAN_SECOND)

typedef struct
{
  ApiInput           input;
  SignalClient      *clients[N_SLOTS];
  SignalMessageList *lists[N_SLOTS];
  GCancellable      *cancellables[N_SLOTS];
  SignalMessage     *messages[N_KEPT];
  SignalPeer        *peers[N_KEPT];
  SignalServer      *server;
  SignalBus         *bus;
  FakeMonitor       *monitor;
  guint              n_calls;
  guint              depth;
  guint              n_pending;  /* operations whose callback has not been called */
  GPtrArray         *alive;      /* objects that are not finalized; not owned */
} Api;

static const char * const urls[] = {
  "ws://127.0.0.1:1/", "wss://127.0.0.1:1/ws", "ws://[::1]:1/", "ws://localhost:1/", "http://127.0.0.1/", "",
  "ws://", "ws://example.org/", "ws://127.0.0.1:99999/", "ws://a:b@127.0.0.1/", "ws://127.0.0.1:1/#f", "\xff",
  NULL,
};

static const char * const bus_uris[] = {
  "redis://127.0.0.1:1", "rediss://127.0.0.1:1", "redis://u:p@[::1]:1", "http://a", "",
  "redis://127.0.0.1:1/0", NULL,
};

static void act (Api *api);

static guint
below (Api   *api,
       guint  limit)
{
  return api_input_below (&api->input, limit);
}

static const char *
text (Api *api)
{
  return api_input_string (&api->input, FALSE);
}

/* An application often calls the library from a handler. */
static void
act_inside (Api *api)
{
  if (api->depth >= MAX_DEPTH || below (api, 4) != 1)
    return;

  api->depth++;
  act (api);
  api->depth--;
}

static void
on_finalized (gpointer  user_data,
              GObject  *object)
{
  Api *api = user_data;

  g_ptr_array_remove_fast (api->alive, object);
}

static void
watch (Api      *api,
       gpointer  object)
{
  g_ptr_array_add (api->alive, object);
  g_object_weak_ref (object, on_finalized, api);
}

/* The end of operations: each is reported once. */

typedef gboolean (*Finish) (gpointer source, GAsyncResult *result, GError **error);

typedef struct
{
  Api   *api;
  Finish finish;
} Call;

static gboolean
finish_request (SignalClient  *client,
                GAsyncResult  *result,
                GError       **error)
{
  g_autoptr (SignalMessage) message = signal_client_request_finish (client, result, error);

  return message != NULL;
}

static void
on_done (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = call->finish (source, result, &error);

  g_assert_cmpint (ok, ==, error == NULL);
  g_assert_true (error == NULL || g_utf8_validate (error->message, -1, NULL));
  call->api->n_pending--;
  act_inside (call->api);
}

static Call *
call_new (Api     *api,
          gpointer finish)
{
  Call *call = g_new (Call, 1);

  *call = (Call) { api, finish };
  api->n_pending++;
  return call;
}

static GCancellable *
pick_cancellable (Api *api)
{
  guint slot = below (api, N_SLOTS + 1);

  return slot < N_SLOTS ? api->cancellables[slot] : NULL;
}

/* A call fails with an error, whose message can be shown. */
static void
check (gboolean   ok,
       GError   **error)
{
  g_assert_cmpint (ok, ==, *error == NULL);
  g_assert_true (ok || g_utf8_validate ((*error)->message, -1, NULL));
  g_clear_error (error);
}

static void
keep_message (Api           *api,
              SignalMessage *message)
{
  guint slot = below (api, N_KEPT);

  signal_message_ref (message);
  g_clear_pointer (&api->messages[slot], signal_message_unref);
  api->messages[slot] = message;
}

static void
read_properties (gpointer object)
{
  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      if ((pspecs[i]->flags & G_PARAM_READABLE) == 0)
        continue;
      g_object_get_property (object, pspecs[i]->name, &value);
      if (pspecs[i]->value_type == G_TYPE_STRING && g_str_equal (pspecs[i]->name, "status-text"))
        g_assert_true (g_utf8_validate (g_value_get_string (&value), -1, NULL));
    }
}

/* Only a client that is disconnected may be given other URLs, and none is connected to other hosts. */
static gboolean
is_settable (gpointer    object,
             GParamSpec *pspec)
{
  if ((pspec->flags & G_PARAM_WRITABLE) == 0 || (pspec->flags & G_PARAM_CONSTRUCT_ONLY) != 0)
    return FALSE;
  if (g_type_is_a (pspec->value_type, G_TYPE_OBJECT) || g_type_is_a (pspec->value_type, G_TYPE_INTERFACE)
      || pspec->value_type == SOUP_TYPE_MESSAGE_HEADERS)
    return FALSE;
  return !g_str_has_prefix (pspec->name, "server-url") && !g_str_equal (pspec->name, "allow-insecure");
}

static void
set_property (Api     *api,
              gpointer object)
{
  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);
  GParamSpec *pspec = pspecs[below (api, n)];

  if (is_settable (object, pspec))
    api_input_set_value (&api->input, object, pspec);
}

/* Clients */

static void
on_client_event (SignalClient *client,
                 gpointer      what,
                 Api          *api)
{
  act_inside (api);
}

static void
on_drained (SignalClient *client,
            Api          *api)
{
  act_inside (api);
}

static void
on_client_message (SignalClient  *client,
                   SignalMessage *message,
                   Api           *api)
{
  keep_message (api, message);
  act_inside (api);
}

static void
on_reconnecting (SignalClient *client,
                 guint         attempt,
                 guint         delay,
                 Api          *api)
{
  act_inside (api);
}

static char *
on_authenticate (SignalClient *client,
                 Api          *api)
{
  act_inside (api);
  return g_strdup (api_input_string (&api->input, TRUE));
}

static gboolean
on_token_requested (SignalClient *client,
                    Api          *api)
{
  act_inside (api);
  return below (api, 4) == 1;
}

static void
start_client (Api *api)
{
  SignalClient **client = &api->clients[below (api, N_SLOTS)];
  g_autoptr (GProxyResolver) direct = g_simple_proxy_resolver_new (NULL, NULL);
  g_autofree char *uri = api->server != NULL ? signal_server_get_uri (api->server) : NULL;

  g_clear_object (client);
  *client = signal_client_new (api_input_url (&api->input, uri, urls), NULL);
  watch (api, *client);
  g_object_set (*client, "proxy-resolver", direct, "network-monitor", api->monitor, "token", "alice",
                "base-interval", 1, "max-interval", 2, "max-retries", 3, "request-timeout", 100, NULL);
  invariants_connect (*client);
  g_signal_connect (*client, "notify", G_CALLBACK (on_client_event), api);
  g_signal_connect (*client, "connected", G_CALLBACK (on_client_event), api);
  g_signal_connect (*client, "disconnected", G_CALLBACK (on_client_event), api);
  g_signal_connect (*client, "error", G_CALLBACK (on_client_event), api);
  g_signal_connect (*client, "drained", G_CALLBACK (on_drained), api);
  g_signal_connect (*client, "message", G_CALLBACK (on_client_message), api);
  g_signal_connect (*client, "reconnecting", G_CALLBACK (on_reconnecting), api);
  if (below (api, 4) == 1)
    {
      g_signal_connect (*client, "authenticate", G_CALLBACK (on_authenticate), api);
      g_signal_connect (*client, "token-requested", G_CALLBACK (on_token_requested), api);
    }
}

static void
set_urls (Api          *api,
          SignalClient *client)
{
  g_autofree char *uri = api->server != NULL ? signal_server_get_uri (api->server) : NULL;
  const char *first = api_input_url (&api->input, uri, urls);
  const char *more[] = { api_input_url (&api->input, uri, urls), NULL };

  if (signal_client_get_state (client) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    return;
  signal_client_set_server_url (client, first);
  if (signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_DISCONNECTED)
    signal_client_set_server_urls (client, more);
}

static void
send_something (Api          *api,
                SignalClient *client)
{
  const char *event = text (api);
  JsonNode *node = api_input_node (&api->input);
  const char *json = api_input_json (&api->input);
  guint what = below (api, 6);
  GCancellable *cancellable = pick_cancellable (api);
  guint timeout = below (api, 50);
  GError *error = NULL;

  switch (what)
    {
    case 0:
      check (signal_client_send_message (client, event, node, &error), &error);
      break;

    case 1:
      check (signal_client_send_json (client, event, json, &error), &error);
      break;

    case 2:
      signal_client_send_message_async (client, event, node, cancellable, on_done,
                                        call_new (api, signal_client_send_message_finish));
      break;

    case 3:
      signal_client_send_json_async (client, event, json, cancellable, on_done,
                                     call_new (api, signal_client_send_json_finish));
      break;

    case 4:
      signal_client_request_async (client, event, node, timeout, cancellable, on_done,
                                   call_new (api, finish_request));
      break;

    default:
      signal_client_request_json_async (client, event, json, timeout, cancellable, on_done,
                                        call_new (api, finish_request));
    }
}

static void
change_rooms (Api          *api,
              SignalClient *client)
{
  const char * const *rooms = api_input_strings (&api->input);
  GError *error = NULL;

  if (below (api, 2))
    check (signal_client_join_rooms (client, rooms, &error), &error);
  else
    check (signal_client_leave_rooms (client, rooms, &error), &error);
}

static void
give_token (Api          *api,
            SignalClient *client)
{
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_FAILED, "No token");

  switch (below (api, 3))
    {
    case 0:
      signal_client_update_token (client, api_input_string (&api->input, TRUE));
      break;

    case 1:
      signal_client_set_token (client, api_input_string (&api->input, TRUE));
      break;

    default:
      signal_client_fail_token (client, below (api, 2) ? error : NULL);
    }
}

static void
call_client (Api *api)
{
  g_autoptr (SignalClient) client = NULL;
  guint slot = below (api, N_SLOTS);
  const char *token;

  g_set_object (&client, api->clients[slot]);
  if (client == NULL)
    return;

  switch (below (api, 12))
    {
    case 0:
    case 1:
      token = api_input_string (&api->input, TRUE);
      signal_client_connect_async (client, token, pick_cancellable (api), on_done,
                                   call_new (api, signal_client_connect_finish));
      break;

    case 2:
      signal_client_disconnect_async (client, pick_cancellable (api), on_done,
                                      call_new (api, signal_client_disconnect_finish));
      break;

    case 3:
      signal_client_flush_async (client, pick_cancellable (api), on_done,
                                 call_new (api, signal_client_flush_finish));
      break;

    case 4:
      change_rooms (api, client);
      break;

    case 5:
      give_token (api, client);
      break;

    case 6:
      signal_client_reconnect_now (client);
      break;

    case 7:
      set_property (api, client);
      break;

    case 8:
      read_properties (client);
      break;

    case 9:
      set_urls (api, client);
      break;

    default:
      send_something (api, client);
    }
}

/* Lists and messages */

static void
call_list (Api *api)
{
  guint slot = below (api, N_SLOTS);
  SignalClient *client;
  const char *event;
  g_autoptr (SignalMessageItem) item = NULL;

  if (api->lists[slot] == NULL)
    {
      client = api->clients[below (api, N_SLOTS)];
      event = api_input_string (&api->input, TRUE);
      api->lists[slot] = signal_message_list_new (client, event, below (api, 4));
      watch (api, api->lists[slot]);
      return;
    }

  switch (below (api, 6))
    {
    case 0:
      signal_message_list_set_client (api->lists[slot], api->clients[below (api, N_SLOTS)]);
      break;

    case 1:
      set_property (api, api->lists[slot]);
      break;

    case 2:
      signal_message_list_clear (api->lists[slot]);
      break;

    case 3:
      g_clear_object (&api->lists[slot]);
      break;

    case 4:
      item = g_list_model_get_item (G_LIST_MODEL (api->lists[slot]), below (api, 4));
      if (item != NULL)
        read_properties (item);
      break;

    default:
      read_properties (api->lists[slot]);
    }
}

static void
read_message (Api *api)
{
  SignalMessage *message = api->messages[below (api, N_KEPT)];

  if (message == NULL)
    return;
  g_assert_true (g_utf8_validate (signal_message_get_event (message), -1, NULL));
  if (signal_message_get_payload_json (message) != NULL)
    g_assert_nonnull (signal_message_get_payload (message));
  signal_message_get_id (message);
  signal_message_is_encrypted (message);
}

/* The server */

static char *
on_server_authenticate (SignalServer *server,
                        SignalPeer   *peer,
                        const char   *type,
                        const char   *token,
                        Api          *api)
{
  guint slot = below (api, N_KEPT);

  g_set_object (&api->peers[slot], peer);
  act_inside (api);
  switch (below (api, 8))
    {
    case 1:
      return NULL;

    case 2:
      signal_peer_defer_authentication (peer);
      return NULL;

    case 3:
      return g_strdup ("\xff");

    default:
      return g_strdup (token);
    }
}

static gboolean
on_join (SignalServer *server,
         SignalPeer   *peer,
         const char   *room,
         Api          *api)
{
  act_inside (api);
  return below (api, 4) != 1;
}

static void
on_peer (SignalServer *server,
         SignalPeer   *peer,
         Api          *api)
{
  guint slot = below (api, N_KEPT);

  g_set_object (&api->peers[slot], peer);
  act_inside (api);
}

static void
on_server_message (SignalServer  *server,
                   SignalPeer    *peer,
                   SignalMessage *message,
                   Api           *api)
{
  keep_message (api, message);
  on_peer (server, peer, api);
}

static void
start_server (Api *api)
{
  g_clear_object (&api->server);
  api->server = signal_server_new ();
  watch (api, api->server);
  g_signal_connect (api->server, "authenticate", G_CALLBACK (on_server_authenticate), api);
  g_signal_connect (api->server, "join", G_CALLBACK (on_join), api);
  g_signal_connect (api->server, "peer-connected", G_CALLBACK (on_peer), api);
  g_signal_connect (api->server, "peer-disconnected", G_CALLBACK (on_peer), api);
  g_signal_connect (api->server, "message", G_CALLBACK (on_server_message), api);
  if (below (api, 4) != 1)
    signal_server_listen (api->server, NULL, 0, NULL);
}

static void
call_peer (Api *api)
{
  static const guint16 codes[] = { 1000, 1001, 3000, 4003, 4004, 4999 };
  g_autoptr (SignalPeer) peer = NULL;
  guint slot = below (api, N_KEPT);
  guint16 code;

  g_set_object (&peer, api->peers[slot]);
  if (peer == NULL)
    return;

  switch (below (api, 4))
    {
    case 0:
      code = codes[below (api, G_N_ELEMENTS (codes))];
      signal_peer_close (peer, code, api_input_string (&api->input, TRUE));
      break;

    case 1:
      signal_peer_defer_authentication (peer);
      break;

    case 2:
      signal_peer_finish_authentication (peer, api_input_string (&api->input, TRUE));
      break;

    default:
      read_properties (peer);
    }
}

static void
send_from_server (Api          *api,
                  SignalServer *server)
{
  const char *event = text (api);
  JsonNode *node = api_input_node (&api->input);
  g_autoptr (SignalPeer) peer = NULL;
  SignalMessage *message = api->messages[below (api, N_KEPT)];
  guint slot = below (api, N_KEPT);
  GError *error = NULL;

  g_set_object (&peer, api->peers[slot]);
  switch (below (api, 6))
    {
    case 0:
      if (peer != NULL)
        check (signal_server_send_to_peer (server, peer, event, node, &error), &error);
      break;

    case 1:
      check (signal_server_send_to_user (server, text (api), event, node, &error), &error);
      break;

    case 2:
      check (signal_server_send_to_room (server, text (api), event, node, peer, &error), &error);
      break;

    case 3:
      if (peer != NULL && message != NULL)
        check (signal_server_reply (server, peer, message, node, &error), &error);
      break;

    case 4:
      if (peer != NULL && message != NULL)
        check (signal_server_reply_error (server, peer, message, text (api), &error), &error);
      break;

    default:
      check (signal_server_broadcast (server, event, node, &error), &error);
    }
}

static void
call_server (Api *api)
{
  static const char * const addresses[] = {
    NULL, "127.0.0.1", "::1", "localhost", "", "a b", "\xff", "[::1]",
  };
  g_autoptr (SignalServer) server = NULL;
  const char *address;
  GCancellable *cancellable;
  guint duration;
  GError *error = NULL;

  g_set_object (&server, api->server);
  if (server == NULL)
    return;

  switch (below (api, 9))
    {
    case 0:
      address = addresses[below (api, G_N_ELEMENTS (addresses))];
      check (signal_server_listen (server, address, 0, &error), &error);
      break;

    case 1:
      signal_server_stop_async (server, pick_cancellable (api), on_done,
                                call_new (api, signal_server_stop_finish));
      break;

    case 2:
      duration = below (api, 20);
      cancellable = pick_cancellable (api);
      signal_server_drain_async (server, duration, cancellable, on_done,
                                 call_new (api, signal_server_drain_finish));
      break;

    case 3:
      set_property (api, server);
      break;

    case 4:
      read_properties (server);
      break;

    case 5:
      signal_server_set_bus (server, below (api, 2) ? api->bus : NULL);
      break;

    default:
      send_from_server (api, server);
    }
}

/* The bus, which cannot be connected. */

static void
send_to_bus (Api       *api,
             SignalBus *bus)
{
  const char *event = text (api);
  const char *target = text (api);
  JsonNode *node = api_input_node (&api->input);
  const char *json = api_input_json (&api->input);
  const char * const *except = below (api, 2) ? api_input_strings (&api->input) : NULL;
  GError *error = NULL;

  switch (below (api, 4))
    {
    case 0:
      check (signal_bus_send_to_room (bus, target, event, node, except, &error), &error);
      break;

    case 1:
      check (signal_bus_send_to_user_json (bus, target, event, json, &error), &error);
      break;

    case 2:
      check (signal_bus_send_to_peer (bus, target, event, node, &error), &error);
      break;

    default:
      check (signal_bus_broadcast_json (bus, event, json, except, &error), &error);
    }
}

static void
call_bus (Api *api)
{
  g_autoptr (SignalBus) bus = NULL;
  const char *uris[] = { NULL, NULL };

  if (api->bus == NULL)
    {
      api->bus = signal_bus_new (api_input_url (&api->input, NULL, bus_uris));
      watch (api, api->bus);
    }
  g_set_object (&bus, api->bus);

  switch (below (api, 7))
    {
    case 0:
      signal_bus_connect_async (bus, pick_cancellable (api), on_done,
                                call_new (api, signal_bus_connect_finish));
      break;

    case 1:
      signal_bus_close_async (bus, pick_cancellable (api), on_done, call_new (api, signal_bus_close_finish));
      break;

    case 2:
      g_clear_object (&api->bus);
      break;

    case 3:
      uris[0] = api_input_url (&api->input, NULL, bus_uris);
      signal_bus_set_uris (bus, uris);
      break;

    case 4:
      read_properties (bus);
      break;

    default:
      send_to_bus (api, bus);
    }
}

/* The application and its surroundings */

static void
renew_cancellable (Api *api)
{
  GCancellable **cancellable = &api->cancellables[below (api, N_SLOTS)];

  if (*cancellable != NULL)
    g_cancellable_cancel (*cancellable);
  g_clear_object (cancellable);
  *cancellable = g_cancellable_new ();
}

static void
change_network (Api *api)
{
  gboolean is_available = below (api, 2) != 0;
  gboolean is_full = below (api, 2) != 0;

  fake_monitor_set (api->monitor, is_available,
                    is_full ? G_NETWORK_CONNECTIVITY_FULL : G_NETWORK_CONNECTIVITY_LOCAL);
}

static void
act (Api *api)
{
  if (++api->n_calls > MOST_CALLS)
    return;

  switch (below (api, 16))
    {
    case 0:
      start_client (api);
      break;

    case 1:
      g_clear_object (&api->clients[below (api, N_SLOTS)]);
      break;

    case 2:
      if (api->server == NULL || below (api, 4) == 1)
        start_server (api);
      else
        g_clear_object (&api->server);
      break;

    case 3:
      call_list (api);
      break;

    case 4:
      read_message (api);
      break;

    case 5:
      renew_cancellable (api);
      break;

    case 6:
      call_peer (api);
      break;

    case 7:
    case 8:
      call_server (api);
      break;

    case 9:
      call_bus (api);
      break;

    case 10:
      change_network (api);
      break;

    case 11:
      for (guint i = below (api, 32); i > 0; i--)
        g_main_context_iteration (NULL, FALSE);
      break;

    default:
      call_client (api);
    }
}

static void
check_clients (Api *api)
{
  for (guint i = 0; i < N_SLOTS; i++)
    if (api->clients[i] != NULL)
      invariants_check_idle (api->clients[i]);
}

static void
clear (Api *api)
{
  for (guint i = 0; i < N_SLOTS; i++)
    {
      g_clear_object (&api->clients[i]);
      g_clear_object (&api->lists[i]);
      if (api->cancellables[i] != NULL)
        g_cancellable_cancel (api->cancellables[i]);
      g_clear_object (&api->cancellables[i]);
    }
  for (guint i = 0; i < N_KEPT; i++)
    {
      g_clear_pointer (&api->messages[i], signal_message_unref);
      g_clear_object (&api->peers[i]);
    }
  g_clear_object (&api->server);
  g_clear_object (&api->bus);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* A client may wait for a long time, as the references of its operations keep it. */
static void
disconnect_all (Api *api)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < api->alive->len; i++)
    if (SIGNAL_IS_CLIENT (api->alive->pdata[i]))
      g_ptr_array_add (clients, g_object_ref (api->alive->pdata[i]));
  for (guint i = 0; i < clients->len; i++)
    signal_client_disconnect_async (clients->pdata[i], NULL, NULL, NULL);
}

static void
fail_to_finish (Api *api)
{
  for (guint i = 0; i < api->alive->len; i++)
    g_printerr ("%s is not finalized\n", G_OBJECT_TYPE_NAME (api->alive->pdata[i]));
  g_printerr ("%u operations have not ended\n", api->n_pending);
  abort ();
}

/* Waits for the end of every operation and of every object. */
static void
finish (Api *api)
{
  gint64 deadline = g_get_monotonic_time () + CLEANUP;
  guint tick = g_timeout_add (10, on_tick, NULL);

  api->depth = MAX_DEPTH;
  disconnect_all (api);
  while (api->n_pending > 0 || api->alive->len > 0)
    {
      if (g_get_monotonic_time () > deadline)
        fail_to_finish (api);
      clear (api);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
  wire_turn ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  Api api = { 0 };

  api_input_init (&api.input, data, size);
  api.alive = g_ptr_array_new ();
  api.monitor = fake_monitor_new (TRUE);
  start_server (&api);
  start_client (&api);
  while (!api.input.is_over && api.n_calls < MOST_CALLS)
    {
      act (&api);
      check_clients (&api);
    }

  finish (&api);
  clear (&api);
  g_clear_object (&api.monitor);
  g_ptr_array_unref (api.alive);
  api_input_clear (&api.input);
  return 0;
}
