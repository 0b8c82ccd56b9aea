/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-session.h"

#include "demo-chat-payload.h"
#include "demo-local-server.h"

/* Frequent pings keep the round-trip time up to date. */
#define HEARTBEAT_MS 10000

struct _DemoSession
{
  GObject parent_instance;
  DemoSettings *settings;
  SignalClient *client;
  DemoStatus *status;
  DemoFrameRecorder *recorder;
  DemoLocalServer *local_server; /* NULL if the server is another program */
  GListStore *rooms;             /* the first one has no name */
};

enum
{
  PROP_0,
  PROP_HAS_LOCAL_SERVER,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint problem_signal;
static guint message_signal;

G_DEFINE_FINAL_TYPE (DemoSession, demo_session, G_TYPE_OBJECT)

static void
demo_session_dispose (GObject *object)
{
  DemoSession *self = DEMO_SESSION (object);

  g_clear_object (&self->status);
  g_clear_object (&self->client);
  g_clear_object (&self->local_server);
  g_clear_object (&self->recorder);
  g_clear_object (&self->rooms);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (demo_session_parent_class)->dispose (object);
}

static void
demo_session_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  if (prop_id == PROP_HAS_LOCAL_SERVER)
    g_value_set_boolean (value, demo_session_has_local_server (DEMO_SESSION (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
demo_session_class_init (DemoSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = demo_session_dispose;
  object_class->get_property = demo_session_get_property;

  properties[PROP_HAS_LOCAL_SERVER] =
    g_param_spec_boolean ("has-local-server", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /* DemoSession::problem: an error to show to the user */
  problem_signal = g_signal_new ("problem", DEMO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  /* DemoSession::message: a message was received and added to a room */
  message_signal = g_signal_new ("message", DEMO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 2, DEMO_TYPE_ROOM, DEMO_TYPE_MESSAGE);
}

/* Returns the room with @name, or %NULL. */
static DemoRoom *
find_room (DemoSession *self,
           const char  *name)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->rooms)); i++)
    {
      g_autoptr (DemoRoom) room = g_list_model_get_item (G_LIST_MODEL (self->rooms), i);

      /* The list holds a reference. */
      if (g_strcmp0 (demo_room_get_name (room), name) == 0)
        return room;
    }
  return NULL;
}

static void
on_rooms (DemoSession *self)
{
  const char * const *wanted = signal_client_get_rooms (self->client);

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->rooms)); i-- > 1;)
    {
      g_autoptr (DemoRoom) room = g_list_model_get_item (G_LIST_MODEL (self->rooms), i);

      if (wanted == NULL || !g_strv_contains (wanted, demo_room_get_name (room)))
        g_list_store_remove (self->rooms, i);
    }
  for (guint i = 0; wanted != NULL && wanted[i] != NULL; i++)
    {
      g_autoptr (DemoRoom) room = NULL;

      if (find_room (self, wanted[i]) != NULL)
        continue;
      room = demo_room_new (wanted[i]);
      g_list_store_append (self->rooms, room);
    }
}

static void
on_message (SignalClient  *client,
            SignalMessage *received,
            DemoSession   *self)
{
  const char *event = signal_message_get_event (received);
  const char *json = signal_message_get_payload_json (received);
  g_autoptr (DemoMessage) message =
    demo_message_new (event, json, FALSE, signal_message_is_encrypted (received));
  DemoRoom *room = find_room (self, demo_message_get_room (message));

  if (room == NULL)
    room = find_room (self, NULL);
  if (signal_message_is_encrypted (received))
    demo_frame_recorder_add_received (self->recorder, event, json);
  demo_room_add (room, message, demo_settings_get_history (self->settings));
  g_signal_emit (self, message_signal, 0, room, message);
}

/* For SignalClient::error and SignalClient::disconnected, whose error is %NULL if the disconnection
 * was requested. */
static void
on_error (SignalClient *client,
          const GError *error,
          DemoSession  *self)
{
  if (error != NULL)
    g_signal_emit (self, problem_signal, 0, error);
}

static void
demo_session_init (DemoSession *self)
{
  g_autoptr (DemoRoom) rest = demo_room_new (NULL);

  self->rooms = g_list_store_new (DEMO_TYPE_ROOM);
  g_list_store_append (self->rooms, rest);
  self->recorder = demo_frame_recorder_new ();
  self->client = g_object_new (SIGNAL_TYPE_CLIENT, "heartbeat-interval", HEARTBEAT_MS, NULL);
  self->status = demo_status_new (self->client);
  g_signal_connect_object (self->client, "notify::rooms", G_CALLBACK (on_rooms), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->client, "message", G_CALLBACK (on_message), self, 0);
  g_signal_connect_object (self->client, "error", G_CALLBACK (on_error), self, 0);
  g_signal_connect_object (self->client, "disconnected", G_CALLBACK (on_error), self, 0);
}

DemoSession *
demo_session_new (DemoSettings *settings)
{
  DemoSession *self = g_object_new (DEMO_TYPE_SESSION, NULL);

  self->settings = g_object_ref (settings);
  return self;
}

SignalClient *
demo_session_get_client (DemoSession *self)
{
  return self->client;
}

DemoSettings *
demo_session_get_settings (DemoSession *self)
{
  return self->settings;
}

DemoStatus *
demo_session_get_status (DemoSession *self)
{
  return self->status;
}

DemoFrameRecorder *
demo_session_get_recorder (DemoSession *self)
{
  return self->recorder;
}

GListModel *
demo_session_get_rooms (DemoSession *self)
{
  return G_LIST_MODEL (self->rooms);
}

/* Returns whether the client is connected or tries to connect. */
gboolean
demo_session_is_active (DemoSession *self)
{
  return signal_client_get_state (self->client) != SIGNAL_CONNECTION_STATE_DISCONNECTED;
}

static void
on_connect_done (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr (DemoSession) self = data;
  g_autoptr (GError) error = NULL;

  if (!signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, problem_signal, 0, error);
}

static gboolean
prepare (DemoSession         *self,
         const char          *url,
         const char * const  *rooms,
         const char          *ca_file,
         GError             **error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autofree char *target = NULL;

  if (ca_file != NULL && *ca_file != '\0')
    {
      database = g_tls_file_database_new (ca_file, error);
      if (database == NULL)
        return FALSE;
    }
  /* The rooms of the last connection are not joined again. */
  signal_client_leave_rooms (self->client, signal_client_get_rooms (self->client), NULL);
  if (!signal_client_join_rooms (self->client, rooms, error))
    return FALSE;
  target = demo_frame_recorder_relay (self->recorder, url, error);
  if (target == NULL)
    return FALSE;
  g_object_set (self->client, "server-url", target, "tls-database", database, NULL);
  return TRUE;
}

static void
start (DemoSession        *self,
       const char         *url,
       const char         *token,
       const char * const *rooms,
       const char         *ca_file)
{
  g_autoptr (GError) error = NULL;

  if (prepare (self, url, rooms, ca_file, &error))
    signal_client_connect_async (self->client, token, NULL, on_connect_done, g_object_ref (self));
  else
    g_signal_emit (self, problem_signal, 0, error);
}

static void
set_local_server (DemoSession     *self,
                  DemoLocalServer *local_server)
{
  if (g_set_object (&self->local_server, local_server))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HAS_LOCAL_SERVER]);
}

/* Errors are reported by DemoSession::problem. */
void
demo_session_connect (DemoSession        *self,
                      const char         *url,
                      const char         *token,
                      const char * const *rooms,
                      const char         *ca_file)
{
  if (demo_session_is_active (self))
    return;
  set_local_server (self, NULL);
  start (self, url, token, rooms, ca_file);
}

/* Starts a server in this process and connects to it. */
void
demo_session_connect_local (DemoSession *self)
{
  static const char * const rooms[] = { "tea", "coffee", NULL };
  g_autoptr (DemoLocalServer) local_server = demo_local_server_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;

  if (demo_session_is_active (self))
    return;
  if (!demo_local_server_start (local_server, &error))
    {
      g_signal_emit (self, problem_signal, 0, error);
      return;
    }
  set_local_server (self, local_server);
  url = demo_local_server_dup_url (local_server);
  start (self, url, demo_local_server_get_token (local_server), rooms, NULL);
}

static void
on_disconnect_done (GObject      *source,
                    GAsyncResult *result,
                    gpointer      data)
{
  g_autoptr (DemoSession) self = data;

  signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL);
  if (!demo_session_is_active (self))
    set_local_server (self, NULL);
}

void
demo_session_disconnect (DemoSession *self)
{
  signal_client_disconnect_async (self->client, NULL, on_disconnect_done, g_object_ref (self));
}

gboolean
demo_session_has_local_server (DemoSession *self)
{
  return self->local_server != NULL;
}

/* Blocks the connection to the local server to simulate an outage, or unblocks it. */
void
demo_session_set_blocked (DemoSession *self,
                          gboolean     blocked)
{
  if (self->local_server == NULL)
    return;
  demo_frame_recorder_set_blocked (self->recorder, blocked);
  if (blocked)
    demo_local_server_disconnect_peers (self->local_server);
}

gboolean
demo_session_join (DemoSession  *self,
                   const char   *room,
                   GError      **error)
{
  const char * const rooms[] = { room, NULL };

  return signal_client_join_rooms (self->client, rooms, error);
}

void
demo_session_leave (DemoSession *self,
                    DemoRoom    *room)
{
  const char * const rooms[] = { demo_room_get_name (room), NULL };

  /* A room that was joined has a valid name. */
  if (rooms[0] != NULL)
    signal_client_leave_rooms (self->client, rooms, NULL);
}

gboolean
demo_session_send_text (DemoSession  *self,
                        DemoRoom     *room,
                        const char   *text,
                        GError      **error)
{
  g_autofree char *name = demo_settings_dup_string (self->settings, "name");
  g_autoptr (JsonNode) payload =
    demo_chat_payload_new (demo_room_get_name (room), *name != '\0' ? name : g_get_user_name (),
                           text);
  g_autofree char *json = json_to_string (payload, FALSE);

  return demo_session_send_json (self, room, "chat", json, error);
}

gboolean
demo_session_send_json (DemoSession  *self,
                        DemoRoom     *room,
                        const char   *event,
                        const char   *json,
                        GError      **error)
{
  g_autoptr (DemoMessage) message = NULL;

  if (!signal_client_send_json (self->client, event, json, error))
    return FALSE;
  demo_frame_recorder_add_sent (self->recorder, event, json);
  message = demo_message_new (event, json, TRUE, TRUE);
  demo_room_add (room, message, demo_settings_get_history (self->settings));
  return TRUE;
}
