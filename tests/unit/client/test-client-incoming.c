/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* An invalid message is dropped and reported once, and the next valid one is delivered. */

typedef struct
{
  const char  *name;
  int          error; /* SignalError */
  MockPeerFunc send;
} InvalidCase;

static void
replace_and_send (MockPeer   *peer,
                  const char *mark,
                  guint       skip,
                  const char *replacement)
{
  g_autofree char *text = mock_peer_encrypt (peer, "{\"event\":\"wrong\",\"data\":\"0123456789\"}");
  char *at = strstr (text, mark);

  g_assert_nonnull (at);
  at += strlen (mark) + skip;
  memcpy (at, replacement, strlen (replacement));
  mock_peer_send_text (peer, text);
}

static void
send_tampered (MockPeer *peer)
{
  g_autofree char *text = mock_peer_encrypt (peer, "{\"event\":\"wrong\"}");
  char *at = strstr (text, "\"ct\":\"") + 10;

  *at = *at == 'A' ? 'B' : 'A';
  mock_peer_send_text (peer, text);
}

static void
send_other_iv (MockPeer *peer)
{
  replace_and_send (peer, "\"iv\":\"", 0, "AAAAAAAAAAAAAAAA");
}

static void
send_bad_base64 (MockPeer *peer)
{
  replace_and_send (peer, "\"ct\":\"", 4, "\x2d\x5f");
}

static void
send_short_iv (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAA=\","
                              "\"ct\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
}

static void
send_long_iv (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAAAAAA\","
                              "\"ct\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
}

static void
send_no_tag (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAA\","
                              "\"ct\":\"AAAA\"}}");
}

static void
send_no_ct (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAA\"}}");
}

static void
send_no_data (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"encrypted\"}");
}

static void
send_not_utf8 (MockPeer *peer)
{
  static const char inner[] = "{\"event\":\"wrong\",\"data\":\"\xff\"}";
  g_autofree char *text = mock_peer_encrypt_data (peer, inner, strlen (inner));

  mock_peer_send_text (peer, text);
}

static void
send_not_json_inside (MockPeer *peer)
{
  mock_peer_send (peer, "event=wrong");
}

static void
send_not_json (MockPeer *peer)
{
  mock_peer_send_text (peer, "Hello?");
}

static void
send_empty (MockPeer *peer)
{
  mock_peer_send_text (peer, "");
}

static void
send_no_event (MockPeer *peer)
{
  mock_peer_send (peer, "{\"data\":1}");
}

static void
send_event_number (MockPeer *peer)
{
  mock_peer_send (peer, "{\"event\":1}");
}

static void
send_not_object (MockPeer *peer)
{
  mock_peer_send (peer, "[\"event\"]");
}

static void
send_deep (MockPeer *peer)
{
  g_autofree char *open = g_strnfill (100000, '[');
  g_autofree char *close = g_strnfill (100000, ']');
  g_autofree char *text = g_strdup_printf ("{\"event\":\"wrong\",\"data\":%s%s}", open, close);

  mock_peer_send (peer, text);
}

static void
send_second_connected (MockPeer *peer)
{
  g_autofree char *text = mock_peer_format_connected (peer);

  mock_peer_send_text (peer, text);
}

static void
send_second_connected_inside (MockPeer *peer)
{
  g_autofree char *text = mock_peer_format_connected (peer);

  mock_peer_send (peer, text);
}

static void
send_control_inside (MockPeer *peer)
{
  mock_peer_send (peer, "{\"event\":\"authenticate\"}");
}

static void
send_encrypted_inside (MockPeer *peer)
{
  g_autofree char *text = mock_peer_encrypt (peer, "{\"event\":\"wrong\"}");

  mock_peer_send (peer, text);
}

static void
send_control (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"join\",\"data\":{\"rooms\":[\"a\"]}}");
}

static void
send_plaintext (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"wrong\",\"data\":1}");
}

static void
send_binary (MockPeer *peer)
{
  mock_peer_send_frame (peer, 0x82, "{\"event\":\"wrong\"}", 17);
}

static void
send_own_back (MockPeer *peer)
{
  WAIT_UNTIL (peer->frames->len == 2);
  mock_peer_send_text (peer, peer->frames->pdata[1]);
}

static void
send_server_error (MockPeer *peer)
{
  mock_peer_send (peer, "{\"event\":\"error\",\"data\":{\"message\":\"Not authenticated\"}}");
}

static void
send_odd_server_error (MockPeer *peer)
{
  mock_peer_send (peer, "{\"event\":\"error\",\"data\":{\"message\":[]}}");
}

static const InvalidCase wrongs[] = {
  { "tampered", SIGNAL_ERROR_CRYPTO, send_tampered },
  { "other-iv", SIGNAL_ERROR_CRYPTO, send_other_iv },
  { "bad-base64", SIGNAL_ERROR_CRYPTO, send_bad_base64 },
  { "short-iv", SIGNAL_ERROR_CRYPTO, send_short_iv },
  { "long-iv", SIGNAL_ERROR_CRYPTO, send_long_iv },
  { "no-tag", SIGNAL_ERROR_CRYPTO, send_no_tag },
  { "no-ct", SIGNAL_ERROR_PROTOCOL, send_no_ct },
  { "no-data", SIGNAL_ERROR_PROTOCOL, send_no_data },
  { "not-utf8", SIGNAL_ERROR_PROTOCOL, send_not_utf8 },
  { "not-json-inside", SIGNAL_ERROR_PROTOCOL, send_not_json_inside },
  { "not-json", SIGNAL_ERROR_PROTOCOL, send_not_json },
  { "empty", SIGNAL_ERROR_PROTOCOL, send_empty },
  { "no-event", SIGNAL_ERROR_PROTOCOL, send_no_event },
  { "event-number", SIGNAL_ERROR_PROTOCOL, send_event_number },
  { "not-object", SIGNAL_ERROR_PROTOCOL, send_not_object },
  { "deep", SIGNAL_ERROR_PROTOCOL, send_deep },
  { "second-connected", SIGNAL_ERROR_PROTOCOL, send_second_connected },
  { "second-connected-inside", SIGNAL_ERROR_PROTOCOL, send_second_connected_inside },
  { "control-inside", SIGNAL_ERROR_PROTOCOL, send_control_inside },
  { "encrypted-inside", SIGNAL_ERROR_PROTOCOL, send_encrypted_inside },
  { "control", SIGNAL_ERROR_PROTOCOL, send_control },
  { "plaintext", SIGNAL_ERROR_PROTOCOL, send_plaintext },
  { "binary", SIGNAL_ERROR_PROTOCOL, send_binary },
  { "own-back", SIGNAL_ERROR_CRYPTO, send_own_back },
  { "server-error", SIGNAL_ERROR_SERVER, send_server_error },
  { "odd-server-error", SIGNAL_ERROR_SERVER, send_odd_server_error },
};

static void
test_wrong (gconstpointer data)
{
  const InvalidCase *wrong = data;
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  g_assert_true (signal_client_send_json (recorder->client, "own", "1", NULL));
  wrong->send (peer);
  mock_peer_send (peer, "{\"event\":\"good\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "good");
  g_assert_cmpuint (recorder->errors->len, ==, 1);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, wrong->error);
  g_assert_error (signal_client_get_last_error (recorder->client), SIGNAL_ERROR, wrong->error);
  g_assert_cmpint (signal_client_get_state (recorder->client), ==,
                   SIGNAL_CONNECTION_STATE_AUTHENTICATED);
  g_assert_cmpstr (signal_client_get_client_id (recorder->client), ==, "client-0");
}

/* The same frame again, immediately and a thousand messages later. */
static void
test_replayed (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *text = NULL;
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  text = mock_peer_encrypt (peer, "{\"event\":\"once\"}");
  mock_peer_send_text (peer, text);
  mock_peer_send_text (peer, text);
  for (guint i = 0; i < 1000; i++)
    mock_peer_send (peer, "{\"event\":\"other\"}");
  mock_peer_send_text (peer, text);
  mock_peer_send (peer, "{\"event\":\"good\"}");
  WAIT_UNTIL (recorder->messages->len == 1002);
  g_assert_cmpuint (recorder->errors->len, ==, 2);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_error (recorder_wait_error (recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
}

/* The message of a server's `error` event becomes the message of the error. */
static void
test_server_error_text (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  mock_peer_send_error (mock_server_wait_peer (server, 0), "Invalid message format");
  g_assert_cmpstr (recorder_wait_error (recorder, 0)->message, ==, "Invalid message format");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (wrongs); i++)
    {
      g_autofree char *path = g_strconcat ("/client/incoming/", wrongs[i].name, NULL);

      g_test_add_data_func (path, &wrongs[i], test_wrong);
    }
  g_test_add_func ("/client/incoming/replayed", test_replayed);
  g_test_add_func ("/client/incoming/server-error-text", test_server_error_text);

  return g_test_run ();
}
