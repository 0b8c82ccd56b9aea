/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "raw-socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* @source is an address of this machine, or NULL for any. Returns -1 if it is not available. */
int
raw_socket_dial_from (const char *uri,
                      const char *source)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
  struct sockaddr_in from = { .sin_family = AF_INET };
  struct sockaddr_in to = { .sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  if (source != NULL)
    {
      g_assert_cmpint (inet_pton (AF_INET, source, &from.sin_addr), ==, 1);
      if (bind (fd, (struct sockaddr *) &from, sizeof from) < 0)
        {
          close (fd);
          return -1;
        }
    }

  to.sin_port = htons (g_uri_get_port (parsed));
  to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (connect (fd, (struct sockaddr *) &to, sizeof to) < 0)
    g_assert_cmpint (errno, ==, EINPROGRESS);
  return fd;
}

int
raw_socket_dial (const char *uri)
{
  return raw_socket_dial_from (uri, NULL);
}

/* Does not fail if the other end is closed. */
void
raw_socket_write (int         fd,
                  const char *text)
{
  if (send (fd, text, strlen (text), MSG_NOSIGNAL) < 0)
    g_assert_true (errno == EAGAIN || errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN);
}

/* Appends what can be read, with NUL as a point, so that it is a string. Returns FALSE at the end
 * of the connection. */
gboolean
raw_socket_read (int      fd,
                 GString *text)
{
  char buffer[4096];
  gssize count;

  while ((count = recv (fd, buffer, sizeof buffer, 0)) > 0)
    for (gssize i = 0; i < count; i++)
      g_string_append_c (text, buffer[i] != '\0' ? buffer[i] : '.');

  return count < 0 && (errno == EAGAIN || errno == ENOTCONN);
}

void
raw_socket_wait_text (int         fd,
                      const char *text)
{
  g_autoptr (GString) got = g_string_new (NULL);

  WAIT_UNTIL ((raw_socket_read (fd, got), strstr (got->str, text) != NULL));
}

/* @text receives the data before the end. */
void
raw_socket_wait_end (int      fd,
                     GString *text)
{
  WAIT_UNTIL (!raw_socket_read (fd, text));
}

/* Sends the block repeatedly, and runs the main context meanwhile. Returns how many bytes were sent
 * when @total was reached, the other end closed, or it had accepted nothing for a while. */
gsize
raw_socket_flood (int         fd,
                  const char *block,
                  gsize       length,
                  gsize       total)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  gint64 last = g_get_monotonic_time ();
  gsize sent = 0;

  while (sent < total && g_get_monotonic_time () - last < G_TIME_SPAN_SECOND / 5)
    {
      gssize count = send (fd, block + sent % length, length - sent % length, MSG_NOSIGNAL);

      if (count < 0 && errno != EAGAIN)
        break;
      if (count > 0)
        last = g_get_monotonic_time ();
      sent += MAX (count, 0);
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, FALSE);
    }

  return sent;
}

/* A WebSocket on which nothing has been sent. */
int
raw_socket_upgrade (const char *uri)
{
  int fd = raw_socket_dial (uri);

  run_for_a_moment ();
  raw_socket_write (fd, RAW_SOCKET_UPGRADE);
  raw_socket_wait_text (fd, "HTTP/1.1 101 ");
  return fd;
}

/* One text frame, with a mask of zeros. */
void
raw_socket_send_text (int         fd,
                      const char *text)
{
  gsize length = strlen (text);
  const guint8 short_head[] = { 0x81, 0x80 | length, 0, 0, 0, 0 };
  const guint8 long_head[] = { 0x81, 0xfe, length >> 8, length & 0xff, 0, 0, 0, 0 };
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  g_assert_cmpuint (length, <=, G_MAXUINT16);
  if (length < 126)
    g_byte_array_append (frame, short_head, sizeof short_head);
  else
    g_byte_array_append (frame, long_head, sizeof long_head);
  g_byte_array_append (frame, (const guint8 *) text, length);
  g_assert_cmpint (send (fd, frame->data, frame->len, MSG_NOSIGNAL), ==, frame->len);
}
