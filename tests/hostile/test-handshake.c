/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/hostile.h"

#include "signal-glib/client/signal-client-private.h"
#include "signal-glib/protocol/signal-channel-private.h"

#include <string.h>

/* Servers that make an attempt large or long, and keys that are due for renewal. */

static void
test_endless_head (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *filler = g_strnfill (100 * 1000 * 1000, 'x');
  g_autofree char *answer = g_strconcat ("HTTP/1.1 101 OK\r\nX: ", filler, NULL);
  guint64 received;

  server->http_response = answer;
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE);
  g_object_get (recorder->client, "bytes-received", &received, NULL);
  g_assert_cmpuint (received, <, 1024 * 1024);
  hostile_check_recovery (recorder);
}

static void
write_text (MockPeer   *peer,
            const char *text)
{
  mock_peer_write (peer, text, strlen (text));
}

static gboolean
on_drip (gpointer user_data)
{
  MockPeer *peer = user_data;

  write_text (peer, "H");
  return G_SOURCE_CONTINUE;
}

/* Every byte arrives in time, but not the complete response. */
static void
test_drip (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  guint drip;

  server->is_silent = TRUE;
  g_object_set (recorder->client, "max-retries", 0, "connect-timeout", 500, NULL);
  recorder_start (recorder);
  WAIT_UNTIL (server->peers->len == 1);
  write_text (server->peers->pdata[0], "HTTP/1.1 101 ");
  drip = g_timeout_add (50, on_drip, server->peers->pdata[0]);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_source_remove (drip);
  hostile_check_recovery (recorder);
}

typedef struct
{
  const char *name;
  const char *bytes;
  gsize       length;
  int         code; /* SoupWebsocketError */
  const char *text; /* of the error message */
} Answer;

#define ANSWER(name, bytes, code, text) { name, bytes, sizeof bytes - 1, code, text }

static const Answer answers[] = {
  ANSWER ("bare-lf", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n",
          SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE, "CR LF"),
  ANSWER ("bare-lf-refusal", "HTTP/1.1 404 Not Found\n\n", SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE,
          "CR LF"),
  ANSWER ("nul", "HTTP/1.1 101 OK\r\nX: \0\r\n\r\n", SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE, "NUL"),
  ANSWER ("ssh", "SSH-2.0-OpenSSH_9.2p1\r\n", SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET, "not HTTP"),
  ANSWER ("tls", "\x15\x03\x01\0\x02\x02\x0a", SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET, "not HTTP"),
};

/* The error is reported immediately, although the server keeps the connection open and sends
 * nothing more. */
static void
test_bad_answer (gconstpointer data)
{
  const Answer *answer = data;
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  server->is_silent = TRUE;
  g_object_set (recorder->client, "max-retries", 0, "connect-timeout", 5000, NULL);
  recorder_start (recorder);
  WAIT_UNTIL (server->peers->len == 1);
  peer = server->peers->pdata[0];
  WAIT_UNTIL (peer->in->len > 0);
  mock_peer_write (peer, answer->bytes, answer->length);
  WAIT_UNTIL (recorder->is_done);
  g_assert_error (recorder->error, SOUP_WEBSOCKET_ERROR, answer->code);
  g_assert_nonnull (strstr (recorder->error->message, answer->text));
  hostile_check_recovery (recorder);
}

/* Interim responses before the final one (RFC 9110 section 15.2), in pieces of any size. */
static void
test_interim (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  server->is_silent = TRUE;
  recorder_start (recorder);
  WAIT_UNTIL (server->peers->len == 1);
  peer = server->peers->pdata[0];
  WAIT_UNTIL (peer->in->len > 0);
  write_text (peer, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Proc");
  run_for (20);
  write_text (peer, "essing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r");
  run_for (20);
  write_text (peer, "\n");
  server->is_silent = FALSE;
  mock_peer_receive (peer);
  WAIT_UNTIL (recorder->is_done);
  g_assert_no_error (recorder->error);
  hostile_check_alive (recorder, peer);
}

static gboolean
on_interim (gpointer user_data)
{
  MockServer *server = user_data;

  for (guint i = 0; i < server->peers->len; i++)
    write_text (server->peers->pdata[i], "HTTP/1.1 102 Processing\r\n\r\n");
  return G_SOURCE_CONTINUE;
}

/* A server that never stops sending interim responses. */
static void
test_endless_interim (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  guint source;

  server->is_silent = TRUE;
  source = g_timeout_add (5, on_interim, server);
  g_object_set (recorder->client, "max-retries", 0, "connect-timeout", 8000, NULL);
  recorder_connect_fails (recorder, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE);
  g_source_remove (source);
  hostile_check_recovery (recorder);
}

static void
do_not_respond (MockPeer *peer)
{
}

static gboolean
on_noise (gpointer user_data)
{
  MockServer *server = user_data;

  for (guint i = 0; i < server->peers->len; i++)
    if (((MockPeer *) server->peers->pdata[i])->token != NULL)
      mock_peer_send_text (server->peers->pdata[i],
                           "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAA\","
                           "\"ct\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
  return G_SOURCE_CONTINUE;
}

/* Messages that cannot be decrypted do not extend the timeout of an attempt. */
static void
test_unreadable_noise (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gint64 before = g_get_monotonic_time ();
  guint noise;

  server->respond = do_not_respond;
  noise = g_timeout_add (100, on_noise, server);
  g_object_set (recorder->client, "max-retries", 0, "connect-timeout", 700, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 600 * 1000);
  g_source_remove (noise);
  hostile_check_recovery (recorder);
}

static SignalChannel *
get_channel (SignalClient *client)
{
  return signal_connection_get_channel (signal_session_get_connection (client->session));
}

/* A key is replaced after a number of messages, whichever side sent them. */
static void
test_key_renewal (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  for (guint i = 0; i < 5; i++)
    {
      MockPeer *peer = mock_server_wait_peer (server, i);

      signal_channel_set_key_limit (get_channel (recorder->client), 4);
      hostile_check_alive (recorder, peer);
      g_assert_cmpuint (recorder->n_connected, ==, i + 1);
      mock_peer_send (peer, "{\"event\":\"third\"}");
      mock_peer_send (peer, "{\"event\":\"fourth\"}");
      mock_peer_send (peer, "{\"event\":\"fifth\"}");
      WAIT_UNTIL (recorder->n_connected == i + 2);
      g_assert_error (recorder_wait_error (recorder, i), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
      g_assert_cmpuint (recorder->errors->len, ==, i + 1);
      g_assert_cmpuint (recorder_count_messages (recorder, "fourth"), ==, i + 1);
      g_assert_true (memcmp (peer->client_key, mock_server_wait_peer (server, i + 1)->client_key,
                             sizeof peer->client_key) != 0);
    }
  hostile_check_recovery (recorder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hostile/handshake/endless-head", test_endless_head);
  g_test_add_func ("/hostile/handshake/drip", test_drip);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/handshake/answer/", answers[i].name, NULL);

      g_test_add_data_func (path, &answers[i], test_bad_answer);
    }
  g_test_add_func ("/hostile/handshake/interim", test_interim);
  g_test_add_func ("/hostile/handshake/endless-interim", test_endless_interim);
  g_test_add_func ("/hostile/handshake/unreadable-noise", test_unreadable_noise);
  g_test_add_func ("/hostile/key-renewal", test_key_renewal);

  return g_test_run ();
}
