/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mock-server.h"
#include "signal-glib/crypto/signal-aead-private.h"

#include <string.h>

/* What a mock server receives. */

#define OPCODE_TEXT 0x1
#define OPCODE_CLOSE 0x8
#define OPCODE_PING 0x9
#define OPCODE_PONG 0xa
#define FINAL 0x80

static char *
decrypt (MockPeer   *peer,
         JsonObject *data)
{
  const char *iv_text = json_object_get_string_member (data, "iv");
  gsize iv_length, length;
  g_autofree guint8 *iv = g_base64_decode (iv_text, &iv_length);
  g_autofree guint8 *ct = g_base64_decode (json_object_get_string_member (data, "ct"), &length);
  char *text = g_malloc0 (length - SIGNAL_AEAD_TAG_SIZE + 1);

  g_assert_cmpuint (iv_length, ==, SIGNAL_AEAD_IV_SIZE);
  g_assert_true (signal_aead_decrypt (peer->key, iv, ct, length, (guint8 *) text, NULL));
  g_ptr_array_add (peer->ivs, g_strdup (iv_text));
  return text;
}

static void
handle_authenticate (MockPeer   *peer,
                     JsonObject *data)
{
  gsize length;
  const char *member = peer->server->public_key_member;
  g_autofree guint8 *key = g_base64_decode (json_object_get_string_member (data, member), &length);

  g_assert_cmpstr (json_object_get_string_member (data, "type"), ==, peer->server->authenticate_type);
  g_assert_cmpuint (length, ==, sizeof peer->client_key);
  g_assert_null (peer->token);
  memcpy (peer->client_key, key, length);
  peer->token = g_strdup (json_object_get_string_member (data, "token"));
  peer->server->respond (peer);
}

static void
handle_text (MockPeer   *peer,
             const char *text)
{
  g_autoptr (JsonNode) node = parse_json (text);
  JsonObject *envelope = json_node_get_object (node);
  const char *event = json_object_get_string_member (envelope, "event");

  g_ptr_array_add (peer->frames, g_strdup (text));
  if (g_str_equal (event, "authenticate"))
    handle_authenticate (peer, json_object_get_object_member (envelope, "data"));
  else if (g_str_equal (event, "encrypted"))
    g_ptr_array_add (peer->inner,
                     decrypt (peer, json_object_get_object_member (envelope, "data")));
}

static void
handle_close (MockPeer *peer,
              guint8   *payload,
              gsize     length)
{
  peer->close_code = length >= 2 ? payload[0] << 8 | payload[1] : 1005;
  if (peer->server->ignores_controls)
    return;

  mock_peer_send_frame (peer, FINAL | OPCODE_CLOSE, payload, length);
  mock_peer_shut_down (peer);
}

static void
handle_frame (MockPeer *peer,
              guint8    first,
              guint8   *payload,
              gsize     length)
{
  g_autofree char *text = g_strndup ((const char *) payload, length);

  switch (first & 0x0f)
    {
    case OPCODE_TEXT:
      g_assert_cmphex (first, ==, FINAL | OPCODE_TEXT);
      handle_text (peer, text);
      break;
    case OPCODE_CLOSE:
      handle_close (peer, payload, length);
      break;
    case OPCODE_PING:
      peer->n_pings++;
      if (!peer->server->ignores_controls)
        mock_peer_send_frame (peer, FINAL | OPCODE_PONG, payload, length);
      break;
    case OPCODE_PONG:
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Returns FALSE if there is no complete frame. A client's frames are masked (RFC 6455 section
 * 5.3). */
static gboolean
take_frame (MockPeer *peer)
{
  const guint8 *data = peer->in->data;
  gsize have = peer->in->len;
  gsize header = 2, length;
  g_autofree guint8 *payload = NULL;
  guint8 first;

  if (have < 2)
    return FALSE;
  g_assert_cmphex (data[1] & 0x80, ==, 0x80);
  length = data[1] & 0x7f;
  header = length == 126 ? 4 : length == 127 ? 10 : 2;
  if (have < header)
    return FALSE;
  if (header > 2)
    {
      length = 0;
      for (gsize i = 2; i < header; i++)
        length = length << 8 | data[i];
    }
  if (have < header + 4 + length)
    return FALSE;

  first = data[0];
  payload = g_malloc (length + 1);
  for (gsize i = 0; i < length; i++)
    payload[i] = data[header + 4 + i] ^ data[header + i % 4];
  g_byte_array_remove_range (peer->in, 0, header + 4 + length);
  handle_frame (peer, first, payload, length);
  return TRUE;
}

static void
upgrade (MockPeer *peer)
{
  g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
  const char *key = strstr (peer->request, "Sec-WebSocket-Key: ");
  g_autofree char *accept = NULL;
  g_autofree char *answer = NULL;
  guint8 digest[20];
  gsize size = sizeof digest;

  g_assert_nonnull (key);
  key += strlen ("Sec-WebSocket-Key: ");
  g_checksum_update (sha1, (const guint8 *) key, strcspn (key, "\r"));
  g_checksum_update (sha1, (const guint8 *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  g_checksum_get_digest (sha1, digest, &size);
  accept = g_base64_encode (digest, size);
  answer = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  mock_peer_write (peer, answer, strlen (answer));
  peer->is_upgraded = TRUE;
}

static gboolean
take_request (MockPeer *peer)
{
  const char *data = (const char *) peer->in->data;
  const char *end = g_strstr_len (data, peer->in->len, "\r\n\r\n");

  if (end == NULL || peer->server->is_silent)
    return FALSE;

  peer->request = g_strndup (data, end + 4 - data);
  g_byte_array_remove_range (peer->in, 0, end + 4 - data);
  if (peer->server->http_response == NULL)
    {
      upgrade (peer);
      return TRUE;
    }

  mock_peer_write (peer, peer->server->http_response, strlen (peer->server->http_response));
  mock_peer_shut_down (peer);
  return FALSE;
}

/* Parses what was received: the upgrade request, then frames. */
void
mock_peer_receive (MockPeer *peer)
{
  while (peer->is_upgraded ? take_frame (peer) : take_request (peer))
    ;
}
