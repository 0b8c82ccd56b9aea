/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include <glib-unix.h>
#include <json-glib/json-glib.h>

#include "bench-identity.h"
#include "bench-payload.h"
#include "bench-wire.h"

#include "signal-glib/protocol/signal-handshake-private.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/server/signal-server-private.h"

/* Floods every client, over ws and wss, from its first message until its second one. The URL has the
 * parameters:
 *
 *   /?size=32768         messages with one string of this size
 *   /?size=32768&many=1  messages with an array of many small objects instead
 *   /?size=64&single=1   each in a write of its own, so that the client can read all of it
 */

#define ECDH_INFO "ignis-ecdh-p256-aes-256-gcm-v1"

/* This number of bytes is prepared, and then written. */
#define BATCH_SIZE (256 * 1024)

/* An array of exactly @size bytes. */
static char *
make_many (gsize size)
{
  static const char object[] = "{\"id\":12345,\"name\":\"kettle\",\"on\":true,\"heat\":[98.5,-1e3,null]}";
  GString *text = g_string_sized_new (size + sizeof object);

  g_string_append_c (text, '[');
  while (text->len + strlen (object) + strlen (",0]") <= size)
    g_string_append_printf (text, "%s,", object);
  g_string_append_c (text, '0');
  while (text->len + 1 < size)
    g_string_append_c (text, ' ');
  g_string_append_c (text, ']');

  return g_string_free (text, FALSE);
}

typedef struct
{
  char *inner; /* the envelope before encryption */
  gsize length;
  gsize batch; /* the minimum number of bytes to write at once */
} Order;

static gboolean
parse_order (Order       *order,
             const char  *target,
             GError     **error)
{
  const char *query = strchr (target, '?');
  g_autoptr (GHashTable) table = g_uri_parse_params (query != NULL ? query + 1 : "", -1, "&",
                                                     G_URI_PARAMS_NONE, NULL);
  const char *text = table != NULL ? g_hash_table_lookup (table, "size") : NULL;
  gsize size = text != NULL ? g_ascii_strtoull (text, NULL, 10) : 0;
  g_autofree char *payload = NULL;

  if (size < BENCH_MIN_SIZE)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "No order: “%s”", target);
      return FALSE;
    }

  payload = g_hash_table_contains (table, "many") ? make_many (size) : bench_payload_new (size);
  order->inner = signal_envelope_compose (BENCH_EVENT, payload, NULL, &order->length);
  order->batch = g_hash_table_contains (table, "single") ? 1 : BATCH_SIZE;
  return TRUE;
}

/* The server's side of the handshake. Returns NULL if the message is not valid. */
static SignalAead *
do_handshake (BenchWire *wire,
              GError   **error)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (SignalAead) key = NULL;
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  g_autofree char *server_key = NULL, *salt = NULL, *text = NULL;
  g_autofree char *sent = NULL;
  JsonObject *data;
  gboolean is_temporary;

  if (!bench_wire_read_message (wire, error))
    return NULL;

  sent = g_strndup ((const char *) wire->payload->data, wire->payload->len);
  node = json_from_string (sent, error);
  if (node == NULL)
    return NULL;

  data = json_object_get_object_member (json_node_get_object (node), "data");
  key = signal_handshake_agree_key (ECDH_INFO, json_object_get_string_member (data, "clientPublicKey"),
                                 &server_key, &salt, &is_temporary);
  if (key == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "The client has no key");
      return NULL;
    }

  text = g_strdup_printf ("{\"event\":\"connected\",\"data\":{\"id\":\"flood\","
                          "\"serverPublicKey\":\"%s\",\"salt\":\"%s\"}}", server_key, salt);
  bench_wire_append_text (frame, text, strlen (text));
  return bench_wire_write (wire, frame, error) ? g_steal_pointer (&key) : NULL;
}

static gboolean
has_input (BenchWire *wire)
{
  GSocketConnection *connection = G_SOCKET_CONNECTION (wire->connection);

  return g_socket_condition_check (g_socket_connection_get_socket (connection), G_IO_IN) != 0;
}

static void
flood (BenchWire        *wire,
       SignalAead *key,
       const Order      *order)
{
  gsize size = signal_envelope_get_encrypted_size (order->length);
  gsize ciphertext_size = order->length + SIGNAL_AEAD_TAG_SIZE;
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  g_autofree guint8 *ciphertext = g_malloc (ciphertext_size);
  g_autofree char *text = g_malloc (size + 1);
  guint8 iv[SIGNAL_AEAD_IV_SIZE];

  while (signal_aead_encrypt (key, (const guint8 *) order->inner, order->length, iv,
                                     ciphertext, NULL))
    {
      signal_envelope_write_encrypted (text, iv, ciphertext, ciphertext_size);
      bench_wire_append_text (frames, text, size);
      if (frames->len < order->batch)
        continue;
      if (has_input (wire) || !bench_wire_write (wire, frames, NULL))
        return;
      g_byte_array_set_size (frames, 0);
    }
}

static gboolean
serve (GSocketConnection  *connection,
       GError            **error)
{
  g_autoptr (BenchWire) wire = bench_wire_new (G_IO_STREAM (connection));
  g_autofree char *target = bench_wire_accept (wire, error);
  g_autoptr (SignalAead) key = NULL;
  Order order;

  if (target == NULL || !parse_order (&order, target, error))
    return FALSE;

  key = do_handshake (wire, error);
  if (key != NULL && bench_wire_read_message (wire, NULL))
    flood (wire, key, &order);
  while (key != NULL && bench_wire_read_message (wire, NULL))
    continue;
  g_free (order.inner);

  return key != NULL;
}

/* @certificate is NULL for no TLS. Runs in a thread of its own. */
static gboolean
on_run (GThreadedSocketService *service,
        GSocketConnection      *connection,
        GObject                *source,
        gpointer                certificate)
{
  g_autoptr (GSocketConnection) wrapper = NULL;
  g_autoptr (GIOStream) tls = NULL;
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_connection_get_socket (connection);

  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  if (certificate != NULL)
    {
      tls = g_tls_server_connection_new (G_IO_STREAM (connection), certificate, &error);
      if (tls != NULL)
        wrapper = g_tcp_wrapper_connection_new (tls, socket);
    }

  if (error != NULL || !serve (wrapper != NULL ? wrapper : connection, &error))
    g_printerr ("bench-flood: %s\n", error->message);
  return TRUE;
}

static GSocketService *
start_service (GTlsCertificate *certificate,
               guint16         *port)
{
  g_autoptr (GSocketService) service = g_threaded_socket_service_new (-1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error))
    g_error ("%s", error->message);

  g_signal_connect (service, "run", G_CALLBACK (on_run), certificate);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return g_steal_pointer (&service);
}

static gboolean
on_stdin (int          fd,
          GIOCondition condition,
          gpointer     user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (BenchIdentity) identity = bench_identity_new ();
  g_autoptr (GSocketService) plain = NULL;
  g_autoptr (GSocketService) secure = NULL;
  guint16 port;

  plain = start_service (NULL, &port);
  printf ("ws://127.0.0.1:%u/", port);
  if (identity != NULL)
    {
      secure = start_service (identity->certificate, &port);
      printf (" wss://127.0.0.1:%u/ %s", port, identity->file);
    }
  printf ("\n");
  fflush (stdout);

  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_stdin, loop);
  g_main_loop_run (loop);

  return 0;
}
