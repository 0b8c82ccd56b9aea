/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-relay.h"

#include <gnutls/gnutls.h>

struct _TlsRelay
{
  GSocket *listener;
  guint16 port;
  guint16 target; /* 0 to keep each connection until the client closes it */
  GCancellable *cancellable;
  GThread *thread;
  GPtrArray *connections; /* GThread, used by the thread above */

  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  gnutls_datum_t ticket_key;
  int n_handshakes;
  int n_resumed;
};

typedef struct
{
  TlsRelay *relay;
  GSocket *socket;
} Connection;

static GSocket *
connect_target (guint16 port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP, NULL);

  if (!g_socket_connect (socket, address, NULL, NULL))
    return NULL;
  return g_steal_pointer (&socket);
}

static gboolean
send_all (GSocket    *socket,
          const char *data,
          gssize      length)
{
  while (length > 0)
    {
      gssize n = g_socket_send (socket, data, (gsize) length, NULL, NULL);

      if (n <= 0)
        return FALSE;
      data += n;
      length -= n;
    }
  return TRUE;
}

/* Forwards what can be read. Returns FALSE at the end of either side. */
static gboolean
relay_once (gnutls_session_t  session,
            GPollFD          *fds,
            GSocket          *target)
{
  char buffer[16384];
  gssize n;

  if (fds[0].revents != 0 || gnutls_record_check_pending (session) > 0)
    {
      n = gnutls_record_recv (session, buffer, sizeof buffer);
      if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
        return TRUE;
      if (n <= 0 || (target != NULL && !send_all (target, buffer, n)))
        return FALSE;
    }

  if (fds[2].revents != 0)
    {
      n = g_socket_receive (target, buffer, sizeof buffer, NULL, NULL);
      if (n <= 0 || gnutls_record_send (session, buffer, (gsize) n) != n)
        return FALSE;
    }

  return TRUE;
}

static void
relay (TlsRelay         *self,
       gnutls_session_t  session,
       GSocket          *socket)
{
  g_autoptr (GSocket) target = self->target != 0 ? connect_target (self->target) : NULL;
  GPollFD fds[3] = { { g_socket_get_fd (socket), G_IO_IN, 0 } };
  guint n_fds = target != NULL ? 3 : 2;

  if (self->target != 0 && target == NULL)
    return;

  g_assert_true (g_cancellable_make_pollfd (self->cancellable, &fds[1]));
  if (target != NULL)
    fds[2] = (GPollFD) { g_socket_get_fd (target), G_IO_IN, 0 };

  do
    g_poll (fds, n_fds, gnutls_record_check_pending (session) > 0 ? 0 : -1);
  while (!g_cancellable_is_cancelled (self->cancellable) && relay_once (session, fds, target));

  g_cancellable_release_fd (self->cancellable);
}

static gpointer
run_connection (gpointer data)
{
  Connection *connection = data;
  TlsRelay *self = connection->relay;
  gnutls_session_t session;
  int result;

  gnutls_init (&session, GNUTLS_SERVER);
  gnutls_priority_set (session, self->priority);
  gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, self->credentials);
  gnutls_session_ticket_enable_server (session, &self->ticket_key);
  gnutls_handshake_set_timeout (session, 5000);
  gnutls_transport_set_int (session, g_socket_get_fd (connection->socket));

  do
    result = gnutls_handshake (session);
  while (result < 0 && !gnutls_error_is_fatal (result));

  if (result == GNUTLS_E_SUCCESS)
    {
      if (gnutls_session_is_resumed (session))
        g_atomic_int_inc (&self->n_resumed);
      g_atomic_int_inc (&self->n_handshakes);
      relay (self, session, connection->socket);
    }

  gnutls_deinit (session);
  g_object_unref (connection->socket);
  g_free (connection);
  return NULL;
}

static gpointer
run (gpointer data)
{
  TlsRelay *self = data;
  GSocket *socket;

  while ((socket = g_socket_accept (self->listener, self->cancellable, NULL)) != NULL)
    {
      Connection *connection = g_new0 (Connection, 1);

      connection->relay = self;
      connection->socket = socket;
      g_socket_set_blocking (socket, TRUE);
      g_ptr_array_add (self->connections, g_thread_new ("tls-connection", run_connection, connection));
    }

  return NULL;
}

static void
join (gpointer thread)
{
  g_thread_join (thread);
}

/* @response_file is an OCSP response to staple, or NULL; @priority is a GnuTLS priority string, or
 * NULL; @target is the port to forward to, or 0. */
TlsRelay *
tls_relay_new (const char *certificate_file,
               const char *key_file,
               const char *response_file,
               const char *priority,
               guint16     target)
{
  TlsRelay *self = g_new0 (TlsRelay, 1);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  self->target = target;
  self->cancellable = g_cancellable_new ();
  self->connections = g_ptr_array_new_with_free_func (join);
  gnutls_certificate_allocate_credentials (&self->credentials);
  gnutls_certificate_set_flags (self->credentials, GNUTLS_CERTIFICATE_SKIP_OCSP_RESPONSE_CHECK);
  g_assert_cmpint (gnutls_certificate_set_x509_key_file (self->credentials, certificate_file, key_file,
                                                         GNUTLS_X509_FMT_PEM), >=, 0);
  if (response_file != NULL)
    g_assert_cmpint (gnutls_certificate_set_ocsp_status_request_file (self->credentials, response_file, 0),
                     >=, 0);
  g_assert_cmpint (gnutls_priority_init (&self->priority, priority, NULL), >=, 0);
  g_assert_cmpint (gnutls_session_ticket_key_generate (&self->ticket_key), >=, 0);

  self->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                 &error);
  g_assert_no_error (error);
  g_socket_bind (self->listener, any, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->listener, &error);
  g_assert_no_error (error);
  address = g_socket_get_local_address (self->listener, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));

  self->thread = g_thread_new ("tls-relay", run, self);
  return self;
}

void
tls_relay_free (TlsRelay *self)
{
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  g_ptr_array_unref (self->connections);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  gnutls_priority_deinit (self->priority);
  gnutls_certificate_free_credentials (self->credentials);
  gnutls_free (self->ticket_key.data);
  g_free (self);
}

guint16
tls_relay_get_port (TlsRelay *self)
{
  return self->port;
}

int
tls_relay_get_n_handshakes (TlsRelay *self)
{
  return g_atomic_int_get (&self->n_handshakes);
}

int
tls_relay_get_n_resumed (TlsRelay *self)
{
  return g_atomic_int_get (&self->n_resumed);
}
