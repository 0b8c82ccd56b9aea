/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mock-server.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-secret-private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

static void read_more  (MockPeer *peer);
static void write_more (MockPeer *peer);

static void
mock_peer_free (MockPeer *peer)
{
  g_clear_object (&peer->stream);
  g_clear_object (&peer->socket);
  g_clear_object (&peer->cancellable);
  g_clear_object (&peer->certificate);
  g_byte_array_unref (peer->in);
  g_byte_array_unref (peer->out);
  g_ptr_array_unref (peer->frames);
  g_ptr_array_unref (peer->inner);
  g_ptr_array_unref (peer->ivs);
  g_clear_pointer (&peer->key_pair, signal_ecdh_key_pair_free);
  g_clear_pointer (&peer->key, signal_aead_free);
  g_free (peer->id);
  g_free (peer->request);
  g_free (peer->token);
  g_free (peer);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  MockPeer *peer = user_data;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  peer->n_pending--;
  if (count <= 0)
    {
      peer->is_closed = TRUE;
      if (peer->is_resetting)
        g_socket_close (peer->socket, NULL);
      return;
    }

  g_byte_array_append (peer->in, peer->buffer, count);
  mock_peer_receive (peer);
  read_more (peer);
}

static void
read_more (MockPeer *peer)
{
  peer->n_pending++;
  g_input_stream_read_async (g_io_stream_get_input_stream (peer->stream), peer->buffer,
                             sizeof peer->buffer, G_PRIORITY_DEFAULT, peer->cancellable, on_read,
                             peer);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  MockPeer *peer = user_data;

  peer->n_pending--;
  g_clear_pointer (&peer->writing, g_bytes_unref);
  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    write_more (peer);
}

static void
write_more (MockPeer *peer)
{
  if (peer->writing != NULL)
    return;

  if (peer->out->len == 0)
    {
      if (peer->is_closing)
        g_socket_shutdown (peer->socket, FALSE, TRUE, NULL);
      return;
    }

  peer->writing = g_byte_array_free_to_bytes (peer->out);
  peer->out = g_byte_array_new ();
  peer->n_pending++;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (peer->stream),
                                   g_bytes_get_data (peer->writing, NULL),
                                   g_bytes_get_size (peer->writing),
                                   G_PRIORITY_DEFAULT, peer->cancellable, on_written, peer);
}

void
mock_peer_write (MockPeer   *peer,
                 const void *data,
                 gsize       length)
{
  if (peer->is_closed)
    return;

  g_byte_array_append (peer->out, data, length);
  write_more (peer);
}

/* Ends the connection without a close frame, once everything is written. */
void
mock_peer_shut_down (MockPeer *peer)
{
  peer->is_closing = TRUE;
  write_more (peer);
}

/* Ends the connection with RST, as a server that crashes does. */
void
mock_peer_reset (MockPeer *peer)
{
  struct linger linger = { 1, 0 };

  setsockopt (g_socket_get_fd (peer->socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  peer->is_resetting = TRUE;
  g_cancellable_cancel (peer->cancellable);
}

static void
on_handshake (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  MockPeer *peer = user_data;

  peer->n_pending--;
  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL))
    {
      g_set_object (&peer->certificate,
                    g_tls_connection_get_peer_certificate (G_TLS_CONNECTION (source)));
      read_more (peer);
    }
  else
    {
      g_socket_shutdown (peer->socket, TRUE, TRUE, NULL);
      peer->is_closed = TRUE;
    }
}

static gboolean
accept_any (void)
{
  return TRUE;
}

static void
start_tls (MockPeer  *peer,
           GIOStream *base)
{
  peer->stream = g_tls_server_connection_new (base, peer->server->certificate, NULL);
  g_object_set (peer->stream, "authentication-mode", peer->server->authentication, NULL);
  g_signal_connect (peer->stream, "accept-certificate", G_CALLBACK (accept_any), NULL);
  peer->n_pending++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (peer->stream), G_PRIORITY_DEFAULT,
                                    peer->cancellable, on_handshake, peer);
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             MockServer        *server)
{
  MockPeer *peer = g_new0 (MockPeer, 1);

  peer->server = server;
  peer->socket = g_object_ref (g_socket_connection_get_socket (connection));
  g_socket_set_option (peer->socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  peer->cancellable = g_cancellable_new ();
  peer->in = g_byte_array_new ();
  peer->out = g_byte_array_new ();
  peer->frames = g_ptr_array_new_with_free_func (g_free);
  peer->inner = g_ptr_array_new_with_free_func (g_free);
  peer->ivs = g_ptr_array_new_with_free_func (g_free);
  peer->id = g_strdup_printf ("client-%u", server->peers->len);
  peer->key_pair = signal_ecdh_key_pair_generate (NULL);
  g_assert_nonnull (peer->key_pair);
  g_assert_true (signal_random_bytes (peer->salt, sizeof peer->salt, NULL));
  g_ptr_array_add (server->peers, peer);

  if (server->certificate != NULL)
    {
      start_tls (peer, G_IO_STREAM (connection));
    }
  else
    {
      peer->stream = g_object_ref (G_IO_STREAM (connection));
      read_more (peer);
    }
  return TRUE;
}

MockServer *
mock_server_new_tls (GTlsCertificate *certificate)
{
  MockServer *server = g_new0 (MockServer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  server->respond = mock_peer_send_connected;
  server->authenticate_type = "Bearer";
  server->public_key_member = "clientPublicKey";
  server->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) mock_peer_free);
  g_set_object (&server->certificate, certificate);
  server->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (server->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  g_signal_connect (server->service, "incoming", G_CALLBACK (on_incoming), server);
  server->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  server->uri = g_strdup_printf ("%s://127.0.0.1:%u/ws", certificate != NULL ? "wss" : "ws",
                                 server->port);
  return server;
}

MockServer *
mock_server_new (void)
{
  return mock_server_new_tls (NULL);
}

static gboolean
is_idle (MockServer *server)
{
  for (guint i = 0; i < server->peers->len; i++)
    {
      MockPeer *peer = server->peers->pdata[i];

      if (peer->n_pending > 0)
        return FALSE;
    }
  return TRUE;
}

/* Refuses connections from now on. */
void
mock_server_stop_listening (MockServer *server)
{
  g_socket_service_stop (server->service);
  g_socket_listener_close (G_SOCKET_LISTENER (server->service));
}

void
mock_server_free (MockServer *server)
{
  mock_server_stop_listening (server);
  g_signal_handlers_disconnect_by_data (server->service, server);
  for (guint i = 0; i < server->peers->len; i++)
    {
      MockPeer *peer = server->peers->pdata[i];

      g_cancellable_cancel (peer->cancellable);
      g_socket_shutdown (peer->socket, TRUE, TRUE, NULL);
    }
  WAIT_UNTIL (is_idle (server));
  g_clear_object (&server->service);
  g_ptr_array_unref (server->peers);
  run_pending ();
  g_clear_object (&server->certificate);
  g_free (server->uri);
  g_free (server);
}

/* Waits for the connection with this index to send its token. */
MockPeer *
mock_server_wait_peer (MockServer *server,
                       guint       index)
{
  MockPeer *peer;

  WAIT_UNTIL (server->peers->len > index);
  peer = server->peers->pdata[index];
  WAIT_UNTIL (peer->token != NULL);
  return peer;
}
