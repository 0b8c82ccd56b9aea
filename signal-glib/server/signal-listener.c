/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gnetworking.h>
#include <glib/gi18n-lib.h>

#include "server/signal-server-private.h"
#include "signal-error.h"
#include "util/signal-source-private.h"
#include "websocket/signal-url-private.h"

/* The server owns the listening socket and passes accepted connections to SoupServer, because
 * SoupServer does not limit the number or the duration of connections, and stops listening
 * permanently when there are no file descriptors left. */

/* The system queues at least this many connections, or as many as may be pending. If all clients of another
 * server arrive at once, each of those that do not fit waits for a second until its system tries again. */
#define MIN_BACKLOG 128

/* The maximum number of connections that are accepted in one iteration of the main loop. */
#define MAX_AT_ONCE 16

/* The number of connections that may be closing, in addition to peers and pending connections. */
#define MAX_SPARE_CONNECTIONS 64

/* How long to stop accepting connections if the limit is reached, in milliseconds: until one is
 * closed; until one may be evicted; until an evicted one is closed. */
#define PAUSE 500
#define PAUSE_FOR_GRACE 20
#define PAUSE_FOR_EVICTED 5

static void watch_socket (SignalServer *self);

/* There is no database: clients are not asked for a certificate, and loading that of the system
 * takes some milliseconds for each connection. */
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
accept_connection (SignalServer *self,
                   GSocket      *socket)
{
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GIOStream) stream = NULL;

  /* A connection that has already been closed has no address. */
  if (local == NULL || remote == NULL)
    return;

  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  if (self->listen_certificate != NULL)
    stream = add_tls (G_IO_STREAM (connection), self->listen_certificate, NULL);
  else
    stream = g_object_ref (G_IO_STREAM (connection));
  if (stream == NULL)
    return;

  signal_connection_limiter_enter (self->limiter, connection, remote, self->auth_timeout);
  soup_server_accept_iostream (self->soup, stream, local, remote, NULL);
}

static gboolean
on_pause_over (gpointer user_data)
{
  watch_socket (user_data);
  return G_SOURCE_REMOVE;
}

static void
pause_listening (SignalServer *self,
                 guint         ms)
{
  signal_source_clear (&self->listen_source);
  self->listen_source = g_timeout_source_new (ms);
  g_source_set_static_name (self->listen_source, "[signal-glib] server pause");
  g_source_set_callback (self->listen_source, on_pause_over, self, NULL);
  g_source_attach (self->listen_source, self->affinity.context);
}

/* Returns 0 if a connection can be accepted, or how long to wait, in milliseconds. */
static guint
make_room (SignalServer *self)
{
  guint64 limit = (guint64) self->max_peers + self->max_pending + MAX_SPARE_CONNECTIONS;

  if (signal_connection_limiter_count_connections (self->limiter) >= limit)
    return PAUSE;

  while (signal_connection_limiter_count_waiting (self->limiter) >= self->max_pending)
    if (!signal_connection_limiter_evict (self->limiter, FALSE))
      return PAUSE_FOR_GRACE;

  return 0;
}

/* Returns FALSE if no connection is waiting. */
static gboolean
accept_one (SignalServer *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  guint wait = make_room (self);

  if (wait > 0)
    {
      pause_listening (self, wait);
      return FALSE;
    }

  socket = g_socket_accept (self->socket, NULL, &error);
  if (socket != NULL)
    accept_connection (self, socket);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES)
           && signal_connection_limiter_evict (self->limiter, FALSE))
    pause_listening (self, PAUSE_FOR_EVICTED);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    pause_listening (self, PAUSE);

  return socket != NULL;
}

static gboolean
on_incoming (GSocket      *socket,
             GIOCondition  condition,
             gpointer      user_data)
{
  g_autoptr (SignalServer) self = g_object_ref (user_data);

  for (guint i = 0; i < MAX_AT_ONCE && self->socket != NULL; i++)
    if (!accept_one (self))
      break;

  return G_SOURCE_CONTINUE;
}

static void
watch_socket (SignalServer *self)
{
  signal_source_clear (&self->listen_source);
  self->listen_source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_static_name (self->listen_source, "[signal-glib] server port");
  g_source_set_callback (self->listen_source, G_SOURCE_FUNC (on_incoming), self, NULL);
  g_source_attach (self->listen_source, self->affinity.context);
}

/* NULL denotes the loopback address, and so do its names, which are not resolved. */
static GSocketAddress *
resolve_address (const char  *address,
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
bind_socket (GSocketAddress  *address,
             guint            max_pending,
             GError         **error)
{
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (address),
                                           G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
    return NULL;

  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, (int) MAX (MIN_BACKLOG, max_pending));
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

/* Returns the URL for clients on this host. */
static char *
compose_uri (SignalServer  *self,
             const char    *name,
             GError       **error)
{
  g_autoptr (GSocketAddress) bound = g_socket_get_local_address (self->socket, error);
  GInetSocketAddress *inet;
  GInetAddress *address;
  g_autofree char *host = NULL;

  if (bound == NULL)
    return NULL;

  inet = G_INET_SOCKET_ADDRESS (bound);
  address = g_inet_socket_address_get_address (inet);
  if (name != NULL && !g_hostname_is_ip_address (name))
    {
      /* A certificate is valid for the name, not for the address that it resolves to. */
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

/* Returns whether the server can accept connections from a socket that it has not opened. */
gboolean
signal_server_check_socket (GSocket  *socket,
                            GError  **error)
{
  GSocketFamily family = g_socket_get_family (socket);
  int is_listening = 0;

  if (g_socket_is_closed (socket))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("The socket to listen on is closed"));
      return FALSE;
    }

  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_STREAM
      || (family != G_SOCKET_FAMILY_IPV4 && family != G_SOCKET_FAMILY_IPV6))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("The socket to listen on is not a TCP socket for IPv4 or IPv6"));
      return FALSE;
    }

  if (!g_socket_get_option (socket, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, error))
    return FALSE;
  if (!is_listening)
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                         _("The socket to listen on is not listening; bind it to an address, and let it "
                           "listen, before it is passed to the server"));
  return is_listening != 0;
}

/* name is that which clients use, or NULL if the server listens on an address. */
static gboolean
start_listening (SignalServer  *self,
                 const char    *name,
                 GError       **error)
{
  self->uri = compose_uri (self, name, error);
  if (self->uri == NULL)
    return FALSE;

  if (name != NULL && !g_hostname_is_ip_address (name))
    self->listen_name = g_hostname_to_ascii (name);
  watch_socket (self);
  return TRUE;
}

/* The socket has been checked. It is left as it is on failure. */
gboolean
signal_server_use_socket (SignalServer  *self,
                          GSocket       *socket,
                          GError       **error)
{
  self->socket = g_object_ref (socket);
  if (!start_listening (self, NULL, error))
    {
      g_clear_object (&self->socket);
      return FALSE;
    }

  g_socket_set_blocking (socket, FALSE);
  return TRUE;
}

gboolean
signal_server_open_socket (SignalServer  *self,
                           const char    *address,
                           guint16        port,
                           GError       **error)
{
  g_autoptr (GSocketAddress) socket_address = resolve_address (address, port, error);

  if (socket_address != NULL)
    self->socket = bind_socket (socket_address, self->max_pending, error);
  if (self->socket == NULL || !start_listening (self, address, error))
    {
      /* Translators: what went wrong follows */
      g_prefix_error (error, _("Cannot listen on “%s”, port %u: "),
                      address != NULL ? address : "127.0.0.1", port);
      return FALSE;
    }

  return TRUE;
}

void
signal_server_close_socket (SignalServer *self)
{
  signal_source_clear (&self->listen_source);
  g_clear_pointer (&self->uri, g_free);
  if (self->socket != NULL)
    g_socket_close (self->socket, NULL);
  g_clear_object (&self->socket);
}
