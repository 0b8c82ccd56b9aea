/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/raw-client.h"
#include "tests/lib/recorder.h"

/* A handler that runs the main loop, like a modal dialog, or blocks it, for longer than the
 * liveness timeout. Nothing is read from the connection during this time, which does not count as
 * silence of the peer. */

#define SILENCE 60
#define LONG 400

typedef void (*PauseFunc) (guint milliseconds);

static void
block (guint milliseconds)
{
  g_usleep (milliseconds * G_TIME_SPAN_MILLISECOND);
}

static const struct
{
  const char *name;
  PauseFunc   pause;
} pauses[] = {
  { "nested", run_for },
  { "blocking", block },
};

/* Pauses once, while the peer continues to send. */
typedef struct
{
  PauseFunc   pause;
  guint       n_before; /* messages that the server receives before it pauses */
  MockServer *server;
  RawClient  *raw;
  guint       n_paused;
} Pause;

static void
on_client_message (SignalClient  *client,
                   SignalMessage *message,
                   Pause         *pause)
{
  if (pause->n_paused++ > 0)
    return;

  mock_peer_send (mock_server_wait_peer (pause->server, 0), "{\"event\":\"second\"}");
  pause->pause (LONG);
  mock_peer_send (mock_server_wait_peer (pause->server, 0), "{\"event\":\"third\"}");
}

static void
set_silence (Recorder *recorder)
{
  g_object_set (recorder->client, "heartbeat-interval", SILENCE, "liveness-timeout", SILENCE, NULL);
}

/* In a handler of `message`: the connection stays open, and later messages follow in order. */
static void
test_client_message (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Pause pause = { .pause = (PauseFunc) data, .server = server };

  set_silence (recorder);
  recorder_connect (recorder);
  g_signal_connect (recorder->client, "message", G_CALLBACK (on_client_message), &pause);
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"first\"}");
  WAIT_UNTIL (recorder->messages->len == 3);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "first");
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[1]), ==, "second");
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[2]), ==, "third");
  run_for (3 * SILENCE);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* The same with a fragmented message, which has another code path. */
static void
test_client_fragments (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Pause pause = { .pause = (PauseFunc) data, .server = server };
  g_autofree char *text = NULL;
  MockPeer *peer;

  set_silence (recorder);
  recorder_connect (recorder);
  g_signal_connect (recorder->client, "message", G_CALLBACK (on_client_message), &pause);
  peer = mock_server_wait_peer (server, 0);
  text = mock_peer_encrypt (peer, "{\"event\":\"first\"}");
  mock_peer_send_frame (peer, 0x01, text, 10);
  mock_peer_send_frame (peer, 0x80, text + 10, strlen (text) - 10);
  WAIT_UNTIL (recorder->messages->len == 3);
  run_for (3 * SILENCE);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
on_client_connected (SignalClient *client,
                     const char   *id,
                     Pause        *pause)
{
  pause->n_paused++;
  pause->pause (LONG);
}

/* In a handler of `connected`: a reconnect here would nest another main loop for each
 * connection. */
static void
test_client_connected (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Pause pause = { .pause = (PauseFunc) data, .server = server };

  set_silence (recorder);
  g_signal_connect (recorder->client, "connected", G_CALLBACK (on_client_connected), &pause);
  recorder_connect (recorder);
  run_for (3 * SILENCE);
  g_assert_cmpuint (pause.n_paused, ==, 1);
  g_assert_cmpuint (server->peers->len, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* A peer that is dead is detected after the handler has returned. */
static void
test_client_dead (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  Pause pause = { .pause = (PauseFunc) data, .server = server };

  set_silence (recorder);
  g_object_set (recorder->client, "base-interval", 60000, NULL);
  server->ignores_controls = TRUE;
  g_signal_connect (recorder->client, "connected", G_CALLBACK (on_client_connected), &pause);
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
}

static gboolean
on_beat (gpointer raw)
{
  raw_client_send_text (raw, "{\"event\":\"heartbeat\"}");
  return G_SOURCE_CONTINUE;
}

static void
on_server_message (SignalServer  *server,
                   SignalPeer    *peer,
                   SignalMessage *message,
                   Pause         *pause)
{
  if (pause->n_paused++ == pause->n_before)
    pause->pause (LONG);
}

static void
test_server_message (gconstpointer data)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  Pause pause = { .pause = (PauseFunc) data };
  guint beat = g_timeout_add (SILENCE / 4, on_beat, raw);

  g_object_set (fixture->server, "heartbeat-timeout", 2 * SILENCE, NULL);
  g_signal_connect (fixture->server, "message", G_CALLBACK (on_server_message), &pause);
  raw_client_send_encrypted (raw, "{\"event\":\"first\"}");
  raw_client_send_encrypted (raw, "{\"event\":\"second\"}");
  WAIT_UNTIL (fixture->messages->len == 2);
  run_for (4 * SILENCE);
  g_assert_false (raw->closed);
  g_source_remove (beat);
  raw_client_wait_closed (raw, 4002);
}

/* The messages before the one whose handler blocks are handled quickly. */
static void
test_server_burst (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  Pause pause = { .pause = block, .n_before = 3 };

  g_object_set (fixture->server, "heartbeat-timeout", LONG - SILENCE, NULL);
  g_signal_connect (fixture->server, "message", G_CALLBACK (on_server_message), &pause);
  for (guint i = 0; i <= pause.n_before; i++)
    raw_client_send_encrypted (raw, "{\"event\":\"one-of-several\"}");
  WAIT_UNTIL (fixture->messages->len == pause.n_before + 1);
  run_for (SILENCE);
  g_assert_false (raw->closed);
}

/* As after SIGSTOP: the heartbeats of all peers have arrived, and the timeout has long passed. */
static void
test_server_stopped (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");

  g_object_set (fixture->server, "heartbeat-timeout", 2 * SILENCE, NULL);
  for (guint i = 0; i < 3; i++)
    {
      raw_client_send_text (raw, "{\"event\":\"heartbeat\"}");
      block (LONG);
      run_for (SILENCE);
      g_assert_false (raw->closed);
    }
}

int
main (int   argc,
      char *argv[])
{
  static const struct
  {
    const char    *name;
    GTestDataFunc  test;
  } tests[] = {
    { "client-message", test_client_message },
    { "client-fragments", test_client_fragments },
    { "client-connected", test_client_connected },
    { "client-dead", test_client_dead },
    { "server-message", test_server_message },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    for (guint j = 0; j < G_N_ELEMENTS (pauses); j++)
      {
        g_autofree char *path = g_strdup_printf ("/client/nested-loops/%s/%s", tests[i].name, pauses[j].name);

        g_test_add_data_func (path, pauses[j].pause, tests[i].test);
      }
  g_test_add_func ("/client/nested-loops/server-burst", test_server_burst);
  g_test_add_func ("/client/nested-loops/server-stopped", test_server_stopped);

  return g_test_run ();
}
