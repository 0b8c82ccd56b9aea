/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-connect-private.h"

#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "signal-error.h"
#include "websocket/signal-lazy-tls-database-private.h"
#include "websocket/signal-url-private.h"
#include "websocket/signal-websocket-client-handshake-private.h"

/* One attempt to reach the server; the data of its task. */
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
  GTlsConnection *tls; /* lives as long as the WebSocket, which is longer than this */
  guint retry_after; /* ms */
} Dial;

static void
dial_free (Dial *dial)
{
  g_signal_handlers_disconnect_by_data (dial->dialer, dial);
  g_clear_object (&dial->dialer);
  if (dial->tls != NULL)
    g_signal_handlers_disconnect_by_data (dial->tls, dial);
  g_clear_object (&dial->tls);
  g_clear_object (&dial->address);
  g_clear_pointer (&dial->uri, g_uri_unref);
  g_clear_object (&dial->tls_database);
  g_clear_object (&dial->tls_certificate);
  g_clear_pointer (&dial->headers, soup_message_headers_unref);
  g_free (dial);
}

static gboolean
on_accept_certificate (GTlsConnection       *connection,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  Dial *dial = user_data;

  return dial->accept_certificate != NULL
         && dial->accept_certificate (certificate, errors, dial->user_data);
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

  read_ahead = signal_upgrade_finish (result, &dial->retry_after, &error);
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
  signal_upgrade_async (G_IO_STREAM (connection), dial->uri, dial->headers,
                        g_task_get_cancellable (task), on_upgraded, g_object_ref (task));
}

static void
on_secured (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GIOStream) base = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  GError *error = NULL;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  g_object_get (source, "base-io-stream", &base, NULL);
  connection = g_tcp_wrapper_connection_new (G_IO_STREAM (source),
                                             g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)));
  upgrade (task, connection);
}

/* Who the certificate must be for. glib-networking also sends the name in a network address to the
 * server, which must be none of an IP address (RFC 6066 section 3): a server that uses GnuTLS ends the
 * handshake over one of IPv6. A zone is in no certificate. */
static GSocketConnectable *
new_identity (Dial *dial)
{
  const char *host = g_uri_get_host (dial->uri);
  g_autofree char *literal = g_strndup (host, strcspn (host, "%"));
  g_autoptr (GInetAddress) address = NULL;

  if (strchr (host, ':') == NULL)
    return g_object_ref (dial->address);

  address = g_inet_address_new_from_string (literal);
  return G_SOCKET_CONNECTABLE (g_inet_socket_address_new (address,
                                                          (guint16) g_uri_get_port (dial->uri)));
}

/* Not left to GSocketClient, whose TLS connection has read the system's certificates before anyone
 * can give it another database. */
static void
secure (GTask             *task,
        GSocketConnection *connection)
{
  Dial *dial = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GTlsBackend *backend = g_tls_backend_get_default ();
  GType type = g_tls_backend_get_client_connection_type (backend);
  g_autoptr (GTlsDatabase) trust = signal_trust_new (dial->tls_database);
  g_autoptr (GSocketConnectable) identity = new_identity (dial);
  GError *error = NULL;

  dial->tls = g_initable_new (type, cancellable, &error,
                              "base-io-stream", connection,
                              "server-identity", identity,
                              "database", trust,
                              NULL);
  if (dial->tls == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  if (dial->tls_certificate != NULL)
    g_tls_connection_set_certificate (dial->tls, dial->tls_certificate);
  g_signal_connect (dial->tls, "accept-certificate", G_CALLBACK (on_accept_certificate), dial);
  g_tls_connection_handshake_async (dial->tls, G_PRIORITY_DEFAULT, cancellable, on_secured,
                                    g_object_ref (task));
}

/* A name that stands for this machine is what a resolver takes it for. */
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
  if (connection == NULL || !check_remote (dial, connection, &error))
    g_task_return_error (task, error);
  else if (signal_url_is_secure (dial->uri))
    secure (task, connection);
  else
    upgrade (task, connection);
}

/* Whether the connection may lead through a proxy: that of the options, or else of the system. */
static gboolean
may_use_proxy (const SignalTransportOptions *options)
{
  const char *host = g_uri_get_host (options->uri);

  /* A zone id means something on this machine only. */
  if (strchr (host, '%') != NULL)
    return FALSE;

  if (!signal_url_host_is_loopback (host))
    return TRUE;

  /* To this machine there is one only on demand, since http_proxy in the environment would send even
   * this to another; and in the clear only where that is allowed. */
  return options->proxy_resolver != NULL
         && (signal_url_is_secure (options->uri) || options->allow_insecure);
}

/* Opens a socket to the server and upgrades it. The whole has no deadline of its own: cancel it. */
void
signal_transport_connect_async (const SignalTransportOptions *options,
                                GCancellable                 *cancellable,
                                GAsyncReadyCallback           callback,
                                gpointer                      user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  gboolean is_tls = signal_url_is_secure (options->uri);
  int port = g_uri_get_port (options->uri);
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

  g_task_set_source_tag (task, signal_transport_connect_async);
  g_task_set_name (task, "[signal-glib] connect transport");
  g_task_set_task_data (task, dial, (GDestroyNotify) dial_free);

  /* The scheme is what proxies are looked up by, and they know those of HTTP. */
  dial->address = g_object_new (G_TYPE_NETWORK_ADDRESS,
                                "hostname", g_uri_get_host (options->uri),
                                "port", (guint) (port > 0 ? port : is_tls ? 443 : 80),
                                "scheme", is_tls ? "https" : "http",
                                NULL);
  g_socket_client_connect_async (dial->dialer, dial->address, cancellable, on_dialed,
                                 g_steal_pointer (&task));
}

/* retry_after: the wait in ms that the server asked for when it refused, or 0. */
SignalWebsocket *
signal_transport_connect_finish (GAsyncResult  *result,
                                 guint         *retry_after,
                                 GError       **error)
{
  Dial *dial = g_task_get_task_data (G_TASK (result));

  *retry_after = dial->retry_after;
  return g_task_propagate_pointer (G_TASK (result), error);
}
