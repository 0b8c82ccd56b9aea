/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-connect-private.h"

#include <gio/gnetworking.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "signal-error.h"
#include "websocket/signal-url-private.h"
#include "websocket/signal-websocket-client-handshake-private.h"
#include "websocket/signal-websocket-tls-private.h"

/* The task data of one attempt to connect. */
typedef struct
{
  GUri *uri;
  GTlsDatabase *tls_database;
  GTlsCertificate *tls_certificate;
  SoupMessageHeaders *headers;
  gboolean allow_insecure;
  gboolean (*accept_certificate) (GTlsCertificate *, GTlsCertificateFlags, gpointer);
  gpointer user_data;

  GSocketConnectable *address;
  GSocketClient *dialer;
  guint retry_after; /* ms */
} Dial;

static void
dial_free (Dial *dial)
{
  g_signal_handlers_disconnect_by_data (dial->dialer, dial);
  g_clear_object (&dial->dialer);
  g_clear_object (&dial->address);
  g_clear_pointer (&dial->uri, g_uri_unref);
  g_clear_object (&dial->tls_database);
  g_clear_object (&dial->tls_certificate);
  g_clear_pointer (&dial->headers, soup_message_headers_unref);
  g_free (dial);
}

static void
on_upgraded (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GBytes) read_ahead = NULL;
  GError *error = NULL;

  read_ahead = signal_websocket_client_handshake_finish (result, &dial->retry_after, &error);
  if (read_ahead == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  g_task_return_pointer (task,
                         signal_websocket_new (G_IO_STREAM (source), dial->uri,
                                               SOUP_WEBSOCKET_CONNECTION_CLIENT, read_ahead),
                         g_object_unref);
}

static void
upgrade (GTask             *task,
         GSocketConnection *connection)
{
  Dial *dial = g_task_get_task_data (task);

  g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY,
                       1, NULL);
  signal_websocket_client_handshake_async (G_IO_STREAM (connection), dial->uri, dial->headers,
                                           g_task_get_cancellable (task), on_upgraded, g_object_ref (task));
}

static void
on_secured (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GSocketConnection) connection = NULL;
  GError *error = NULL;

  connection = signal_websocket_tls_finish (result, &error);
  if (connection != NULL)
    upgrade (task, connection);
  else
    g_task_return_error (task, error);
}

/* GSocketClient is not used for TLS, because it creates the TLS connection in the main loop and
 * resumes sessions that a different client has accepted. */
static void
secure (GTask             *task,
        GSocketConnection *connection)
{
  Dial *dial = g_task_get_task_data (task);
  SignalWebsocketTlsOptions options = {
    .uri = dial->uri,
    .database = dial->tls_database,
    .certificate = dial->tls_certificate,
    .accept_certificate = dial->accept_certificate,
    .user_data = dial->user_data,
  };

  signal_websocket_tls_async (connection, &options, g_task_get_cancellable (task), on_secured,
                              g_object_ref (task));
}

/* A name that denotes the local host is subject to what the resolver returns for it. */
static gboolean
check_remote (Dial               *dial,
              GSocketConnection  *connection,
              GError            **error)
{
  g_autoptr (GSocketAddress) remote = NULL;
  GInetAddress *address = NULL;

  if (signal_url_is_secure (dial->uri) || dial->allow_insecure)
    return TRUE;

  remote = g_socket_connection_get_remote_address (connection, error);
  if (remote == NULL)
    return FALSE;

  if (G_IS_INET_SOCKET_ADDRESS (remote))
    address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  if (address != NULL && g_inet_address_get_is_loopback (address))
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE,
               _("Refusing to send the token unprotected: “%s” does not resolve to a loopback address; "
                 "use a wss:// URL, or set “allow-insecure”"),
               g_uri_get_host (dial->uri));
  return FALSE;
}

static void
on_dialed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GSocketConnection) connection = NULL;
  GError *error = NULL;

  connection = g_socket_client_connect_finish (dial->dialer, result, &error);
  /* GSocketClient speaks TLS to a proxy only: that with the server begins later. */
  if (connection == NULL && error->domain == G_TLS_ERROR)
    g_prefix_error (&error, _("Cannot connect to the proxy securely: "));
  if (connection == NULL || !check_remote (dial, connection, &error))
    g_task_return_error (task, error);
  else if (signal_url_is_secure (dial->uri))
    secure (task, connection);
  else
    upgrade (task, connection);
}

/* Returns whether the connection may use a proxy, either that of the options or that of the
 * system. */
static gboolean
may_use_proxy (const SignalWebsocketConnectOptions *options)
{
  const char *host = g_uri_get_host (options->uri);

  /* A zone identifier is only valid on this host. */
  if (strchr (host, '%') != NULL)
    return FALSE;

  if (!signal_url_host_is_loopback (host))
    return TRUE;

  /* For the local host, a proxy is used only if it was set explicitly, since http_proxy in the
   * environment would redirect even these connections to another host; and without TLS, only if
   * insecure connections are allowed. */
  return options->proxy_resolver != NULL
         && (signal_url_is_secure (options->uri) || options->allow_insecure);
}

/* Opens a socket to the server and upgrades it to a WebSocket. There is no timeout: cancel the
 * operation instead. */
void
signal_websocket_connect_async (const SignalWebsocketConnectOptions *options,
                                GCancellable                        *cancellable,
                                GAsyncReadyCallback                  callback,
                                gpointer                             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  gboolean is_tls = signal_url_is_secure (options->uri);
  Dial *dial = g_new0 (Dial, 1);

  dial->uri = g_uri_ref (options->uri);
  g_set_object (&dial->tls_database, options->tls_database);
  g_set_object (&dial->tls_certificate, options->tls_certificate);
  if (options->headers != NULL)
    dial->headers = soup_message_headers_ref (options->headers);
  dial->allow_insecure = options->allow_insecure;
  dial->accept_certificate = options->accept_certificate;
  dial->user_data = options->user_data;

  dial->dialer = g_socket_client_new ();
  g_socket_client_set_enable_proxy (dial->dialer, may_use_proxy (options));
  if (options->proxy_resolver != NULL)
    g_socket_client_set_proxy_resolver (dial->dialer, options->proxy_resolver);

  g_task_set_source_tag (task, signal_websocket_connect_async);
  g_task_set_name (task, "[signal-glib] connect transport");
  g_task_set_task_data (task, dial, (GDestroyNotify) dial_free);

  /* Proxies are selected by scheme, and only those of HTTP are known. */
  dial->address = g_object_new (G_TYPE_NETWORK_ADDRESS,
                                "hostname", g_uri_get_host (options->uri),
                                "port", (guint) g_uri_get_port (options->uri),
                                "scheme", is_tls ? "https" : "http",
                                NULL);
  g_socket_client_connect_async (dial->dialer, dial->address, cancellable, on_dialed,
                                 g_steal_pointer (&task));
}

/* retry_after is set to the delay in ms that the server asked for when it rejected the upgrade,
 * or to 0. */
SignalWebsocket *
signal_websocket_connect_finish (GAsyncResult  *result,
                                 guint         *retry_after,
                                 GError       **error)
{
  Dial *dial = g_task_get_task_data (G_TASK (result));

  *retry_after = dial->retry_after;
  return g_task_propagate_pointer (G_TASK (result), error);
}
