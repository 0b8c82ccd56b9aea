/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include "signal-glib/websocket/signal-url-private.h"

#include <string.h>

/* Valid and invalid server URLs, and what is sent for them. */

static GProxyResolver *
new_resolver (MockServer *proxy)
{
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u", proxy->port);

  return g_simple_proxy_resolver_new (uri, NULL);
}

/* The least strict settings. */
static Recorder *
recorder_new_lenient (const char *url,
                      MockServer *proxy)
{
  Recorder *recorder = recorder_new (url);
  g_autoptr (GProxyResolver) resolver = new_resolver (proxy);

  g_object_set (recorder->client,
                "allow-insecure", TRUE,
                "max-retries", 0,
                "proxy-resolver", resolver,
                NULL);
  return recorder;
}

/* As long as a label may be; four of them are longer than a name. */
#define LABEL "a-label-of-sixty-three-characters-is-the-longest-one-in-the-dns"

/* Of a label that is too long once it is encoded. */
#define TEN_LETTERS "\xc3\xa9\xc3\xa8\xc3\xa9\xc3\xa8\xc3\xa9\xc3\xa8\xc3\xa9\xc3\xa8\xc3\xa9\xc3\xa8"

/* The URL is refused before anything is sent, even to a proxy, with an error that can be
 * displayed. */
static void
check_refused (Recorder   *recorder,
               MockServer *proxy)
{
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_utf8_validate (recorder->error->message, -1, NULL));
  g_assert_null (strpbrk (recorder->error->message, "\r\n\t"));
  g_assert_cmpstr (recorder->states->str, ==, "");
  g_assert_cmpuint (proxy->peers->len, ==, 0);
}

static void
test_bad_hosts (void)
{
  static const char * const servers[] = {
    "a.test%0d%0aX-Evil%3a%201", "a.test%0d%0a%0d%0aGET%20/", "a%0ab.test", "a%09b.test", "a%00.test",
    "a%7f.test", "a%20b.test", "a%2fb.test", "a%3ab", "a%25b", "a%40b.test", "a%23b", "a%3fb", "a%5cb",
    "a\\b.test", "a\"b.test", "a<b>.test", "a|b.test", "a{b}.test", "a^b.test", "a`b.test", "a,b", "a;b",
    "a*b.test", "a!b.test", "a'b", "a(b)", "a=b", "a+b", "a$b", "a&b",
    "%ff.test", "\xff.test", "\xc2\x85.test", "\xe2\x80\x8b", "\xef\xbd\x81\xef\xbc\x8f.test",
    ".", "..", "a..test", ".a.test", "a.test..", "127.1", "2130706433", "0x7f.0.0.1", "0x7f000001", "0x",
    "256.1.1.1", "1.2.3.4.5", "example.1",
    "a-label-of-sixty-four-characters-is-one-character-longer-than-dns.test",
    LABEL "." LABEL "." LABEL "." LABEL, "xn--\xc3\xa9.test",
    TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS ".test",
    "[::1%25lo]", "[::1%251]", "[2001:db8::1%25lo]", "[fe80::1%25]", "[fe80::1%25a%20b]",
    "[fe80::1%25a%0d%0ab]", "[fe80::1%25a%2fb]", "[fe80::1%25a%5db]", "[fe80::1%25a%25b]",
    "169.254.1.1%25lo", "[::1", "::1", "[a.test]", "[127.0.0.1]", "[v1.a]",
  };
  g_autoptr (MockServer) proxy = mock_server_new ();

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    for (guint is_tls = 0; is_tls < 2; is_tls++)
      {
        g_autofree char *url = g_strdup_printf ("%s://%s/ws", is_tls ? "wss" : "ws", servers[i]);
        g_autofree char *printable = g_strescape (url, NULL);
        g_autoptr (Recorder) recorder = recorder_new_lenient (url, proxy);

        g_test_message ("%s", printable);
        check_refused (recorder, proxy);
      }
}

static void
test_bad_text (void)
{
  static const char * const urls[] = {
    " ws://127.0.0.1/ws", "ws://127.0.0.1/ws ", "ws://127.0.0.1/a b", "ws://127.0.0.1/?a b",
    "ws://127.0.0.1/a\r\nX-Evil: 1", "ws://127.0.0.1/?a\r\nX-Evil: 1", "ws://127.0.0.1/\n",
    "ws://127.0.0.1/\t", "ws://127.0.0.1/?\x01", "ws://127.0.0.1/\x7f", "ws://127.0.0.1/\xc2\x85",
    "ws://127.0.0.1/\xff", "ws://127.0.0.1/?\xc3", "ws://127.0.0.1/%zz", "ws://127.0.0.1/%",
    "ws://127.0.0.1:0/ws", "ws://127.0.0.1: 80/ws", "ws://127.0.0.1:-1/", "ws://127.0.0.1:65536/",
    "w\r\ns://127.0.0.1/", "ws:127.0.0.1", "ws:/127.0.0.1/",
  };
  g_autoptr (MockServer) proxy = mock_server_new ();

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (Recorder) recorder = recorder_new_lenient (urls[i], proxy);

      g_test_message ("%u", i);
      check_refused (recorder, proxy);
    }
}

/* Special characters of a URL are escaped when they are sent, and end no line. */
static void
test_request_line (void)
{
  static const struct
  {
    const char *written;
    const char *sent;
  } cases[] = {
    { "", "/" },
    { "?q", "/?q" },
    { "/ws?room=1&x=y/z?", "/ws?room=1&x=y/z?" },
    { "/%0d%0aX-Evil%3a%201", "/%0D%0AX-Evil%3A%201" },
    { "/?a%0d%0aX-Evil:%201", "/?a%0D%0AX-Evil:%201" },
    { "/%00%20%7f", "/%00%20%7F" },
    { "/\xc3\xa4?\xe2\x82\xac", "/%C3%A4?%E2%82%AC" },
    { "/\"<>\\^`{|}?\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D?%22%3C%3E%5C%5E%60%7B%7C%7D" },
    { "/a/./b/../c", "/a/c" },
  };
  g_autoptr (MockServer) server = mock_server_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u%s", server->port,
                                              cases[i].written);
      g_autofree char *line = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n",
                                               cases[i].sent, server->port);
      g_autoptr (Recorder) recorder = recorder_new (url);
      MockPeer *peer;

      recorder_connect (recorder);
      peer = mock_server_wait_peer (server, i);
      g_assert_true (g_str_has_prefix (peer->request, line));
      g_assert_null (strstr (peer->request, "\nX-Evil"));
    }
}

/* RFC 9112 section 3.2, RFC 6874 section 1. */
static void
test_host_field (void)
{
  static const struct
  {
    const char *url;
    const char *field;
  } cases[] = {
    { "ws://localhost/ws", "localhost" },
    { "ws://localhost:80/ws", "localhost" },
    { "ws://localhost:443/ws", "localhost:443" },
    { "ws://localhost:8080/ws", "localhost:8080" },
    { "wss://localhost/ws", "localhost" },
    { "wss://localhost:443/ws", "localhost" },
    { "wss://localhost:00443/ws", "localhost" },
    { "wss://localhost:/ws", "localhost" },
    { "wss://localhost:80/ws", "localhost:80" },
    { "WSS://Example.TEST/ws", "example.test" },
    { "wss://example.test./ws", "example.test." },
    { "wss://ex%61mple.test", "example.test" },
    { "wss://\xc3\xa4.test/ws", "xn--4ca.test" },
    { "wss://a_b-c.test/", "a_b-c.test" },
    { "ws://127.0.0.1/", "127.0.0.1" },
    { "ws://[::1]/ws", "[::1]" },
    { "ws://[::1]:80/ws", "[::1]" },
    { "ws://[::1]:8080/ws", "[::1]:8080" },
    { "wss://[FE80::1%25eth0]/ws", "[fe80::1]" },
    { "wss://[fe80::1%25en.0_~-1]:8443/ws", "[fe80::1]:8443" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = signal_url_parse (cases[i].url, TRUE, &error);
      g_autofree char *field = NULL;

      g_assert_no_error (error);
      field = signal_url_compose_host_field (uri);
      g_assert_cmpstr (field, ==, cases[i].field);
    }
}

static gboolean
has_head (MockPeer *peer)
{
  return peer->in->len > 0
         && g_strstr_len ((const char *) peer->in->data, peer->in->len, "\r\n\r\n") != NULL;
}

/* Waits for a complete head, and returns it. */
static char *
wait_head (MockPeer *peer)
{
  char *head;

  WAIT_UNTIL (has_head (peer));
  head = g_strndup ((const char *) peer->in->data, peer->in->len);
  g_byte_array_set_size (peer->in, 0);
  return head;
}

/* A test cannot listen on the default port, so this uses a proxy to see the requested one. */
static void
test_default_port (void)
{
  static const struct
  {
    const char *url;
    const char *connect;
    const char *field;
  } cases[] = {
    { "ws://localhost/ws", "CONNECT localhost:80 ", "\r\nHost: localhost\r\n" },
    { "ws://localhost:80/ws", "CONNECT localhost:80 ", "\r\nHost: localhost\r\n" },
    { "ws://example.test/ws", "CONNECT example.test:80 ", "\r\nHost: example.test\r\n" },
    { "ws://example.test:81/ws", "CONNECT example.test:81 ", "\r\nHost: example.test:81\r\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MockServer) proxy = mock_server_new ();
      g_autoptr (Recorder) recorder = recorder_new_lenient (cases[i].url, proxy);
      g_autofree char *connect = NULL;
      g_autofree char *request = NULL;

      proxy->is_silent = TRUE;
      recorder_start (recorder);
      WAIT_UNTIL (proxy->peers->len == 1);
      connect = wait_head (proxy->peers->pdata[0]);
      g_assert_true (g_str_has_prefix (connect, cases[i].connect));
      mock_peer_write (proxy->peers->pdata[0], "HTTP/1.1 200 OK\r\n\r\n", 19);
      request = wait_head (proxy->peers->pdata[0]);
      g_assert_true (g_str_has_prefix (request, "GET /ws HTTP/1.1\r\n"));
      g_assert_nonnull (strstr (request, cases[i].field));
      recorder_disconnect (recorder);
      g_assert_true (recorder->is_done);
    }
}

/* Unencrypted connections to the loopback interface do not use a proxy, unless that is allowed. */
static void
test_loopback_proxy (void)
{
  static const char * const names[] = { "127.0.0.1", "localhost", "LocalHost.", "app.localhost" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (MockServer) server = mock_server_new ();
      g_autoptr (MockServer) proxy = mock_server_new ();
      g_autofree char *url = g_strdup_printf ("ws://%s:%u/ws", names[i], server->port);
      g_autoptr (Recorder) recorder = recorder_new_lenient (url, proxy);

      g_object_set (recorder->client, "allow-insecure", FALSE, NULL);
      recorder_connect (recorder);
      g_assert_cmpuint (server->peers->len, ==, 1);
      g_assert_cmpuint (proxy->peers->len, ==, 0);
      recorder_disconnect (recorder);

      proxy->http_response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
      g_object_set (recorder->client, "allow-insecure", TRUE, NULL);
      recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED);
      g_assert_cmpuint (proxy->peers->len, ==, 1);
      g_assert_cmpuint (server->peers->len, ==, 1);
    }
}

/* With TLS, a proxy is used. */
static void
test_loopback_proxy_tls (void)
{
  g_autoptr (MockServer) proxy = mock_server_new ();
  g_autoptr (Recorder) recorder = recorder_new_lenient ("wss://localhost/ws", proxy);
  MockPeer *peer;

  proxy->http_response = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  g_object_set (recorder->client, "allow-insecure", FALSE, NULL);
  recorder_connect_fails (recorder, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED);
  peer = proxy->peers->pdata[0];
  g_assert_true (g_str_has_prefix (peer->request, "CONNECT localhost:443 "));
}

/* RFC 6761 section 6.3. */
static void
test_loopback_names (void)
{
  static const char * const good[] = {
    "localhost", "LOCALHOST", "localhost.", "app.localhost", "App.LocalHost.", "a.b.localhost",
  };
  static const char * const bad[] = {
    "localhost.test", "applocalhost", "localhosts", "app.localhost.test", "127.0.0.1.test",
  };
  g_autoptr (MockServer) server = mock_server_new ();

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *url = g_strdup_printf ("ws://%s:%u/ws", good[i], server->port);
      g_autoptr (Recorder) recorder = recorder_new (url);

      recorder_connect (recorder);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *url = g_strdup_printf ("ws://%s:%u/ws", bad[i], server->port);
      g_autoptr (Recorder) recorder = recorder_new (url);

      recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE);
      g_assert_cmpstr (recorder->states->str, ==, "");
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/url/bad-hosts", test_bad_hosts);
  g_test_add_func ("/client/url/bad-text", test_bad_text);
  g_test_add_func ("/client/url/request-line", test_request_line);
  g_test_add_func ("/client/url/host-field", test_host_field);
  g_test_add_func ("/client/url/default-port", test_default_port);
  g_test_add_func ("/client/url/loopback-proxy", test_loopback_proxy);
  g_test_add_func ("/client/url/loopback-proxy-tls", test_loopback_proxy_tls);
  g_test_add_func ("/client/url/loopback-names", test_loopback_names);

  return g_test_run ();
}
