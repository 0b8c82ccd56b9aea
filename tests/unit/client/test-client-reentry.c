/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* Any method can be called in any handler: here, two that end the connection and one that starts
 * another. */

typedef enum
{
  ACT_DISCONNECT,
  ACT_FORGET,
  ACT_RECONNECT, /* disconnect and connect again */
} Act;

typedef struct
{
  const char           *name;
  const char           *signal;
  SignalConnectionState state; /* the state in which a handler of notify::state acts */
} Place;

static const Place places[] = {
  { "connecting", "notify::state", SIGNAL_CONNECTION_STATE_CONNECTING },
  { "open", "notify::state", SIGNAL_CONNECTION_STATE_CONNECTED },
  { "authenticating", "notify::state", SIGNAL_CONNECTION_STATE_AUTHENTICATING },
  { "authenticated", "notify::state", SIGNAL_CONNECTION_STATE_AUTHENTICATED },
  { "lost", "notify::state", SIGNAL_CONNECTION_STATE_RECONNECTING },
  { "authenticate", "authenticate", 0 },
  { "connected", "connected", 0 },
  { "message", "message", 0 },
  { "error", "error", 0 },
  { "last-error", "notify::last-error", 0 },
  { "client-id", "notify::client-id", 0 },
  { "reconnecting", "reconnecting", 0 },
};

typedef struct
{
  const Place *place;
  Act          act;
  Recorder    *recorder;
  gboolean     has_acted;
} Scene;

static void
act (Scene *scene)
{
  SignalClient *client = scene->recorder->client;

  if (scene->has_acted
      || (g_str_equal (scene->place->signal, "notify::state")
          && signal_client_get_state (client) != scene->place->state))
    return;

  scene->has_acted = TRUE;
  switch (scene->act)
    {
    case ACT_DISCONNECT:
      signal_client_disconnect_async (client, NULL, recorder_on_disconnected, scene->recorder);
      g_assert_cmpint (signal_client_get_state (client), ==, SIGNAL_CONNECTION_STATE_DISCONNECTED);
      break;
    case ACT_FORGET:
      g_signal_handlers_disconnect_by_data (client, scene->recorder);
      g_clear_object (&scene->recorder->client);
      break;
    case ACT_RECONNECT:
      signal_client_disconnect_async (client, NULL, recorder_on_disconnected, scene->recorder);
      signal_client_connect_async (client, NULL, NULL, NULL, NULL);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
act_third (GObject  *client,
           gpointer  argument,
           Scene    *scene)
{
  act (scene);
}

static void
act_fourth (GObject  *client,
            guint     attempt,
            guint     delay,
            Scene    *scene)
{
  act (scene);
}

static char *
act_and_answer (GObject *client,
                Scene   *scene)
{
  act (scene);
  return g_strdup (TEST_TOKEN);
}

static void
scene_start (Scene *scene)
{
  const char *signal = scene->place->signal;
  GCallback callback = G_CALLBACK (act_third);

  if (g_str_equal (signal, "authenticate"))
    callback = G_CALLBACK (act_and_answer);
  else if (g_str_equal (signal, "reconnecting"))
    callback = G_CALLBACK (act_fourth);
  g_signal_connect (scene->recorder->client, signal, callback, scene);
}

/* Causes an emission of every signal. */
static void
cause_all_signals (MockServer *server,
                   Scene      *scene)
{
  MockPeer *peer;

  WAIT_UNTIL (scene->has_acted || scene->recorder->is_done);
  if (scene->has_acted)
    return;

  peer = mock_server_wait_peer (server, 0);
  mock_peer_send (peer, "{\"event\":\"hello\"}");
  mock_peer_send_text (peer, "wrong");
  mock_peer_send (peer, "{\"event\":\"hello\"}");
  WAIT_UNTIL (scene->has_acted || scene->recorder->messages->len == 2);
  if (!scene->has_acted)
    mock_peer_shut_down (peer);
  WAIT_UNTIL (scene->has_acted);
}

static void
test_disconnect_inside (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Scene scene = { data, ACT_DISCONNECT, recorder };

  scene_start (&scene);
  recorder_start (recorder);
  cause_all_signals (server, &scene);
  WAIT_UNTIL (recorder->n_closed == 1 && recorder->is_done);

  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  g_assert_no_error (recorder->disconnected);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_DISCONNECTED);
  g_assert_true (g_str_has_suffix (recorder->states->str, " disconnected ")
                 || g_str_equal (recorder->states->str, "disconnected "));
  if (recorder->n_connected == 0 || g_str_equal (scene.place->name, "connected"))
    g_assert_error (recorder->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  run_for (20);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
}

/* A pending operation holds a reference, so that the client exists until it finishes. */
static void
test_forget_inside (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Scene scene = { data, ACT_FORGET, recorder };
  GWeakRef weak;
  MockPeer *peer;

  g_weak_ref_init (&weak, recorder->client);
  recorder_connect (recorder);
  scene_start (&scene);
  peer = mock_server_wait_peer (server, 0);
  if (g_str_equal (scene.place->name, "message"))
    mock_peer_send (peer, "{\"event\":\"hello\"}");
  else
    mock_peer_shut_down (peer);
  WAIT_UNTIL (scene.has_acted);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);

  for (guint i = 0; i < server->peers->len; i++)
    {
      peer = server->peers->pdata[i];
      WAIT_UNTIL (peer->is_closed);
    }
  run_for (20);
}

static void
test_reconnect_inside (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Scene scene = { data, ACT_RECONNECT, recorder };

  scene_start (&scene);
  recorder_start (recorder);
  cause_all_signals (server, &scene);
  WAIT_UNTIL (recorder->is_done && recorder->n_closed == 1);
  recorder_wait_state (recorder, SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpuint (recorder->n_disconnected, ==, 1);
  recorder_disconnect (recorder);
}

static void
on_disconnected_forget (SignalClient *client,
                        const GError *error,
                        Recorder     *recorder)
{
  g_signal_handlers_disconnect_by_data (client, recorder);
  g_clear_object (&recorder->client);
}

static void
test_forget_in_disconnected (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  GWeakRef weak;

  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect (recorder);
  g_weak_ref_init (&weak, recorder->client);
  g_signal_connect (recorder->client, "disconnected", G_CALLBACK (on_disconnected_forget),
                    recorder);
  mock_peer_shut_down (mock_server_wait_peer (server, 0));
  WAIT_UNTIL (recorder->client == NULL);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

typedef struct
{
  Recorder *recorder;
  Recorder *second; /* the second connect_async() */
} Again;

static void
connect_again (Again *again)
{
  SignalClient *client = again->recorder->client;

  if (again->second->client == NULL
      && signal_client_get_state (client) == SIGNAL_CONNECTION_STATE_DISCONNECTED)
    {
      again->second->client = g_object_ref (client);
      signal_client_connect_async (client, "second", NULL, recorder_on_connected, again->second);
      g_assert_true (signal_client_send_json (client, "kept", NULL, NULL));
    }
}

static void
connect_again_third (GObject  *client,
                     gpointer  argument,
                     Again    *again)
{
  connect_again (again);
}

static void
accept_second_attempt (MockPeer *peer)
{
  if (g_str_equal (peer->token, "second"))
    mock_peer_send_connected (peer);
  else
    mock_peer_close (peer, 4003);
}

/* An application may connect again in `disconnected`. The two calls are not confused, and messages
 * sent in between are kept. */
static void
test_connect_again (gconstpointer signal)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autoptr (Recorder) second = recorder_new (server->uri);
  Again again = { recorder, second };

  g_clear_object (&second->client);
  server->respond = accept_second_attempt;
  g_signal_connect (recorder->client, signal, G_CALLBACK (connect_again_third), &again);
  recorder_start (recorder);
  WAIT_UNTIL (recorder->is_done && second->is_done);
  g_assert_error (recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_no_error (second->error);
  WAIT_UNTIL (mock_server_wait_peer (server, 1)->inner->len == 1);
  g_assert_cmpstr (mock_server_wait_peer (server, 1)->inner->pdata[0], ==, "{\"event\":\"kept\"}");
  g_assert_cmpstr (recorder->signals->str, ==, "disconnected connected ");
  g_clear_object (&second->client);
}

static gpointer
run_in_thread (gpointer uri)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (Recorder) recorder = NULL;

  g_main_context_push_thread_default (context);
  recorder = recorder_new (uri);
  signal_client_connect_async (recorder->client, NULL, NULL, recorder_on_connected, recorder);
  while (!recorder->is_done || recorder->messages->len == 0)
    g_main_context_iteration (context, TRUE);
  g_assert_no_error (recorder->error);
  signal_client_disconnect_async (recorder->client, NULL, recorder_on_disconnected, recorder);
  while (recorder->n_closed == 0)
    g_main_context_iteration (context, TRUE);
  recorder_drop_client (recorder);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
respond_with_message (MockPeer *peer)
{
  mock_peer_send_connected (peer);
  mock_peer_send (peer, "{\"event\":\"hello\"}");
}

/* Everything happens in the main context of the construction, not in the default one. */
static void
test_thread (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  GThread *thread;
  MockPeer *peer;

  server->respond = respond_with_message;
  thread = g_thread_new ("client", run_in_thread, server->uri);
  peer = mock_server_wait_peer (server, 0);
  WAIT_UNTIL (peer->is_closed);
  g_thread_join (thread);
  g_assert_cmpuint (peer->close_code, ==, 1000);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *end = g_strconcat ("/client/reentry/disconnect/", places[i].name, NULL);
      g_autofree char *drop = g_strconcat ("/client/reentry/forget/", places[i].name, NULL);
      g_autofree char *again = g_strconcat ("/client/reentry/reconnect/", places[i].name, NULL);

      g_test_add_data_func (end, &places[i], test_disconnect_inside);
      g_test_add_data_func (drop, &places[i], test_forget_inside);
      g_test_add_data_func (again, &places[i], test_reconnect_inside);
    }
  g_test_add_func ("/client/reentry/forget/disconnected", test_forget_in_disconnected);
  g_test_add_data_func ("/client/reentry/again/disconnected", "disconnected", test_connect_again);
  g_test_add_data_func ("/client/reentry/again/state", "notify::state", test_connect_again);
  g_test_add_func ("/client/reentry/thread", test_thread);

  return g_test_run ();
}
