/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"
#include "tests/lib/tls-identity.h"

#include "signal-glib/client/signal-connection-private.h"
#include "signal-glib/websocket/signal-url-private.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Addresses of this machine other than the loopback address. */

static GSocketAddress *
to_address (const struct ifaddrs *entry)
{
  gsize size = entry->ifa_addr->sa_family == AF_INET ? sizeof (struct sockaddr_in)
                                                     : sizeof (struct sockaddr_in6);

  return g_socket_address_new_from_native (entry->ifa_addr, size);
}

/* Returns the global or link-local address of an interface that is up, or NULL if there is none. */
static GInetSocketAddress *
find_address (gboolean is_link_local)
{
  struct ifaddrs *entries = NULL;
  GInetSocketAddress *found = NULL;

  g_assert_cmpint (getifaddrs (&entries), ==, 0);
  for (struct ifaddrs *entry = entries; entry != NULL && found == NULL; entry = entry->ifa_next)
    {
      g_autoptr (GSocketAddress) address = NULL;
      GInetAddress *inet;

      if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0
          || (entry->ifa_addr->sa_family != AF_INET && entry->ifa_addr->sa_family != AF_INET6))
        continue;

      address = to_address (entry);
      inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
      if (!g_inet_address_get_is_loopback (inet)
          && g_inet_address_get_is_link_local (inet) == is_link_local
          && (!is_link_local || entry->ifa_addr->sa_family == AF_INET6))
        found = G_INET_SOCKET_ADDRESS (g_steal_pointer (&address));
    }

  freeifaddrs (entries);
  return found;
}

typedef struct
{
  GError           *error;
  SignalCloseAction action;
} End;

static void
on_ended (SignalConnection *connection,
          const GError     *error,
          SignalCloseAction action,
          guint             retry_after,
          gpointer          user_data)
{
  End *end = user_data;

  end->error = g_error_copy (error);
  end->action = action;
}

static void
on_phase (SignalConnection      *connection,
          SignalConnectionState  phase,
          gpointer               user_data)
{
}

static GSocket *
listen_on (GInetAddress *address,
           guint16      *port)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) listener = NULL;
  g_autoptr (GError) error = NULL;

  listener = g_socket_new (g_socket_address_get_family (wanted), G_SOCKET_TYPE_STREAM,
                           G_SOCKET_PROTOCOL_TCP, NULL);
  g_socket_set_blocking (listener, FALSE);
  g_assert_true (g_socket_bind (listener, wanted, TRUE, &error));
  g_assert_true (g_socket_listen (listener, &error));
  g_assert_no_error (error);
  bound = g_socket_get_local_address (listener, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return g_steal_pointer (&listener);
}

/* A URL without TLS whose name resolves to another machine: the address of the connection is
 * checked before anything is written. */
static void
test_elsewhere (void)
{
  static const SignalConnectionHandlers handlers = { .ended = on_ended, .phase = on_phase };
  g_autoptr (GInetSocketAddress) address = find_address (FALSE);
  g_autoptr (SignalConnection) connection = NULL;
  g_autoptr (GSocket) listener = NULL;
  g_autoptr (GSocket) peer = NULL;
  g_autofree char *host = NULL;
  g_autofree char *url = NULL;
  g_autoptr (GUri) uri = NULL;
  g_autoptr (SignalConnectionOptions) options = signal_connection_options_new ();
  const SignalAuthenticateOptions authenticate = { 0 };
  End end = { 0 };
  char byte;
  guint16 port;

  if (address == NULL)
    {
      g_test_skip ("this machine has the loopback address only");
      return;
    }

  listener = listen_on (g_inet_socket_address_get_address (address), &port);
  host = g_inet_address_to_string (g_inet_socket_address_get_address (address));
  url = g_uri_join (G_URI_FLAGS_NONE, "ws", NULL, host, port, "/ws", NULL, NULL);
  uri = signal_url_parse (url, TRUE, NULL);
  options->ecdh_info = g_strdup ("i");
  options->connect_timeout = 8000;
  connection = signal_connection_new (&handlers, &end);
  g_assert_true (signal_connection_start (connection, options, uri, &authenticate, "t", NULL));
  WAIT_UNTIL (end.error != NULL);
  g_assert_error (end.error, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE);
  g_assert_nonnull (strstr (end.error->message, host));
  g_assert_cmpint (end.action, ==, SIGNAL_CLOSE_ACTION_STOP);

  WAIT_UNTIL ((peer = g_socket_accept (listener, NULL, NULL)) != NULL);
  g_socket_set_blocking (peer, FALSE);
  WAIT_UNTIL ((g_socket_condition_check (peer, G_IO_IN) & G_IO_IN) != 0);
  g_assert_cmpint (g_socket_receive (peer, &byte, 1, NULL, NULL), ==, 0);
  g_clear_error (&end.error);
}

static char *
on_authenticate (void)
{
  return g_strdup ("alice");
}

/* The zone in the URL selects the link, and is not sent. */
static void
test_link_local (void)
{
  g_autoptr (GInetSocketAddress) address = find_address (TRUE);
  g_autoptr (MockServer) proxy = mock_server_new ();
  g_autofree char *proxy_uri = g_strdup_printf ("http://127.0.0.1:%u", proxy->port);
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy_uri, NULL);
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (Recorder) recorder = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *literal = NULL;
  g_autofree char *uri = NULL;

  if (address == NULL)
    {
      g_test_skip ("this machine has no link-local address");
      return;
    }

  literal = signal_url_compose_literal (address);
  g_assert_nonnull (strchr (literal, '%'));
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  if (!signal_server_listen (server, literal, 0, &error))
    {
      g_test_skip (error->message);
      return;
    }

  uri = signal_server_get_uri (server);
  g_assert_nonnull (strstr (uri, "%25"));
  recorder = recorder_new (uri);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE);
  g_object_set (recorder->client, "allow-insecure", TRUE, "proxy-resolver", resolver, NULL);
  recorder_connect (recorder);
  g_assert_cmpuint (proxy->peers->len, ==, 0);
  recorder_disconnect (recorder);
}

/* Over TLS, the certificate is checked for the address without the zone. */
static void
check_tls (const char *literal,
           const char *name,
           gboolean    is_right)
{
  g_autofree char *alternative = g_strconcat ("IP:", name, NULL);
  Identity *identity = identity_new (alternative);
  g_autoptr (SignalServer) server = NULL;
  g_autoptr (Recorder) recorder = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  if (identity == NULL)
    {
      g_test_skip ("there is no TLS, or no openssl to make a certificate with");
      return;
    }

  server = g_object_new (SIGNAL_TYPE_SERVER, "tls-certificate", identity->certificate, NULL);
  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  if (signal_server_listen (server, literal, 0, &error))
    {
      uri = signal_server_get_uri (server);
      recorder = recorder_new (uri);
      g_object_set (recorder->client, "tls-database", identity->database, "max-retries", 0, NULL);
      if (is_right)
        recorder_connect (recorder);
      else
        recorder_connect_fails (recorder, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
    }
  else
    {
      g_test_skip (error->message);
    }
  identity_free (identity);
}

static void
test_tls_loopback (void)
{
  check_tls ("::1", "::1", TRUE);
  check_tls ("::1", "::2", FALSE);
}

static void
test_tls_link_local (void)
{
  g_autoptr (GInetSocketAddress) address = find_address (TRUE);
  g_autofree char *literal = NULL;
  g_autofree char *name = NULL;

  if (address == NULL)
    {
      g_test_skip ("this machine has no link-local address");
      return;
    }

  literal = signal_url_compose_literal (address);
  name = g_inet_address_to_string (g_inet_socket_address_get_address (address));
  check_tls (literal, name, TRUE);
  check_tls (literal, "fe80::ffff", FALSE);
}

static void
test_literals (void)
{
  static const struct
  {
    const char *address;
    guint       scope;
    const char *literal;
  } cases[] = {
    { "127.0.0.1", 0, "127.0.0.1" },
    { "169.254.1.1", 0, "169.254.1.1" },
    { "::1", 0, "::1" },
    { "2001:db8::1", 1, "2001:db8::1" },
    { "fe80::1", 2147483647, "fe80::1%2147483647" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (cases[i].address);
      g_autoptr (GInetSocketAddress) address = g_object_new (G_TYPE_INET_SOCKET_ADDRESS,
                                                             "address", inet,
                                                             "scope-id", cases[i].scope,
                                                             NULL);
      g_autofree char *literal = signal_url_compose_literal (address);

      g_assert_cmpstr (literal, ==, cases[i].literal);
      g_assert_true (signal_url_check_host (literal));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/address/elsewhere", test_elsewhere);
  g_test_add_func ("/client/address/link-local", test_link_local);
  g_test_add_func ("/client/address/tls/loopback", test_tls_loopback);
  g_test_add_func ("/client/address/tls/link-local", test_tls_link_local);
  g_test_add_func ("/client/address/literals", test_literals);

  return g_test_run ();
}
