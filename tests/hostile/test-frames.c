/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/channel-pair.h"
#include "tests/lib/frame-peer.h"
#include "tests/lib/hostile.h"

#include <string.h>

/* Invalid WebSocket frames (RFC 6455 section 5). */

typedef struct
{
  const char *name;
  guint8      data[16];
  gsize       length;
  const char *fault; /* a part of the error message */
} Frame;

#define LARGE "exceeds the size limit"

static const Frame frames[] = {
  { "rsv1", { 0xc1, 0x01, 'x' }, 3, "reserved bits" },
  { "rsv2", { 0xa1, 0x01, 'x' }, 3, "reserved bits" },
  { "rsv3", { 0x91, 0x01, 'x' }, 3, "reserved bits" },
  { "rsv-control", { 0xf9, 0x00 }, 2, "reserved bits" },
  { "opcode-3", { 0x83, 0x00 }, 2, "data frame with an unknown opcode" },
  { "opcode-7", { 0x87, 0x00 }, 2, "data frame with an unknown opcode" },
  { "opcode-b", { 0x8b, 0x00 }, 2, "control frame with an unknown opcode" },
  { "opcode-f", { 0x8f, 0x00 }, 2, "control frame with an unknown opcode" },
  { "masked", { 0x81, 0x82, 1, 2, 3, 4, 'x', 'y' }, 8, "masked frame" },
  { "masked-ping", { 0x89, 0x80, 1, 2, 3, 4 }, 6, "masked frame" },
  { "ping-in-parts", { 0x09, 0x00 }, 2, "fragmented control frame" },
  { "long-ping", { 0x89, 126, 0, 126 }, 4, "more than 125 bytes" },
  { "long-pong", { 0x8a, 126, 0, 126 }, 4, "more than 125 bytes" },
  { "close-inside-length", { 0x88, 0x01, 3 }, 3, "truncated code" },
  { "continuation-of-nothing", { 0x80, 0x01, 'x' }, 3, "without a message to continue" },
  { "text-inside-text", { 0x01, 0x01, 'x', 0x81, 0x01, 'y' }, 6, "before it finished the previous one" },
  { "long-length", { 0x81, 126, 0, 1, 'x' }, 5, "not minimally encoded" },
  { "close-reserved-code", { 0x88, 0x02, 0x03, 0xed }, 4, "invalid code" },
  { "length-2-63", { 0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0 }, 10, LARGE },
  { "length-2-64", { 0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 10, LARGE },
  { "length-2-63-ping", { 0x89, 127, 0x80, 0, 0, 0, 0, 0, 0, 0 }, 10, LARGE },
  { "length-2-63-part", { 0x01, 0x01, 'x', 0x80, 127, 0x80, 0, 0, 0, 0, 0, 0, 0 }, 13, LARGE },
};

/* The frame is not delivered, the error is reported, and the client reconnects. */
static void
test_frame (gconstpointer data)
{
  const Frame *frame = data;
  static const guint8 filler[256];
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;
  GError *error;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  mock_peer_write (peer, frame->data, frame->length);
  mock_peer_write (peer, filler, sizeof filler);
  error = recorder_wait_error (recorder, 0);
  g_test_message ("%s: %s", frame->name, error->message);
  g_assert_nonnull (strstr (error->message, frame->fault));
  if (g_str_equal (frame->fault, LARGE))
    g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  else
    g_assert_cmpint (error->domain, ==, SOUP_WEBSOCKET_ERROR);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
  hostile_check_alive (recorder, mock_server_wait_peer (server, 1));
  hostile_check_recovery (recorder);
}

/* A ping and a pong between the fragments of a message are allowed, and the message is
 * delivered. */
static void
test_control_between (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  g_autofree char *text = NULL;
  MockPeer *peer;
  gsize length;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  text = mock_peer_encrypt (peer, "{\"event\":\"parts\"}");
  length = strlen (text);
  for (gsize i = 0; i < length; i++)
    {
      mock_peer_send_frame (peer, (i == 0 ? 0x01 : 0x00) | (i == length - 1 ? 0x80 : 0x00),
                            text + i, 1);
      mock_peer_send_frame (peer, i % 2 != 0 ? 0x89 : 0x8a, "control", 7);
    }
  WAIT_UNTIL (recorder->messages->len == 1);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[0]), ==, "parts");
  hostile_check_alive (recorder, peer);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

/* A close frame between the fragments also ends the message. */
static void
test_close_between (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  mock_peer_send_frame (peer, 0x01, "{\"event\":", 9);
  mock_peer_close (peer, 1001);
  WAIT_UNTIL (recorder->n_connected == 2);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
  hostile_check_recovery (recorder);
}

/* An endless number of empty fragments needs no memory, and does not starve other sources. */
static void
test_empty_parts (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  gsize before;
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  before = hostile_get_memory ();
  mock_peer_send_frame (peer, 0x01, "{", 1);
  for (guint i = 0; i < 200000; i++)
    mock_peer_send_frame (peer, 0x00, NULL, 0);
  mock_peer_send_frame (peer, 0x80, "}", 1);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpuint (hostile_get_memory (), <, before + 64 * 1024 * 1024);
  hostile_check_alive (recorder, peer);
}

static void
test_ping_flood (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);
  static const guint8 payload[125];
  MockPeer *peer;

  recorder_connect (recorder);
  peer = mock_server_wait_peer (server, 0);
  for (guint i = 0; i < 50000; i++)
    mock_peer_send_frame (peer, 0x89, payload, sizeof payload);
  hostile_check_alive (recorder, peer);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_cmpuint (recorder->n_connected, ==, 1);
}

/* Reads until the last frame is this pong. */
static void
read_until_pong (FramePeer  *peer,
                 const char *payload)
{
  gboolean is_found = FALSE;

  while (!is_found)
    {
      g_autoptr (ReceivedFrame) frame = NULL;

      WAIT_UNTIL ((frame_peer_read (peer, 4096), (frame = frame_peer_take (peer)) != NULL));
      is_found = frame->first == 0x8a && frame->payload->len == strlen (payload)
                 && memcmp (frame->payload->data, payload, frame->payload->len) == 0;
    }

  g_assert_cmpuint (peer->unread->len, ==, 0);
}

/* A peer that sends pings and does not read: the number of stored pongs is limited, and the last
 * one arrives. */
static void
test_pongs_unread (void)
{
  g_autoptr (GByteArray) pings = g_byte_array_new ();
  g_autoptr (FramePeer) peer = NULL;
  static const guint8 payload[100];
  ChannelEnd end = { 0 };
  GIOStream *ends[2];

  socket_pair (ends);
  channel_end_open (&end, ends[0], SOUP_WEBSOCKET_CONNECTION_CLIENT);
  peer = frame_peer_new (ends[1], FALSE);
  for (guint i = 0; i < 1000; i++)
    frame_peer_append (peer, pings, 0x89, payload, sizeof payload);
  for (guint i = 0; i < 100; i++)
    frame_peer_write (peer, pings->data, pings->len);
  frame_peer_send (peer, 0x89, "last", 4);
  WAIT_UNTIL (signal_websocket_get_bytes_received (end.websocket) == 100 * pings->len + 6);
  run_for (20);
  g_assert_cmpuint (signal_websocket_get_unsent (end.websocket), >, 0);
  g_assert_cmpuint (signal_websocket_get_unsent (end.websocket), <, 128 * 1024);

  read_until_pong (peer, "last");
  g_assert_cmpuint (signal_websocket_get_unsent (end.websocket), ==, 0);
  frame_peer_send (peer, 0x89, "more", 4);
  read_until_pong (peer, "more");
  g_assert_false (end.is_closed);

  channel_end_clear (&end);
  g_object_unref (ends[0]);
  g_object_unref (ends[1]);
  run_pending ();
}

/* Every close code, including those that RFC 6455 does not allow, closes the connection. */
static void
test_close_codes (void)
{
  static const guint16 codes[] = {
    0, 1, 499, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012,
    1013, 1014, 1015, 1016, 1099, 1100, 1999, 2000, 2999, 3000, 3999, 4000, 4001, 4002, 4005,
    4096, 4998, 4999, 5000, 32768, 65535,
  };
  g_autoptr (MockServer) server = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new (server->uri);

  g_object_set (recorder->client, "max-retries", G_MAXUINT, "max-interval", 20, NULL);
  recorder_connect (recorder);
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      guint n_errors = recorder->errors->len;

      mock_peer_close (mock_server_wait_peer (server, i), codes[i]);
      WAIT_UNTIL (recorder->n_connected == i + 2);
      g_assert_cmpuint (recorder->errors->len, >, n_errors);
    }
  hostile_check_recovery (recorder);
}

/* After these two codes the client does not reconnect, but a new connection to a good server
 * works. */
static void
test_final_codes (void)
{
  for (guint16 code = 4003; code <= 4004; code++)
    {
      g_autoptr (MockServer) server = mock_server_new ();
      g_autoptr (Recorder) recorder = recorder_new (server->uri);

      recorder_connect (recorder);
      mock_peer_close (mock_server_wait_peer (server, 0), code);
      WAIT_UNTIL (recorder->n_disconnected == 1);
      g_assert_nonnull (recorder->disconnected);
      signal_client_update_token (recorder->client, TEST_TOKEN "2");
      hostile_check_recovery (recorder);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/frames/", frames[i].name, NULL);

      g_test_add_data_func (path, &frames[i], test_frame);
    }
  g_test_add_func ("/hostile/frames/control-between", test_control_between);
  g_test_add_func ("/hostile/frames/close-between", test_close_between);
  g_test_add_func ("/hostile/frames/empty-parts", test_empty_parts);
  g_test_add_func ("/hostile/frames/ping-flood", test_ping_flood);
  g_test_add_func ("/hostile/frames/pongs-unread", test_pongs_unread);
  g_test_add_func ("/hostile/frames/close-codes", test_close_codes);
  g_test_add_func ("/hostile/frames/final-codes", test_final_codes);

  return g_test_run ();
}
