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

static void read_more  (Guest *guest);
static void write_more (Guest *guest);

static void
guest_free (Guest *guest)
{
  g_clear_object (&guest->stream);
  g_clear_object (&guest->socket);
  g_clear_object (&guest->cancellable);
  g_clear_object (&guest->certificate);
  g_byte_array_unref (guest->in);
  g_byte_array_unref (guest->out);
  g_ptr_array_unref (guest->frames);
  g_ptr_array_unref (guest->inner);
  g_ptr_array_unref (guest->ivs);
  g_clear_pointer (&guest->key_pair, signal_ecdh_key_pair_free);
  g_clear_pointer (&guest->key, signal_aead_free);
  g_free (guest->id);
  g_free (guest->request);
  g_free (guest->token);
  g_free (guest);
}

static void
on_read (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Guest *guest = user_data;
  gssize count = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  guest->n_pending--;
  if (count <= 0)
    {
      guest->is_gone = TRUE;
      if (guest->is_resetting)
        g_socket_close (guest->socket, NULL);
      return;
    }

  g_byte_array_append (guest->in, guest->buffer, count);
  guest_receive (guest);
  read_more (guest);
}

static void
read_more (Guest *guest)
{
  guest->n_pending++;
  g_input_stream_read_async (g_io_stream_get_input_stream (guest->stream), guest->buffer,
                             sizeof guest->buffer, G_PRIORITY_DEFAULT, guest->cancellable, on_read,
                             guest);
}

static void
on_written (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Guest *guest = user_data;

  guest->n_pending--;
  g_clear_pointer (&guest->writing, g_bytes_unref);
  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL))
    write_more (guest);
}

static void
write_more (Guest *guest)
{
  if (guest->writing != NULL)
    return;

  if (guest->out->len == 0)
    {
      if (guest->is_leaving)
        g_socket_shutdown (guest->socket, FALSE, TRUE, NULL);
      return;
    }

  guest->writing = g_byte_array_free_to_bytes (guest->out);
  guest->out = g_byte_array_new ();
  guest->n_pending++;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (guest->stream),
                                   g_bytes_get_data (guest->writing, NULL),
                                   g_bytes_get_size (guest->writing),
                                   G_PRIORITY_DEFAULT, guest->cancellable, on_written, guest);
}

void
guest_write (Guest      *guest,
             const void *data,
             gsize       length)
{
  if (guest->is_gone)
    return;

  g_byte_array_append (guest->out, data, length);
  write_more (guest);
}

/* The end without a close frame, when all is written. */
void
guest_cut (Guest *guest)
{
  guest->is_leaving = TRUE;
  write_more (guest);
}

/* The end as of a host that crashes: RST. */
void
guest_reset (Guest *guest)
{
  struct linger linger = { 1, 0 };

  setsockopt (g_socket_get_fd (guest->socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  guest->is_resetting = TRUE;
  g_cancellable_cancel (guest->cancellable);
}

static void
on_handshake (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Guest *guest = user_data;

  guest->n_pending--;
  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL))
    {
      g_set_object (&guest->certificate,
                    g_tls_connection_get_peer_certificate (G_TLS_CONNECTION (source)));
      read_more (guest);
    }
  else
    {
      g_socket_shutdown (guest->socket, TRUE, TRUE, NULL);
      guest->is_gone = TRUE;
    }
}

static gboolean
accept_any (void)
{
  return TRUE;
}

static void
start_tls (Guest     *guest,
           GIOStream *base)
{
  guest->stream = g_tls_server_connection_new (base, guest->host->certificate, NULL);
  g_object_set (guest->stream, "authentication-mode", guest->host->authentication, NULL);
  g_signal_connect (guest->stream, "accept-certificate", G_CALLBACK (accept_any), NULL);
  guest->n_pending++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (guest->stream), G_PRIORITY_DEFAULT,
                                    guest->cancellable, on_handshake, guest);
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             Host              *host)
{
  Guest *guest = g_new0 (Guest, 1);

  guest->host = host;
  guest->socket = g_object_ref (g_socket_connection_get_socket (connection));
  g_socket_set_option (guest->socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  guest->cancellable = g_cancellable_new ();
  guest->in = g_byte_array_new ();
  guest->out = g_byte_array_new ();
  guest->frames = g_ptr_array_new_with_free_func (g_free);
  guest->inner = g_ptr_array_new_with_free_func (g_free);
  guest->ivs = g_ptr_array_new_with_free_func (g_free);
  guest->id = g_strdup_printf ("guest-%u", host->guests->len);
  guest->key_pair = signal_ecdh_key_pair_generate (NULL);
  g_assert_true (signal_random_bytes (guest->salt, sizeof guest->salt, NULL));
  g_ptr_array_add (host->guests, guest);

  if (host->certificate != NULL)
    {
      start_tls (guest, G_IO_STREAM (connection));
    }
  else
    {
      guest->stream = g_object_ref (G_IO_STREAM (connection));
      read_more (guest);
    }
  return TRUE;
}

Host *
host_new_tls (GTlsCertificate *certificate)
{
  Host *host = g_new0 (Host, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  host->greet = guest_welcome;
  host->guests = g_ptr_array_new_with_free_func ((GDestroyNotify) guest_free);
  g_set_object (&host->certificate, certificate);
  host->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (host->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  g_signal_connect (host->service, "incoming", G_CALLBACK (on_incoming), host);
  host->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  host->uri = g_strdup_printf ("%s://127.0.0.1:%u/ws", certificate != NULL ? "wss" : "ws",
                               host->port);
  return host;
}

Host *
host_new (void)
{
  return host_new_tls (NULL);
}

static gboolean
is_idle (Host *host)
{
  for (guint i = 0; i < host->guests->len; i++)
    {
      Guest *guest = host->guests->pdata[i];

      if (guest->n_pending > 0)
        return FALSE;
    }
  return TRUE;
}

/* Nobody is at home any more: connections are refused. */
void
host_shut (Host *host)
{
  g_socket_service_stop (host->service);
  g_socket_listener_close (G_SOCKET_LISTENER (host->service));
}

void
host_free (Host *host)
{
  host_shut (host);
  g_signal_handlers_disconnect_by_data (host->service, host);
  for (guint i = 0; i < host->guests->len; i++)
    {
      Guest *guest = host->guests->pdata[i];

      g_cancellable_cancel (guest->cancellable);
      g_socket_shutdown (guest->socket, TRUE, TRUE, NULL);
    }
  WAIT_UNTIL (is_idle (host));
  g_clear_object (&host->service);
  g_ptr_array_unref (host->guests);
  run_pending ();
  g_clear_object (&host->certificate);
  g_free (host->uri);
  g_free (host);
}

/* The guest of this number, once it has said who it is. */
Guest *
host_wait_guest (Host  *host,
                 guint  index)
{
  Guest *guest;

  WAIT_UNTIL (host->guests->len > index);
  guest = host->guests->pdata[index];
  WAIT_UNTIL (guest->token != NULL);
  return guest;
}
