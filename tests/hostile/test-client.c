/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* Servers that do not follow the protocol in the handshake or in the framing. */

typedef struct
{
  const char *name;
  const char *data; /* of `connected`, with a valid key and a valid salt instead of each %s */
  int         error;
} Handshake;

#define ID "\"id\":\"x\","

static const Handshake handshakes[] = {
  { "no-id", "{\"serverPublicKey\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_PROTOCOL },
  { "empty-id", "{\"id\":\"\",\"serverPublicKey\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_PROTOCOL },
  { "id-number", "{\"id\":5,\"serverPublicKey\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_PROTOCOL },
  { "not-object", "[\"%s\",\"%s\"]", SIGNAL_ERROR_PROTOCOL },
  { "no-key", "{" ID "\"key\":\"%s\",\"salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
  { "no-salt", "{" ID "\"serverPublicKey\":\"%s\",\"Salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
  { "long-key", "{" ID "\"serverPublicKey\":\"%sAAAA\",\"salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
  { "long-salt", "{" ID "\"serverPublicKey\":\"%s\",\"salt\":\"%sAAAA\"}", SIGNAL_ERROR_CRYPTO },
  { "escaped-dot", "{" ID "\"serverPublicKey\":\"\\u002e%s\",\"salt\":\"%s\"}",
    SIGNAL_ERROR_CRYPTO },
  { "key-number", "{" ID "\"serverPublicKey\":5,\"_%s\":0,\"salt\":\"%s\"}", SIGNAL_ERROR_CRYPTO },
};

static const Handshake *handshake;

static void
respond_with_handshake (MockPeer *peer)
{
  g_autoptr (JsonNode) good = NULL;
  g_autofree char *connected = mock_peer_format_connected (peer);
  g_autoptr (GString) text = g_string_new ("{\"event\":\"connected\",\"data\":");
  JsonObject *data;

  good = parse_json (connected);
  data = json_object_get_object_member (json_node_get_object (good), "data");
  g_string_append (text, handshake->data);
  g_string_append_c (text, '}');
  g_string_replace (text, "%s", json_object_get_string_member (data, "serverPublicKey"), 1);
  g_string_replace (text, "%s", json_object_get_string_member (data, "salt"), 1);
  mock_peer_send_text (peer, text->str);
}

/* Such a `connected` event fails the attempt. */
static void
test_handshake (gconstpointer data)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  handshake = data;
  server->respond = respond_with_handshake;
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, handshake->error);
  g_assert_cmpuint (recorder->n_connected, ==, 0);
  WAIT_UNTIL (((MockPeer *) server->peers->pdata[0])->is_closed);
}

static void
respond_with_bad_point (MockPeer *peer)
{
  g_autofree char *text = mock_peer_format_connected (peer);
  char *key = strstr (text, "\"serverPublicKey\":\"") + strlen ("\"serverPublicKey\":\"");

  /* Valid base64 of 65 bytes, but not a point on the curve. */
  key[40] = key[40] == 'A' ? 'B' : 'A';
  mock_peer_send_text (peer, text);
}

static void
respond_after_bad_point (MockPeer *peer)
{
  if (peer->server->peers->len > 1)
    mock_peer_send_connected (peer);
  else
    respond_with_bad_point (peer);
}

static void
test_bad_point (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_after_bad_point;
  recorder_connect (recorder);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
  g_assert_cmpuint (server->peers->len, ==, 2);
}

static void
respond_encrypted (MockPeer *peer)
{
  g_autofree char *connected = mock_peer_format_connected (peer);

  mock_peer_derive_key (peer);
  mock_peer_send (peer, connected);
}

/* A `connected` event encrypted with the key that is inside it is reported as such, long before the
 * timeout. */
static void
test_encrypted_handshake (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_encrypted;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (recorder->error->message, "connected"));
  g_assert_cmpuint (server->peers->len, ==, 1);
}

static void
respond_after_noise (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"broadcast\",\"data\":1}");
  mock_peer_send_text (peer, "no JSON");
  mock_peer_send_text (peer, "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAA\","
                              "\"ct\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
  mock_peer_send_connected (peer);
}

/* Messages before `connected` are dropped. */
static void
test_noise_first (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_after_noise;
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->errors->len, ==, 3);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"good\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
}

static void
respond_after_broadcast (MockPeer *peer)
{
  mock_peer_send_text (peer, "{\"event\":\"broadcast\",\"data\":1}");
  mock_peer_send_connected_plain (peer);
}

static void
test_broadcast_first_plain (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  server->respond = respond_after_broadcast;
  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  g_assert_cmpuint (recorder->messages->len, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* A client that allows plaintext still refuses plaintext if there is a key. */
static void
test_no_downgrade (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  g_assert_true (signal_client_get_encrypted (recorder->client));
  mock_peer_send_text (mock_server_wait_peer (server, 0), "{\"event\":\"wrong\"}");
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

static void
test_wrong_info (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "ecdh-info", "nx-signal-e2e", NULL);
  recorder_connect (recorder);
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"e\"}");
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
}

/* Sends a text message in this number of frames. */
static void
send_fragments (MockPeer   *peer,
                const char *text,
                guint       n_parts)
{
  gsize length = strlen (text);

  for (guint i = 0; i < n_parts; i++)
    {
      gsize from = length * i / n_parts, to = length * (i + 1) / n_parts;
      guint8 first = (i == 0 ? 0x01 : 0x00) | (i == n_parts - 1 ? 0x80 : 0x00);

      mock_peer_send_frame (peer, first, text + from, to - from);
    }
}

static void
test_fragments (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *text = NULL;

  recorder_connect (recorder);
  text = mock_peer_encrypt (mock_server_wait_peer (server, 0), "{\"event\":\"parts\"}");
  send_fragments (mock_server_wait_peer (server, 0), text, 7);
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "parts");
}

/* A message of the maximum size is accepted; one byte more closes the connection, in one frame or
 * in many. */
static void
check_incoming_limit (guint n_parts)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *inner = g_strdup_printf ("{\"event\":\"big\",\"data\":\"%0*u\"}", 30000, 0);
  g_autofree char *good = NULL;
  g_autofree char *bad = NULL;
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  good = mock_peer_encrypt (peer, inner);
  g_object_set (recorder->client, "max-incoming-size", (guint64) strlen (good), NULL);
  mock_peer_reset (peer);
  WAIT_UNTIL (recorder->n_connected == 2);
  peer = mock_server_wait_peer (server, 1);
  g_clear_pointer (&good, g_free);
  good = mock_peer_encrypt (peer, inner);
  bad = g_strconcat (good, " ", NULL);

  send_fragments (peer, good, n_parts);
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpuint (recorder->errors->len, ==, 1);

  send_fragments (peer, bad, n_parts);
  g_assert_error (recorder_wait_error (recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  WAIT_UNTIL (peer->is_closed);
  g_assert_cmpuint (peer->close_code, ==, 1009);
  WAIT_UNTIL (recorder->n_connected == 3);
  g_assert_cmpuint (recorder->messages->len, ==, 1);
}

static void
test_incoming_limit (void)
{
  check_incoming_limit (1);
}

static void
test_incoming_limit_fragments (void)
{
  check_incoming_limit (200);
}

/* A frame header with a length of 2⁶³ − 1 bytes causes no allocation, and closes the connection. */
static void
test_huge_header (void)
{
  static const guint8 header[] = { 0x81, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  recorder_connect (recorder);
  mock_peer_write (mock_server_wait_peer (server, 0), header, sizeof header);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  WAIT_UNTIL (recorder->n_connected == 2);
}

/* A violation of RFC 6455 closes the connection, and the client reconnects. */
static void
test_broken_frames (void)
{
  static const struct { guint8 data[8]; gsize length; } frames[] = {
    { { 0xc1, 0x00 }, 2 },                               /* a reserved bit */
    { { 0x83, 0x00 }, 2 },                               /* a reserved opcode */
    { { 0x81, 0x81, 0, 0, 0, 0, 'x' }, 7 },              /* masked */
    { { 0x09, 0x00 }, 2 },                               /* a fragmented ping */
    { { 0x89, 126, 0, 126 }, 4 },                        /* a ping that is too long */
  };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  static const guint8 filler[256];

  recorder_connect (recorder);
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      MockPeer *peer = mock_server_wait_peer (server, i);

      mock_peer_write (peer, frames[i].data, frames[i].length);
      mock_peer_write (peer, filler, sizeof filler);
      WAIT_UNTIL (recorder->n_connected == i + 2);
      g_assert_cmpuint (recorder->errors->len, ==, i + 1);
    }
}

/* A text frame that is not UTF-8 is dropped, and the connection stays open. */
static void
test_frame_not_utf8 (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  mock_peer_send_frame (peer, 0x81, "{\"event\":\"\xff\"}", 13);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  mock_peer_send_frame (peer, 0x81, "\xfe\xff", 2);
  g_assert_error (recorder_wait_error (recorder, 1), SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  mock_peer_send (peer, "{\"event\":\"next\"}");
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (handshakes); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/client/handshake/", handshakes[i].name, NULL);

      g_test_add_data_func (path, &handshakes[i], test_handshake);
    }
  g_test_add_func ("/hostile/client/bad-point", test_bad_point);
  g_test_add_func ("/hostile/client/encrypted-handshake", test_encrypted_handshake);
  g_test_add_func ("/hostile/client/noise-first", test_noise_first);
  g_test_add_func ("/hostile/client/broadcast-first-plain", test_broadcast_first_plain);
  g_test_add_func ("/hostile/client/no-downgrade", test_no_downgrade);
  g_test_add_func ("/hostile/client/wrong-info", test_wrong_info);
  g_test_add_func ("/hostile/client/fragments", test_fragments);
  g_test_add_func ("/hostile/client/incoming-limit", test_incoming_limit);
  g_test_add_func ("/hostile/client/incoming-limit-fragments", test_incoming_limit_fragments);
  g_test_add_func ("/hostile/client/huge-header", test_huge_header);
  g_test_add_func ("/hostile/client/broken-frames", test_broken_frames);
  g_test_add_func ("/hostile/client/frame-not-utf8", test_frame_not_utf8);

  return g_test_run ();
}
