/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "wire.h"

#include "signal-glib/server/signal-server-private.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_LSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_LSAN 1
#endif
#endif
#ifdef WITH_LSAN
#include <sanitizer/lsan_interface.h>
#define lsan_pause __lsan_disable
#define lsan_resume __lsan_enable
#else
#define lsan_pause() ((void) 0)
#define lsan_resume() ((void) 0)
#endif

/* The flags in the first byte of a case: */
#define IN_TWO 1       /* the main loop runs between the two halves of the request */
#define AFTER_EACH 2   /* or after each of its first bytes */
#define HALF_CLOSE 4   /* the client says that nothing follows */
#define WITH_LIST 8    /* pages of LISTED may connect */
#define WITH_NAME 16   /* the server listens on a name */
#define DROP 32        /* the client has gone away before the answer is written */

#define LISTED "https://listed.example"
#define NAME "named.example"
#define N_SLOW_BYTES 64

/* What an exchange leaves. */
typedef struct
{
  int                fd;
  SoupServerMessage *request; /* the first one, or NULL */
  GString           *answer;
} Exchange;

static SignalServer *server;

static void
on_request (SoupServer        *soup,
            SoupServerMessage *request,
            Exchange         **current)
{
  if ((*current)->request == NULL)
    (*current)->request = g_object_ref (request);
}

static void
start_server (Exchange **current)
{
  g_autoptr (GError) error = NULL;

  server = signal_server_new ();
  signal_server_listen (server, NULL, 0, &error);
  g_assert_no_error (error);
  g_signal_connect (server->soup, "request-started", G_CALLBACK (on_request), current);
}

static void
configure (guint8 flags)
{
  const char * const origins[] = { LISTED, NULL };

  signal_server_set_allowed_origins (server, flags & WITH_LIST ? origins : NULL);
  g_free (server->listen_name);
  server->listen_name = flags & WITH_NAME ? g_strdup (NAME) : NULL;
}

/* libsoup 3.2 leaks the path of a request with an unknown transfer encoding, or with a slash in its
 * Host. */
static gboolean
is_leaked_by_libsoup (const char *text,
                      size_t      size)
{
  g_autofree char *copy = g_strndup (text, size);
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  const char *end = g_strstr_len (copy, -1, "\n\r\n");
  const char *bare_end = g_strstr_len (copy, -1, "\n\n");
  const char *host;
  size_t length = size; /* as far as the end of the connection */

  if (end == NULL || (bare_end != NULL && bare_end < end))
    end = bare_end;
  if (end != NULL)
    length = (size_t) (end + 1 - copy);
  if (soup_headers_parse_request (copy, (int) length, headers, NULL, NULL, NULL) != SOUP_STATUS_OK)
    return FALSE;
  host = soup_message_headers_get_one (headers, "Host");
  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_UNRECOGNIZED
         || (host != NULL && strchr (host, '/') != NULL);
}

/* As the listener does with a connection that it has accepted. */
static void
accept_connection (GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) local = g_inet_socket_address_new_from_string ("127.0.0.1", 80);
  g_autoptr (GSocketAddress) remote = g_inet_socket_address_new_from_string ("127.0.0.1", 50000);

  signal_connection_limiter_enter (server->limiter, connection, remote, server->auth_timeout);
  g_assert_true (soup_server_accept_iostream (server->soup, G_IO_STREAM (connection), local, remote, NULL));
}

static void
write_all (int           fd,
           const guint8 *data,
           size_t        size)
{
  if (size > 0)
    send (fd, data, size, MSG_NOSIGNAL);
}

static void
send_request (int           fd,
              guint8        flags,
              const guint8 *data,
              size_t        size)
{
  size_t at = 0;

  for (; (flags & AFTER_EACH) && at < MIN (size, N_SLOW_BYTES); at++)
    {
      write_all (fd, data + at, 1);
      wire_turn ();
    }
  if (flags & IN_TWO)
    {
      size_t half = (size - at) / 2;

      write_all (fd, data + at, half);
      wire_turn ();
      at += half;
    }
  write_all (fd, data + at, size - at);
  if (flags & HALF_CLOSE)
    shutdown (fd, SHUT_WR);
}

static void
read_answer (Exchange *exchange)
{
  char buffer[4096];
  ssize_t length;

  while ((length = recv (exchange->fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0)
    g_string_append_len (exchange->answer, buffer, length);
}

/* The checks of a request that is answered with 101 are written again, from the RFCs and from the
 * documentation, with other functions than those of the library. */

typedef struct
{
  const char *name;
  const char *value;
  guint       count;
} Field;

static void
find_field (const char *name,
            const char *value,
            gpointer    user_data)
{
  Field *field = user_data;

  if (g_ascii_strcasecmp (name, field->name) != 0)
    return;
  field->value = value;
  field->count++;
}

static Field
get_field (SoupServerMessage *request,
           const char        *name)
{
  Field field = { .name = name };

  soup_message_headers_foreach (soup_server_message_get_request_headers (request), find_field, &field);
  return field;
}

static gboolean
has_token (SoupServerMessage *request,
           const char        *name,
           const char        *token)
{
  const char *list = soup_message_headers_get_list (soup_server_message_get_request_headers (request), name);

  return list != NULL && soup_header_contains (list, token);
}

/* The page is in the list, or from a server with the name and the port that the client has asked for. */
static void
check_page (const char *origin,
            const char *host,
            guint8      flags)
{
  g_autofree char *url = g_strconcat ("http://", host, NULL);
  g_autoptr (GUri) page = g_uri_parse (origin, SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (GUri) own = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *name;

  g_assert_true (g_str_is_ascii (origin) && strlen (origin) <= 512);
  g_assert_nonnull (page);
  if ((flags & WITH_LIST) && g_ascii_strcasecmp (g_uri_get_scheme (page), "https") == 0)
    {
      g_assert_cmpint (g_ascii_strcasecmp (g_uri_get_host (page), "listed.example"), ==, 0);
      return;
    }

  g_assert_nonnull (own);
  g_assert_cmpstr (g_uri_get_scheme (page), ==, "http");
  g_assert_cmpint (g_uri_get_port (page), ==, g_uri_get_port (own));
  name = g_uri_get_host (own);
  if (g_hostname_is_ip_address (name))
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);

      g_assert_true (address == NULL || g_inet_address_get_is_loopback (address)
                     || g_str_has_prefix (name, "::ffff:"));
    }
}

static void
check_accepted (SoupServerMessage *request,
                const char        *answer,
                guint8             flags)
{
  Field host = get_field (request, "Host");
  Field origin = get_field (request, "Origin");
  Field key = get_field (request, "Sec-WebSocket-Key");
  g_autofree char *text = g_strconcat (key.value, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", NULL);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;
  g_autofree char *expected = NULL;
  g_autofree char *line = NULL;

  g_assert_cmpstr (soup_server_message_get_method (request), ==, "GET");
  g_assert_cmpstr (g_uri_get_path (soup_server_message_get_uri (request)), ==, "/ws");
  g_assert_cmpint (soup_server_message_get_http_version (request), >=, SOUP_HTTP_1_1);
  g_assert_cmpuint (host.count, ==, 1);
  g_assert_cmpuint (origin.count, <=, 1);
  g_assert_true (has_token (request, "Upgrade", "websocket"));
  g_assert_true (has_token (request, "Connection", "upgrade"));
  g_assert_nonnull (key.value);
  if (origin.value != NULL)
    check_page (origin.value, host.value, flags);

  g_checksum_update (checksum, (const guchar *) text, -1);
  g_checksum_get_digest (checksum, digest, &length);
  expected = g_base64_encode (digest, length);
  line = g_strdup_printf ("Sec-WebSocket-Accept: %s\r\n", expected);
  g_assert_nonnull (strstr (answer, line));
  g_assert_null (strstr (answer, "Sec-WebSocket-Extensions"));
}

/* Each answer is a response of HTTP, and only one that is a valid upgrade has the status 101. */
static void
check_answer (const Exchange *exchange,
              guint8          flags)
{
  const char *answer = exchange->answer->str;
  guint status;

  if (*answer == '\0')
    return;

  g_assert_true (g_str_has_prefix (answer, "HTTP/1."));
  g_assert_nonnull (strstr (answer, "\r\n\r\n"));
  status = (guint) g_ascii_strtoull (answer + strlen ("HTTP/1.1 "), NULL, 10);
  g_assert_true (status == 101 || (status >= 400 && status < 600));
  if (status == 101)
    check_accepted (exchange->request, answer, flags);
}

static void
exchange_with_server (Exchange     *exchange,
                      guint8        flags,
                      const guint8 *data,
                      size_t        size)
{
  GIOStream *stream = wire_open (&exchange->fd);

  accept_connection (G_SOCKET_CONNECTION (stream));
  g_object_unref (stream);
  wire_turn ();
  send_request (exchange->fd, flags, data, size);

  if (!(flags & DROP))
    {
      wire_turn ();
      read_answer (exchange);
      check_answer (exchange, flags);
    }
  close (exchange->fd);
  wire_turn ();
  signal_connection_limiter_drop_lingering (server->limiter);
  wire_turn ();
}

/* The input is the flags, and what a client sends to the server. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  static Exchange *current;
  Exchange exchange = { 0 };
  gboolean is_leaked;

  /* libsoup 3.6 warns of what it refuses. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);

  if (size == 0 || size > WIRE_MOST_BYTES)
    return 0;
  if (server == NULL)
    start_server (&current);

  is_leaked = is_leaked_by_libsoup ((const char *) data + 1, size - 1);
  if (is_leaked)
    lsan_pause ();
  current = &exchange;
  exchange.answer = g_string_new (NULL);
  configure (data[0]);
  exchange_with_server (&exchange, data[0], data + 1, size - 1);
  g_clear_object (&exchange.request);
  g_string_free (exchange.answer, TRUE);
  wire_turn ();
  if (is_leaked)
    lsan_resume ();

  g_assert_cmpuint (g_hash_table_size (server->peers), ==, 0);
  g_assert_cmpuint (signal_connection_limiter_count_waiting (server->limiter), ==, 0);
  g_assert_cmpuint (signal_connection_limiter_count_connections (server->limiter), ==, 0);
  return 0;
}
