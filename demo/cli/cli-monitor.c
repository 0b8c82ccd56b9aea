/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-monitor.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>

#include "cli-output.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The number of connections, of which the oldest is closed for another one, so that those who only connect
 * take neither the monitor nor the open files of the server. */
#define MAX_CONNECTIONS 64

/* How long not to accept connections if that has failed. */
#define PAUSE_MS 500

struct _CliMonitor
{
  SoupServer *server;
  GSocket *socket;
  guint source;       /* accepts connections, or waits until it can */
  GQueue connections; /* GSocketConnection, not owned, the oldest first */
  const CliMonitorFuncs *funcs;
  gpointer data;
};

static void
respond (SoupServerMessage *message,
         guint              status,
         const char        *type,
         const char        *text)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, text, strlen (text));
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Cache-Control",
                                "no-store");
}

static void
respond_health (CliMonitor        *self,
                SoupServerMessage *message)
{
  if (self->funcs->is_healthy (self->data))
    respond (message, SOUP_STATUS_OK, TEXT_TYPE, "ok\n");
  else
    respond (message, SOUP_STATUS_SERVICE_UNAVAILABLE, TEXT_TYPE, "not accepting clients\n");
}

static void
respond_metrics (CliMonitor        *self,
                 SoupServerMessage *message)
{
  g_autoptr (GString) text = g_string_new (NULL);

  self->funcs->append_metrics (text, self->data);
  respond (message, SOUP_STATUS_OK, METRICS_TYPE, text->str);
}

static void
on_request (SoupServer        *server,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           data)
{
  const char *method = soup_server_message_get_method (message);
  gboolean is_health = g_str_equal (path, "/healthz");

  if (!is_health && !g_str_equal (path, "/metrics"))
    {
      respond (message, SOUP_STATUS_NOT_FOUND, TEXT_TYPE, "not found\n");
    }
  else if (!g_str_equal (method, "GET") && !g_str_equal (method, "HEAD"))
    {
      respond (message, SOUP_STATUS_METHOD_NOT_ALLOWED, TEXT_TYPE, "method not allowed\n");
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                    "GET, HEAD");
    }
  else if (is_health)
    {
      respond_health (data, message);
    }
  else
    {
      respond_metrics (data, message);
    }
}

/* What somebody sends after a request is not kept. */
static void
on_request_started (SoupServer        *server,
                    SoupServerMessage *message)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
}

/* SoupServer stops listening for ever if there are no open files left, and does not limit the number of
 * connections. */
static void watch_socket (CliMonitor *self);

static gboolean
on_pause_over (gpointer data)
{
  watch_socket (data);
  return G_SOURCE_REMOVE;
}

static void
on_connection_freed (gpointer  data,
                     GObject  *connection)
{
  CliMonitor *self = data;

  g_queue_remove (&self->connections, connection);
}

/* The end of its input makes SoupServer close it. */
static void
close_oldest (CliMonitor *self)
{
  GSocketConnection *connection = g_queue_pop_head (&self->connections);

  g_object_weak_unref (G_OBJECT (connection), on_connection_freed, self);
  g_socket_shutdown (g_socket_connection_get_socket (connection), TRUE, TRUE, NULL);
}

static void
add_connection (CliMonitor *self,
                GSocket    *socket)
{
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);

  if (local == NULL || remote == NULL)
    return;

  if (self->connections.length >= MAX_CONNECTIONS)
    close_oldest (self);
  g_object_weak_ref (G_OBJECT (connection), on_connection_freed, self);
  g_queue_push_tail (&self->connections, connection);
  soup_server_accept_iostream (self->server, G_IO_STREAM (connection), local, remote, NULL);
}

static gboolean
on_incoming (GSocket      *socket,
             GIOCondition  condition,
             gpointer      data)
{
  CliMonitor *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);

  if (accepted != NULL)
    {
      add_connection (self, accepted);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      self->source = g_timeout_add (PAUSE_MS, on_pause_over, self);
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static void
watch_socket (CliMonitor *self)
{
  g_autoptr (GSource) source = g_socket_create_source (self->socket, G_IO_IN, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_incoming), self, NULL);
  self->source = g_source_attach (source, NULL);
}

/* Returns the address with the port that the system has selected. */
static GSocketAddress *
listen_on (CliMonitor      *self,
           GSocketAddress  *address,
           GError         **error)
{
  GSocketAddress *bound;

  self->socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                               G_SOCKET_PROTOCOL_TCP, error);
  if (self->socket == NULL)
    return NULL;

  g_socket_set_blocking (self->socket, FALSE);
  g_socket_set_listen_backlog (self->socket, MAX_CONNECTIONS);
  if (!g_socket_bind (self->socket, address, TRUE, error) || !g_socket_listen (self->socket, error))
    return NULL;
  bound = g_socket_get_local_address (self->socket, error);
  if (bound != NULL)
    watch_socket (self);
  return bound;
}

static gboolean
is_port (const char *text)
{
  return *text != '\0' && strspn (text, "0123456789") == strlen (text);
}

/* Parses an IP address and a port, or a port on the loopback interface. */
GSocketAddress *
cli_monitor_parse_address (const char  *text,
                           GError     **error)
{
  const char *colon = strrchr (text, ':');
  const char *port_text = colon != NULL ? colon + 1 : text;
  g_autofree char *host = colon != NULL ? g_strndup (text, colon - text) : g_strdup ("127.0.0.1");
  GSocketAddress *address = NULL;
  guint64 port;
  gsize length = strlen (host);

  if (length > 2 && host[0] == '[' && host[length - 1] == ']')
    {
      host[length - 1] = '\0';
      memmove (host, host + 1, length - 1);
    }
  else if (strchr (host, ':') != NULL)
    {
      *host = '\0';
    }
  if (is_port (port_text) && g_ascii_string_to_unsigned (port_text, 10, 0, G_MAXUINT16, &port, NULL))
    address = g_inet_socket_address_new_from_string (g_str_equal (host, "localhost") ? "127.0.0.1" : host,
                                                     (guint) port);
  if (address == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("Invalid monitor “%s”: use a port, or an IP address and a port, as in 9090, "
                   "192.0.2.1:9090 or [::1]:9090"), text);
  return address;
}

static void
print_uri (GInetSocketAddress *inet,
           gboolean            json)
{
  g_autofree char *host = g_inet_address_to_string (g_inet_socket_address_get_address (inet));
  g_autofree char *uri = g_uri_join (G_URI_FLAGS_NONE, "http", NULL, host,
                                     g_inet_socket_address_get_port (inet), "/", NULL, NULL);
  g_autofree char *line = NULL;

  if (json)
    line = g_strdup_printf ("{\"status\":\"monitoring\",\"uri\":\"%s\"}\n", uri);
  else
    line = g_strdup_printf (_("Monitoring on %s\n"), uri);
  cli_print (line);
}

/* Serves /healthz and /metrics, and prints the URL, or prints an error and returns %NULL. */
CliMonitor *
cli_monitor_open (const char            *address,
                  gboolean               json,
                  const CliMonitorFuncs *funcs,
                  gpointer               data)
{
  g_autoptr (CliMonitor) self = g_new0 (CliMonitor, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) parsed = cli_monitor_parse_address (address, &error);
  g_autoptr (GSocketAddress) bound = NULL;

  self->funcs = funcs;
  self->data = data;
  self->server = soup_server_new (NULL, NULL);
  g_signal_connect (self->server, "request-started", G_CALLBACK (on_request_started), NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  if (parsed != NULL)
    bound = listen_on (self, parsed, &error);
  if (bound == NULL)
    {
      cli_error (_("Cannot serve /healthz and /metrics on “%s”: %s"), address, error->message);
      return NULL;
    }
  print_uri (G_INET_SOCKET_ADDRESS (bound), json);
  return g_steal_pointer (&self);
}

void
cli_monitor_free (CliMonitor *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_clear_object (&self->socket);
  while (self->connections.length > 0)
    close_oldest (self);
  g_free (self);
}
