/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/raw-socket.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Invalid upgrade requests: each gets a response immediately, and other peers are not affected. */

/* Longer than a test takes, so that this timeout ends nothing. */
#define LONG_TIMEOUT 60000

#define KEY "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define HEAD "GET /ws HTTP/1.1\r\nHost: x\r\n"

typedef struct
{
  const char *name;
  const char *bytes;
  gsize       length;
  const char *status; /* of the response, or its beginning */
} Request;

#define REQUEST(name, bytes, status) { name, bytes, sizeof bytes - 1, status }

static const Request requests[] = {
  REQUEST ("plain", HEAD KEY "\r\n", "101"),
  REQUEST ("empty-body", HEAD KEY "Content-Length: 0\r\n\r\n", "101"),
  REQUEST ("expect", HEAD KEY "Expect: 100-continue\r\n\r\n", "1"),
  REQUEST ("bare-lf", "GET /ws HTTP/1.1\nHost: x\nUpgrade: websocket\n\n", ""),
  REQUEST ("bare-cr", "GET /ws HTTP/1.1\r\nHost: x\r" KEY "\r\n", ""),
  REQUEST ("nul/line", "GET /w\0s HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", "4"),
  REQUEST ("nul/name", "GET /ws HTTP/1.1\r\nHo\0st: x\r\n" KEY "\r\n", "4"),
  REQUEST ("nul/value", "GET /ws HTTP/1.1\r\nHost: x\0y\r\n" KEY "\r\n", "4"),
  REQUEST ("nul/first", "\0" HEAD KEY "\r\n", "4"),
  REQUEST ("noise", "hello\r\n\r\n", "4"),
  REQUEST ("http-2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
  REQUEST ("no-host", "GET /ws HTTP/1.1\r\n" KEY "\r\n", "4"),
  REQUEST ("no-host/url", "GET http://127.0.0.1/ws HTTP/1.1\r\n" KEY "\r\n", "400"),
  REQUEST ("host/url", "GET http://127.0.0.1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\n" KEY "\r\n", "101"),
  REQUEST ("http-1.0", "GET /ws HTTP/1.0\r\nHost: x\r\n" KEY "\r\n", ""),
  REQUEST ("path/nul", "GET /ws%00 HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", ""),
  REQUEST ("path/lines", "GET /ws%0d%0aX:%201 HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", "4"),
  REQUEST ("path/dots", "GET /a/../ws HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", ""),
  REQUEST ("path/latin", "GET /\xff HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", ""),
  REQUEST ("path/space", "GET /w s HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", "4"),
  REQUEST ("host/bracket", "GET /ws HTTP/1.1\r\nHost: [::1\r\n" KEY "\r\n", "4"),
  REQUEST ("key/short", HEAD "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: abc\r\n\r\n", "4"),
  REQUEST ("key/none", HEAD "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "\r\n", "4"),
  REQUEST ("method", "DELETE /ws HTTP/1.1\r\nHost: x\r\n" KEY "\r\n", "405"),
  REQUEST ("version", HEAD "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "4"),
  REQUEST ("length/negative", HEAD KEY "Content-Length: -1\r\n\r\n", ""),
  REQUEST ("length/huge", HEAD KEY "Content-Length: 99999999999999999999\r\n\r\n", ""),
  REQUEST ("length/two", HEAD KEY "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", ""),
  REQUEST ("length/and-chunks", HEAD KEY "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", ""),
#ifndef __SANITIZE_ADDRESS__
  /* libsoup 3.2 refuses these, and leaks a few bytes for each. */
  REQUEST ("length/words", HEAD KEY "Content-Length: many\r\n\r\n", ""),
  REQUEST ("coding", HEAD KEY "Transfer-Encoding: gzip\r\n\r\n", ""),
#endif
};

static gboolean
has_answer (int      fd,
            GString *answer)
{
  return !raw_socket_read (fd, answer) || strstr (answer->str, "\r\n\r\n") != NULL;
}

static void
check_request (const Request *request,
               gsize          piece)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) good = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (GString) answer = g_string_new (NULL);
  g_autofree char *expected = g_strdup_printf ("HTTP/1.1 %s", request->status);
  int fd;

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, NULL);
  fd = raw_socket_dial (fixture->uri);
  run_for (20);
  for (gsize at = 0; at < request->length; at += piece)
    {
      if (send (fd, request->bytes + at, MIN (piece, request->length - at), MSG_NOSIGNAL) < 0)
        break;
      run_for_a_moment ();
    }
  WAIT_UNTIL (has_answer (fd, answer));
  if (answer->len > strlen ("HTTP/1."))
    answer->str[strlen ("HTTP/1.")] = '1';
  g_test_message ("%.20s", answer->str);
  g_assert_true (g_str_has_prefix (answer->str, *request->status != '\0' ? expected : ""));
  raw_client_check_served (good, fixture);
  check_new_client_is_served (fixture);
  close (fd);
}

static void
test_request (gconstpointer data)
{
  check_request (data, 100000);
  check_request (data, 1);
}

/* A user ID that is not UTF-8 is refused, and does not reach an envelope. */
static char *
on_authenticate (void)
{
  return g_strdup ("alice\xff");
}

static void
test_user_id (void)
{
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (RawClient) raw = NULL;
  g_autofree char *uri = NULL;

  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_assert_true (signal_server_listen (server, NULL, 0, NULL));
  uri = signal_server_get_uri (server);
  raw = raw_client_new (uri);
  raw_client_authenticate (raw, "token");
  raw_client_wait_error (raw, "Authentication failed");
  raw_client_wait_closed (raw, 4003);
}

/* Error messages are valid UTF-8, whatever the strings were. */
static void
test_bad_settings (void)
{
  static const char * const addresses[] = {
    "a b", "a\r\nb", "\xff", "", "127.1", "[::1]", "a/b", "::1%lo", "fe80::1%", "fe80::1%a b", "*",
  };
  static const char * const paths[] = { "/\xff", "/a\r\nb", "/a/../b", "/.", "/..", "/a/./b", "/%00" };
  g_autoptr (SignalServer) server = signal_server_new ();

  for (guint i = 0; i < G_N_ELEMENTS (addresses) + G_N_ELEMENTS (paths); i++)
    {
      gboolean is_address = i < G_N_ELEMENTS (addresses);
      g_autoptr (GError) error = NULL;

      if (!is_address)
        g_object_set (server, "path", paths[i - G_N_ELEMENTS (addresses)], NULL);
      g_assert_false (signal_server_listen (server, is_address ? addresses[i] : NULL, 0, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_null (strpbrk (error->message, "\r\n"));
    }
}

/* The names of the loopback interface are not resolved, and the URI is usable. */
static void
test_loopback_names (void)
{
  static const char * const names[] = { "localhost", "LocalHost.", "app.localhost", "a.b.LOCALHOST." };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (SignalServer) server = signal_server_new ();
      g_autoptr (RawClient) raw = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *prefix = g_strdup_printf ("ws://%s:", names[i]);
      g_autofree char *uri = NULL;

      signal_server_listen (server, names[i], 0, &error);
      g_assert_no_error (error);
      uri = signal_server_get_uri (server);
      g_assert_true (g_str_has_prefix (uri, prefix));
      raw = raw_client_new (uri);
      g_assert_no_error (raw->error);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/requests/", requests[i].name, NULL);

      g_test_add_data_func (path, &requests[i], test_request);
    }
  g_test_add_func ("/hostile/requests/arguments/user-id", test_user_id);
  g_test_add_func ("/hostile/requests/arguments/settings", test_bad_settings);
  g_test_add_func ("/hostile/requests/arguments/loopback-names", test_loopback_names);

  return g_test_run ();
}
