/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "history-line.h"
#include "history-watch.h"

/* The linker replaces calls of these functions of the library by calls of __wrap_ functions, which record
 * them, and the function itself is called __real_: see the option --wrap in the manual of ld. */
#define WRAPPED(type, name, ...) \
  extern type __real_##name (__VA_ARGS__); \
  extern type __wrap_##name (__VA_ARGS__); \
  type __wrap_##name (__VA_ARGS__)

/* Whom a message is for. */
typedef enum
{
  TO_SERVER,
  TO_PEER,
  TO_USER,
  TO_ROOM,
  TO_ALL,
} Target;

static const char * const target_names[] = { NULL, "peer", "user", "room", NULL };

static guint n_messages;

static HistoryLine *
begin_send (gpointer    actor,
            Target      target,
            const char *name,
            const char *event)
{
  HistoryLine *line = history_line_begin (actor, "send");

  history_line_add_number (line, "message", ++n_messages);
  if (target_names[target] != NULL)
    history_line_add_text (line, target_names[target], name);
  else if (target == TO_ALL)
    history_line_add_boolean (line, "all", TRUE);
  history_line_add_text (line, "event", event);
  return line;
}

/* Returns the number of the message. */
static guint
end_send (HistoryLine *line,
          const char  *json)
{
  history_line_add_payload (line, json);
  history_line_end (line);
  return n_messages;
}

static char *
dup_json (JsonNode *payload)
{
  return history_line_is_on () && payload != NULL ? json_to_string (payload, FALSE) : NULL;
}

static void
add_outcome (gpointer    actor,
             guint       message,
             const char *outcome)
{
  HistoryLine *line = history_line_begin (actor, outcome);

  history_line_add_number (line, "message", message);
  history_line_end (line);
}

/* A message that does not fit into the backlog of a bus is dropped. */
static void
add_dropped (gpointer actor)
{
  GQuark quark = g_quark_from_static_string ("history-dropped");
  g_autoptr (SignalBus) bus = NULL;
  guint dropped;

  if (!history_line_is_on () || SIGNAL_IS_CLIENT (actor))
    return;
  if (SIGNAL_IS_SERVER (actor))
    g_object_get (actor, "bus", &bus, NULL);
  else
    bus = g_object_ref (actor);
  if (bus == NULL)
    return;

  dropped = (guint) signal_bus_get_messages_dropped (bus);
  if (dropped == GPOINTER_TO_UINT (g_object_get_qdata (G_OBJECT (bus), quark)))
    return;
  g_object_set_qdata (G_OBJECT (bus), quark, GUINT_TO_POINTER (dropped));
  history_line_end (history_line_begin (actor, "outage"));
}

/* Records the result of a call that sends, and returns it. */
static gboolean
add_result (gpointer actor,
            guint    message,
            gboolean is_accepted)
{
  add_dropped (actor);
  add_outcome (actor, message, is_accepted ? "accepted" : "failed");
  return is_accepted;
}

/* Clients */

WRAPPED (gboolean, signal_client_send_json,
         SignalClient *self, const char *event, const char *json, GError **error)
{
  guint message = end_send (begin_send (self, TO_SERVER, NULL, event), json);

  return add_result (self, message, __real_signal_client_send_json (self, event, json, error));
}

WRAPPED (gboolean, signal_client_send_message,
         SignalClient *self, const char *event, JsonNode *payload, GError **error)
{
  g_autofree char *json = dup_json (payload);
  guint message = end_send (begin_send (self, TO_SERVER, NULL, event), json);

  return add_result (self, message, __real_signal_client_send_message (self, event, payload, error));
}

/* A message or a request whose outcome is reported later. */
typedef struct
{
  GAsyncReadyCallback callback;
  gpointer            user_data;
  guint               message;
  gboolean            is_finished;
} Operation;

#define OPERATION "history-operation"

static void
on_ready (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Operation *operation = user_data;

  g_object_set_data (G_OBJECT (result), OPERATION, operation);
  if (operation->callback != NULL)
    operation->callback (source, result, operation->user_data);
  g_object_set_data (G_OBJECT (result), OPERATION, NULL);

  /* Nobody has asked for the outcome. */
  if (!operation->is_finished)
    add_outcome (source, operation->message, "lost");
  g_free (operation);
}

static Operation *
operation_new (SignalClient        *client,
               const char          *event,
               const char          *json,
               gboolean             is_request,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  Operation *operation = g_new0 (Operation, 1);
  HistoryLine *line = begin_send (client, TO_SERVER, NULL, event);
  g_autofree char *member = NULL;

  if (line != NULL && is_request)
    {
      g_object_get (client, "correlation-member", &member, NULL);
      history_line_add_boolean (line, "request", TRUE);
      history_line_add_text (line, "member", member);
    }
  history_line_add_boolean (line, "awaited", TRUE);
  operation->callback = callback;
  operation->user_data = user_data;
  operation->message = end_send (line, json);
  return operation;
}

/* What is known of the message: docs/requests.md has the table. */
static const char *
name_outcome (const GError *error,
              gboolean      is_request)
{
  if (error == NULL)
    return is_request ? "answered" : "sent";
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST))
    return "lost";
  if (!is_request)
    return "failed";
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER))
    return "answered";
  if (g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return "lost";
  return "failed";
}

static void
operation_finish (SignalClient *client,
                  GAsyncResult *result,
                  GError       *error,
                  gboolean      is_request)
{
  Operation *operation = g_object_get_data (G_OBJECT (result), OPERATION);

  if (operation == NULL)
    return;
  operation->is_finished = TRUE;
  add_outcome (client, operation->message, name_outcome (error, is_request));
}

WRAPPED (void, signal_client_send_json_async,
         SignalClient *self, const char *event, const char *json, GCancellable *cancellable,
         GAsyncReadyCallback callback, gpointer user_data)
{
  if (history_line_is_on ())
    __real_signal_client_send_json_async (self, event, json, cancellable, on_ready,
                                          operation_new (self, event, json, FALSE, callback, user_data));
  else
    __real_signal_client_send_json_async (self, event, json, cancellable, callback, user_data);
}

WRAPPED (gboolean, signal_client_send_json_finish,
         SignalClient *self, GAsyncResult *result, GError **error)
{
  GError *reason = NULL;
  gboolean ok = __real_signal_client_send_json_finish (self, result, &reason);

  operation_finish (self, result, reason, FALSE);
  if (reason != NULL)
    g_propagate_error (error, reason);
  return ok;
}

WRAPPED (void, signal_client_request_json_async,
         SignalClient *self, const char *event, const char *json, guint timeout, GCancellable *cancellable,
         GAsyncReadyCallback callback, gpointer user_data)
{
  if (history_line_is_on ())
    __real_signal_client_request_json_async (self, event, json, timeout, cancellable, on_ready,
                                             operation_new (self, event, json, TRUE, callback, user_data));
  else
    __real_signal_client_request_json_async (self, event, json, timeout, cancellable, callback, user_data);
}

WRAPPED (SignalMessage *, signal_client_request_finish,
         SignalClient *self, GAsyncResult *result, GError **error)
{
  GError *reason = NULL;
  SignalMessage *answer = __real_signal_client_request_finish (self, result, &reason);

  operation_finish (self, result, reason, TRUE);
  if (reason != NULL)
    g_propagate_error (error, reason);
  return answer;
}

WRAPPED (void, signal_client_send_message_async,
         SignalClient *self, const char *event, JsonNode *payload, GCancellable *cancellable,
         GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char *json = dup_json (payload);

  if (history_line_is_on ())
    __real_signal_client_send_message_async (self, event, payload, cancellable, on_ready,
                                             operation_new (self, event, json, FALSE, callback, user_data));
  else
    __real_signal_client_send_message_async (self, event, payload, cancellable, callback, user_data);
}

WRAPPED (gboolean, signal_client_send_message_finish,
         SignalClient *self, GAsyncResult *result, GError **error)
{
  GError *reason = NULL;
  gboolean ok = __real_signal_client_send_message_finish (self, result, &reason);

  operation_finish (self, result, reason, FALSE);
  if (reason != NULL)
    g_propagate_error (error, reason);
  return ok;
}

WRAPPED (void, signal_client_request_async,
         SignalClient *self, const char *event, JsonNode *payload, guint timeout, GCancellable *cancellable,
         GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char *json = dup_json (payload);

  if (history_line_is_on ())
    __real_signal_client_request_async (self, event, payload, timeout, cancellable, on_ready,
                                        operation_new (self, event, json, TRUE, callback, user_data));
  else
    __real_signal_client_request_async (self, event, payload, timeout, cancellable, callback, user_data);
}

static void
add_rooms (SignalClient       *client,
           const char         *kind,
           const char * const *rooms)
{
  HistoryLine *line = history_line_begin (client, kind);

  history_line_add_texts (line, "rooms", rooms);
  history_line_end (line);
}

WRAPPED (gboolean, signal_client_join_rooms,
         SignalClient *self, const char * const *rooms, GError **error)
{
  add_rooms (self, "join", rooms);
  return __real_signal_client_join_rooms (self, rooms, error);
}

WRAPPED (gboolean, signal_client_leave_rooms,
         SignalClient *self, const char * const *rooms, GError **error)
{
  add_rooms (self, "leave", rooms);
  return __real_signal_client_leave_rooms (self, rooms, error);
}

/* Servers */

static guint
add_server_send (SignalServer *server,
                 Target        target,
                 const char   *name,
                 const char   *event,
                 JsonNode     *payload,
                 SignalPeer   *except)
{
  HistoryLine *line;
  const char *ids[] = { except != NULL ? signal_peer_get_id (except) : NULL, NULL };
  g_autofree char *json = dup_json (payload);

  history_watch_server (server);
  line = begin_send (server, target, name, event);
  history_line_add_texts (line, "except", ids);
  return end_send (line, json);
}

WRAPPED (gboolean, signal_server_send_to_peer,
         SignalServer *self, SignalPeer *peer, const char *event, JsonNode *payload, GError **error)
{
  guint message = add_server_send (self, TO_PEER, signal_peer_get_id (peer), event, payload, NULL);

  return add_result (self, message, __real_signal_server_send_to_peer (self, peer, event, payload, error));
}

WRAPPED (gboolean, signal_server_reply,
         SignalServer *self, SignalPeer *peer, SignalMessage *request, JsonNode *payload, GError **error)
{
  guint message = add_server_send (self, TO_PEER, signal_peer_get_id (peer),
                                   signal_message_get_event (request), payload, NULL);

  return add_result (self, message, __real_signal_server_reply (self, peer, request, payload, error));
}

WRAPPED (gboolean, signal_server_send_to_user,
         SignalServer *self, const char *user_id, const char *event, JsonNode *payload, GError **error)
{
  guint message = add_server_send (self, TO_USER, user_id, event, payload, NULL);

  return add_result (self, message, __real_signal_server_send_to_user (self, user_id, event, payload, error));
}

WRAPPED (gboolean, signal_server_send_to_room,
         SignalServer *self, const char *room, const char *event, JsonNode *payload, SignalPeer *except,
         GError **error)
{
  guint message = add_server_send (self, TO_ROOM, room, event, payload, except);

  return add_result (self, message,
                     __real_signal_server_send_to_room (self, room, event, payload, except, error));
}

WRAPPED (gboolean, signal_server_broadcast,
         SignalServer *self, const char *event, JsonNode *payload, GError **error)
{
  guint message = add_server_send (self, TO_ALL, NULL, event, payload, NULL);

  return add_result (self, message, __real_signal_server_broadcast (self, event, payload, error));
}

/* Buses */

static guint
add_bus_send (SignalBus          *bus,
              Target              target,
              const char         *name,
              const char         *event,
              const char         *json,
              const char * const *except)
{
  HistoryLine *line;

  history_watch_bus (bus);
  line = begin_send (bus, target, name, event);
  history_line_add_texts (line, "except", except);
  return end_send (line, json);
}

WRAPPED (gboolean, signal_bus_send_to_room,
         SignalBus *self, const char *room, const char *event, JsonNode *payload, const char * const *except,
         GError **error)
{
  g_autofree char *json = dup_json (payload);
  guint message = add_bus_send (self, TO_ROOM, room, event, json, except);

  return add_result (self, message,
                     __real_signal_bus_send_to_room (self, room, event, payload, except, error));
}

WRAPPED (gboolean, signal_bus_send_to_room_json,
         SignalBus *self, const char *room, const char *event, const char *json, const char * const *except,
         GError **error)
{
  guint message = add_bus_send (self, TO_ROOM, room, event, json, except);

  return add_result (self, message,
                     __real_signal_bus_send_to_room_json (self, room, event, json, except, error));
}

WRAPPED (gboolean, signal_bus_send_to_user,
         SignalBus *self, const char *user_id, const char *event, JsonNode *payload, GError **error)
{
  g_autofree char *json = dup_json (payload);
  guint message = add_bus_send (self, TO_USER, user_id, event, json, NULL);

  return add_result (self, message, __real_signal_bus_send_to_user (self, user_id, event, payload, error));
}

WRAPPED (gboolean, signal_bus_send_to_user_json,
         SignalBus *self, const char *user_id, const char *event, const char *json, GError **error)
{
  guint message = add_bus_send (self, TO_USER, user_id, event, json, NULL);

  return add_result (self, message, __real_signal_bus_send_to_user_json (self, user_id, event, json, error));
}

WRAPPED (gboolean, signal_bus_send_to_peer,
         SignalBus *self, const char *client_id, const char *event, JsonNode *payload, GError **error)
{
  g_autofree char *json = dup_json (payload);
  guint message = add_bus_send (self, TO_PEER, client_id, event, json, NULL);

  return add_result (self, message, __real_signal_bus_send_to_peer (self, client_id, event, payload, error));
}

WRAPPED (gboolean, signal_bus_send_to_peer_json,
         SignalBus *self, const char *client_id, const char *event, const char *json, GError **error)
{
  guint message = add_bus_send (self, TO_PEER, client_id, event, json, NULL);

  return add_result (self, message,
                     __real_signal_bus_send_to_peer_json (self, client_id, event, json, error));
}

WRAPPED (gboolean, signal_bus_broadcast,
         SignalBus *self, const char *event, JsonNode *payload, const char * const *except, GError **error)
{
  g_autofree char *json = dup_json (payload);
  guint message = add_bus_send (self, TO_ALL, NULL, event, json, except);

  return add_result (self, message, __real_signal_bus_broadcast (self, event, payload, except, error));
}

WRAPPED (gboolean, signal_bus_broadcast_json,
         SignalBus *self, const char *event, const char *json, const char * const *except, GError **error)
{
  guint message = add_bus_send (self, TO_ALL, NULL, event, json, except);

  return add_result (self, message, __real_signal_bus_broadcast_json (self, event, json, except, error));
}
