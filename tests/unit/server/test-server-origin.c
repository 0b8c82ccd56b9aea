/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "tests/lib/raw-socket.h"
#include "signal-glib/server/signal-origin-private.h"
#include "tests/lib/tls-identity.h"

static guint16
port_of (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);

  return g_uri_get_port (parsed);
}

/* Returns the status of the response to an upgrade request with these headers. PORT in them is
 * replaced. */
static guint
ask (const char *uri,
     const char *headers)
{
  g_autofree char *port = g_strdup_printf ("%u", port_of (uri));
  g_autoptr (GString) request = g_string_new ("GET /ws HTTP/1.1\r\n");
  g_autoptr (GString) answer = g_string_new (NULL);
  int fd = raw_socket_dial (uri);
  guint status;

  g_string_append (request, headers);
  g_string_replace (request, "PORT", port, 0);
  g_string_append (request, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  run_for_a_moment ();
  raw_socket_write (fd, request->str);
  WAIT_UNTIL ((raw_socket_read (fd, answer), strstr (answer->str, "\r\n\r\n") != NULL));
  g_assert_true (g_str_has_prefix (answer->str, "HTTP/1.1 "));
  status = g_ascii_strtoull (answer->str + strlen ("HTTP/1.1 "), NULL, 10);
  close (fd);
  return status;
}

static void
listen_on (SignalServer *server,
           const char   *address,
           char        **uri)
{
  g_autoptr (GError) error = NULL;

  signal_server_listen (server, address, 0, &error);
  g_assert_no_error (error);
  *uri = signal_server_get_uri (server);
}

typedef struct
{
  const char *headers;
  guint       status;
} Case;

static void
check (const char *address,
       const char *origins,
       const Case *cases,
       guint       n_cases)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_auto (GStrv) allowed = g_strsplit (origins, " ", -1);
  g_autofree char *uri = NULL;

  signal_server_set_allowed_origins (server, (const char * const *) allowed);
  listen_on (server, address, &uri);
  for (guint i = 0; i < n_cases; i++)
    {
      guint status = ask (uri, cases[i].headers);

      if (status != cases[i].status)
        g_error ("on %s, %s instead of %u: %u", address, cases[i].headers, cases[i].status, status);
    }
}

/* The default: native programs, and pages from the server's own address. */
static void
test_own (void)
{
  const Case cases[] = {
    { "Host: 127.0.0.1:PORT\r\n", 101 },
    { "Host: evil.example:PORT\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\n", 101 },
    { "Host: localhost:PORT\r\nOrigin: http://localhost:PORT\r\n", 101 },
    { "Host: LOCALHOST:PORT\r\nOrigin: HTTP://localhost:PORT\r\n", 101 },
    { "Host: localhost.:PORT\r\nOrigin: http://localhost.:PORT\r\n", 101 },
    { "Host: app.localhost:PORT\r\nOrigin: http://app.localhost:PORT\r\n", 101 },
    { "Host: [::1]:PORT\r\nOrigin: http://[::1]:PORT\r\n", 101 },
    { "Host: localhost\r\nOrigin: http://localhost\r\n", 101 },
    { "Host: localhost\r\nOrigin: http://localhost:80\r\n", 101 },
    { "Host: localhost:80\r\nOrigin: http://localhost\r\n", 101 },
    { "host: localhost:PORT\r\norigin: http://localhost:PORT\r\n", 101 },

    { "Host: 127.0.0.1:PORT\r\nOrigin: http://evil.example\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: https://127.0.0.1:PORT\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://localhost:PORT\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT.evil.example\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT/\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://evil@127.0.0.1:PORT\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT http://evil.example\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: ws://127.0.0.1:PORT\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: null\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: *\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: file://\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin:\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://\r\n", 403 },

    /* A foreign name that resolves to this machine. */
    { "Host: evil.example:PORT\r\nOrigin: http://evil.example:PORT\r\n", 403 },
    { "Host: localhost.evil.example:PORT\r\nOrigin: http://localhost.evil.example:PORT\r\n", 403 },
    { "Host: notlocalhost:PORT\r\nOrigin: http://notlocalhost:PORT\r\n", 403 },
    { "Host: 127.0.0.1.evil.example:PORT\r\nOrigin: http://127.0.0.1.evil.example:PORT\r\n", 403 },
    { "Host: 192.168.1.1:PORT\r\nOrigin: http://192.168.1.1:PORT\r\n", 403 },
    { "Host: [2001:db8::1]:PORT\r\nOrigin: http://[2001:db8::1]:PORT\r\n", 403 },
  };

  check (NULL, "", cases, G_N_ELEMENTS (cases));
  /* The connection counts, not the other addresses that the server listens on. */
  check ("0.0.0.0", "", cases, G_N_ELEMENTS (cases));
}

static void
test_allowed (void)
{
  const Case cases[] = {
    { "Host: 127.0.0.1:PORT\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: https://example.org\r\n", 101 },
    { "Host: evil.example:PORT\r\nOrigin: https://example.org\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: HTTPS://Example.ORG:443\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://dev.test:3000\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://xn--bcher-kva.example\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://[2001:db8::1]:8080\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: moz-extension://f81d4fae-7dec-41d0-a765-00a0c91e6bf6\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: file://\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\n", 101 },

    { "Host: 127.0.0.1:PORT\r\nOrigin: http://example.org\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: https://example.org:8443\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: https://www.example.org\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: https://example.org.evil.example\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://dev.test\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: null\r\n", 403 },
  };

  check (NULL, "https://EXAMPLE.org http://dev.test:3000 http://B\xc3\xbc" "cher.example:80 "
         "http://[2001:DB8:0::1]:8080 moz-extension://f81d4fae-7dec-41d0-a765-00a0c91e6bf6 file://",
         cases, G_N_ELEMENTS (cases));
}

static void
test_opaque (void)
{
  const Case cases[] = {
    { "Host: 127.0.0.1:PORT\r\nOrigin: null\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: NULL\r\n", 403 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://null\r\n", 403 },
  };

  check (NULL, "null", cases, G_N_ELEMENTS (cases));
}

static void
test_any (void)
{
  const Case cases[] = {
    { "Host: 127.0.0.1:PORT\r\nOrigin: null\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: https://evil.example\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: anything at all\r\n", 101 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://a.example\r\nOrigin: http://a.example\r\n", 400 },
  };

  check (NULL, "https://example.org *", cases, G_N_ELEMENTS (cases));
}

static void
test_bad (void)
{
  g_autofree char *name = g_strnfill (600, 'x');
  g_autofree char *too_long = g_strdup_printf ("Host: 127.0.0.1:PORT\r\nOrigin: http://%s\r\n", name);
  const Case cases[] = {
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\n", 400 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\nORIGIN: http://evil.example\r\n", 400 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://b\xc3\xbc" "cher.example\r\n", 400 },
    { "Host: 127.0.0.1:PORT\r\nOrigin: http://\x01\r\n", 400 },
    { too_long, 400 },
  };

  check (NULL, "", cases, G_N_ELEMENTS (cases));
}

static void
on_authenticate_count (SignalServer *server,
                       SignalPeer   *peer,
                       const char   *type,
                       const char   *token,
                       guint        *count)
{
  ++*count;
}

/* A page that is refused does not become a peer, and does not use up the place of one. */
static void
test_not_admitted (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) raw = NULL;
  guint n_asked = 0;

  g_signal_connect (fixture->server, "authenticate", G_CALLBACK (on_authenticate_count), &n_asked);
  g_object_set (fixture->server, "max-peers", 1, NULL);
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (ask (fixture->uri, "Host: 127.0.0.1:PORT\r\nOrigin: http://evil.example\r\n"), ==,
                      403);
  g_assert_cmpuint (ask (fixture->uri, "Host: 127.0.0.1:PORT\r\nOrigin: http://evil.example\r\n"
                                       "Content-Length: 1000000\r\n"), ==, 403);
  raw = raw_client_new_authenticated (fixture->uri, "secret");
  WAIT_UNTIL (fixture->connected->len == 1);
  g_assert_cmpuint (n_asked, ==, 0);
  g_assert_null (signal_peer_get_origin (fixture->connected->pdata[0]));
}

/* The peer has the origin that was sent, and a change applies to the next request. */
static void
test_peer_origin (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  const char * const allowed[] = { "https://example.org", NULL };
  const char *headers = "Host: 127.0.0.1\r\nOrigin: https://Example.org\r\n";
  g_autofree char *origin = NULL;
  SignalPeer *peer;
  int fd;

  g_object_set (fixture->server, "require-encryption", FALSE, NULL);
  g_assert_cmpuint (ask (fixture->uri, headers), ==, 403);
  g_object_set (fixture->server, "allowed-origins", allowed, NULL);
  g_assert_cmpuint (ask (fixture->uri, headers), ==, 101);

  fd = raw_socket_dial (fixture->uri);
  run_for_a_moment ();
  raw_socket_write (fd, "GET /ws HTTP/1.1\r\nHost: x\r\nOrigin: https://Example.org\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  raw_socket_wait_text (fd, "HTTP/1.1 101 ");
  raw_socket_send_text (fd, "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                            "\"token\":\"secret\"}}");
  WAIT_UNTIL (fixture->connected->len == 1);
  peer = fixture->connected->pdata[0];
  g_assert_cmpstr (signal_peer_get_origin (peer), ==, "https://Example.org");
  g_object_get (peer, "origin", &origin, NULL);
  g_assert_cmpstr (origin, ==, "https://Example.org");

  signal_server_set_allowed_origins (fixture->server, NULL);
  g_assert_cmpuint (ask (fixture->uri, headers), ==, 403);
  close (fd);
}

static void
test_property (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  const char * const origins[] = { "https://example.org", "null", NULL };
  g_auto (GStrv) got = NULL;
  guint n_notified = 0;

  g_assert_cmpuint (g_strv_length ((GStrv) signal_server_get_allowed_origins (server)), ==, 0);
  g_signal_connect (server, "notify::allowed-origins", G_CALLBACK (count_notify), &n_notified);
  signal_server_set_allowed_origins (server, origins);
  signal_server_set_allowed_origins (server, origins);
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_get (server, "allowed-origins", &got, NULL);
  g_assert_true (g_strv_equal ((const char * const *) got, origins));
  g_assert_true (g_strv_equal (signal_server_get_allowed_origins (server), origins));
  signal_server_set_allowed_origins (server, NULL);
  g_assert_cmpuint (g_strv_length ((GStrv) signal_server_get_allowed_origins (server)), ==, 0);
}

/* A string that is not an origin is an error when the server starts to listen; if it is set later,
 * it allows nothing. */
static void
test_bad_entries (void)
{
  const char * const entries[] = {
    "", "example.org", "https://", "https:example.org", "https://example.org/", "https://example.org/a",
    "https://user@example.org", "https://example.org:0", "https://example.org:65536",
    "https://example.org:80a", "https://exa mple.org", "https://*.example.org", "wss://example.org",
    "https://[::1", "https://[127.0.0.1]", "https://[::1]x", "1a://b", "NULL", "https://a\xff",
    "https://example.org?a", "file://:80", "https://a,https://b", "https://[fe80::1%lo]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      g_autoptr (SignalServer) server = signal_server_new ();
      const char * const origins[] = { "https://good.example", entries[i], NULL };
      g_autoptr (GError) error = NULL;
      g_autofree char *uri = NULL;

      g_test_message ("%u", i);
      signal_server_set_allowed_origins (server, origins);
      g_assert_false (signal_server_listen (server, NULL, 0, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_null (strstr (error->message, "good"));
      g_assert_null (signal_server_get_uri (server));

      signal_server_set_allowed_origins (server, NULL);
      listen_on (server, NULL, &uri);
      signal_server_set_allowed_origins (server, origins);
      g_assert_cmpuint (ask (uri, "Host: x\r\nOrigin: https://example.org\r\n"), ==, 403);
      g_assert_cmpuint (ask (uri, "Host: x\r\nOrigin: https://good.example\r\n"), ==, 101);
    }
}

typedef struct
{
  const char *host;
  gboolean    is_tls;
  const char *address;
  const char *name;
  gboolean    is_own;
} Call;

/* What a server on other addresses takes for its own name. */
static void
test_names (void)
{
  g_autofree char *machine = g_ascii_strdown (g_get_host_name (), -1);
  g_autofree char *machine_local = g_strconcat (machine, ".local:8080", NULL);
  const Call calls[] = {
    /* An address cannot be resolved to another one. */
    { "192.168.1.5:8080", FALSE, "192.168.1.5", NULL, TRUE },
    { "203.0.113.7:8080", FALSE, "192.168.1.5", NULL, TRUE },
    { "[2001:db8::1]:8080", FALSE, "2001:db8::1", NULL, TRUE },
    { "192.168.1.5:8080", FALSE, "127.0.0.1", NULL, FALSE },
    { "192.168.1.5:8080", FALSE, "::ffff:127.0.0.1", NULL, FALSE },
    { "127.0.0.1:8080", FALSE, "::ffff:127.0.0.1", NULL, TRUE },
    { "[::ffff:127.0.0.1]:8080", FALSE, "::ffff:127.0.0.1", NULL, TRUE },
    /* A name can, except for the reserved ones. */
    { "evil.example:8080", FALSE, "192.168.1.5", NULL, FALSE },
    { "localhost:8080", FALSE, "192.168.1.5", NULL, TRUE },
    { machine, FALSE, "192.168.1.5", NULL, TRUE },
    { machine_local, FALSE, "192.168.1.5", NULL, TRUE },
    { "tool.lan:8080", FALSE, "192.168.1.5", "Tool.lan", TRUE },
    { "tool.lan:8080", FALSE, "127.0.0.1", "tool.lan", TRUE },
    { "other.lan:8080", FALSE, "192.168.1.5", "tool.lan", FALSE },
    /* The browser has checked the certificate. */
    { "example.org", TRUE, "192.168.1.5", NULL, TRUE },
    { "example.org", TRUE, "127.0.0.1", NULL, FALSE },
    /* An unknown address is considered local. */
    { "example.org", TRUE, NULL, NULL, FALSE },
    { NULL, FALSE, "192.168.1.5", NULL, FALSE },
    { "", FALSE, "192.168.1.5", NULL, FALSE },
    { "[::1%lo]:8080", FALSE, "::1", NULL, FALSE },
    { "a@localhost", FALSE, "127.0.0.1", NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      const Call *call = &calls[i];
      g_autoptr (GInetAddress) address =
        call->address != NULL ? g_inet_address_new_from_string (call->address) : NULL;
      g_autofree char *origin = g_strconcat (call->is_tls ? "https://" : "http://",
                                             call->host != NULL ? call->host : "localhost", NULL);
      const SignalOriginTarget target = { call->host, call->is_tls, address, call->name };

      g_test_message ("%s", origin);
      g_assert_cmpint (signal_origin_is_own (origin, &target), ==, call->is_own);
      g_assert_false (signal_origin_is_own ("http://another.example", &target));
    }
}

/* Resolves every name to this machine. */
#define TYPE_RESOLVER (resolver_get_type ())
G_DECLARE_FINAL_TYPE (Resolver, resolver, TEST, RESOLVER, GResolver)

struct _Resolver
{
  GResolver parent_instance;
};

G_DEFINE_FINAL_TYPE (Resolver, resolver, G_TYPE_RESOLVER)

static GList *
resolver_look_up (GResolver     *resolver,
                  const char    *name,
                  GCancellable  *cancellable,
                  GError       **error)
{
  return g_list_append (NULL, g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4));
}

static GList *
resolver_look_up_with_flags (GResolver                 *resolver,
                             const char                *name,
                             GResolverNameLookupFlags   flags,
                             GCancellable              *cancellable,
                             GError                   **error)
{
  return resolver_look_up (resolver, name, cancellable, error);
}

static void
resolver_class_init (ResolverClass *klass)
{
  G_RESOLVER_CLASS (klass)->lookup_by_name = resolver_look_up;
  G_RESOLVER_CLASS (klass)->lookup_by_name_with_flags = resolver_look_up_with_flags;
}

static void
resolver_init (Resolver *self)
{
}

/* The name that the server was told to listen on is its own, whatever it resolves to. */
static void
test_listen_name (void)
{
  const Case cases[] = {
    { "Host: tool.lan:PORT\r\nOrigin: http://tool.lan:PORT\r\n", 101 },
    { "Host: other.lan:PORT\r\nOrigin: http://other.lan:PORT\r\n", 403 },
  };
  g_autoptr (GResolver) before = g_resolver_get_default ();
  g_autoptr (GResolver) resolver = g_object_new (TYPE_RESOLVER, NULL);

  g_resolver_set_default (resolver);
  check ("Tool.lan", "", cases, G_N_ELEMENTS (cases));
  g_resolver_set_default (before);
}

/* Over TLS, the scheme of the page is https. */
static void
test_tls (void)
{
  g_autoptr (Identity) identity = identity_new ("DNS:localhost");
  const struct
  {
    const char *scheme;
    guint       status;
  } cases[] = { { "https", 101 }, { "http", 403 } };

  if (identity == NULL)
    {
      g_test_skip ("there is no TLS, or no openssl");
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SignalServer) server = signal_server_new ();
      g_autofree char *uri = NULL;
      g_autofree char *origin = NULL;
      g_autoptr (RawClient) raw = NULL;

      g_object_set (server, "tls-certificate", identity->certificate, NULL);
      listen_on (server, "localhost", &uri);
      g_assert_true (g_str_has_prefix (uri, "wss://localhost:"));
      origin = g_strdup_printf ("%s://localhost:%u", cases[i].scheme, port_of (uri));
      raw = raw_client_new_with_origin (uri, origin);
      g_assert_cmpuint (soup_message_get_status (raw->request), ==, cases[i].status);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/origin/own", test_own);
  g_test_add_func ("/server/origin/allowed", test_allowed);
  g_test_add_func ("/server/origin/opaque", test_opaque);
  g_test_add_func ("/server/origin/any", test_any);
  g_test_add_func ("/server/origin/bad", test_bad);
  g_test_add_func ("/server/origin/not-admitted", test_not_admitted);
  g_test_add_func ("/server/origin/peer-origin", test_peer_origin);
  g_test_add_func ("/server/origin/property", test_property);
  g_test_add_func ("/server/origin/bad-entries", test_bad_entries);
  g_test_add_func ("/server/origin/names", test_names);
  g_test_add_func ("/server/origin/listen-name", test_listen_name);
  g_test_add_func ("/server/origin/tls", test_tls);

  return g_test_run ();
}
