/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gnetworking.h>
#include <glib/gi18n-lib.h>

#include "server/signal-server-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-url-private.h"

/* The port is our own, and only what comes in through it is given to SoupServer: that one neither
 * counts connections nor gives them a deadline, and it stops to listen for good once it runs out
 * of file descriptors. */

#define BACKLOG 128

/* How many new connections are taken in one turn of the main loop, which is everybody's. */
#define MAX_AT_ONCE 16

/* Connections that are on their way out, beside the peers and those who want to become one. */
#define MAX_SPARE_CONNECTIONS 64

/* How long to leave new connections alone when there is no room for one, in milliseconds: until
 * somebody goes; until somebody may be shown out; until somebody who was shown out is gone. */
#define PAUSE 500
#define PAUSE_FOR_GRACE 20
#define PAUSE_FOR_GOODBYE 5

static void watch_port (SignalServer *self);

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

  signal_connection_limiter_enter (self->lobby, connection, remote, self->auth_timeout);
  soup_server_accept_iostream (self->soup, stream, local, remote, NULL);
}

static gboolean
on_pause_over (gpointer user_data)
{
  watch_port (user_data);
  return G_SOURCE_REMOVE;
}

static void
pause_port (SignalServer *self,
            guint         ms)
{
  signal_source_clear (&self->port_source);
  self->port_source = g_timeout_source_new (ms);
  g_source_set_static_name (self->port_source, "[signal-glib] server pause");
  g_source_set_callback (self->port_source, on_pause_over, self, NULL);
  g_source_attach (self->port_source, self->affinity.context);
}

/* Returns how long to wait until there is, in milliseconds; 0: there is room. */
static guint
make_room (SignalServer *self)
{
  guint64 limit = (guint64) self->max_peers + self->max_pending + MAX_SPARE_CONNECTIONS;

  if (signal_connection_limiter_count_connections (self->lobby) >= limit)
    return PAUSE;

  while (signal_connection_limiter_count_waiting (self->lobby) >= self->max_pending)
    if (!signal_connection_limiter_evict (self->lobby, FALSE))
      return PAUSE_FOR_GRACE;

  return 0;
}

/* Returns FALSE if there is nobody else for now. */
static gboolean
take_one (SignalServer *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  guint wait = make_room (self);

  if (wait > 0)
    {
      pause_port (self, wait);
      return FALSE;
    }

  socket = g_socket_accept (self->port, NULL, &error);
  if (socket != NULL)
    welcome (self, socket);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES)
           && signal_connection_limiter_evict (self->lobby, FALSE))
    pause_port (self, PAUSE_FOR_GOODBYE);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    pause_port (self, PAUSE);

  return socket != NULL;
}

static gboolean
on_incoming (GSocket      *port,
             GIOCondition  condition,
             gpointer      user_data)
{
  g_autoptr (SignalServer) self = g_object_ref (user_data);

  for (guint i = 0; i < MAX_AT_ONCE && self->port != NULL; i++)
    if (!take_one (self))
      break;

  return G_SOURCE_CONTINUE;
}

static void
watch_port (SignalServer *self)
{
  signal_source_clear (&self->port_source);
  self->port_source = g_socket_create_source (self->port, G_IO_IN, NULL);
  g_source_set_static_name (self->port_source, "[signal-glib] server port");
  g_source_set_callback (self->port_source, G_SOURCE_FUNC (on_incoming), self, NULL);
  g_source_attach (self->port_source, self->affinity.context);
}

/* NULL is the loopback address, and so are its names, which need no look-up. */
static GSocketAddress *
look_up (const char  *address,
         guint16      port,
         GError     **error)
{
  g_autoptr (GSocketConnectable) name = NULL;
  g_autoptr (GSocketAddressEnumerator) addresses = NULL;
  GSocketAddress *literal;

  if (address == NULL
      || (!g_hostname_is_ip_address (address) && signal_url_host_is_loopback (address)))
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
  g_autofree char *host = NULL;

  if (name != NULL && !g_hostname_is_ip_address (name))
    {
      /* A certificate is for the name, not for the address that it happens to have. */
      host = g_strdup (name);
    }
  else if (g_inet_address_get_is_any (address))
    {
      g_autoptr (GInetAddress) loopback = NULL;

      loopback = g_inet_address_new_loopback (g_inet_address_get_family (address));
      host = g_inet_address_to_string (loopback);
    }
  else
    {
      host = signal_url_compose_literal (inet);
    }

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

  if (address != NULL && !g_hostname_is_ip_address (address))
    self->listen_name = g_hostname_to_ascii (address);
  self->uri = compose_uri (self, address);
  watch_port (self);
  return TRUE;
}

void
signal_server_close_port (SignalServer *self)
{
  signal_source_clear (&self->port_source);
  g_clear_pointer (&self->uri, g_free);
  if (self->port != NULL)
    g_socket_close (self->port, NULL);
  g_clear_object (&self->port);
}
