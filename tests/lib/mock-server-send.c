/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mock-server.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/protocol/signal-handshake-private.h"

#include <string.h>

/* What a host says to its guests. */

/* An unmasked frame, whatever its first byte: FIN, reserved bits and opcode. */
void
guest_send_frame (Guest      *guest,
                  guint8      first_byte,
                  const void *data,
                  gsize       length)
{
  guint8 header[10] = { first_byte, length < 126 ? length : length < 65536 ? 126 : 127 };
  guint size = length < 126 ? 2 : length < 65536 ? 4 : 10;

  for (guint i = 2; i < size; i++)
    header[i] = (guint64) length >> 8 * (size - 1 - i);
  guest_write (guest, header, size);
  if (length > 0)
    guest_write (guest, data, length);
}

void
guest_send_text (Guest      *guest,
                 const char *text)
{
  guest_send_frame (guest, 0x81, text, strlen (text));
}

void
guest_close (Guest   *guest,
             guint16  code)
{
  guint8 payload[2] = { code >> 8, code & 0xff };

  guest_send_frame (guest, 0x88, payload, sizeof payload);
}

void
guest_send_error (Guest      *guest,
                  const char *message)
{
  g_autofree char *text = g_strdup_printf ("{\"event\":\"error\",\"data\":{\"message\":\"%s\"}}",
                                           message);

  if (guest->key != NULL)
    guest_send (guest, text);
  else
    guest_send_text (guest, text);
}

/* The text of an `encrypted` event with this inside. */
char *
guest_seal_data (Guest      *guest,
                 const void *data,
                 gsize       length)
{
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  g_autofree guint8 *ct = g_malloc (length + SIGNAL_AEAD_TAG_SIZE);
  g_autofree char *iv_text = NULL;
  g_autofree char *ct_text = NULL;

  g_assert_true (signal_aead_encrypt (guest->key, data, length, iv, ct, NULL));
  iv_text = g_base64_encode (iv, sizeof iv);
  ct_text = g_base64_encode (ct, length + SIGNAL_AEAD_TAG_SIZE);
  return g_strdup_printf ("{\"event\":\"encrypted\",\"data\":{\"iv\":\"%s\",\"ct\":\"%s\"}}",
                          iv_text, ct_text);
}

char *
guest_seal (Guest      *guest,
            const char *inner)
{
  return guest_seal_data (guest, inner, strlen (inner));
}

void
guest_send (Guest      *guest,
            const char *inner)
{
  g_autofree char *text = guest_seal (guest, inner);

  guest_send_text (guest, text);
}

/* The `connected` event of a host that does it right. */
char *
guest_compose_connected (Guest *guest)
{
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  g_autofree char *key = NULL;
  g_autofree char *salt = g_base64_encode (guest->salt, sizeof guest->salt);

  signal_ecdh_key_pair_export_public (guest->key_pair, point);
  key = g_base64_encode (point, sizeof point);
  return g_strdup_printf ("{\"event\":\"connected\",\"data\":{\"id\":\"%s\",\"userId\":\"alice\","
                          "\"time\":\"2026-01-01T00:00:00.000Z\",\"serverPublicKey\":\"%s\","
                          "\"salt\":\"%s\"}}", guest->id, key, salt);
}

void
guest_take_key (Guest *guest)
{
  guest->key = signal_handshake_derive_key (guest->key_pair, guest->client_key, sizeof guest->client_key,
                                       guest->salt, sizeof guest->salt, TEST_INFO, NULL);
  g_assert_nonnull (guest->key);
}

void
guest_welcome (Guest *guest)
{
  g_autofree char *connected = guest_compose_connected (guest);

  guest_send_text (guest, connected);
  guest_take_key (guest);
}

void
guest_welcome_plain (Guest *guest)
{
  g_autofree char *connected = NULL;

  connected = g_strdup_printf ("{\"event\":\"connected\",\"data\":{\"id\":\"%s\"}}", guest->id);

  guest_send_text (guest, connected);
}

/* Waits for the frame of this number, 0: `authenticate`. */
void
guest_assert_frame (Guest      *guest,
                    guint       index,
                    const char *text)
{
  WAIT_UNTIL (guest->frames->len > index);
  g_assert_cmpstr (guest->frames->pdata[index], ==, text);
}
