/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-monitor.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>

#include "cli-output.h"

#define TEXT_TYPE "text/plain; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct _CliMonitor
{
  SoupServer *server;
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
print_uri (CliMonitor *self,
           gboolean    json)
{
  GSList *uris = soup_server_get_uris (self->server);
  g_autofree char *uri = g_uri_to_string (uris->data);
  g_autofree char *line = NULL;

  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
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

  self->funcs = funcs;
  self->data = data;
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  if (parsed == NULL || !soup_server_listen (self->server, parsed, 0, &error))
    {
      cli_error (_("Cannot serve /healthz and /metrics on “%s”: %s"), address, error->message);
      return NULL;
    }
  print_uri (self, json);
  return g_steal_pointer (&self);
}

void
cli_monitor_free (CliMonitor *self)
{
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_free (self);
}
