/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-server-private.h"

#include <gio/gnetworking.h>

#include <glib/gi18n-lib.h>

/* The port is our own, and only what comes in through it is given to SoupServer: that one neither
 * counts connections nor gives them a deadline, and it stops to listen for good once it runs out
 * of file descriptors. */

#define BACKLOG 128

/* Connections that are not peers yet, or are peers no more, beside the peers. */
#define MAX_SPARE_CONNECTIONS 64

/* How long to leave new connections alone when there is no room for one, in milliseconds. */
#define PAUSE 500

#define DEADLINE_KEY "signal-glib-deadline"
#define COUNT_KEY "signal-glib-count"

static void watch_port (SignalServer *self);

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
destroy_deadline (gpointer deadline)
{
  g_source_destroy (deadline);
  g_source_unref (deadline);
}

static void
uncount (gpointer n_connections)
{
  --*(guint *) n_connections;
  g_rc_box_release (n_connections);
}

static gboolean
on_deadline (gpointer socket)
{
  g_socket_shutdown (socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

/* Both end with the connection, however that ends. The deadline can also be found by the address,
 * which is what is known of a connection when it becomes a peer. */
static void
track (SignalServer      *self,
       GSocketConnection *connection,
       GSocketAddress    *remote_address)
{
  GSource *deadline = g_timeout_source_new (self->auth_timeout);

  g_source_set_static_name (deadline, "[signal-glib] connection deadline");
  g_source_set_callback (deadline, on_deadline,
                         g_object_ref (g_socket_connection_get_socket (connection)),
                         g_object_unref);
  g_source_attach (deadline, self->context);
  g_object_set_data_full (G_OBJECT (remote_address), DEADLINE_KEY, g_source_ref (deadline),
                          (GDestroyNotify) g_source_unref);
  g_object_set_data_full (G_OBJECT (connection), DEADLINE_KEY, deadline, destroy_deadline);

  ++*self->n_connections;
  g_object_set_data_full (G_OBJECT (connection), COUNT_KEY,
                          g_rc_box_acquire (self->n_connections), uncount);
}

/* The connection has become a peer, which has a deadline of its own. */
void
signal_server_clear_deadline (GSocketAddress *remote_address)
{
  GSource *deadline = g_object_get_data (G_OBJECT (remote_address), DEADLINE_KEY);

  if (deadline != NULL)
    g_source_destroy (deadline);
}

/* Without a database: clients show no certificate, and to load those of the system takes
 * milliseconds for each connection. */
static GIOStream *
add_tls (GIOStream        *connection,
         GTlsCertificate  *certificate,
         GError          **error)
{
  const char * const protocols[] = { "http/1.1", NULL };

  return g_initable_new (g_tls_backend_get_server_connection_type (g_tls_backend_get_default ()),
                         NULL, error,
                         "base-io-stream", connection,
                         "certificate", certificate,
                         "database", NULL,
                         "require-close-notify", FALSE,
                         "advertised-protocols", protocols,
                         NULL);
}

static void
welcome (SignalServer *self,
         GSocket      *socket)
{
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GIOStream) stream = NULL;

  /* Who has gone already has no address. */
  if (local == NULL || remote == NULL)
    return;

  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  if (self->listen_certificate != NULL)
    stream = add_tls (G_IO_STREAM (connection), self->listen_certificate, NULL);
  else
    stream = g_object_ref (G_IO_STREAM (connection));
  if (stream == NULL)
    return;

  track (self, connection, remote);
  soup_server_accept_iostream (self->soup, stream, local, remote, NULL);
}

static gboolean
on_pause_over (gpointer user_data)
{
  watch_port (user_data);
  return G_SOURCE_REMOVE;
}

static void
pause_port (SignalServer *self)
{
  clear_source (&self->port_source);
  self->port_source = g_timeout_source_new (PAUSE);
  g_source_set_static_name (self->port_source, "[signal-glib] server pause");
  g_source_set_callback (self->port_source, on_pause_over, self, NULL);
  g_source_attach (self->port_source, self->context);
}

static gboolean
on_incoming (GSocket      *port,
             GIOCondition  condition,
             gpointer      user_data)
{
  SignalServer *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (*self->n_connections >= self->max_peers + MAX_SPARE_CONNECTIONS)
    {
      pause_port (self);
      return G_SOURCE_REMOVE;
    }

  socket = g_socket_accept (port, NULL, &error);
  if (socket != NULL)
    welcome (self, socket);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    pause_port (self);

  return G_SOURCE_CONTINUE;
}

static void
watch_port (SignalServer *self)
{
  clear_source (&self->port_source);
  self->port_source = g_socket_create_source (self->port, G_IO_IN, NULL);
  g_source_set_static_name (self->port_source, "[signal-glib] server port");
  g_source_set_callback (self->port_source, G_SOURCE_FUNC (on_incoming), self, NULL);
  g_source_attach (self->port_source, self->context);
}

/* NULL is the loopback address, and so is its name, which needs no look-up. */
static GSocketAddress *
look_up (const char  *address,
         guint16      port,
         GError     **error)
{
  g_autoptr (GSocketConnectable) name = NULL;
  g_autoptr (GSocketAddressEnumerator) addresses = NULL;
  GSocketAddress *literal;

  if (address == NULL || g_ascii_strcasecmp (address, "localhost") == 0)
    address = "127.0.0.1";

  literal = g_inet_socket_address_new_from_string (address, port);
  if (literal != NULL)
    return literal;

  name = g_network_address_new (address, port);
  addresses = g_socket_connectable_enumerate (name);
  return g_socket_address_enumerator_next (addresses, NULL, error);
}

static GSocket *
bind_port (GSocketAddress  *address,
           GError         **error)
{
  g_autoptr (GSocket) port = g_socket_new (g_socket_address_get_family (address),
                                           G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (port == NULL)
    return NULL;

  g_socket_set_blocking (port, FALSE);
  g_socket_set_listen_backlog (port, BACKLOG);
  if (!g_socket_bind (port, address, TRUE, error) || !g_socket_listen (port, error))
    return NULL;
  return g_steal_pointer (&port);
}

/* Where a client on this machine finds the server. */
static char *
compose_uri (SignalServer *self,
             const char   *name)
{
  g_autoptr (GSocketAddress) bound = g_socket_get_local_address (self->port, NULL);
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (bound);
  GInetAddress *address = g_inet_socket_address_get_address (inet);
  g_autoptr (GInetAddress) loopback = NULL;
  g_autofree char *host = NULL;

  if (g_inet_address_get_is_any (address))
    address = loopback = g_inet_address_new_loopback (g_inet_address_get_family (address));

  /* A certificate is for the name, not for the address that it happens to have. */
  if (name != NULL && !g_hostname_is_ip_address (name))
    host = g_strdup (name);
  else
    host = g_inet_address_to_string (address);

  return g_uri_join (G_URI_FLAGS_NONE, self->listen_certificate != NULL ? "wss" : "ws", NULL, host,
                     g_inet_socket_address_get_port (inet), self->listen_path, NULL, NULL);
}

gboolean
signal_server_open_port (SignalServer  *self,
                         const char    *address,
                         guint16        port,
                         GError       **error)
{
  g_autoptr (GSocketAddress) socket_address = look_up (address, port, error);

  if (socket_address != NULL)
    self->port = bind_port (socket_address, error);
  if (self->port == NULL)
    {
      /* Translators: what went wrong follows */
      g_prefix_error (error, _("Cannot listen on “%s”, port %u: "),
                      address != NULL ? address : "127.0.0.1", port);
      return FALSE;
    }

  self->uri = compose_uri (self, address);
  watch_port (self);
  return TRUE;
}

void
signal_server_close_port (SignalServer *self)
{
  clear_source (&self->port_source);
  g_clear_pointer (&self->uri, g_free);
  if (self->port != NULL)
    g_socket_close (self->port, NULL);
  g_clear_object (&self->port);
}
