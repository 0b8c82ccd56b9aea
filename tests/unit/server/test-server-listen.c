/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <gio/gnetworking.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/raw-client.h"
#include "tests/lib/tls-identity.h"

static gboolean address_fails;

/* Takes the place of that of the C library. */
int
getsockname (int              fd,
             struct sockaddr *address,
             socklen_t       *length)
{
  int (*next) (int, struct sockaddr *, socklen_t *) = dlsym (RTLD_NEXT, "getsockname");

  if (!address_fails)
    return next (fd, address, length);
  errno = ENOBUFS;
  return -1;
}

static guint16
port_of (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);

  return g_uri_get_port (parsed);
}

static void
on_stopped (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  GError **error = user_data;
  g_autoptr (GError) problem = NULL;

  signal_server_stop_finish (SIGNAL_SERVER (source), result, &problem);
  *error = problem != NULL ? g_steal_pointer (&problem)
                           : g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_FAILED, "stopped");
}

static void
stop (SignalServer *server)
{
  g_autoptr (GError) result = NULL;

  signal_server_stop_async (server, NULL, on_stopped, &result);
  g_assert_null (result);
  WAIT_UNTIL (result != NULL);
  g_assert_cmpstr (result->message, ==, "stopped");
}

static void
test_addresses (void)
{
  const struct
  {
    const char *address;
    const char *prefix;
  } cases[] = {
    { NULL, "ws://127.0.0.1:" },
    { "127.0.0.1", "ws://127.0.0.1:" },
    { "localhost", "ws://localhost:" },
    { "0.0.0.0", "ws://127.0.0.1:" },
    { "127.0.0.2", "ws://127.0.0.2:" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SignalServer) server = g_object_new (SIGNAL_TYPE_SERVER, "path", "/a/b", NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (RawClient) raw = NULL;
      g_autofree char *uri = NULL;

      signal_server_listen (server, cases[i].address, 0, &error);
      g_assert_no_error (error);
      uri = signal_server_get_uri (server);
      g_assert_true (g_str_has_prefix (uri, cases[i].prefix));
      g_assert_true (g_str_has_suffix (uri, "/a/b"));
      raw = raw_client_new (uri);
      g_assert_no_error (raw->error);
    }
}

static void
test_ipv6 (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (RawClient) raw = NULL;
  g_autofree char *uri = NULL;

  if (!signal_server_listen (server, "::", 0, &error))
    {
      g_test_skip ("there is no IPv6");
      return;
    }
  uri = signal_server_get_uri (server);
  g_assert_true (g_str_has_prefix (uri, "ws://[::1]:"));
  raw = raw_client_new (uri);
  g_assert_no_error (raw->error);
}

static void
test_bad_addresses (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GString) long_label = g_string_new (NULL); /* too long once it is encoded */
  const char *addresses[] = { "", ".", "a..b", "a b", "127.1", "fe80::1%", "\xff", NULL };

  for (guint i = 0; i < 60; i++)
    g_string_append (long_label, "\xc3\xa9");
  addresses[G_N_ELEMENTS (addresses) - 1] = long_label->str;

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (signal_server_listen (server, addresses[i], 0, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_null (signal_server_get_uri (server));
    }
}

static void
test_listen_errors (void)
{
  const char * const paths[] = { "", "ws", "/a?b", "/a#b", "/a b", "/ä", "/%41" };
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (SignalServer) other = signal_server_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (signal_server_listen (fixture->server, NULL, 0, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  g_clear_error (&error);

  g_assert_false (signal_server_listen (other, NULL, port_of (fixture->uri), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, "127.0.0.1"));
  g_clear_error (&error);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_object_set (other, "path", paths[i], NULL);
      g_assert_false (signal_server_listen (other, NULL, 0, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }

  g_object_set (other, "path", NULL, NULL);
  g_assert_false (signal_server_listen (other, "192.0.2.1", 0, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (signal_server_get_uri (other));
  g_assert_true (signal_server_listen (other, NULL, 0, &error));
}

static GSocket *
new_socket (GSocketFamily family,
            GSocketType   type)
{
  g_autoptr (GError) error = NULL;
  GSocket *socket = g_socket_new (family, type, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  return socket;
}

/* g_socket_bind() would reset SO_REUSEPORT. */
static GSocket *
new_listening_socket (guint16 port)
{
  const struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = g_htons (port),
    .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK),
  };
  g_autoptr (GSocket) socket = new_socket (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM);
  g_autoptr (GError) error = NULL;

  g_socket_set_option (socket, SOL_SOCKET, SO_REUSEPORT, TRUE, &error);
  g_assert_no_error (error);
  g_assert_no_errno (bind (g_socket_get_fd (socket), (const struct sockaddr *) &address, sizeof address));
  g_socket_listen (socket, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&socket);
}

static void
check_serves (SignalServer *server)
{
  g_autofree char *uri = signal_server_get_uri (server);
  g_autoptr (RawClient) raw = raw_client_new (uri);

  g_assert_no_error (raw->error);
}

/* A blocking socket that another program has opened. The file descriptor of the other program is not
 * affected by the server. */
static void
test_socket (void)
{
  g_autoptr (GSocket) socket = new_listening_socket (0);
  g_autoptr (GSocket) copy = NULL;
  g_autoptr (GSocket) again = NULL;
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  copy = g_socket_new_from_fd (dup (g_socket_get_fd (socket)), &error);
  g_assert_no_error (error);
  g_socket_set_blocking (copy, TRUE);
  g_assert_true (signal_server_listen_socket (server, copy, &error));
  g_assert_no_error (error);
  g_assert_false (g_socket_get_blocking (copy));
  uri = signal_server_get_uri (server);
  g_assert_true (g_str_has_prefix (uri, "ws://127.0.0.1:"));
  check_serves (server);

  g_assert_false (signal_server_listen_socket (server, copy, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  g_clear_error (&error);

  stop (server);
  g_assert_true (g_socket_is_closed (copy));
  g_assert_null (signal_server_get_uri (server));
  g_assert_false (signal_server_listen_socket (server, copy, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  again = g_socket_new_from_fd (dup (g_socket_get_fd (socket)), &error);
  g_assert_no_error (error);
  g_assert_true (signal_server_listen_socket (server, again, &error));
  check_serves (server);
  g_clear_object (&server);
  g_assert_true (g_socket_is_closed (again));
}

/* Without its address, there is no URL. The server can try again. */
static void
test_no_address (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GSocket) socket = new_listening_socket (0);
  g_autoptr (GError) error = NULL;

  address_fails = TRUE;
  g_assert_false (signal_server_listen (server, NULL, 0, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (signal_server_listen_socket (server, socket, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (signal_server_get_uri (server));
  g_assert_false (g_socket_is_closed (socket));
  g_assert_true (g_socket_get_blocking (socket));

  address_fails = FALSE;
  g_assert_true (signal_server_listen_socket (server, socket, &error));
  g_assert_no_error (error);
  g_assert_false (g_socket_get_blocking (socket));
  check_serves (server);
}

static void
test_socket_ipv6 (void)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  if (socket == NULL || !g_socket_bind (socket, address, TRUE, NULL) || !g_socket_listen (socket, NULL))
    {
      g_test_skip ("there is no IPv6");
      return;
    }
  signal_server_listen_socket (server, socket, &error);
  g_assert_no_error (error);
  uri = signal_server_get_uri (server);
  g_assert_true (g_str_has_prefix (uri, "ws://[::1]:"));
  check_serves (server);
}

/* Two servers on one port, each with its own socket. */
static void
test_socket_shared_port (void)
{
  g_autoptr (SignalServer) one = signal_server_new ();
  g_autoptr (SignalServer) two = signal_server_new ();
  g_autoptr (GSocket) first = new_listening_socket (0);
  g_autoptr (GSocket) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *same = NULL;

  g_assert_true (signal_server_listen_socket (one, first, &error));
  uri = signal_server_get_uri (one);
  second = new_listening_socket (port_of (uri));
  g_assert_true (signal_server_listen_socket (two, second, &error));
  g_assert_no_error (error);
  same = signal_server_get_uri (two);
  g_assert_cmpstr (uri, ==, same);

  /* Connections that wait in the socket of a server that stops are lost, but there are none. */
  stop (one);
  check_serves (two);
}

static void
check_socket_fails (GSocket    *socket,
                    const char *text)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;
  gboolean was_closed = g_socket_is_closed (socket);

  g_assert_false (signal_server_listen_socket (server, socket, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, text));
  g_assert_null (signal_server_get_uri (server));
  g_clear_error (&error);

  g_assert_true (g_socket_is_closed (socket) == was_closed);
  g_assert_true (g_socket_get_blocking (socket));
  g_assert_true (signal_server_listen (server, NULL, 0, &error));
  g_assert_no_error (error);
}

static void
test_socket_errors (void)
{
  g_autoptr (GSocket) unbound = new_socket (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM);
  g_autoptr (GSocket) local = new_socket (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM);
  g_autoptr (GSocket) datagram = new_socket (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM);
  g_autoptr (GSocket) closed = new_listening_socket (0);
  g_autoptr (GSocket) bad = new_listening_socket (0);
  g_autoptr (SignalServer) server = g_object_new (SIGNAL_TYPE_SERVER, "path", "ws", NULL);
  g_autoptr (GError) error = NULL;

  check_socket_fails (unbound, "not listening");
  check_socket_fails (local, "not a TCP socket");
  check_socket_fails (datagram, "not a TCP socket");
  g_socket_close (closed, NULL);
  check_socket_fails (closed, "closed");

  g_assert_false (signal_server_listen_socket (server, bad, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_false (g_socket_is_closed (bad));
}

static guint
get_status (const char *uri,
            const char *path)
{
  g_autoptr (SoupSession) session = soup_session_new_with_options ("proxy-resolver", NULL, NULL);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u%s", port_of (uri), path);
  g_autoptr (SoupMessage) request = soup_message_new ("GET", url);

  soup_session_send_async (session, request, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  WAIT_UNTIL (soup_message_get_status (request) != 0);
  return soup_message_get_status (request);
}

static void
test_http (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree char *other = g_strconcat (fixture->uri, "/more", NULL);
  g_autoptr (RawClient) lost = raw_client_new (other);

  g_assert_cmpuint (get_status (fixture->uri, "/"), ==, 404);
  g_assert_cmpuint (get_status (fixture->uri, "/ws/"), ==, 404);
  g_assert_cmpuint (get_status (fixture->uri, "/ws?a=b"), ==, 426);
  g_assert_cmpuint (get_status (fixture->uri, "/ws"), ==, 426);
  g_assert_error (lost->error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET);
  g_assert_cmpuint (soup_message_get_status (lost->request), ==, 404);
}

static void
test_full (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) one = NULL;
  g_autoptr (RawClient) two = NULL;
  g_autoptr (RawClient) three = NULL;
  g_autoptr (RawClient) four = NULL;

  g_object_set (fixture->server, "max-peers", 2, NULL);
  one = raw_client_new_authenticated (fixture->uri, "secret");
  two = raw_client_new (fixture->uri);
  three = raw_client_new (fixture->uri);
  g_assert_cmpuint (soup_message_get_status (three->request), ==, 503);

  soup_websocket_connection_close (one->socket, 1000, NULL);
  WAIT_UNTIL (fixture->disconnected->len == 1);
  four = raw_client_new (fixture->uri);
  g_assert_no_error (four->error);
}

static GIOStream *
connect_raw (const char *uri)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  g_socket_client_set_proxy_resolver (client, NULL);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port_of (uri), NULL, &error);
  g_assert_no_error (error);
  return G_IO_STREAM (connection);
}

static gboolean
is_at_end (GIOStream *stream)
{
  char buffer[4096];
  gssize n;

  do
    n = g_pollable_input_stream_read_nonblocking (
      G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream)), buffer, sizeof buffer, NULL,
      NULL);
  while (n > 0);
  return n == 0;
}

/* Connections that send nothing, or half a request, are closed. */
static void
test_silent_connections (void)
{
  const char *half = "GET /ws HTTP/1.1\r\nHost: x\r\n";
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GIOStream) silent = NULL;
  g_autoptr (GIOStream) slow = NULL;
  g_autoptr (RawClient) raw = NULL;

  g_object_set (fixture->server, "auth-timeout", 100, NULL);
  silent = connect_raw (fixture->uri);
  slow = connect_raw (fixture->uri);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (slow), half,
                                            strlen (half), NULL, NULL, NULL));
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  WAIT_UNTIL (is_at_end (silent) && is_at_end (slow));
  run_for (150);
  raw_client_assert_no_event (raw);
}

/* Above the limit, new connections wait for a moment; then the oldest are closed. */
static void
test_many_connections (void)
{
  const char *request = "GET / HTTP/1.0\r\n\r\n";
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GPtrArray) streams = g_ptr_array_new_with_free_func (g_object_unref);
  GPollableInputStream *input;

  g_object_set (fixture->server, "max-pending", 8, "auth-timeout", 60000, NULL);
  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (streams, connect_raw (fixture->uri));
  run_for (50);
  g_assert_false (is_at_end (streams->pdata[0]));

  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (streams->pdata[19]),
                                            request, strlen (request), NULL, NULL, NULL));
  input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (streams->pdata[19]));
  WAIT_UNTIL (g_pollable_input_stream_is_readable (input));
  g_assert_true (is_at_end (streams->pdata[0]));
  g_assert_false (is_at_end (streams->pdata[18]));
}

static void
test_stop (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawClient) stranger = raw_client_new (fixture->uri);
  g_autoptr (RawClient) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  WAIT_UNTIL (fixture->connected->len == 1);
  stop (fixture->server);
  g_assert_cmpuint (fixture->disconnected->len, ==, 1);
  g_assert_null (signal_server_get_uri (fixture->server));
  raw_client_wait_closed (raw, 1001);
  raw_client_wait_closed (stranger, 1001);

  signal_server_listen (fixture->server, NULL, port_of (fixture->uri), &error);
  g_assert_no_error (error);
  uri = signal_server_get_uri (fixture->server);
  g_assert_cmpstr (uri, ==, fixture->uri);
  again = raw_client_new_authenticated (fixture->uri, "secret");
}

static void
test_stop_twice (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  G_GNUC_UNUSED g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) second = NULL;
  g_autoptr (GError) error = NULL;

  signal_server_stop_async (fixture->server, NULL, on_stopped, &first);
  signal_server_stop_async (fixture->server, cancellable, on_stopped, &second);
  g_cancellable_cancel (cancellable);
  g_assert_false (signal_server_listen (fixture->server, NULL, 0, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_FAILED);
  WAIT_UNTIL (first != NULL && second != NULL);
  g_assert_cmpstr (first->message, ==, "stopped");
  g_assert_error (second, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  stop (fixture->server);
}

/* A peer that does not answer the close frame does not delay the end. */
static void
test_stop_unresponsive (void)
{
  const char *upgrade = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GIOStream) unresponsive = connect_raw (fixture->uri);

  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (unresponsive), upgrade,
                                            strlen (upgrade), NULL, NULL, NULL));
  WAIT_UNTIL (g_pollable_input_stream_is_readable (
    G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (unresponsive))));
  stop (fixture->server);
}

static void
test_tls (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (Identity) identity = identity_new ("DNS:localhost");
  g_autoptr (RawClient) raw = NULL;
  g_autoptr (GIOStream) plain = NULL;
  g_autofree char *uri = NULL;

  if (identity == NULL)
    {
      g_test_skip ("there is no TLS, or no openssl");
      return;
    }

  stop (fixture->server);
  g_object_set (fixture->server, "tls-certificate", identity->certificate, "auth-timeout", 60000,
                NULL);
  g_assert_true (signal_server_listen (fixture->server, "localhost", 0, NULL));
  uri = signal_server_get_uri (fixture->server);
  g_assert_true (g_str_has_prefix (uri, "wss://localhost:"));

  plain = connect_raw (uri);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (plain),
                                            "GET /ws HTTP/1.1\r\n\r\n", 20, NULL, NULL, NULL));
  raw = raw_client_new_authenticated (uri, "secret");
  raw_client_assert_no_event (raw);
  signal_server_broadcast (fixture->server, "news", NULL, NULL);
  raw_client_wait_event (raw, "news");
  WAIT_UNTIL (is_at_end (plain));
  stop (fixture->server);
  raw_client_wait_closed (raw, 1001);
}

/* Returns the file as a PEM text. */
static char *
read_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* With a certificate that makes every handshake fail, the server does not listen. */
static void
test_tls_key (void)
{
  g_autoptr (Identity) mine = identity_new ("DNS:localhost");
  g_autoptr (Identity) other = identity_new ("DNS:localhost");
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GTlsCertificate) without = NULL;
  g_autoptr (GTlsCertificate) mixed = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;

  if (mine == NULL || other == NULL)
    {
      g_test_skip ("there is no TLS, or no openssl");
      return;
    }

  certificate = read_file (mine->file);
  key = read_file (other->key_file);
  without = g_tls_certificate_new_from_pem (certificate, -1, &error);
  g_assert_no_error (error);
  g_object_set (server, "tls-certificate", without, NULL);
  g_assert_false (signal_server_listen (server, NULL, 0, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "has no private key"));
  g_assert_null (signal_server_get_uri (server));
  g_clear_error (&error);

#ifdef HAVE_GNUTLS
  /* A TLS library may detect that by itself. */
  pem = g_strconcat (certificate, key, NULL);
  mixed = g_tls_certificate_new_from_pem (pem, -1, NULL);
  if (mixed != NULL)
    {
      g_object_set (server, "tls-certificate", mixed, NULL);
      g_assert_false (signal_server_listen (server, NULL, 0, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, "does not match"));
      g_clear_error (&error);
    }
#endif

  g_object_set (server, "tls-certificate", mine->certificate, NULL);
  g_assert_true (signal_server_listen (server, NULL, 0, &error));
  g_assert_no_error (error);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/listen/addresses", test_addresses);
  g_test_add_func ("/server/listen/ipv6", test_ipv6);
  g_test_add_func ("/server/listen/errors", test_listen_errors);
  g_test_add_func ("/server/listen/bad-addresses", test_bad_addresses);
  g_test_add_func ("/server/listen/socket", test_socket);
  g_test_add_func ("/server/listen/socket/ipv6", test_socket_ipv6);
  g_test_add_func ("/server/listen/socket/shared-port", test_socket_shared_port);
  g_test_add_func ("/server/listen/socket/errors", test_socket_errors);
  g_test_add_func ("/server/listen/no-address", test_no_address);
  g_test_add_func ("/server/http", test_http);
  g_test_add_func ("/server/full", test_full);
  g_test_add_func ("/server/silent-connections", test_silent_connections);
  g_test_add_func ("/server/many-connections", test_many_connections);
  g_test_add_func ("/server/stop/once", test_stop);
  g_test_add_func ("/server/stop/twice", test_stop_twice);
  g_test_add_func ("/server/stop/unresponsive", test_stop_unresponsive);
  g_test_add_func ("/server/tls", test_tls);
  g_test_add_func ("/server/tls-key", test_tls_key);

  return g_test_run ();
}
