/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "bench-identity.h"
#include "bench-payload.h"
#include "bench-wire.h"

#include "signal-glib/util/signal-base64-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-secret-private.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/protocol/signal-handshake-private.h"

/* Sends messages to a measured client, and reads those that it sends, on one connection at a time.
 * The URL has the parameters, so that a client in any language can be measured:
 *
 *   /?direction=receive&session=signal&size=64&count=1000
 *   /?direction=send&session=replay&size=64&count=1000&burst=16
 *
 * With session=signal there is a Signal handshake; with session=replay there is none, and the frames
 * of the previous session are sent again. Then the message `ready` is sent. In the direction
 * `receive`, the first message of the client starts the transfer of `count` prepared frames, with `each=1`
 * each of them in a write, and thus in a TLS record, of its own. In the direction `send`, `count` messages
 * are read, and each `burst` of them is answered with a message.
 *
 * With the argument --tls, it speaks TLS, with a certificate that no one trusts. */

#define ECDH_INFO "ignis-ecdh-p256-aes-256-gcm-v1"

typedef struct
{
  gboolean is_signal;
  gboolean is_receive;
  gboolean is_each_written;
  gsize size;
  guint count;
  guint burst;
} Order;

typedef struct
{
  GByteArray *frames;
  gsize size;
  guint count;
} Recording;

static Recording recording;
static BenchIdentity *identity; /* NULL without TLS */

static void
encrypt (SignalAead *key,
         GByteArray *frames,
         const char *inner,
         gsize       inner_length)
{
  g_autofree guint8 *ciphertext = g_malloc (inner_length + SIGNAL_AEAD_TAG_SIZE);
  gsize length = signal_envelope_get_encrypted_size (inner_length);
  g_autofree char *text = g_malloc (length);
  guint8 iv[SIGNAL_AEAD_IV_SIZE];

  if (!signal_aead_encrypt (key, (const guint8 *) inner, inner_length, iv, ciphertext, NULL))
    g_error ("Encryption failed");
  signal_envelope_write_encrypted (text, iv, ciphertext, inner_length + SIGNAL_AEAD_TAG_SIZE);
  bench_wire_append_text (frames, text, length);
}

static void
record (SignalAead *key,
        const Order      *order)
{
  g_autofree char *payload = bench_payload_new (order->size);
  gsize length;
  g_autofree char *inner = signal_envelope_compose (BENCH_EVENT, payload, NULL, &length);

  g_clear_pointer (&recording.frames, g_byte_array_unref);
  recording = (Recording) {
    g_byte_array_sized_new (order->count * (signal_envelope_get_encrypted_size (length) + 10)),
    order->size,
    order->count,
  };
  for (guint i = 0; i < order->count; i++)
    encrypt (key, recording.frames, inner, length);
}

static gboolean
parse_order (Order       *order,
             const char  *target,
             GError     **error)
{
  const char *query = strchr (target, '?');
  g_autoptr (GHashTable) table = NULL;
  const char *direction, *session, *size, *count, *burst;

  table = g_uri_parse_params (query != NULL ? query + 1 : "", -1, "&", G_URI_PARAMS_NONE, error);
  if (table == NULL)
    return FALSE;

  direction = g_hash_table_lookup (table, "direction");
  session = g_hash_table_lookup (table, "session");
  size = g_hash_table_lookup (table, "size");
  count = g_hash_table_lookup (table, "count");
  burst = g_hash_table_lookup (table, "burst");
  *order = (Order) {
    .is_signal = g_strcmp0 (session, "signal") == 0,
    .is_receive = g_strcmp0 (direction, "receive") == 0,
    .is_each_written = g_hash_table_contains (table, "each"),
    .size = size != NULL ? g_ascii_strtoull (size, NULL, 10) : 0,
    .count = count != NULL ? g_ascii_strtoull (count, NULL, 10) : 0,
    .burst = burst != NULL ? g_ascii_strtoull (burst, NULL, 10) : 1,
  };
  if (order->size >= BENCH_MIN_SIZE && order->count > 0 && order->burst > 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "No order: “%s”", target);
  return FALSE;
}

static SignalAead *
make_throwaway_key (void)
{
  guint8 bytes[SIGNAL_AEAD_KEY_SIZE];

  if (!signal_random_bytes (bytes, sizeof bytes, NULL))
    g_error ("No random bytes");
  return signal_aead_new (bytes);
}

static SignalAead *
answer_authenticate (BenchWire  *wire,
                     GError    **error)
{
  g_autoptr (SignalEcdhKeyPair) key_pair = signal_ecdh_key_pair_generate (error);
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autofree char *text = NULL, *salt_text = NULL, *point_text = NULL;
  g_autofree char *sent = g_strndup ((const char *) wire->payload->data, wire->payload->len);
  g_autofree guchar *client_point = NULL;
  guint8 salt[SIGNAL_HANDSHAKE_SALT_SIZE], point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  JsonObject *data;
  gsize client_point_length;

  node = json_from_string (sent, error);
  if (key_pair == NULL || node == NULL || !signal_random_bytes (salt, sizeof salt, error))
    return NULL;

  data = json_object_get_object_member (json_node_get_object (node), "data");
  client_point = g_base64_decode (json_object_get_string_member (data, "clientPublicKey"),
                                  &client_point_length);
  signal_ecdh_key_pair_export_public (key_pair, point);
  point_text = g_base64_encode (point, sizeof point);
  salt_text = g_base64_encode (salt, sizeof salt);
  text = g_strdup_printf ("{\"event\":\"connected\",\"data\":{\"id\":\"bench\","
                          "\"userId\":\"bench\",\"time\":\"2024-01-01T00:00:00.000Z\","
                          "\"serverPublicKey\":\"%s\","
                          "\"salt\":\"%s\"}}", point_text, salt_text);
  bench_wire_append_text (frame, text, strlen (text));
  if (!bench_wire_write (wire, frame, error))
    return NULL;

  return signal_handshake_derive_key (key_pair, client_point, client_point_length,
                                 salt, sizeof salt, ECDH_INFO, error);
}

/* The `ready` before the measurement, and the answer to each burst. */
static gboolean
send_token (BenchWire         *wire,
            SignalAead  *key,
            GError           **error)
{
  static const char inner[] = "{\"event\":\"token\",\"data\":{}}";
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  encrypt (key, frame, inner, strlen (inner));
  return bench_wire_write (wire, frame, error);
}

static gboolean
receive_all (BenchWire   *wire,
             SignalAead  *key,
             const Order *order,
             GError     **error)
{
  for (guint i = 1; i <= order->count; i++)
    {
      if (!bench_wire_read_message (wire, error))
        return FALSE;
      if (i % order->burst == 0 || i == order->count)
        if (!send_token (wire, key, error))
          return FALSE;
    }

  return TRUE;
}

static gboolean
write_recording (BenchWire    *wire,
                 const Order  *order,
                 GError      **error)
{
  gsize size = order->is_each_written ? recording.frames->len / recording.count : recording.frames->len;

  for (gsize at = 0; at < recording.frames->len; at += size)
    if (!g_output_stream_write_all (wire->output, recording.frames->data + at, size, NULL, NULL, error))
      return FALSE;

  return TRUE;
}

static gboolean
serve (BenchWire  *wire,
       GError    **error)
{
  g_autofree char *target = bench_wire_accept (wire, error);
  g_autoptr (SignalAead) key = NULL;
  Order order;

  if (target == NULL || !parse_order (&order, target, error))
    return FALSE;

  if (!order.is_signal)
    key = make_throwaway_key ();
  else if (bench_wire_read_message (wire, error))
    key = answer_authenticate (wire, error);
  if (key == NULL)
    return FALSE;

  if (order.is_receive
      && (order.is_signal || recording.size != order.size || recording.count != order.count))
    record (key, &order);

  if (!send_token (wire, key, error))
    return FALSE;
  if (!order.is_receive)
    return receive_all (wire, key, &order, error);

  return bench_wire_read_message (wire, error) && write_recording (wire, &order, error);
}

static void
handle (GSocketConnection *connection)
{
  g_autoptr (BenchWire) wire = NULL;
  g_autoptr (GIOStream) tls = NULL;
  g_autoptr (GError) error = NULL;

  if (identity != NULL)
    tls = g_tls_server_connection_new (G_IO_STREAM (connection), identity->certificate, NULL);
  wire = bench_wire_new (tls != NULL ? tls : G_IO_STREAM (connection));
  g_socket_set_option (g_socket_connection_get_socket (connection),
                       IPPROTO_TCP, TCP_NODELAY, 1, NULL);

  if (!serve (wire, &error))
    g_printerr ("bench-feeder: %s\n", error->message);
  else
    while (bench_wire_read_message (wire, NULL))
      continue;
}

/* The parent process has the other end of standard input. */
static gpointer
wait_for_parent (gpointer user_data)
{
  char byte;

  while (read (STDIN_FILENO, &byte, 1) > 0)
    continue;
  g_clear_pointer (&identity, bench_identity_free);
  exit (0);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  if (argc == 2 && g_str_equal (argv[1], "--tls"))
    {
      identity = bench_identity_new ();
      if (identity == NULL)
        g_error ("TLS requires glib-networking and the program openssl");
    }

  if (!g_socket_listener_add_address (listener, address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error))
    g_error ("%s", error->message);

  printf ("%s://127.0.0.1:%u/\n", identity != NULL ? "wss" : "ws",
          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  fflush (stdout);
  g_thread_unref (g_thread_new ("parent", wait_for_parent, NULL));

  for (;;)
    {
      g_autoptr (GSocketConnection) connection = g_socket_listener_accept (listener, NULL, NULL,
                                                                           &error);

      if (connection == NULL)
        g_error ("%s", error->message);
      handle (connection);
    }
}
