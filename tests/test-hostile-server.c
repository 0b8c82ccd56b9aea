/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Peers that want to hurt the embedded server: nobody but themselves suffers. */

static int
dial (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
  struct sockaddr_in address = { .sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

  g_assert_cmpint (fd, >=, 0);
  address.sin_port = htons (g_uri_get_port (parsed));
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (connect (fd, (struct sockaddr *) &address, sizeof address) < 0)
    g_assert_cmpint (errno, ==, EINPROGRESS);
  return fd;
}

/* The peer is heard, and hears. */
static void
check_served (Fixture *fixture,
              RawPeer *raw)
{
  guint n_messages = fixture->messages->len;

  raw_peer_send_encrypted (raw, "{\"event\":\"up\"}");
  WAIT_UNTIL (fixture->messages->len == n_messages + 1);
  g_assert_true (signal_server_broadcast (fixture->server, "down", NULL, NULL));
  raw_peer_wait_event (raw, "down");
}

/* As many as there may be files, up to 10,000. */
static guint
count_sockets (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  return MIN (10000, limit.rlim_cur > 2000 ? limit.rlim_cur - 1500 : limit.rlim_cur / 4);
}

static void
test_half_open (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawPeer) first = raw_peer_new_authenticated (fixture->uri, "secret");
  g_autoptr (RawPeer) later = NULL;
  guint n_sockets = count_sockets ();
  g_autofree int *fds = g_new (int, n_sockets);
  gsize before = hostile_get_memory ();

  g_object_set (fixture->server, "auth-timeout", 500, NULL);
  for (guint i = 0; i < n_sockets; i++)
    {
      fds[i] = dial (fixture->uri);
      if (i % 3 == 0 && write (fds[i], "GET /ws HTTP/1.1\r\nX: ", 21) < 0)
        g_assert_true (errno == EAGAIN || errno == EPIPE || errno == ECONNRESET
                       || errno == ENOTCONN);
      if (i % 100 == 0)
        settle ();
    }
  g_test_message ("%u half-open sockets, %" G_GSIZE_FORMAT " KiB", n_sockets,
                  (hostile_get_memory () - before) / 1024);
  check_served (fixture, first);
  g_assert_cmpuint (hostile_get_memory (), <, before + 256 * 1024 * 1024);
  for (guint i = 0; i < n_sockets; i++)
    close (fds[i]);
  later = raw_peer_new_authenticated (fixture->uri, "bob-secret");
  check_served (fixture, later);
}

/* 100 MB from somebody who has not said who it is, as a request or as the body of one. */
static void
test_flood (gconstpointer data)
{
  const char *head = data;
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawPeer) good = raw_peer_new_authenticated (fixture->uri, "secret");
  g_autofree char *block = g_strnfill (65536, 'x');
  gsize before = hostile_get_memory (), sent = 0;
  int fd = -1;
  gboolean is_over = FALSE;
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_object_set (fixture->server, "auth-timeout", 1000, NULL);
  fd = dial (fixture->uri);
  run_for (20);
  g_assert_cmpint (send (fd, head, strlen (head), MSG_NOSIGNAL), >, 0);
  while (!is_over && sent < 100 * 1000 * 1000)
    {
      gssize count = send (fd, block, 65536, MSG_NOSIGNAL);

      sent += MAX (count, 0);
      is_over = count < 0 && errno != EAGAIN;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, FALSE);
    }
  g_test_message ("%" G_GSIZE_FORMAT " bytes taken", sent);
  g_assert_cmpuint (hostile_get_memory (), <, before + 64 * 1024 * 1024);
  check_served (fixture, good);
  close (fd);
}

/* Rooms without end are not kept, and cost nobody else anything. */
static void
test_rooms (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawPeer) bad = raw_peer_new_authenticated (fixture->uri, "mallory-secret");
  g_autoptr (RawPeer) good = raw_peer_new_authenticated (fixture->uri, "secret");
  SignalPeer *peer = fixture->connected->pdata[0];

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GString) text = g_string_new ("{\"event\":\"join\",\"data\":{\"rooms\":[\"r\"");

      for (guint j = 0; j < 1000; j++)
        g_string_append_printf (text, ",\"room-%u\"", i * 1000 + j);
      g_string_append (text, "]}}");
      raw_peer_send_text (bad, text->str);
      settle ();
    }
  check_served (fixture, bad);
  g_assert_cmpuint (g_strv_length ((char **) signal_peer_get_rooms (peer)), <=, 1024);
  check_served (fixture, good);
}

/* One that does not read: what waits for it is bounded, and it gets more when it reads again. */
static void
test_slow_reader (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (RawPeer) raw = raw_peer_new_authenticated (fixture->uri, "secret");
  g_autofree char *fill = g_strnfill (65000, 'x');
  g_autoptr (JsonNode) payload = json_node_init_string (json_node_alloc (), fill);
  g_autoptr (GError) error = NULL;
  gsize before = hostile_get_memory ();
  guint n_sent = 0;

  while (signal_server_send_to_peer (fixture->server, fixture->connected->pdata[0], "big", payload,
                                     &error))
    g_assert_cmpuint (++n_sent, <, 1000);
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_OUTBOX_FULL);
  g_assert_cmpuint (hostile_get_memory (), <, before + 32 * 1024 * 1024);
  for (guint i = 0; i < n_sent; i++)
    raw_peer_wait_event (raw, "big");
  check_served (fixture, raw);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hostile/server/half-open", test_half_open);
  g_test_add_data_func ("/hostile/server/flood/head", "GET /ws HTTP/1.1\r\nX: ", test_flood);
  g_test_add_data_func ("/hostile/server/flood/body",
                        "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n",
                        test_flood);
  g_test_add_func ("/hostile/server/rooms", test_rooms);
  g_test_add_func ("/hostile/server/slow-reader", test_slow_reader);

  return g_test_run ();
}
