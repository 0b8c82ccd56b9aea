/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/hostile.h"
#include "tests/lib/raw-socket.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Attacks on the embedded server before the upgrade, during which other clients can still
 * connect. */

#define MIB (1024 * 1024)

/* Longer than a test takes, so that this timeout ends nothing. */
#define LONG_TIMEOUT 60000

static void
close_all (int   *fds,
           guint  n_fds)
{
  for (guint i = 0; i < n_fds; i++)
    close (fds[i]);
}

/* As many as the limit of open files allows, up to 10,000. */
static guint
count_sockets (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  return MIN (10000, limit.rlim_cur > 2000 ? limit.rlim_cur - 1500 : limit.rlim_cur / 4);
}

/* Sockets that send nothing, or half a request, and are kept open. */
static void
test_half_open (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) first = raw_client_new_authenticated (fixture->uri, "secret");
  guint n_fds = count_sockets ();
  g_autofree int *fds = g_new (int, n_fds);
  gsize before = hostile_get_memory ();

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, NULL);
  for (guint i = 0; i < n_fds; i++)
    {
      fds[i] = raw_socket_dial (fixture->uri);
      if (i % 3 == 0)
        raw_socket_write (fds[i], "GET /ws HTTP/1.1\r\nX: ");
      if (i % 100 == 0)
        run_for_a_moment ();
    }
  check_new_client_is_served (fixture);
  raw_client_check_served (first, fixture);
  g_test_message ("%u half-open sockets", n_fds);
  g_assert_cmpuint (hostile_get_memory (), <, before + 64 * MIB);
  g_assert_cmpuint (fixture->disconnected->len, <=, 1);
  close_all (fds, n_fds);
}

/* Those that have been upgraded use up all the places for peers. */
static void
test_silent_peers (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) first = raw_client_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawClient) second = NULL;
  g_autoptr (RawClient) third = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  int fds[7];

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, "max-peers", 8, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = raw_socket_upgrade (fixture->uri);
  run_for (300);
  second = raw_client_new_authenticated (fixture->uri, "bob-secret");
  raw_client_check_served (first, fixture);
  raw_client_check_served (second, fixture);
  raw_socket_wait_end (fds[0], text);
  g_assert_true (raw_socket_read (fds[6], text));

  /* An authenticated peer is never dropped to make room. */
  g_object_set (fixture->server, "max-peers", 2, NULL);
  third = raw_client_new (fixture->uri);
  g_assert_cmpuint (soup_message_get_status (third->request), ==, 503);
  g_assert_cmpuint (fixture->disconnected->len, ==, 0);
  close_all (fds, G_N_ELEMENTS (fds));
}

/* A connection from another address is not dropped because of the flood, even if it is the
 * oldest. */
static void
test_crowd (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  int fds[40], slow;

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, "max-pending", 10, NULL);
  slow = raw_socket_dial (fixture->uri);
  run_for (10);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = raw_socket_dial_from (fixture->uri, "127.0.0.2");
      if (fds[i] < 0)
        {
          close_all (fds, i);
          close (slow);
          g_test_skip ("there is no second loopback address");
          return;
        }
    }
  WAIT_UNTIL (!raw_socket_read (fds[25], text));
  raw_socket_write (slow, RAW_SOCKET_UPGRADE);
  raw_socket_wait_text (slow, "HTTP/1.1 101 ");
  close (slow);
  close_all (fds, G_N_ELEMENTS (fds));
}

static int
get_last_fd (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  struct dirent *entry;
  int last = -1;

  while (dir != NULL && (entry = readdir (dir)) != NULL)
    last = MAX (last, atoi (entry->d_name));
  if (dir != NULL)
    closedir (dir);
  return last;
}

/* The file descriptors run out long before there are too many connections. */
static void
test_no_files (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) first = raw_client_new_authenticated (fixture->uri, "secret");
  struct rlimit before, limit;
  int fds[60], last;

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = raw_socket_dial (fixture->uri);
  last = get_last_fd ();
  if (last < 0 || getrlimit (RLIMIT_NOFILE, &before) < 0)
    {
      close_all (fds, G_N_ELEMENTS (fds));
      g_test_skip ("there is no /proc");
      return;
    }
  limit = before;
  limit.rlim_cur = last + 20;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);

  raw_socket_write (fds[G_N_ELEMENTS (fds) - 1], RAW_SOCKET_UPGRADE);
  raw_socket_wait_text (fds[G_N_ELEMENTS (fds) - 1], "HTTP/1.1 101 ");
  raw_client_check_served (first, fixture);

  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  close_all (fds, G_N_ELEMENTS (fds));
  check_new_client_is_served (fixture);
}

typedef struct
{
  const char *name;
  const char *head;
  const char *status;
} Body;

static const Body bodies[] = {
  { "post", "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", "405" },
  { "get", "GET /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", "413" },
  { "chunked", "GET /ws HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5f5e100\r\n", "413" },
  { "elsewhere", "PUT /up HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", "404" },
  { "expect", "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\nExpect: 100-continue\r\n\r\n",
    "405" },
  { "wrong-scheme", "POST https://x/ws HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", "400" },
  { "dots", "POST /a%2f..%2fws HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", "400" },
  { "star", "OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", "404" },
  { "upgrade", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
               "Content-Length: 100000000\r\n\r\n", "413" },
};

/* 100 MB in the body of a request: no more is received than fits into the buffers of the
 * sockets. */
static void
test_body (gconstpointer data)
{
  const Body *body = data;
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawClient) good = raw_client_new_authenticated (fixture->uri, "secret");
  g_autofree char *block = g_strnfill (65536, 'x');
  g_autofree char *expected = g_strdup_printf ("HTTP/1.1 %s ", body->status);
  g_autoptr (GString) answer = g_string_new (NULL);
  gsize before = hostile_get_memory (), sent;
  int fd;

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, NULL);
  fd = raw_socket_dial (fixture->uri);
  run_for (20);
  raw_socket_write (fd, body->head);
  sent = raw_socket_flood (fd, block, 65536, 100 * 1000 * 1000);
  raw_socket_wait_end (fd, answer);
  g_test_message ("%" G_GSIZE_FORMAT " bytes taken", sent);
  g_assert_true (g_str_has_prefix (answer->str, expected));
  g_assert_nonnull (strstr (answer->str, "\r\nConnection: close\r\n"));
  g_assert_cmpuint (sent, <, 50 * 1000 * 1000);
  g_assert_cmpuint (hostile_get_memory (), <, before + 32 * MIB);
  raw_client_check_served (good, fixture);
  check_new_client_is_served (fixture);
  close (fd);
}

/* Many such requests at once do not use up the places of others while their responses are read. */
static void
test_many_bodies (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  int fds[64];

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, "max-pending", 16, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = raw_socket_dial (fixture->uri);
      raw_socket_write (fds[i], bodies[0].head);
    }
  check_new_client_is_served (fixture);
  close_all (fds, G_N_ELEMENTS (fds));
}

/* The last reference to the server is dropped while a connection stays open for its response to be
 * read. */
static void
test_drop_lingering (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GString) answer = g_string_new (NULL);
  int fd = raw_socket_dial (fixture->uri);

  run_for (20);
  raw_socket_write (fd, bodies[0].head);
  raw_socket_wait_text (fd, "405");
  g_assert_finalize_object (g_steal_pointer (&fixture->server));
  g_assert_false (raw_socket_read (fd, answer));
  close (fd);
}

/* A request with endless headers, or an endless first header. */
static void
test_endless_headers (gconstpointer data)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree char *line = g_strdup_printf ("%0200d%s", 0, (const char *) data);
  gsize before = hostile_get_memory (), sent;
  int fd;

  g_object_set (fixture->server, "auth-timeout", LONG_TIMEOUT, NULL);
  fd = raw_socket_dial (fixture->uri);
  run_for (20);
  raw_socket_write (fd, "GET /ws HTTP/1.1\r\nX: ");
  sent = raw_socket_flood (fd, line, strlen (line), 100 * 1000 * 1000);
  g_test_message ("%" G_GSIZE_FORMAT " bytes taken", sent);
  g_assert_cmpuint (sent, <, 50 * 1000 * 1000);
  g_assert_cmpuint (hostile_get_memory (), <, before + 32 * MIB);
  check_new_client_is_served (fixture);
  close (fd);
}

/* The timeout counts from the beginning of the connection, although single bytes keep arriving. */
static void
test_slow_headers (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GString) answer = g_string_new (NULL);
  gint64 deadline;
  int fd;

  g_object_set (fixture->server, "auth-timeout", 300, NULL);
  fd = raw_socket_dial (fixture->uri);
  run_for (20);
  raw_socket_write (fd, "GET /ws HTTP/1.1\r\nX: ");
  deadline = g_get_monotonic_time () + 5 * G_TIME_SPAN_SECOND;
  while (raw_socket_read (fd, answer))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      raw_socket_write (fd, "x");
      run_for (20);
    }
  check_new_client_is_served (fixture);
  close (fd);
}

/* A client that sends its first message with the request is answered although no more data arrives. */
static void
test_message_with_request (void)
{
  static const char message[] = "\x81\x8d\0\0\0\0{\"event\":\"x\"}";
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  int fd = raw_socket_dial (fixture->uri);

  run_for_a_moment ();
  g_byte_array_append (bytes, (const guint8 *) RAW_SOCKET_UPGRADE, strlen (RAW_SOCKET_UPGRADE));
  g_byte_array_append (bytes, (const guint8 *) message, sizeof message - 1);
  g_assert_cmpint (send (fd, bytes->data, bytes->len, MSG_NOSIGNAL), ==, bytes->len);
  raw_socket_wait_text (fd, "Not authenticated");
  close (fd);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hostile/peers/half-open", test_half_open);
  g_test_add_func ("/hostile/peers/silent", test_silent_peers);
  g_test_add_func ("/hostile/peers/crowd", test_crowd);
  g_test_add_func ("/hostile/peers/no-files", test_no_files);
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autofree char *path = g_strconcat ("/hostile/peers/body/", bodies[i].name, NULL);

      g_test_add_data_func (path, &bodies[i], test_body);
    }
  g_test_add_func ("/hostile/peers/many-bodies", test_many_bodies);
  g_test_add_func ("/hostile/peers/drop-lingering", test_drop_lingering);
  g_test_add_data_func ("/hostile/peers/endless/headers", "\r\nX: ", test_endless_headers);
  g_test_add_data_func ("/hostile/peers/endless/header", "", test_endless_headers);
  g_test_add_func ("/hostile/peers/slow-headers", test_slow_headers);
  g_test_add_func ("/hostile/peers/message-with-request", test_message_with_request);

  return g_test_run ();
}
