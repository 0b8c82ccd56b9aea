/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mock-server.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/protocol/signal-handshake-private.h"

#include <string.h>

/* What a mock server sends. */

/* Sends an unmasked frame. The first byte has FIN, the reserved bits and the opcode. */
void
mock_peer_send_frame (MockPeer   *peer,
                      guint8      first_byte,
                      const void *data,
                      gsize       length)
{
  guint8 header[10] = { first_byte, length < 126 ? length : length < 65536 ? 126 : 127 };
  guint size = length < 126 ? 2 : length < 65536 ? 4 : 10;

  for (guint i = 2; i < size; i++)
    header[i] = (guint64) length >> 8 * (size - 1 - i);
  mock_peer_write (peer, header, size);
  if (length > 0)
    mock_peer_write (peer, data, length);
}

void
mock_peer_send_text (MockPeer   *peer,
                     const char *text)
{
  mock_peer_send_frame (peer, 0x81, text, strlen (text));
}

void
mock_peer_close (MockPeer *peer,
                 guint16   code)
{
  guint8 payload[2] = { code >> 8, code & 0xff };

  mock_peer_send_frame (peer, 0x88, payload, sizeof payload);
}

void
mock_peer_send_error (MockPeer   *peer,
                      const char *message)
{
  g_autofree char *text = g_strdup_printf ("{\"event\":\"error\",\"data\":{\"message\":\"%s\"}}",
                                           message);

  if (peer->key != NULL)
    mock_peer_send (peer, text);
  else
    mock_peer_send_text (peer, text);
}

/* The text of an `encrypted` event with @data inside. */
char *
mock_peer_encrypt_data (MockPeer   *peer,
                        const void *data,
                        gsize       length)
{
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  g_autofree guint8 *ct = g_malloc (length + SIGNAL_AEAD_TAG_SIZE);
  g_autofree char *iv_text = NULL;
  g_autofree char *ct_text = NULL;

  g_assert_true (signal_aead_encrypt (peer->key, data, length, iv, ct, NULL));
  iv_text = g_base64_encode (iv, sizeof iv);
  ct_text = g_base64_encode (ct, length + SIGNAL_AEAD_TAG_SIZE);
  return g_strdup_printf ("{\"event\":\"encrypted\",\"data\":{\"iv\":\"%s\",\"ct\":\"%s\"}}",
                          iv_text, ct_text);
}

char *
mock_peer_encrypt (MockPeer   *peer,
                   const char *inner)
{
  return mock_peer_encrypt_data (peer, inner, strlen (inner));
}

void
mock_peer_send (MockPeer   *peer,
                const char *inner)
{
  g_autofree char *text = mock_peer_encrypt (peer, inner);

  mock_peer_send_text (peer, text);
}

/* Writes an encrypted message before the main context runs again, over TLS in a record of its own. */
void
mock_peer_send_at_once (MockPeer   *peer,
                        const char *inner)
{
  g_autoptr (GBytes) hold = g_bytes_new (NULL, 0);
  g_autoptr (GError) error = NULL;

  g_assert_null (peer->writing);
  peer->writing = hold;
  mock_peer_send (peer, inner);
  peer->writing = NULL;
  g_output_stream_write_all (g_io_stream_get_output_stream (peer->stream), peer->out->data,
                             peer->out->len, NULL, NULL, &error);
  g_assert_no_error (error);
  g_byte_array_set_size (peer->out, 0);
}

/* The text of a correct `connected` event. */
char *
mock_peer_format_connected (MockPeer *peer)
{
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  g_autofree char *key = NULL;
  g_autofree char *salt = g_base64_encode (peer->salt, sizeof peer->salt);

  signal_ecdh_key_pair_export_public (peer->key_pair, point);
  key = g_base64_encode (point, sizeof point);
  return g_strdup_printf ("{\"event\":\"connected\",\"data\":{\"id\":\"%s\",\"userId\":\"alice\","
                          "\"time\":\"2026-01-01T00:00:00.000Z\",\"serverPublicKey\":\"%s\","
                          "\"salt\":\"%s\"}}", peer->id, key, salt);
}

void
mock_peer_derive_key (MockPeer *peer)
{
  peer->key = signal_handshake_derive_key (peer->key_pair, peer->client_key,
                                           sizeof peer->client_key, peer->salt,
                                           sizeof peer->salt, TEST_INFO, NULL);
  g_assert_nonnull (peer->key);
}

void
mock_peer_send_connected (MockPeer *peer)
{
  g_autofree char *connected = mock_peer_format_connected (peer);

  mock_peer_send_text (peer, connected);
  mock_peer_derive_key (peer);
}

void
mock_peer_send_connected_plain (MockPeer *peer)
{
  g_autofree char *connected = NULL;

  connected = g_strdup_printf ("{\"event\":\"connected\",\"data\":{\"id\":\"%s\"}}", peer->id);

  mock_peer_send_text (peer, connected);
}

/* Waits for the frame with this index; 0 is `authenticate`. */
void
mock_peer_assert_frame (MockPeer   *peer,
                        guint       index,
                        const char *text)
{
  WAIT_UNTIL (peer->frames->len > index);
  g_assert_cmpstr (peer->frames->pdata[index], ==, text);
}
